"""The ring ladder against its twin, message by message."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fillcast.core import ladder_kernels, walk_kernels
from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from tests.core.comparison import Pair
from tests.core.effort import effort, efforts
from tests.core.ladder_row import check_row
from tests.core.markets import INSTRUMENT, SLOTS, START, WINDOW, random_messages, updates
from tests.core.twins import Row


class Ladder(RuleBasedStateMachine):
    """Any order of snapshots, updates, drifts and clearings, on the smallest book there is."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()
        self.centre = START

    def rows(self, drawn: list[tuple[int, int, int]]) -> list[Row]:
        return [(side, self.centre + offset, lots) for side, offset, lots in drawn]

    @rule(drawn=updates())
    def update(self, drawn: list[tuple[int, int, int]]) -> None:
        self.pair.apply(self.rows(drawn))

    @rule(drawn=updates(), complete=st.booleans())
    def snapshot(self, drawn: list[tuple[int, int, int]], complete: bool) -> None:
        last = {(side, offset): lots for side, offset, lots in drawn}  # a snapshot names a price once
        self.pair.replace(self.rows([(*place, lots) for place, lots in last.items() if lots]), complete=complete)

    @rule(by=st.one_of(st.integers(-300, 300), st.sampled_from([-5_000, -WINDOW, WINDOW, 5_000])))
    def drift(self, by: int) -> None:
        self.centre += by

    @rule()
    def clear(self) -> None:
        self.pair.clear()

    @invariant()
    def readers_agree(self) -> None:
        self.pair.compare_readers()


@efforts(25)
def test_any_order_of_messages(examples: int) -> None:
    run_state_machine_as_test(Ladder, settings=effort(examples))


def run_market(seed: int, count: int, *, window: int = WINDOW, slots: int = SLOTS, read_every: int = 25) -> Pair:
    """Run a random market through a book and its twin."""
    pair = Pair(window, slots)
    for index, (snapshot, complete, rows) in enumerate(random_messages(seed, count)):
        if snapshot:
            last = {(side, ticks): lots for side, ticks, lots in rows}
            pair.replace([(*place, lots) for place, lots in last.items() if lots], complete=complete)
        else:
            pair.apply(rows)
        if index % read_every == 0:
            pair.compare_readers()
    return pair


@pytest.mark.parametrize(
    ("seed", "window", "slots"), [(1, 512, 16), (2, 512, 64), (3, 1024, 16), (4, 512, 1024), (5, 1 << 15, 1 << 13)]
)
def test_a_long_market(seed: int, window: int, slots: int) -> None:
    pair = run_market(seed, 600, window=window, slots=slots)
    assert pair.book.reanchored > 4
    assert (pair.book.evicted > 0) == (slots <= 64)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
def test_many_long_markets(seed: int) -> None:
    for window, slots in ((512, 16), (512, 128), (8192, 256)):
        run_market(seed, 4_000, window=window, slots=slots)


def test_the_least_window_is_the_least_that_works() -> None:
    # The best level lies up to 63 ticks above three quarters of the window; below 512 that leaves too little room.
    for window in (64, 128, 256, 500):
        with pytest.raises(ValueError, match="512"):
            Book(INSTRUMENT, window=window)
    for slots in (8, 24):
        with pytest.raises(ValueError, match="powers of two"):
            Book(INSTRUMENT, slots=slots)


def test_every_alignment_of_the_best_level() -> None:
    for best in range(START, START + 2 * WINDOW):
        pair = Pair()
        pair.replace([(1, best, 5), (-1, best + 1, 6)], complete=True)
        pair.apply([(1, best - WINDOW, 2), (-1, best + WINDOW, 3)])


def test_a_cleared_book_is_as_good_as_new() -> None:
    pair = run_market(7, 60)
    pair.clear()
    sides = pair.book.row[at.HEADER : -at.KEPT_WORDS].copy()
    fresh = Book(INSTRUMENT, window=WINDOW, slots=SLOTS).row[at.HEADER : -at.KEPT_WORDS]
    for row in (sides, fresh.copy()):
        assert not check_row(np.concatenate([pair.book.row[: at.HEADER], row, np.zeros(at.KEPT_WORDS, np.int64)]))[1]
    pair.replace([(1, 10, 1), (-1, 11, 1)], complete=False)
    pair.compare_readers()


def test_bits_of_a_word_at_its_ends() -> None:
    """Levels on bit 0 and bit 63 of every word, removed from the best down."""
    pair = Pair()
    base = START - START % 64
    ticks = [base - 64 * word + bit for word in range(7) for bit in (0, 63)]
    pair.replace([(1, tick, 1 + tick % 5) for tick in ticks] + [(-1, base + 100, 1)], complete=True)
    for tick in sorted(ticks, reverse=True):
        pair.apply([(1, tick, 0)])
        pair.compare_readers()


