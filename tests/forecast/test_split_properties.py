"""What holds for every split order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.view import BookView
from fillcast.forecast.comparison import compare
from fillcast.forecast.split import NoSplit, Split, best_split
from fillcast.models.fees import FeeRate, stated_fee
from tests.forecast.examples import INVERSE, SPOT, SWAP, mirrored_books, priced, view_of
from tests.forecast.splits import DOLLARS, ELSEWHERE, THIRD, in_steps, split, split_of


def small_books(instruments: Sequence[Instrument]) -> st.SearchStrategy[list[tuple[BookView, FeeRate]]]:
    """Books of a few lots a level, so that every allocation can be tried."""

    @st.composite
    def drawn(draw: st.DrawFn) -> list[tuple[BookView, FeeRate]]:
        books = []
        for instrument in instruments[: draw(st.integers(2, len(instruments)))]:
            stepped = in_steps(instrument, draw(st.sampled_from((1, 2, 4))))
            offsets = draw(st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True))
            levels = {10_000 + offset: draw(st.integers(1, 7)) for offset in sorted(offsets)}
            asks = [(str(stepped.price(ticks)), str(stepped.size(lots))) for ticks, lots in levels.items()]
            bids = [(str(stepped.price(20_000 - ticks)), size) for ticks, (_, size) in zip(levels, asks, strict=True)]
            books.append((view_of(stepped, bids, asks), stated_fee(draw(st.sampled_from((-2.0, 0.0, 3.0, 10.0))))))
        return books

    return drawn()


def paid_for(view: BookView, fee: FeeRate, side: int, lots: int) -> float:
    total, left = 0.0, lots
    levels = view.opposite(side)
    for price, size in zip(levels.price.tolist(), levels.lots.tolist(), strict=True):
        part = min(left, size)
        left -= part
        total += part * float(view.instrument.lot) * price * (side + fee.taker_bps / 1e4)
    return total


def cheapest(books: Sequence[tuple[BookView, FeeRate]], side: int, asked: int) -> tuple[int, float]:
    """Return the most lots that whole order steps fill, and the least that they cost, out of all allocations."""
    ranges = [range(0, int(view.opposite(side).lots.sum()) + 1, view.instrument.order_lots) for view, _ in books]
    outcomes = [
        (-sum(lots), sum(paid_for(view, fee, side, part) for (view, fee), part in zip(books, lots, strict=True)))
        for lots in itertools.product(*ranges)
        if sum(lots) <= asked
    ]
    return min(outcomes)


@given(small_books((SPOT, ELSEWHERE, THIRD)), st.integers(4, 45), st.sampled_from(("buy", "sell")))
def test_it_is_the_best_of_all_allocations_of_whole_steps(
    books: list[tuple[BookView, FeeRate]], asked: int, side: str
) -> None:
    views, fees = [view for view, _ in books], [fee for _, fee in books]
    sign = 1 if side == "buy" else -1
    most, least = cheapest(books, sign, asked)
    assume(most)
    found = split(views, f"{SPOT.size(asked)}", fees, side=side)

    assert sum(share.fill.lots for share in found.shares) == -most
    assert sign * found.all_in_price == pytest.approx(least / -most / float(SPOT.lot), rel=1e-12)


@given(
    st.lists(mirrored_books((SPOT, SWAP)), min_size=3, max_size=3),
    st.lists(st.sampled_from((-1.0, 0.0, 2.5, 10.0)), min_size=3, max_size=3),
    st.integers(1, 10**8),
    st.sampled_from(("buy", "sell")),
)
def test_it_is_never_worse_than_a_single_book_and_adds_up_exactly(
    views: list[BookView], fees_bps: list[float], lots: int, side: str
) -> None:
    views = [
        replace(view, instrument=replace(view.instrument, venue=venue))
        for view, venue in zip(views, ("one", "two", "three"), strict=True)
    ]
    asked = Fraction(lots, 10_000)
    fees = [stated_fee(fee) for fee in fees_bps]
    compared = compare([priced(view, side, f"{float(asked):.4f}", fee) for view, fee in zip(views, fees, strict=True)])
    found = best_split(compared, views)
    if isinstance(found, NoSplit):
        assert found.reason == "no book shows as much as one order step"
        return
    for one in compared:
        if one.fill is not None and one.fill.unfilled_base == 0:
            assert one.net_vs_common_bps is not None
            assert found.net.bps <= one.net_vs_common_bps + 1e-6
            assert found.best_single is not None
    assert {sum(order) for order in itertools.permutations(share.share for share in found.shares)} == {1.0}
    assert {sum(order) for order in itertools.permutations(share.cost_quote for share in found.shares)} == {
        found.net.quote
    }
    exact = sum(
        Fraction(share.fill.lots) * Fraction(share.instrument.lot) * Fraction(share.instrument.contract_value)
        for share in found.shares
    )
    assert exact <= asked
    assert float(exact) == pytest.approx(found.filled_base, rel=1e-12)
    assert found.filled_base + found.unfilled_base + found.rounded_base == pytest.approx(float(asked), rel=1e-9)
    against = found.reference.price
    sign = 1 if side == "buy" else -1
    assert found.net.bps == pytest.approx(sign * 1e4 * (found.all_in_price - against) / against, abs=1e-6)
    assert found.net.low_bps <= found.net.bps <= found.net.high_bps


@given(
    st.lists(mirrored_books((SPOT,)), min_size=2, max_size=2),
    st.lists(st.sampled_from((0.0, 2.5, 10.0)), min_size=2, max_size=2),
    st.integers(1, 10**6),
)
def test_the_cost_rises_with_size_ever_faster(views: list[BookView], fees_bps: list[float], step: int) -> None:
    views = [views[0], replace(views[1], instrument=ELSEWHERE)]
    fees = [stated_fee(fee) for fee in fees_bps]
    costs = []
    for count in range(1, 7):
        found = split_of(views, f"{SPOT.size(step * count)}", fees)
        assert isinstance(found, Split)
        if found.unfilled_base:
            break
        costs.append(found.all_in_price * found.filled_base)
    steps = [later - earlier for earlier, later in itertools.pairwise([0.0, *costs])]
    assert all(one > 0 for one in steps)
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in itertools.pairwise(steps))


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 50)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 200_000)), min_size=1, max_size=4),
    st.integers(200, 10_000),
)
def test_an_inverse_contract_misses_the_best_by_less_than_a_step(
    contracts: list[tuple[int, int]], coins: list[tuple[int, int]], hundred_thousandths: int
) -> None:
    def book(instrument: Instrument, levels: list[tuple[int, int]], unit: int) -> BookView:
        ticks = [1_000_000 + unit * sum(gap for gap, _ in levels[: place + 1]) for place in range(len(levels))]
        asks = [
            (str(instrument.price(tick)), str(instrument.size(lots)))
            for tick, (_, lots) in zip(ticks, levels, strict=True)
        ]
        return view_of(instrument, [(str(instrument.price(990_000)), "1")], asks)

    dollars = replace(DOLLARS, tick=INVERSE.tick)
    views = [book(INVERSE, contracts, 7), book(dollars, coins, 7)]
    asked = hundred_thousandths / 1e5
    found = split(views, f"{asked:.5f}")
    levels = sorted(
        (price, float(base))
        for view in views
        for price, base in zip(
            view.asks.price.tolist(),
            [
                view.instrument.amounts(int(lots), price)[0]
                for lots, price in zip(view.asks.lots, view.asks.price, strict=True)
            ],
            strict=True,
        )
    )
    least, left = 0.0, found.filled_base
    for price, base in levels:
        least += min(base, left) * price
        left -= min(base, left)
    step = 100 / levels[0][0]
    spread = levels[-1][0] - levels[0][0]
    assert INVERSE.kind is ContractKind.INVERSE
    assert -1e-6 <= found.all_in_price * found.filled_base - least <= step * spread + 1e-6
    assert found.filled_base <= asked * (1 + 1e-12)
    if not found.unfilled_base:
        assert asked - found.filled_base < step
