from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.book import Book
from fillcast.core.state import BookState, Proof
from fillcast.core.view import BookView
from fillcast.errors import NotLiveError, UsageError
from fillcast.forecast.curve import BUDGET_TOLERANCE_BPS, Curve, LargestSize, curve, max_size
from fillcast.forecast.interval import mid_move_bps
from fillcast.forecast.report import report_curve, report_largest
from fillcast.models.fees import DisputedFee, FeeRate, stated_fee
from fillcast.venues.protocol import Health
from tests.forecast.examples import INVERSE, MEASURED, SPOT, mirrored_books, priced, view_of

STEPPED = replace(SPOT, order_lots=100)
FEE = FeeRate(1.0, 5.0, "Regular", "2026-01-01", "somewhere", disputed=(DisputedFee(1.0, 4.0, "elsewhere"),))
SIDES = st.sampled_from([1, -1])


def curve_of(view: BookView, side: int, lots: list[int] | None = None) -> Curve:
    sizes = None if lots is None else np.array(lots, np.int64)
    return curve(view, side, sizes, fee=FEE, volatility=MEASURED, latency_s=0.25)


def test_the_age_of_a_book_widens_its_curve() -> None:
    view = view_of(SPOT, [("99.99", "5")], [("100.01", "5")])
    health = Health(BookState.LIVE, "", Proof.SEQUENCE, 750_000_000, 0, 0)
    young, old = (
        curve(view, 1, fee=FEE, volatility=MEASURED, latency_s=0.25, health=one).high_bps for one in (None, health)
    )
    known = 1.0 + FEE.taker_bps * 1.0001  # half-spread and fee
    assert np.allclose(old - known, 2 * (young - known))


def same_as_forecasts(view: BookView, side: int, found: Curve) -> bool:
    unit = "ct" if view.instrument.sized_in == "contracts" else ""
    close = True
    for index, lots in enumerate(found.lots.tolist()):
        one = priced(view, "buy" if side > 0 else "sell", f"{view.instrument.size(lots)}{unit}", FEE)
        assert one.net is not None
        assert one.fill is not None
        pairs = (
            (found.base[index], one.fill.base),
            (found.average_price[index], one.fill.average_price),
            (found.half_spread_bps[index], one.components[0].bps),
            (found.slippage_bps[index], one.components[1].bps),
            (found.fee_bps[index], one.components[3].bps),
            (found.net_bps[index], one.net.bps),
            (found.low_bps[index], one.net.low_bps),
            (found.high_bps[index], one.net.high_bps),
        )
        close = close and all(math.isclose(mine, theirs, rel_tol=1e-8, abs_tol=1e-8) for mine, theirs in pairs)
        close = close and bool(found.proven[index]) is not one.net.at_most
    return close