def drop_removals(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    rows[rows[:, 2] == 0, 2] = 1
    return rows


def drop_last(rows: np.ndarray) -> np.ndarray:
    return rows[:-1].copy()


def swap_sides(rows: np.ndarray) -> np.ndarray:
    rows = rows.copy()
    rows[:, 0] *= -1
    return rows


@pytest.mark.parametrize("wrong", [drop_removals, drop_last, swap_sides])
def test_a_wrong_apply_is_caught(wrong: Callable[[np.ndarray], np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    right = ladder_kernels.apply_message

    def apply(row: np.ndarray, rows: np.ndarray, start: int, end: int) -> int:
        changed = wrong(rows[start:end])
        return int(right(row, changed, 0, len(changed)))

    monkeypatch.setattr(ladder_kernels, "apply_message", apply)
    with pytest.raises(AssertionError):
        run_market(1, 60)


def test_a_crossed_book_that_is_called_uncrossed_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ladder_kernels.apply_message
    monkeypatch.setattr(ladder_kernels, "apply_message", lambda *arguments: right(*arguments) * 0)
    with pytest.raises(AssertionError, match="crossed"):
        run_market(1, 100)


def test_an_eviction_that_forgets_the_edge_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ladder_kernels.apply_message

    def apply(row: np.ndarray, *arguments: object) -> int:
        edge = row[at.HEADER + at.EDGE]
        crossed = right(row, *arguments)
        row[at.HEADER + at.EDGE] = edge
        return int(crossed)

    monkeypatch.setattr(ladder_kernels, "apply_message", apply)
    with pytest.raises(AssertionError, match=r"levels are missing|counts as proven"):
        run_market(1, 100)


@pytest.mark.parametrize("reader", ["fill", "walk"])
def test_a_wrong_cost_is_caught(reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"fill": "cost_both", "walk": "walk"}[reader]
    right = getattr(walk_kernels, name)

    def wrong(*arguments: object) -> tuple[float, ...]:
        first, second, *rest = right(*arguments)
        return (first, second * (1 + 1e-9), *rest)

    monkeypatch.setattr(walk_kernels, name, wrong)
    with pytest.raises(AssertionError):
        run_market(1, 100)


def far_slot(row: np.ndarray) -> int:
    """The place of the key of some far bid."""
    keys = at.HEADER + at.SIDE_HEADER + WINDOW + WINDOW // 64 + 1
    return int(keys + np.flatnonzero(row[keys + SLOTS : keys + 2 * SLOTS])[0])


RING = at.HEADER + at.SIDE_HEADER
MUTATIONS: dict[str, Callable[[np.ndarray], None]] = {
    "a size lost": lambda row: np.copyto(row[RING : RING + WINDOW], np.roll(row[RING : RING + WINDOW], 1)),
    "a bit lost": lambda row: row.__setitem__(RING + WINDOW + int(np.flatnonzero(row[RING + WINDOW :][:8])[0]), 0),
    "the summary lost": lambda row: row.__setitem__(RING + WINDOW + WINDOW // 64, 0),
    "near miscounted": lambda row: row.__setitem__(at.HEADER + at.NEAR, row[at.HEADER + at.NEAR] + 1),
    "far miscounted": lambda row: row.__setitem__(at.HEADER + at.FAR, row[at.HEADER + at.FAR] - 1),
    "best one tick off": lambda row: row.__setitem__(at.HEADER + at.BEST, row[at.HEADER + at.BEST] - 1),
    "best lost": lambda row: row.__setitem__(at.HEADER + at.BEST, at.NO_KEY),
    "window moved alone": lambda row: row.__setitem__(at.HEADER + at.LOW, row[at.HEADER + at.LOW] + 64),
    "window misaligned": lambda row: row.__setitem__(at.HEADER + at.LOW, row[at.HEADER + at.LOW] + 1),
    "a far key changed": lambda row: row.__setitem__(far_slot(row), row[far_slot(row)] - 12_345),
    "a far key above": lambda row: row.__setitem__(far_slot(row), row[at.HEADER + at.BEST] + 10 * WINDOW),
    "a negative size": lambda row: row.__setitem__(far_slot(row) + SLOTS, -1),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_broken_row_is_caught(mutation: str) -> None:
    pair = run_market(1, 30)
    pair.replace([(1, START - 3 * gap * gap, 1 + gap) for gap in range(30)], complete=True)
    check_row(pair.book.row)
    assert pair.book.row[at.HEADER + at.FAR] >= 5
    MUTATIONS[mutation](pair.book.row)
    with pytest.raises(AssertionError):
        pair.compare()


def test_a_hole_in_the_table_is_caught() -> None:
    """Freeing a slot without closing the hole behind it hides the keys that were pushed past it."""
    caught = 0
    for seed in range(40):
        pair = run_market(seed, 12)
        keys = at.HEADER + at.SIDE_HEADER + WINDOW + WINDOW // 64 + 1
        for slot in np.flatnonzero(pair.book.row[keys + SLOTS : keys + 2 * SLOTS]):
            row = pair.book.row.copy()
            row[keys + SLOTS + slot] = 0
            row[at.HEADER + at.FAR] -= 1
            row[at.HEADER + at.SORTED] = 0
            try:
                check_row(row)
            except AssertionError as error:
                caught += "hole" in str(error)
    assert caught > 0
