"""Books that a caller hands in: exact numbers, grids stated or inferred, proven edges, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.book import Book
from fillcast.core.given import exact
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.errors import FillcastError, InstrumentError, OffGridError

NAME = "BTC-USDT"
BIDS = [(99.9, 1.5), (99.8, 2)]
ASKS = [("100.10", "0.004"), (Decimal("100.3"), Decimal(1))]


def test_a_name_is_enough() -> None:
    book = Book.from_levels(NAME, BIDS, ASKS)
    assert (book.state, book.proof) == (BookState.LIVE, Proof.CALLER)
    instrument = book.instrument
    assert (instrument.key, instrument.base, instrument.quote) == ("caller:BTC-USDT", "BTC", "USDT")
    assert (instrument.tick, instrument.lot) == (Decimal("0.01"), Decimal("0.001"))
    assert instrument.scale_inferred
    assert [array.tolist() for array in book.levels(1)] == [[9990, 9980], [1500, 2000]]
    assert [array.tolist() for array in book.levels(-1)] == [[10010, 10030], [4, 1000]]


def test_a_venue_and_the_grids_may_be_stated() -> None:
    book = Book.from_levels("okx:BTC/USDT", BIDS, ASKS, tick="0.1", lot=0.0005)
    assert (book.instrument.key, book.instrument.tick) == ("okx:BTC/USDT", Decimal("0.1"))
    assert (book.best_bid_ticks, book.size_at(-1, 1001)) == (999, 8)
    assert not book.instrument.scale_inferred
    half = Book.from_levels(NAME, BIDS, ASKS, tick="0.1")
    assert half.instrument.scale_inferred


def test_arrays_read_as_pairs() -> None:
    of_pairs = Book.from_levels(NAME, BIDS, [])
    of_doubles = Book.from_levels(NAME, np.array(BIDS), np.empty((0, 2)))
    of_singles = Book.from_levels(NAME, np.array(BIDS, np.float32), [])
    for other in (of_doubles, of_singles):
        assert [array.tolist() for array in other.levels(1)] == [array.tolist() for array in of_pairs.levels(1)]
        assert other.instrument.tick == of_pairs.instrument.tick == Decimal("0.1")


@given(st.decimals("0.00001", "100000", places=5))
def test_a_float_is_its_shortest_text(value: Decimal) -> None:
    assert exact(float(value)) == value
    assert Decimal(float(value)) == value or exact(float(value)) != Decimal(float(value))


def test_whole_floats_have_no_digit_after_the_point() -> None:
    assert Book.from_levels(NAME, [(100.0, 3.0)], [(101.0, 1e3)]).instrument.tick == 1
    assert Book.from_levels(NAME, [(100, 1)], [], tick=1e-6).instrument.tick == Decimal("0.000001")


def test_what_is_proven_is_what_the_caller_says() -> None:
    shown = Book.from_levels(NAME, BIDS, ASKS)
    assert (shown.proven_ticks(1), shown.proven_ticks(-1)) == (9980, 10030)
    whole = Book.from_levels(NAME, BIDS, ASKS, edges=(None, None))
    assert (whole.proven_ticks(1), whole.proven_ticks(-1)) == (None, None)
    less = Book.from_levels(NAME, BIDS, ASKS, edges=("99.9", 100.2))
    assert (less.proven_ticks(1), less.proven_ticks(-1)) == (9990, 10020)
    assert less.walk(1, 104).unproven_lots == 100
    assert less.walk(-1, 1600).unproven_lots == 100
    one = Book.from_levels(NAME, BIDS, ASKS, edges=(None, 100.2))
    assert (one.proven_ticks(1), one.proven_ticks(-1)) == (None, 10020)


def test_a_size_beyond_the_last_level_is_not_filled() -> None:
    walk = Book.from_levels(NAME, BIDS, ASKS).walk(1, 5000)
    assert (walk.filled_lots, walk.unfilled_lots, walk.unproven_lots, walk.exhausted) == (1004, 3996, 0, True)


@pytest.mark.parametrize(
    ("bids", "asks", "message"),
    [
        ([("100", "1")], [("100", "1")], "best bid reaches the best ask"),
        ([("101", "1")], [("100", "1")], "best bid reaches the best ask"),
        ([(99, 1), (99.5, 1)], [], "bids: level 1 at 99.5 is better than the one before it"),
        ([], [(99.5, 1), (99, 1)], "asks: level 1 at 99 is better than the one before it"),
        ([(99, 1), (98, 1), (98.0, 2)], [], "bids: level 2: the price 98 is there twice"),
        ([(-99, 1)], [], "must be positive"),
        ([(99, -1)], [], "level 0, -1 at 99: price and size must be positive"),
        ([(99, 0)], [], "must be positive"),
        ([(float("nan"), 1)], [], "bids: level 0: nan is not a finite number"),
        ([(99, np.float32("inf"))], [], "inf is not a finite number"),
        ([("NaN", 1)], [], "not a decimal number"),
        ([], [(99, 1), (100, 2e18)], "asks: level 1, 2000000000000000000 at 100: .* below 2\\^60 steps"),
        ([(99, 1e19)], [], "beyond int64"),
        ([(99, 1e300)], [], "beyond int64"),
        ([(60000.1, 1), (0.30000000000000004, 1)], [], "beyond int64|below 2\\^60"),
        ([(99, True)], [], "True is not a number"),
        ([(99, None)], [], "None is not a number"),
        ([99, 98], [], "level 0 is not a pair"),
        (["ab"], [], "level 0 is not a pair"),
        ([(99, 1, 1)], [], "level 0 is not a pair"),
        ([("1_00", "1")], [], "not a decimal number"),
    ],
)
def test_levels_that_are_refused_by_name(bids, asks, message) -> None:
    with pytest.raises(FillcastError, match=message) as caught:
        Book.from_levels(NAME, bids, asks)
    assert isinstance(caught.value, ValueError)
    assert NAME in str(caught.value)


def test_a_stated_grid_is_kept_to() -> None:
    with pytest.raises(OffGridError, match=r"bids: level 0: 99.95 is not a multiple of 0.1"):
        Book.from_levels(NAME, [(99.95, 1)], [], tick="0.1")
    with pytest.raises(OffGridError, match=r"bids: level 0: 0.30000000000000004 is not a multiple of 0.1"):
        Book.from_levels(NAME, [(0.1 + 0.2, 1)], [], tick="0.1")
    with pytest.raises(OffGridError, match="not a multiple"):
        Book.from_levels(NAME, BIDS, ASKS, edges=("99.999", None))
    with pytest.raises(InstrumentError, match="proven edge -1"):
        Book.from_levels(NAME, BIDS, ASKS, edges=(-1, None))


@pytest.mark.parametrize("name", ["", "BTCUSDT", "okx:", "okx:BTC-", "-USDT"])
def test_a_name_without_currencies_is_refused(name) -> None:
    with pytest.raises(InstrumentError, match="BASE-QUOTE"):
        Book.from_levels(name, BIDS, ASKS)


def test_an_instrument_has_its_own_grids() -> None:
    instrument = Instrument("okx", NAME, "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
    assert Book.from_levels(instrument, BIDS, ASKS).instrument is instrument
    with pytest.raises(InstrumentError, match="has a tick and a lot"):
        Book.from_levels(instrument, BIDS, ASKS, tick="0.1")
    for tick in ("0", "-1", float("nan")):
        with pytest.raises((InstrumentError, OffGridError)):
            Book.from_levels(NAME, BIDS, ASKS, tick=tick)
