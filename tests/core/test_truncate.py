"""Books cut to a depth against their twin: levels that were pushed out go, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fillcast.core import ladder_kernels
from fillcast.core import layout_kernels as at
from tests.core.comparison import Pair
from tests.core.effort import effort, efforts
from tests.core.markets import START, WINDOW, live_book, random_messages, updates
from tests.core.twins import Row

DEPTHS = (1, 2, 5, 10, 25)


class CutPair(Pair):
    """A book and its twin that are cut to a depth after each message."""

    def cut(self, depth: int) -> int:
        self.book.depth = depth
        version = self.book.version
        dropped = self.book.truncate()
        assert dropped == self.twin.truncate(depth), "another number of levels was dropped"
        assert self.book.version == version + (dropped > 0)
        self.book.depth = 0  # what is proven is compared with the twin's own edges
        self.most = max(len(levels) for levels in self.twin.sides.values())
        self.compare()
        assert self.book.truncate() == 0, "a book that promises no depth was cut"
        return dropped


class CutLadder(RuleBasedStateMachine):
    """Any order of messages, drifts and cuts, on the smallest book there is."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = CutPair()
        self.centre = START

    @rule(drawn=updates(), complete=st.booleans(), depth=st.sampled_from(DEPTHS), snapshot=st.booleans())
    def message(self, drawn: list[tuple[int, int, int]], complete: bool, depth: int, snapshot: bool) -> None:
        rows: list[Row] = [(side, self.centre + offset, lots) for side, offset, lots in drawn]
        if snapshot:
            last = {(side, ticks): lots for side, ticks, lots in rows}
            self.pair.replace([(*place, lots) for place, lots in last.items() if lots], complete=complete)
        else:
            self.pair.apply(rows)
        self.pair.cut(depth)

    @rule(by=st.sampled_from([-5_000, -WINDOW, -64, 64, WINDOW, 5_000]))
    def drift(self, by: int) -> None:
        self.centre += by

    @invariant()
    def readers_agree(self) -> None:
        self.pair.compare_readers()


@efforts(20)
def test_any_order_of_messages_and_cuts(examples: int) -> None:
    run_state_machine_as_test(CutLadder, settings=effort(examples))


def run_market(seed: int, count: int, depth: int, *, slots: int = 1024) -> tuple[CutPair, int]:
    """Run a random market through a book and its twin, cut after each message; return what was dropped in all."""
    pair, dropped = CutPair(WINDOW, slots), 0
    for index, (snapshot, complete, rows) in enumerate(random_messages(seed, count)):
        if snapshot:
            last = {(side, ticks): lots for side, ticks, lots in rows}
            pair.replace([(*place, lots) for place, lots in last.items() if lots], complete=complete)
        else:
            pair.apply(rows)
        dropped += pair.cut(depth)
        if index % 25 == 0:
            pair.compare_readers()
    return pair, dropped


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_long_market_that_is_cut(depth: int) -> None:
    pair, dropped = run_market(10 + depth, 400, depth)
    assert dropped > 100
    assert pair.book.reanchored > 4


def test_far_levels_go_before_near_ones() -> None:
    near: list[Row] = [(1, 10_000 - step, 1 + step) for step in range(3)]
    far: list[Row] = [(1, 5_000 - step, 1 + step) for step in range(4)]
    book = live_book([*near, *far, (-1, 10_001, 1)])
    assert book.row[at.HEADER + at.FAR] == 4
    for depth, left in ((6, [3, 3]), (4, [3, 1]), (2, [2, 0])):
        book.depth = depth
        assert book.truncate() > 0
        assert [int(book.row[at.HEADER + word]) for word in (at.NEAR, at.FAR)] == left
    assert book.levels(1)[0].tolist() == [10_000, 9_999]
    assert book.levels(-1)[0].tolist() == [10_001]


def test_a_side_within_its_depth_is_left_as_it_is() -> None:
    book = live_book([(1, 100, 1), (1, 99, 1), (-1, 101, 1)])
    book.depth = 2
    before = book.row.copy()
    assert book.truncate() == 0
    assert np.array_equal(before, book.row)


def test_what_is_proven_ends_at_the_last_level_of_a_full_side() -> None:
    book = live_book([(1, 100 - step, 1) for step in range(5)] + [(-1, 101, 1)])
    book.depth = 3
    book.truncate()
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (98, None)


def keep_one_more(row: np.ndarray, depth: int) -> int:
    return int(RIGHT(row, depth + 1))


def drop_the_best(row: np.ndarray, depth: int) -> int:
    dropped = int(RIGHT(row, depth))
    if dropped:
        ladder_kernels.apply_message(row, np.array([[1, row[at.HEADER + at.BEST], 0, 0]]), 0, 1)
        row[at.VERSION] -= 1
    return dropped


def forget_far(row: np.ndarray, depth: int) -> int:
    return int(RIGHT(row, depth)) if row[at.HEADER + at.FAR] == 0 else 0


RIGHT = ladder_kernels.truncate


@pytest.mark.parametrize("wrong", [keep_one_more, drop_the_best, forget_far])
def test_a_wrong_cut_is_caught(wrong: Callable[[np.ndarray, int], int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder_kernels, "truncate", wrong)
    with pytest.raises(AssertionError):
        run_market(1, 200, 5)
