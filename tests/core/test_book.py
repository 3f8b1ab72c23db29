"""What a book and its view promise: who may price, which sizes are refused, and that a view never changes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from fillcast.core.events import SNAPSHOT, EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.core.view import BookView, check_lots
from fillcast.errors import FrameError, InstrumentError, LotsOverflowError, NotLiveError, OffGridError, SizeError
from tests.core.markets import INSTRUMENT, as_rows, inverse, linear, live_book, message, uncrossed

LEVELS = uncrossed([(1, 40), (3, 100)], [(1, 30), (2, 50)])
PRICES: dict[str, Callable[[Book], object]] = {
    "walk": lambda book: book.walk(1, 5),
    "walk_quote": lambda book: book.walk_quote(1, 5.0),
    "walk_base": lambda book: book.walk_base(1, 5.0),
    "cost_both": lambda book: book.cost_both(5),
    "depth_lots": lambda book: book.depth_lots(1, 5),
    "view.walk": lambda book: book.view().walk(1, 5),
    "view.walk_quote": lambda book: book.view().walk_quote(1, 5.0),
    "view.walk_base": lambda book: book.view().walk_base(1, 5.0),
    "view.curve": lambda book: book.view().curve(1),
    "view.depth_base": lambda book: book.view().depth_base(1, 5),
}


@pytest.mark.parametrize("state", [state for state in BookState if state is not BookState.LIVE])
@pytest.mark.parametrize("price", PRICES)
def test_only_a_live_book_is_priced(state: BookState, price: str) -> None:
    book = live_book(LEVELS)
    PRICES[price](book)
    book.state, book.reason = state, "because of a test"
    with pytest.raises(NotLiveError, match=f"test:BTC-USDT: the book is {state.name}.*because of a test"):
        PRICES[price](book)


def test_a_view_of_a_live_book_stays_priced_as_it_was() -> None:
    book = live_book(LEVELS)
    view = book.view()
    book.state = BookState.BROKEN
    assert view.walk(1, 5).filled_lots == 5
    assert view.state is BookState.LIVE


WRONG_LOTS = [0, -1, -(2**70), 2**60, 2**63, 2**200, float("nan"), float("inf"), 2.5]
WRONG_AMOUNTS = [0.0, -1.0, float("nan"), float("inf"), float("-inf")]


@pytest.mark.parametrize("lots", WRONG_LOTS)
def test_sizes_in_lots_that_are_refused(lots: int) -> None:
    book = live_book(LEVELS)
    for price in (book.walk, book.view().walk):
        for side in (1, -1):
            with pytest.raises(SizeError, match="test:BTC-USDT"):
                price(side, lots)
    with pytest.raises(SizeError):
        book.cost_both(lots)
    with pytest.raises(SizeError):
        check_lots(INSTRUMENT, lots)


@pytest.mark.parametrize("amount", WRONG_AMOUNTS)
@pytest.mark.parametrize("instrument", [linear(), inverse()])
def test_amounts_that_are_refused(amount: float, instrument: Instrument) -> None:
    book = live_book(LEVELS, instrument)
    view = book.view()
    for price in (book.walk_quote, book.walk_base, view.walk_quote, view.walk_base):
        with pytest.raises(SizeError, match="positive finite"):
            price(1, amount)


def test_an_amount_of_no_lot_or_of_too_many() -> None:
    """In a unit that is a fixed number of lots it is refused by name; in the other the prices decide."""
    for instrument, quoted in ((linear(), False), (inverse(), True)):
        book = live_book(LEVELS, instrument)
        for holder in (book, book.view()):
            fixed, priced = (holder.walk_quote, holder.walk_base)[:: 1 if quoted else -1]
            for amount in (1e-9, 1e300, 1.7e308):
                with pytest.raises(SizeError):
                    fixed(1, amount)
            assert priced(1, 1e-12).filled_lots == 0
            assert priced(1, 1e300).filled_lots == 80
            assert priced(1, 1.7e308).exhausted


def test_a_size_may_be_a_numpy_integer() -> None:
    book = live_book(LEVELS)
    assert book.walk(1, np.int64(5)).filled_lots == 5  # type: ignore[arg-type]


HUGE = uncrossed([(gap, 2**60 - 1) for gap in range(1, 12)], [(gap, 2**60 - 1) for gap in range(1, 12)])


def test_sums_beyond_int64_are_refused() -> None:
    book = live_book(HUGE)
    assert book.walk(1, 2**60 - 1).filled_lots == 2**60 - 1
    with pytest.raises(LotsOverflowError, match="beyond int64"):
        book.walk_quote(1, 1e300)
    with pytest.raises(LotsOverflowError):
        book.depth_lots(1, 100)
    with pytest.raises(LotsOverflowError):
        book.view().walk(1, 5)
    with pytest.raises(LotsOverflowError):
        book.view().curve(1)
    assert book.cost_both(2**60 - 1)[0] == 2**60 - 1


def test_a_sum_that_wraps_is_caught() -> None:
    """What the refusal is for: unchecked, the same sum is a small or negative number."""
    lots = live_book(HUGE).levels(1)[1]
    assert int(lots.sum()) != sum(lots.tolist())


def test_one_view_per_version() -> None:
    book = live_book(LEVELS)
    view = book.view()
    assert book.view() is view
    book.apply(message([]), 0)
    assert book.view() is not view
    assert book.view().version == view.version + 1


CHANGES: dict[str, Callable[[Book], None]] = {
    "state": lambda book: setattr(book, "state", BookState.STALE),
    "proof": lambda book: setattr(book, "proof", Proof.CHECKSUM),
    "reason": lambda book: setattr(book, "reason", "late"),
    "last_id": lambda book: setattr(book, "last_id", 77),
    "event_ns": lambda book: book.row.__setitem__(at.EVENT_NS, 5),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_known_of_a_book_may_change_without_its_levels(change: str) -> None:
    book = live_book(LEVELS)
    view = book.view()
    CHANGES[change](book)
    fresh = book.view()
    assert fresh is not view
    assert fresh is book.view()
    assert getattr(fresh, change) == getattr(book, change) != getattr(view, change)
    assert fresh.version == view.version
    assert fresh.bids is view.bids  # the levels are shared, sums included


def arrays(view: BookView) -> list[np.ndarray]:
    names = ("ticks", "lots", "price", "cumulative_lots", "cumulative_base", "cumulative_quote", "cumulative_worth")
    return [getattr(side, name) for side in (view.bids, view.asks) for name in names] + [*view.curve(1)[:1]]


@pytest.mark.parametrize("instrument", [linear(), inverse()])
def test_a_view_cannot_be_changed(instrument: Instrument) -> None:
    book = live_book(LEVELS, instrument)
    view = book.view()
    before = [array.copy() for array in arrays(view)]
    for array in arrays(view):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        view.version = 5  # type: ignore[misc]
    book.apply(message([(1, 9_999, 0), (-1, 10_001, 999)]), 0)
    book.clear()
    for array, was in zip(arrays(view), before, strict=True):
        assert (array == was).all()
    assert hash(view) == hash(view)
    assert view != book.view()


def test_proven_depth_of_a_venue_that_states_it() -> None:
    book = Book(INSTRUMENT, depth=2)
    book.replace(message(LEVELS, kind=SNAPSHOT), 0, complete=True)
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (9_997, 10_002)
    book.apply(message([(1, 9_997, 0)]), 0)
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (None, 10_002)
    view = book.view()
    assert (view.proven_bid_ticks, view.proven_ask_ticks) == (None, 10_002)
    assert (view.proven_ticks(-1), view.proven_ticks(1)) == (None, 10_002)


def test_levels_beyond_the_stated_depth_are_held_but_not_proven() -> None:
    book = Book(INSTRUMENT, depth=2)
    book.replace(
        message([(1, 9_999, 5), (-1, 10_001, 5), (-1, 10_002, 5), (-1, 10_003, 5)], kind=SNAPSHOT), 0, complete=True
    )
    book.state = BookState.LIVE
    assert book.proven_ticks(-1) == 10_002
    for walk in (book.walk(1, 12), book.view().walk(1, 12)):
        assert (walk.filled_lots, walk.unproven_lots) == (12, 2)
    assert book.walk(1, 10).unproven_lots == 0


def test_what_a_message_stamps() -> None:
    book = live_book(LEVELS)
    crossed = book.apply(message([(1, 10_001, 5)], last=42, event_ns=7), 0)
    assert crossed
    assert book.crossed
    assert (book.last_id, book.event_ns) == (42, 7)
    assert not book.apply(message([(1, 10_001, 0)]), 0)


def test_a_book_handed_in() -> None:
    book = Book.from_levels(INSTRUMENT, [("99.9", "1"), ("99.8", "2.5")], [("100.1", "0.004")])
    assert (book.state, book.proof, book.reason) == (BookState.LIVE, Proof.CALLER, "")
    assert (book.best_bid_ticks, book.best_ask_ticks, book.mid) == (999, 1001, 100.0)
    assert book.levels(1)[1].tolist() == [1000, 2500]
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (998, 1001)
    assert book.view().best_bid == pytest.approx(99.9)
    assert Book.from_levels(INSTRUMENT, [], []).count(1) == 0


@pytest.mark.parametrize(
    ("bids", "asks", "error"),
    [
        ([("100", "1")], [("100", "1")], InstrumentError),
        ([("101", "1")], [("100", "1")], InstrumentError),
        ([("100", "0")], [], InstrumentError),
        ([("100", "-1")], [], InstrumentError),
        ([("0", "1")], [], InstrumentError),
        ([("-1", "1")], [], InstrumentError),
        ([("100", "2000000000000000")], [], InstrumentError),
        ([("200000000000000000", "1")], [], InstrumentError),
        ([("100.05", "1")], [], OffGridError),
        ([("100", "0.0001")], [], OffGridError),
        ([("1_00", "1")], [], OffGridError),
    ],
)
def test_levels_that_are_refused(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        Book.from_levels(INSTRUMENT, bids, asks)


def test_new_metadata_empties_a_book() -> None:
    book = live_book(LEVELS)
    assert book.checksum() != 0
    other = Instrument("test", "OTHER", "B", "Q", Decimal("0.25"), Decimal(10))
    version = book.version
    book.describe(other)
    assert (book.state, book.count(1), book.count(-1), book.checksum()) == (BookState.EMPTY, 0, 0, 0)
    assert book.version > version
    assert book.view().instrument is other


def test_metadata_that_a_book_cannot_hold() -> None:
    symbol = "A" * 64
    assert Book(Instrument("t", symbol, "B", "Q", Decimal(1), Decimal(1))).instrument.symbol == symbol
    for wrong in (
        Instrument("t", symbol + "A", "B", "Q", Decimal(1), Decimal(1)),
        Instrument("t", "S", "B", "Q", Decimal("1e-19"), Decimal(1)),
        Instrument("t", "S", "B", "Q", Decimal(1), Decimal("1e18")),
    ):
        with pytest.raises(InstrumentError):
            Book(wrong)
        book = live_book(LEVELS)
        with pytest.raises(InstrumentError):
            book.describe(wrong)
        assert book.instrument is INSTRUMENT


def test_a_row_of_the_wrong_shape() -> None:
    with pytest.raises(ValueError, match="needs"):
        Book(INSTRUMENT, row=np.zeros(100, np.int64))
    words = at.row_words()
    for wrong in (np.zeros(words, np.float64), np.zeros(2 * words, np.int64)[::2], np.zeros((words, 1), np.int64)):
        with pytest.raises(ValueError, match="needs"):
            Book(INSTRUMENT, row=wrong)


def test_a_book_fits_the_memory_it_is_given() -> None:
    book = Book(INSTRUMENT)
    assert book.nbytes == 8 * at.row_words()
    assert book.nbytes < 1 << 20


def test_the_event_buffer_refuses_what_does_not_fit() -> None:
    events = EventBuffer(max_rows=4)
    events.add(SNAPSHOT, 0, as_rows(LEVELS), event_ns=1, checksum=0)
    assert events.message_rows(0).tolist() == as_rows(LEVELS).tolist()
    with pytest.raises(FrameError, match="more than 4 levels"):
        events.add(SNAPSHOT, 0, as_rows(LEVELS[:1]), event_ns=1)
    assert events.count == 1
    events.clear()
    for _ in range(len(events.messages)):
        events.add(SNAPSHOT, 0, as_rows([]), event_ns=1)
    with pytest.raises(FrameError):
        events.add(SNAPSHOT, 0, as_rows([]), event_ns=1)


@pytest.mark.parametrize("field", ["event_ns", "sent_ns", "link", "first", "last", "checksum"])
@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
def test_the_event_buffer_refuses_numbers_beyond_int64(field: str, number: int) -> None:
    events = EventBuffer(max_rows=4)
    with pytest.raises(FrameError, match="beyond int64"):
        events.add(SNAPSHOT, 0, as_rows(LEVELS), **{"event_ns": 1, field: number})
    assert events.count == 0
    assert events.add(SNAPSHOT, 0, as_rows(LEVELS), event_ns=1) == 0
    assert events.message_rows(0).tolist() == as_rows(LEVELS).tolist()
