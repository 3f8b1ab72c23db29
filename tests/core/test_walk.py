"""What an order meets: walks of a book and of its view against exact fractions, and a golden case per contract kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from msgspec.structs import astuple

from fillcast.core import walk_kernels
from fillcast.core.book import Book
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.view import Walk
from tests.core.effort import efforts, explore
from tests.core.markets import INSTRUMENT, inverse, linear, live_book, message, quanto, sides, uncrossed
from tests.core.twins import Row, TwinBook, TwinWalk

CONTRACTS = [linear(), linear("0.01"), inverse(), quanto()]
KINDS = pytest.mark.parametrize("instrument", CONTRACTS, ids=["spot", "linear", "inverse", "quanto"])
SIDES = st.sampled_from([1, -1])
TOLERANCE = 1e-12


def exact_amounts(walk: TwinWalk, instrument: Instrument) -> tuple[Fraction, Fraction]:
    """(base, quote) of an exact walk."""
    worth = Fraction(instrument.lot) * Fraction(instrument.contract_value)
    if instrument.kind is ContractKind.INVERSE:
        return worth * walk.inverse / Fraction(instrument.tick), worth * walk.filled
    return worth * walk.filled, worth * walk.notional * Fraction(instrument.tick)


def check_walk(walk: Walk, expected: TwinWalk, instrument: Instrument) -> None:
    """A walk equals the exact one: counts to the unit, amounts to rounding."""
    counts = (walk.filled_lots, walk.unproven_lots, walk.worst_ticks, walk.levels, walk.exhausted)
    assert counts == (expected.filled, expected.beyond, expected.worst, expected.levels, expected.exhausted)
    for ours, exact in zip((walk.base, walk.quote), exact_amounts(expected, instrument), strict=True):
        assert math.isclose(ours, exact, rel_tol=TOLERANCE)


def check_same(one: Walk, other: Walk) -> None:
    """A walk of a book equals that of its view: counts to the unit, amounts to rounding."""
    for ours, theirs in zip(astuple(one), astuple(other), strict=True):
        if isinstance(ours, float):
            assert math.isclose(ours, theirs, rel_tol=TOLERANCE)
        else:
            assert ours == theirs


def pair(rows: list[Row], instrument: Instrument, *, complete: bool) -> tuple[Book, TwinBook]:
    twin = TwinBook()
    twin.replace(rows, complete=complete)
    return live_book(rows, instrument, complete=complete), twin


@efforts(25)
@KINDS
def test_a_size_in_lots(examples: int, instrument: Instrument) -> None:
    def check(rows: list[Row], side: int, lots: int, complete: bool) -> None:
        book, twin = pair(rows, instrument, complete=complete)
        walk = book.walk(side, lots)
        check_walk(walk, twin.walk(-side, lots), instrument)
        assert walk.filled_lots + walk.unfilled_lots == lots
        check_same(walk, book.view().walk(side, lots))

    explore(examples, check, sides(), SIDES, st.integers(1, 10**8), st.booleans())


@efforts(25)
@KINDS
def test_a_size_that_ends_on_a_level(examples: int, instrument: Instrument) -> None:
    def check(rows: list[Row], side: int, data: st.DataObject) -> None:
        book, twin = pair(rows, instrument, complete=False)
        levels = twin.levels(-side)
        assume(levels)
        lots = sum(shown for _, shown in levels[: data.draw(st.integers(1, len(levels)))])
        check_walk(book.walk(side, lots), twin.walk(-side, lots), instrument)
        check_same(book.walk(side, lots), book.view().walk(side, lots))

    explore(examples, check, sides(), SIDES, st.data())


def check_amount(book: Book, twin: TwinBook, side: int, amount: float, *, quoted: bool) -> None:
    """As many lots as the amount pays for, and not one more."""
    view, instrument = book.view(), book.instrument
    walk = book.walk_quote(side, amount) if quoted else book.walk_base(side, amount)
    check_same(walk, view.walk_quote(side, amount) if quoted else view.walk_base(side, amount))
    if walk.filled_lots:
        check_walk(walk, twin.walk(-side, walk.filled_lots), instrument)
    spent = exact_amounts(twin.walk(-side, walk.filled_lots), instrument)[quoted] if walk.filled_lots else 0
    assert spent <= Fraction(amount) * Fraction(1 + 2e-12)
    more = twin.walk(-side, walk.filled_lots + 1)
    if more.filled > walk.filled_lots:
        assert exact_amounts(more, instrument)[quoted] > Fraction(amount), "one more lot was paid for"


@efforts(25)
@KINDS
@pytest.mark.parametrize("quoted", [True, False])
def test_an_amount_of_base_or_quote(examples: int, instrument: Instrument, quoted: bool) -> None:
    least = 1.01 * float(instrument.lot * instrument.contract_value)

    def check(rows: list[Row], side: int, amount: float, complete: bool) -> None:
        check_amount(*pair(rows, instrument, complete=complete), side, amount, quoted=quoted)

    explore(examples, check, sides(), SIDES, st.floats(least, 1e9), st.booleans())


@efforts(25)
@KINDS
@pytest.mark.parametrize("quoted", [True, False])
def test_an_amount_that_is_a_whole_number_of_lots(examples: int, instrument: Instrument, quoted: bool) -> None:
    """Rounding never costs a lot: the price of n lots buys n lots."""

    def check(rows: list[Row], side: int, lots: int) -> None:
        book, twin = pair(rows, instrument, complete=True)
        exact = twin.walk(-side, lots)
        assume(exact.filled == lots)
        amount = float(exact_amounts(exact, instrument)[quoted])
        walk = book.walk_quote(side, amount) if quoted else book.walk_base(side, amount)
        assert walk.filled_lots == lots
        check_same(walk, book.view().walk_quote(side, amount) if quoted else book.view().walk_base(side, amount))

    explore(examples, check, sides(), SIDES, st.integers(1, 10**7))


def check_monotone_and_convex(cost: Callable[[int], float], sizes: list[int], sign: int) -> None:
    """Buying more costs more, and each further lot at least as much as the one before; selling: at most."""
    points = [(lots, cost(lots)) for lots in sizes]
    slack = 2 * TOLERANCE * points[-1][1]
    slopes = []
    for (lots, before), (more, after) in pairwise(points):
        assert after > before, "a larger order costs less"
        slopes.append((sign * (after - before) / (more - lots), slack / (more - lots)))
    for (slope, error), (later, later_error) in pairwise(slopes):
        assert later >= slope - (error + later_error), "a later lot is cheaper than an earlier one"


@efforts(25)
def test_cost_is_monotone_and_convex_in_size(examples: int) -> None:
    def check(rows: list[Row], side: int, data: st.DataObject) -> None:
        book = live_book(rows)
        shown = int(book.levels(-side)[1].sum())
        assume(shown > 3)
        sizes = sorted(data.draw(st.sets(st.integers(1, shown), min_size=3, max_size=12)))
        check_monotone_and_convex(lambda lots: book.walk(side, lots).quote, sizes, side)
        check_monotone_and_convex(lambda lots: book.view().walk(side, lots).quote, sizes, side)
        check_monotone_and_convex(lambda lots: book.cost_both(lots)[1 if side > 0 else 3], sizes, side)

    explore(examples, check, sides(), SIDES, st.data())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda quote, lots: quote * (1 - 0.3 * (lots > 12)), "costs less"),
        (lambda quote, lots: quote - 0.2 * max(lots - 12, 0), "a later lot is cheaper"),
        (lambda quote, lots: 0.0 if lots == 25 else quote, "costs less"),
    ],
    ids=["a rebate", "a discount", "a free size"],
)
def test_a_cost_that_is_not_is_caught(wrong: Callable[[float, int], float], said: str) -> None:
    book = live_book(uncrossed([], [(1, 10), (5, 10), (9, 10)]))
    sizes = [1, 5, 10, 11, 15, 20, 25, 30]
    check_monotone_and_convex(lambda lots: book.walk(1, lots).quote, sizes, 1)
    with pytest.raises(AssertionError, match=said):
        check_monotone_and_convex(lambda lots: wrong(book.walk(1, lots).quote, lots), sizes, 1)


@efforts(15)
@KINDS
def test_the_curve_is_the_walk_at_every_level(examples: int, instrument: Instrument) -> None:
    def check(rows: list[Row], side: int) -> None:
        view = live_book(rows, instrument).view()
        base, average = view.curve(side)
        sums = view.opposite(side).cumulative_lots
        assert len(base) == len(average) == len(sums)
        for index, lots in enumerate(sums.tolist()):
            walk = view.walk(side, lots)
            assert math.isclose(walk.base, base[index], rel_tol=TOLERANCE)
            assert math.isclose(walk.average_price, average[index], rel_tol=TOLERANCE)

    explore(examples, check, sides(), SIDES)


BIDS_AND_ASKS = uncrossed([(1, 40), (3, 100)], [(1, 30), (2, 50), (10, 500)])
# bids 9,999 × 40 and 9,997 × 100; asks 10,001 × 30, 10,002 × 50 and 10,010 × 500 (ticks × lots)


def golden(instrument: Instrument) -> tuple[Walk, Walk]:
    """Buying 60 lots and selling 60 lots."""
    book = live_book(BIDS_AND_ASKS, instrument)
    return book.walk(1, 60), book.walk(-1, 60)


def test_golden_spot() -> None:
    bought, sold = golden(linear())
    # tick 0.1, lot 0.001: 30 × 0.001 × 1000.1 + 30 × 0.001 × 1000.2 = 30.003 + 30.006 for 0.060 base
    assert bought.base == pytest.approx(0.060, rel=TOLERANCE)
    assert bought.quote == pytest.approx(60.009, rel=TOLERANCE)
    assert bought.average_price == pytest.approx(1000.15, rel=TOLERANCE)
    # 40 × 0.001 × 999.9 + 20 × 0.001 × 999.7 = 39.996 + 19.994
    assert sold.quote == pytest.approx(59.990, rel=TOLERANCE)
    assert (bought.worst_ticks, bought.levels, sold.worst_ticks, sold.levels) == (10_002, 2, 9_997, 2)


def test_golden_linear_contract() -> None:
    bought, sold = golden(linear("0.01"))
    # A contract is 0.01 base, a lot 0.001 contracts: 60 lots are 0.0006 base; 0.0003 × 1000.1 + 0.0003 × 1000.2
    assert bought.base == pytest.approx(0.0006, rel=TOLERANCE)
    assert bought.quote == pytest.approx(0.60009, rel=TOLERANCE)
    assert bought.average_price == pytest.approx(1000.15, rel=TOLERANCE)
    assert sold.quote == pytest.approx(0.59990, rel=TOLERANCE)


def test_golden_inverse_contract() -> None:
    bought, sold = golden(inverse())
    # tick 0.5, 100 USD a contract: 30 × 100 / 5000.5 + 30 × 100 / 5001.0 base for 6,000 USD
    assert bought.quote == pytest.approx(6_000, rel=TOLERANCE)
    assert bought.base == pytest.approx(0.599940005999400 + 0.599880023995201, rel=1e-14)
    # The harmonic mean of 5000.5 and 5001.0, 2 × 5000.5 × 5001 / 10001.5, not the arithmetic 5000.75
    assert bought.average_price == pytest.approx(5000.7499875018747, rel=TOLERANCE)
    # 40 × 100 / 4999.5 + 20 × 100 / 4998.5
    assert sold.base == pytest.approx(0.800080008000800 + 0.400120036010803, rel=1e-14)


def test_golden_quanto_contract() -> None:
    bought, sold = golden(quanto())
    # tick 0.05, 0.000001 XBT per USD of price: 30 × 500.05 + 30 × 500.1 = 30,004.5 XBT-millionths
    assert bought.quote == pytest.approx(0.0300045, rel=TOLERANCE)
    assert bought.base == pytest.approx(0.000060, rel=TOLERANCE)
    assert bought.average_price == pytest.approx(500.075, rel=TOLERANCE)
    # 40 × 499.95 + 20 × 499.85 = 29,995
    assert sold.quote == pytest.approx(0.029995, rel=TOLERANCE)


def test_lots_beyond_the_proven_edge() -> None:
    rows = uncrossed([(1, 40), (3, 100)], [(1, 30), (2, 50)])
    book = live_book(rows, complete=False)
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (9_997, 10_002)
    assert book.walk(1, 80).unproven_lots == 0
    book.apply(message([(-1, 10_005, 7), (1, 9_990, 9)]), 0)
    for walk in (book.walk(1, 85), book.view().walk(1, 85)):
        assert (walk.filled_lots, walk.unproven_lots) == (85, 5)
    for walk in (book.walk(-1, 149), book.view().walk(-1, 149)):
        assert (walk.filled_lots, walk.unproven_lots, walk.exhausted) == (149, 9, True)


def test_an_empty_side() -> None:
    book = live_book(uncrossed([(1, 40)], []))
    for walk in (book.walk(1, 5), book.view().walk(1, 5)):
        assert (walk.filled_lots, walk.unfilled_lots, walk.levels, walk.worst_ticks) == (0, 5, 0, None)
        assert walk.exhausted
        assert math.isnan(walk.average_price)
    assert book.cost_both(5) == (0, 0.0, 5, 5 * 9_999.0)
    assert math.isnan(book.mid)
    assert math.isnan(book.view().mid)
    assert book.depth_lots(1, 1e6) == 0
    assert book.view().depth_base(1, 1e6) == 0.0


def test_depth_within_a_distance() -> None:
    book = live_book(BIDS_AND_ASKS)
    # The mid is 10,000 ticks: 1 bps is 1 tick, and a level exactly at the distance counts.
    assert [book.depth_lots(-1, bps) for bps in (0.5, 1, 1.9, 2, 9.9, 10)] == [0, 30, 30, 80, 80, 580]
    assert [book.depth_lots(1, bps) for bps in (0.5, 1, 2.9, 3, 100)] == [0, 40, 40, 140, 140]
    assert book.view().depth_base(-1, 2) == pytest.approx(0.080)
    assert book.view().depth_base(1, 0.999) == 0.0


def test_a_wrong_walk_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    book, twin = pair(BIDS_AND_ASKS, INSTRUMENT, complete=True)
    right = walk_kernels.walk
    expected = twin.walk(-1, 60)
    for column, error in ((0, 1), (1, 1e-3), (3, 1), (4, 1), (5, 1), (6, 1)):

        def wrong(*arguments: object, column: int = column, error: float = error) -> tuple[float, ...]:
            found = list(right(*arguments))
            found[column] += error
            return tuple(found)

        monkeypatch.setattr(walk_kernels, "walk", wrong)
        with pytest.raises(AssertionError):
            check_walk(book.walk(1, 60), expected, INSTRUMENT)
        with pytest.raises(AssertionError):
            check_same(book.walk(1, 60), book.view().walk(1, 60))


def test_a_lot_lost_to_rounding_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fillcast.core.view.ROUNDING", 1 - 1e-9)
    book, twin = pair(BIDS_AND_ASKS, INSTRUMENT, complete=True)
    amount = float(exact_amounts(twin.walk(-1, 60), INSTRUMENT)[True])
    assert book.walk_quote(1, amount).filled_lots == 59
    with pytest.raises(AssertionError, match="one more lot"):
        check_amount(book, twin, 1, amount * (1 + 1e-11), quoted=True)


def test_sums_of_float64_stay_exact_far_beyond_real_books() -> None:
    lots = 10**12
    rows = uncrossed([], [(gap, lots) for gap in range(1, 400)])
    walk = live_book(rows).walk(1, 399 * lots)
    exact = sum(lots * (10_000 + gap) for gap in range(1, 400)) * Fraction(INSTRUMENT.tick) * Fraction(INSTRUMENT.lot)
    assert np.isclose(walk.quote, float(exact), rtol=TOLERANCE, atol=0)
    assert walk.filled_lots == 399 * lots
