"""Changes of a book compose to the book exactly, whatever happened between two frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.state import BookState
from fillcast.dashboard.levels import Column, Levels
from fillcast.dashboard.wire import MOST_LEVELS
from fillcast.dashboard.wire_books import Book
from tests.dashboard.market import SPOT, SWAP, seen_of, view_of

Sides = tuple[list[tuple[int, int]], list[tuple[int, int]]]


@st.composite
def books(draw: st.DrawFn) -> Sides:
    """Draw two sides of a book about a middle that moves."""
    middle = draw(st.integers(100, 110))
    bids = draw(st.dictionaries(st.integers(middle - 8, middle - 1), st.integers(1, 4), max_size=6))
    asks = draw(st.dictionaries(st.integers(middle + 1, middle + 8), st.integers(1, 4), max_size=6))
    return sorted(bids.items(), reverse=True), sorted(asks.items())


def decoded(part: Book) -> list[dict[float, float]]:
    """Return both sides of a part as a page reads them."""
    kind = "<f8" if part.wide else "<i4"
    return [
        dict(zip(np.frombuffer(ticks, kind).tolist(), np.frombuffer(sizes, "<f8").tolist(), strict=True))
        for ticks, sizes in ((part.bid_ticks, part.bid_sizes), (part.ask_ticks, part.ask_sizes))
    ]


class PageBook:
    """Holds a book as a page does."""

    def __init__(self) -> None:
        self.version: int | None = None
        self.sides: list[dict[float, float]] = [{}, {}]

    def take(self, part: Book) -> None:
        assert part.base is None or part.base == self.version, "a gap"
        if part.base is None:
            self.sides = [{}, {}]
        for side, change in zip(self.sides, decoded(part), strict=True):
            side.update(change)
            for ticks in [ticks for ticks, size in side.items() if size == 0]:
                del side[ticks]
        self.version = part.version


def goes_wrong(states: list[Sides], frames: list[bool], change: type[Column]) -> bool:
    """Play states, of which some are sent; tell whether the page ever holds something else than the book."""
    page, sent, before = PageBook(), None, None
    for version, ((bids, asks), is_sent) in enumerate(zip(states, frames, strict=False), 1):
        levels = Levels.of(seen_of(view_of(bids=bids, asks=asks, version=version)), before)
        levels = Levels(levels.seen, change(levels.bids.ticks, levels.bids.sizes), levels.asks)
        before = levels
        if is_sent:
            page.take(levels.part(sent))
            sent = levels
            expected = [{ticks: lots * SPOT.lot_value for ticks, lots in side} for side in (bids, asks)]
            if page.sides != expected:
                return True
    return False


@given(st.lists(books(), max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_changes_compose_to_the_book_exactly(states, frames):
    assert not goes_wrong(states, frames, Column)


def test_the_composition_sees_a_level_that_is_not_taken_away():
    class Sticky(Column):
        def change_from(self, before: Column) -> Column:
            change = super().change_from(before)
            kept = change.sizes > 0
            return Column(change.ticks[kept], change.sizes[kept])

    assert goes_wrong([([(10, 1)], []), ([(9, 1)], [])], [True, True], Sticky)


def test_a_whole_book_is_its_best_levels():
    many = [(10_000 - step, 1 + step) for step in range(MOST_LEVELS + 50)]
    part = Levels.of(seen_of(view_of(bids=many))).part(None)
    bids, _ = decoded(part)
    assert part.base is None
    assert list(bids) == [ticks for ticks, _ in many[:MOST_LEVELS]]


def test_a_level_that_comes_into_sight_is_sent_and_one_that_leaves_it_is_taken_away():
    many = [(10_000 - step, 1) for step in range(MOST_LEVELS + 1)]
    page = PageBook()
    first = Levels.of(seen_of(view_of(bids=many, version=1)))
    page.take(first.part(None))
    second = Levels.of(seen_of(view_of(bids=many[1:], version=2)))
    page.take(second.part(first))
    assert sorted(page.sides[0]) == sorted(ticks for ticks, _ in many[1:])
    page.take(first.part(second))
    assert sorted(page.sides[0]) == sorted(ticks for ticks, _ in many[:MOST_LEVELS])


def test_ticks_beyond_int32_are_wide():
    levels = Levels.of(seen_of(view_of(bids=[(2**40, 5)], asks=[(2**40 + 1, 5)])))
    part = levels.part(None)
    assert part.wide
    assert list(decoded(part)[0]) == [2**40]


def test_sizes_of_an_inverse_contract_are_base_units():
    part = Levels.of(seen_of(view_of(SWAP, [(500_000, 20)], [(500_010, 30)]))).part(None)
    bids, asks = decoded(part)
    assert bids[500_000] == pytest.approx(20 * 100 / 50_000)
    assert asks[500_010] == pytest.approx(30 * 100 / 50_001)


def test_a_book_of_another_instrument_is_sent_whole():
    first, other = Levels.of(seen_of(view_of())), Levels.of(seen_of(view_of(SWAP)))
    assert other.part(first).base is None


def test_a_connection_that_doubts_a_live_book_outranks_it():
    view = view_of()
    stale = Levels.of(seen_of(view, state=BookState.STALE, reason="silent for 6 s"))
    part = stale.part(Levels.of(seen_of(view)))
    assert (part.state, part.reason, part.base, part.bid_ticks) == ("STALE", "silent for 6 s", 1, b"")
    assert stale.is_news(Levels.of(seen_of(view)))
    assert not Levels.of(seen_of(view)).is_news(Levels.of(seen_of(view)))


def test_an_empty_book_has_no_figures():
    part = Levels.of(seen_of(view_of(bids=[], asks=[], state=BookState.EMPTY))).part(None)
    assert (part.state, part.mid, part.best_bid, part.spread, part.spread_bps) == ("EMPTY", None, None, None, None)


def test_pages_that_hold_the_same_share_one_change():
    first = Levels.of(seen_of(view_of(version=1)))
    second = Levels.of(seen_of(view_of(version=2)))
    assert second.change(first) is second.change(first)
    assert second.change(None) is not second.change(first)