@given(mirrored_books(), SIDES, st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_a_curve_is_the_forecasts_at_its_sizes(view: BookView, side: int, shares: list[float]) -> None:
    shown = int(view.opposite(side).cumulative_lots[-1])
    found = curve_of(view, side, [max(1, round(share * shown)) for share in shares])

    assert same_as_forecasts(view, side, found)


def test_the_comparison_with_forecasts_can_fail() -> None:
    view = view_of(SPOT, [("99", "1")], [("101", "1"), ("102", "1")])
    other = view_of(SPOT, [("99", "1")], [("101", "1"), ("102.01", "1")])

    assert same_as_forecasts(view, 1, curve_of(view, 1))
    assert not same_as_forecasts(other, 1, curve_of(view, 1))


def test_the_default_sizes_reach_from_a_ten_thousandth_of_what_is_shown_to_all_of_it() -> None:
    found = curve_of(view_of(SPOT, [("99", "1")], [("101", "1"), ("102", "1")]), 1)

    assert found.lots[0] == 20
    assert found.lots[-1] == 200_000
    assert 40 < len(found.lots) <= 60
    assert (np.diff(found.net_bps) >= -1e-9).all()
    assert found.high_bps - found.net_bps == pytest.approx(mid_move_bps(MEASURED, 0.25, 0.9))


def test_sizes_of_a_curve_are_whole_order_steps() -> None:
    view = view_of(STEPPED, [("99", "1")], [("101", "0.01005"), ("102", "0.02")])  # 3,005 lots, steps of 100

    drawn = curve_of(view, 1)
    assert (drawn.lots % 100 == 0).all()
    assert (drawn.lots[0], drawn.lots[-1]) == (100, 3_000)
    assert curve_of(view, 1, [100, 199, 250, 3_005, 3_100]).lots.tolist() == [100, 200, 3_000]
    with pytest.raises(UsageError, match=r"at least one order step \(0\.001 BTC\)"):
        curve_of(view, 1, [99])


def test_a_curve_of_less_than_one_order_step_is_empty() -> None:
    found = curve_of(view_of(STEPPED, [("99", "1")], [("101", "0.00099")]), 1)

    assert found.lots.tolist() == found.net_bps.tolist() == []


def test_a_curve_cannot_be_changed_and_leaves_out_what_is_not_shown() -> None:
    found = curve_of(view_of(SPOT, [("99", "1")], [("101", "1")]), 1, [1, 100_000, 100_001])

    assert found.lots.tolist() == [1, 100_000]
    with pytest.raises(ValueError, match="read-only"):
        found.net_bps[0] = 0.0


def test_sizes_of_a_curve_are_at_least_one_order() -> None:
    with pytest.raises(UsageError, match="at least one order step"):
        curve_of(view_of(SPOT, [("99", "1")], [("101", "1")]), 1, [0])


def test_neither_a_curve_nor_a_budget_is_given_without_a_live_book() -> None:
    book = Book.from_levels(SPOT, [("99", "1")], [("101", "1")])
    book.state = BookState.STALE
    one_sided = view_of(SPOT, [("99", "1")], [])

    for view in (book.view(), one_sided):
        with pytest.raises(NotLiveError, match=SPOT.key):
            curve_of(view, 1)
        with pytest.raises(NotLiveError, match=SPOT.key):
            max_size(view, 1, 5.0, fee=FEE)


def largest_within(view: BookView, side: int, budget: float, found: LargestSize) -> bool:
    """The size is within the budget, and one order step more is not, unless nothing more is shown."""
    step = view.instrument.order_lots
    shown = int(view.opposite(side).cumulative_lots[-1])
    tolerance = 10 * BUDGET_TOLERANCE_BPS
    sizes = [lots for lots in (found.lots, found.lots + step) if step <= lots <= shown]
    costs = dict(zip(sizes, curve_of(view, side, sizes).net_bps.tolist(), strict=True)) if sizes else {}
    within = found.lots == 0 or costs[found.lots] <= budget + tolerance
    full = found.lots + step > shown or costs[found.lots + step] > budget - tolerance
    return found.lots % step == 0 and within and full


@given(mirrored_books(), SIDES, st.floats(0.0, 1.2), st.sampled_from([1, 7, 1000]))
def test_the_largest_size_is_the_inverse_of_the_curve(view: BookView, side: int, share: float, step: int) -> None:
    shown = int(view.opposite(side).cumulative_lots[-1])
    net = curve_of(view, side, [1, shown]).net_bps
    budget = float(net[0] + share * (net[-1] - net[0]))
    stepped = replace(view, instrument=replace(view.instrument, order_lots=step))
    found = max_size(stepped, side, budget, fee=FEE)

    assert largest_within(stepped, side, budget, found)
    if abs(budget - net[-1]) > 10 * BUDGET_TOLERANCE_BPS:
        assert found.limited_by == ("depth" if net[-1] <= budget else "budget")


def test_the_check_of_the_largest_size_can_fail() -> None:
    view = view_of(SPOT, [("99", "1")], [("101", "1"), ("102", "1")])
    found = max_size(view, 1, 120.0, fee=FEE)

    assert largest_within(view, 1, 120.0, found)
    for lots in (found.lots - 1, found.lots + 1):
        assert not largest_within(view, 1, 120.0, LargestSize(lots, 0.0, 0.0, 0.0, False, "budget"))
    stepped = replace(view, instrument=STEPPED)
    for lots in (found.lots - 100, found.lots - 1, found.lots + 100):
        assert not largest_within(stepped, 1, 120.0, LargestSize(lots, 0.0, 0.0, 0.0, False, "budget"))


def test_the_largest_size_by_hand() -> None:
    # Mid 100, no fee. The first BTC costs 101; with x more at 102 the average is (101 + 102 x) / (1 + x),
    # which is 101.2 (120 bps) at x = 0.25. All inverse-free figures are exact, so 125,000 lots fit and
    # 125,001 do not.
    view = view_of(SPOT, [("99", "1")], [("101", "1"), ("102", "1")])

    found = max_size(view, 1, 120.0, fee=stated_fee(0.0))
    assert (found.lots, found.base, found.limited_by) == (125_000, pytest.approx(1.25), "budget")
    assert found.net_bps == pytest.approx(120.0, abs=1e-9)
    # A budget that is exactly the touch takes all of it.
    assert max_size(view, 1, 100.0, fee=stated_fee(0.0)).lots == 100_000
    nothing = max_size(view, 1, 99.0, fee=stated_fee(0.0))
    assert (nothing.lots, nothing.base, nothing.net_bps) == (0, 0.0, pytest.approx(100.0))
    everything = max_size(view, 1, 500.0, fee=stated_fee(0.0))
    assert (everything.lots, everything.limited_by) == (200_000, "depth")


def test_a_budget_that_binds_inside_the_last_order_step_is_the_limit() -> None:
    # Mid 100, no fee, orders in steps of 100 lots: 1,000 lots cost 100 bps and all 1,050 that are shown 104.76,
    # so that at 102 bps a larger order would be beyond the budget, whatever lies below.
    view = view_of(STEPPED, [("99", "1")], [("101", "0.01"), ("102", "0.0005")])

    for budget, limit in ((102.0, "budget"), (105.0, "depth")):
        found = max_size(view, 1, budget, fee=stated_fee(0.0))
        assert (found.lots, found.limited_by) == (1_000, limit)


def test_what_is_too_dear_is_one_order_step() -> None:
    # 50 lots at the touch and the other 50 of the smallest order a dollar worse: 150 bps, not the touch's 100.
    view = view_of(STEPPED, [("99", "1")], [("101", "0.0005"), ("102", "1")])

    found = max_size(view, 1, 120.0, fee=stated_fee(0.0))
    assert (found.lots, found.base, found.limited_by) == (0, 0.0, "budget")
    assert found.net_bps == pytest.approx(150.0)


def test_a_side_of_less_than_one_order_step_has_no_largest_size() -> None:
    view = view_of(STEPPED, [("99", "1")], [("101", "0.0005"), ("102", "0.0004")])

    assert max_size(view, 1, 500.0, fee=stated_fee(0.0)).limited_by == "depth"
    assert max_size(view, 1, 120.0, fee=stated_fee(0.0)).limited_by == "budget"
    assert max_size(view, 1, 500.0, fee=stated_fee(0.0)).lots == 0


def test_the_largest_inverse_size_averages_harmonically() -> None:
    # Mid 45000; 10 contracts of 100 USD at 50000 and x at 60000: average (1000 + 100 x) / (0.02 + x / 600).
    # For a budget of 2500 bps the average may be 56250: 20 contracts more, as in the golden case.
    view = view_of(INVERSE, [("40000", "50")], [("50000", "10"), ("60000", "40")])

    assert max_size(view, 1, 2500.0, fee=stated_fee(0.0)).lots == 30


def test_a_size_beyond_the_proven_edge_says_so() -> None:
    view = view_of(SPOT, [("99", "1")], [("101", "1"), ("102", "1")], proven_ask="101")

    assert max_size(view, 1, 120.0, fee=stated_fee(0.0)).at_most
    assert not max_size(view, 1, 100.0, fee=stated_fee(0.0)).at_most


@pytest.mark.parametrize("budget", [math.nan, math.inf])
def test_a_budget_must_be_a_number(budget: float) -> None:
    with pytest.raises(UsageError, match="budget"):
        max_size(view_of(SPOT, [("99", "1")], [("101", "1")]), 1, budget, fee=FEE)


def test_reports_hold_plain_values() -> None:
    view = view_of(SPOT, [("99", "1")], [("101", "1"), ("102", "1")], proven_ask="101")

    rows = report_curve(curve_of(view, 1, [50_000, 150_000]))
    assert [row["lots"] for row in rows] == [50_000, 150_000]
    assert [row["at_most"] for row in rows] == [False, True]
    assert rows[0]["base"] == 0.5
    assert all(type(value) in (int, float, bool) for row in rows for value in row.values())
    assert report_largest(max_size(view, 1, 120.0, fee=stated_fee(0.0)))["limited_by"] == "budget"
