from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.forecast.conditions import Conditions, Volume
from fillcast.forecast.forecast import Forecast
from fillcast.models.calibration.names import PERMANENT, RESILIENCE
from fillcast.models.calibration.parameter import calibrated, not_calibrated
from fillcast.models.estimate import Estimate
from fillcast.models.impact import ObizhaevaWang
from fillcast.models.schedule import fit_volume_curve
from fillcast.models.volatility import VolatilityEstimate
from tests.forecast.examples import MEASURED, NOW_NS, SPOT, priced, view_of
from tests.forecast.worked_orders import DEEP, FEE, SEEN, VOLUME, points, priced_of, widths, worked

WORKED = ("twap", "vwap", "pov", "is")


def known(name: str, value: float, low: float, high: float) -> Conditions:
    """Conditions with one calibrated parameter."""
    parameter = calibrated(name, "", Estimate(value, low, high, 0.9, 100), "a test", window_s=3600.0, as_of_ns=1)
    return replace(SEEN, parameters={name: parameter})


# The schedule.


@pytest.mark.parametrize("order_type", WORKED)
def test_every_slice_and_every_part_adds_up(order_type: str) -> None:
    found = worked(order_type, "7.00001", horizon="10m", participation=0.3 if order_type == "pov" else None)
    fill, net, whole = found.fill, found.net, priced_of(found)
    assert fill is not None
    assert net is not None

    assert sum(part.bps for part in found.components) == net.bps
    assert sum(part.quote for part in found.components) == net.quote
    assert sum(one.lots for one in whole.slices) == fill.lots
    assert fill.base == pytest.approx(7.00001 if order_type != "pov" else fill.lots * 1e-5)
    paid = sum(one.base * one.price for one in whole.slices)
    assert paid == pytest.approx(fill.quote, rel=1e-12)
    # The slices' own costs are those of the parts without fee.
    told = points(found)
    of_slices = sum(one.base * one.cost_bps for one in whole.slices) / fill.base
    assert of_slices == pytest.approx(net.bps - told["fee"], rel=1e-9)


def test_twap_is_even_and_ends_with_the_horizon() -> None:
    slices = priced_of(worked("twap", "10", horizon="100s")).slices

    assert [one.at_s for one in slices] == [5.0 * index for index in range(20)]
    assert {one.lots for one in slices} == {50_000}


def test_only_the_first_slice_is_taken_at_once() -> None:
    whole = priced_of(worked("twap", "10", horizon="100s"))

    assert whole.lots_now == whole.slices[0].lots == 50_000
    assert priced_of(worked("market", "10")).lots_now == 1_000_000


def test_no_slice_is_smaller_than_an_order_can_be() -> None:
    slices = priced_of(worked("twap", "0.00003", horizon="10m")).slices

    assert [one.lots for one in slices] == [1, 1, 1]


def test_pov_follows_the_volume_and_says_what_is_left() -> None:
    found = worked("pov", "1000", horizon="10m", participation=0.2)
    whole, fill = priced_of(found), found.fill
    assert fill is not None

    # 0.2 / 0.8 of 1 base a second, every 12 s.
    assert [one.base for one in whole.slices] == pytest.approx([3.0] * 50)
    assert fill.unfilled_base == pytest.approx(1000 - 150)
    assert "0.2 of the volume leaves 850 untraded at the end" in whole.note


def test_pov_is_done_when_it_is_done() -> None:
    slices = priced_of(worked("pov", "7", horizon="10m", participation=0.2)).slices

    assert [one.base for one in slices] == pytest.approx([3.0, 3.0, 1.0])


def test_a_participation_limits_the_others() -> None:
    free = priced_of(worked("is", "10", horizon="60s", risk_aversion=1.0)).slices
    held = worked("is", "10", horizon="60s", risk_aversion=1.0, participation=0.2)

    assert free[0].base == pytest.approx(10.0, rel=1e-3)
    assert max(one.base for one in priced_of(held).slices) == pytest.approx(0.25 * 5.0)
    assert held.fill is not None
    assert held.fill.unfilled_base == pytest.approx(0.0, abs=1e-9)


def test_vwap_without_a_curve_is_even_and_says_so() -> None:
    found = worked("vwap", "10", horizon="10m")

    assert priced_of(found).slices == priced_of(worked("twap", "10", horizon="10m")).slices
    assert "volume curve not calibrated" in priced_of(found).note


def test_vwap_follows_the_curve_of_the_minute() -> None:
    first = NOW_NS // 60_000_000_000
    minutes = np.arange(first, first + 12)
    curve = fit_volume_curve(minutes, np.where(minutes < first + 5, 60.0, 180.0))
    whole = priced_of(worked("vwap", "10", horizon="10m", conditions=replace(SEEN, curve=curve)))

    assert whole.note == ""
    sizes = [one.base for one in whole.slices]
    assert sizes[-1] == pytest.approx(3 * sizes[0], rel=1e-3)
    # A curve that never saw this hour is none.
    elsewhere = fit_volume_curve(minutes + 3000, np.full(12, 1.0))
    unseen = priced_of(worked("vwap", "10", horizon="10m", conditions=replace(SEEN, curve=elsewhere)))
    assert unseen.note == "volume curve not calibrated at these minutes of the week: even slices"
    silent = priced_of(worked("vwap", "10", conditions=replace(SEEN, curve=fit_volume_curve(minutes, np.zeros(12)))))
    assert silent.note == "by the volume curve nothing trades at these minutes of the week: even slices"
    assert unseen.slices == silent.slices == priced_of(worked("twap", "10", horizon="10m")).slices


def test_a_slice_of_several_minutes_counts_them_all() -> None:
    # Slices of 2.4 minutes, and a curve that trades in every second minute alone.
    first = NOW_NS // 60_000_000_000
    minutes = np.arange(first, first + 122)
    curve = fit_volume_curve(minutes, np.where(minutes % 2, 100.0, 0.0))
    found = priced_of(worked("vwap", "10", horizon="2h", conditions=replace(SEEN, curve=curve)))

    sizes = [one.base for one in found.slices]
    assert len(sizes) == 50
    assert all(0.8 < size / 0.2 < 1.2 for size in sizes)  # of any 2.4 minutes 1 to 1.4 trade
    assert sum(sizes) == pytest.approx(10.0)


def test_slices_by_a_curve_say_how_old_it_is() -> None:
    first = NOW_NS // 60_000_000_000
    curve = fit_volume_curve(np.arange(first, first + 12), np.full(12, 60.0))
    known = replace(SEEN, curve=curve, curve_as_of_ns=NOW_NS - 12 * 86_400_000_000_000)
    (said,) = (line for line in priced_of(worked("vwap", "10", conditions=known)).rests_on if "curve" in line)

    assert said.startswith("slices by a volume curve until ")
    assert said.endswith(", 12 days old")
    assert not any("curve" in line for line in priced_of(worked("twap", "10", conditions=known)).rests_on)


def test_a_share_of_the_volume_follows_the_curve_from_what_trades_now() -> None:
    first = NOW_NS // 60_000_000_000
    minutes = np.arange(first, first + 12)
    # The curve's own level, a hundredth of what trades, is of weeks past: only its rise counts.
    curve = fit_volume_curve(minutes, np.where(minutes < first + 6, 0.6, 1.8))
    shares = {"horizon": "10m", "participation": 0.2}
    followed = priced_of(worked("pov", "1000", conditions=replace(SEEN, curve=curve), **shares)).slices
    even = priced_of(worked("pov", "1000", **shares)).slices

    assert followed[0].base == pytest.approx(even[0].base, rel=1e-3)
    assert followed[-1].base == pytest.approx(3 * even[-1].base, rel=1e-3)


# What it costs.


def test_one_slice_costs_what_a_market_order_costs() -> None:
    found, market = worked("twap", "7", horizon="1s"), priced(DEEP, "buy", "7", FEE, MEASURED)

    told, at_once = points(found), points(market)
    for name in ("half_spread", "slippage", "fee"):
        assert told[name] == pytest.approx(at_once[name], rel=1e-12)
    assert told["transient_impact"] == told["permanent_impact"] == 0.0
    assert found.net is not None
    assert market.net is not None
    assert found.net.bps == pytest.approx(market.net.bps, rel=1e-12)
    assert found.net.low_bps == pytest.approx(market.net.low_bps, rel=1e-12)


def test_what_slices_cost_each_other_is_that_of_the_model() -> None:
    """Walk by walk and displacement by displacement, against the model's own cost of the same trades."""
    found = worked("twap", "10", horizon="100s", conditions=known(RESILIENCE, 0.05, 0.04, 0.06))
    mid, trades = 100_000.0, np.full(20, 0.5)
    walked = 10 * (0.1 * 9 / 2)  # ten levels of 1 BTC, 10 cents apart: what all of it walks beyond the touch
    depth = 10 / (2 * walked / 10)
    gamma = points(found)["permanent_impact"] / 1e4 * mid * 10 / (0.5 * (100 - 20 * 0.25))
    model = ObizhaevaWang(depth, gamma, 0.05, 0.0)
    own = 0.5 * float((trades**2).sum()) / depth

    expected = (float(model.impact_cost(trades, 5.0)) - own) / (10 * mid) * 1e4
    told = points(found)
    assert told["transient_impact"] + told["permanent_impact"] == pytest.approx(expected, rel=1e-6)


def test_a_longer_horizon_costs_less_and_risks_more() -> None:
    costs, risks = [], []
    for horizon in ("10s", "1m", "10m", "1h"):
        found = worked("twap", "20", horizon=horizon)
        told = points(found)
        costs.append(told["slippage"] + told["transient_impact"])
        risks.append(widths(found)["timing"])

    assert costs == sorted(costs, reverse=True)
    assert risks == sorted(risks)


def test_timing_is_that_of_almgren_and_chriss() -> None:
    found = worked("twap", "10", horizon="100s", volatility=VolatilityEstimate(1e-4, 1e9, 60.0))
    # 20 slices 5 s apart: tau sum x_k^2 / X^2 = T / 3 (1 - 1/N)(1 - 1/(2N)).
    expected = 1.0 * math.sqrt(100 / 3 * (1 - 1 / 20) * (1 - 1 / 40))  # sigma is 1 bps per root second

    assert widths(found)["timing"] / 2 == pytest.approx(1.6449 * expected, rel=1e-3)
    whole = priced_of(found)
    assert whole.distribution.scale_bps == pytest.approx(math.hypot(expected, math.sqrt(0.25)), rel=1e-6)


@pytest.mark.parametrize("aversion", [0.0, 1e-6, 1e-4])
def test_the_shortfall_order_is_the_cheapest_at_its_own_aversion(aversion: float) -> None:
    """Its trades have the least cost plus aversion times variance among the schedules offered, by the block model."""

    def weighed(found: Forecast) -> float:
        slices = priced_of(found).slices
        trades = np.zeros(20)
        for one in slices:
            trades[round(one.at_s / 5.0)] = one.base
        depth = 10 / (2 * (0.1 * 9 / 2))
        left = trades.sum() - np.cumsum(trades)
        cost = ObizhaevaWang(depth, 0.0, 1 / math.sqrt(600), 0.0).impact_cost(trades, 5.0)
        return float(cost + aversion * (1e-4 * 1e5) ** 2 * 5.0 * (left**2).sum())

    volatility = VolatilityEstimate(1e-4, 1e9, 60.0)
    flat = known(PERMANENT, 0.0, 0.0, 0.0)
    best = weighed(worked("is", "10", horizon="100s", risk_aversion=aversion, volatility=volatility, conditions=flat))
    others = [weighed(worked("twap", "10", horizon=horizon, volatility=volatility)) for horizon in ("100s", "50s")]
    assert all(best < other for other in others)


def test_parameters_are_ranges_and_the_square_root_law_is_an_upper_end() -> None:
    slow, fast = (known(RESILIENCE, 0.05, *ends) for ends in ((0.01, 0.06), (0.04, 0.06)))
    wide = widths(worked("twap", "20", horizon="5m", conditions=slow))["transient_impact"]
    narrow = widths(worked("twap", "20", horizon="5m", conditions=fast))["transient_impact"]
    assert wide >= narrow

    busy = Conditions(Volume(60.0, 40.0, 400, 60.0, 0.1))
    quiet = Conditions(Volume(0.006, 0.004, 400, 60.0, 0.1))
    for conditions in (busy, quiet):
        found = worked("twap", "20", horizon="5m", conditions=conditions)
        law = priced_of(found).square_root
        assert law is not None
        part = next(one for one in found.components if one.name == "transient_impact")
        told = points(found)
        reached = part.high_bps + told["slippage"] + told["permanent_impact"]
        assert reached >= law.total_size_bps * (1 - 1e-9)
        # 2/3 Y sigma sqrt(Q / V) of the very unit of time.
        volume = conditions.volume
        assert volume is not None
        expected = 2 / 3 * found.volatility.sigma_per_sqrt_s * 1e4 * math.sqrt(20 / volume.base_per_s)
        assert law.total_size_bps == pytest.approx(expected, rel=1e-9)
    assert law.rate_based_bps is None  # more than the market trades


def test_what_a_worked_order_leaves_is_told_outside_net() -> None:
    once, slowly = (priced_of(worked("twap", "10", horizon=horizon)) for horizon in ("1s", "1h"))

    assert once.footprint_bps is not None
    assert slowly.footprint_bps is not None
    assert once.footprint_bps > slowly.footprint_bps > 0


def test_beyond_the_proven_edge_a_worked_order_is_at_most() -> None:
    edged = view_of(SPOT, [("99.99", "1")], [("100.01", "1"), ("100.20", "5")], proven_ask="100.05", proven_bid="99.95")
    within, beyond = (worked("twap", size, horizon="10s", view=edged) for size in ("0.5", "6"))

    assert within.net is not None
    assert not within.net.at_most
    assert beyond.net is not None
    assert beyond.net.at_most
    assert beyond.fill is not None
    assert beyond.fill.unproven_base > 0
    slippage = next(part for part in beyond.components if part.name == "slippage")
    assert slippage.low_bps < slippage.bps


def test_what_the_book_does_not_show_is_unfilled() -> None:
    thin = view_of(SPOT, [("99.99", "1")], [("100.01", "1")])
    found = worked("twap", "10", horizon="10s", view=thin)

    assert found.fill is not None
    assert (found.fill.base, found.fill.unfilled_base) == (pytest.approx(2.0), pytest.approx(8.0))


# What is not told.


@pytest.mark.parametrize("order_type", WORKED)
def test_without_any_trade_seen_there_is_no_number(order_type: str) -> None:
    found = worked(order_type, conditions=Conditions())

    assert found.net is None
    assert "no trade has been seen yet" in found.reason


def test_a_parameter_that_is_not_calibrated_is_a_named_prior() -> None:
    missing = not_calibrated(RESILIENCE, "1 / s", "5.8 min of market", "a test", window_s=348.0)
    whole = priced_of(worked("twap", conditions=replace(SEEN, parameters={RESILIENCE: missing})))
    assert any(line.startswith("resilience") and "prior" in line for line in whole.rests_on)

    measured = priced_of(worked("twap", conditions=known(RESILIENCE, 0.05, 0.04, 0.06)))
    assert any(line.startswith("resilience 0.05") and "calibrated" in line for line in measured.rests_on)


@settings(max_examples=60, deadline=None)
@given(
    order_type=st.sampled_from(WORKED),
    size=st.floats(1e-4, 60.0),
    side=st.sampled_from(["buy", "sell"]),
    horizon_s=st.floats(0.5, 80_000.0),
    share=st.none() | st.floats(0.001, 0.9),
    aversion=st.floats(0.0, 1e3),
    rate=st.floats(1e-4, 1e4),
)
def test_whatever_is_asked_the_parts_add_up_and_the_interval_holds_the_point(
    order_type: str, size: float, side: str, horizon_s: float, share: float | None, aversion: float, rate: float
) -> None:
    seen = Conditions(replace(VOLUME, buy_base_per_s=rate, sell_base_per_s=rate))
    found = worked(
        order_type,
        f"{size:.5f}",
        side,
        conditions=seen,
        horizon=f"{horizon_s:.3f}s",
        participation=share if share or order_type != "pov" else 0.1,
        risk_aversion=aversion if order_type == "is" else None,
    )
    if found.net is None:
        assert "untraded at the end" in found.reason
        return
    assert not faults_of(found)


def faults_of(found: Forecast) -> list[str]:
    """Return what is wrong with the sums and the signs of a forecast."""
    net, fill = found.net, found.fill
    assert net is not None
    assert fill is not None
    wrong = {
        "bps do not add up": sum(part.bps for part in found.components) != net.bps,
        "quote does not add up": sum(part.quote for part in found.components) != net.quote,
        "the interval misses the point": not net.low_bps <= net.bps <= net.high_bps,
        "a part's interval misses it": any(not part.low_bps <= part.bps <= part.high_bps for part in found.components),
        "impact is earned": any(
            part.bps < 0 for part in found.components if part.name in ("transient_impact", "permanent_impact")
        ),
        "the average is worse than the worst": found.order.side * (fill.average_price - fill.worst_price)
        > 1e-9 * fill.worst_price,
        "more than was asked": fill.base * (1 - 1e-9) > float(found.order.size.amount),
    }
    return [fault for fault, holds in wrong.items() if holds]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_worst_price_is_that_of_the_last_slice_in_the_book_that_the_others_moved(side: str) -> None:
    """It was once that of the book of now, which the average price is beyond."""
    found = worked("twap", "10", side, horizon="100s")
    fill, slices = found.fill, priced_of(found).slices
    assert fill is not None

    assert fill.worst_price == pytest.approx(slices[-1].price, rel=1e-12)  # a slice takes one level
    assert not faults_of(found)
    now = msgspec.structs.replace(fill, worst_price=100_000.05 if side == "buy" else 99_999.95)
    of_now = replace(found, priced=replace(priced_of(found), fill=now))
    assert faults_of(of_now) == ["the average is worse than the worst"]


def test_a_sale_that_would_take_the_price_below_zero_has_no_forecast() -> None:
    steep = view_of(SPOT, [("100.00", "1"), ("60.00", "1")], [("101.00", "1"), ("150.00", "1")])
    sold = worked("twap", "100", "sell", view=steep, horizon="250s")
    kept = worked("twap", "1", "sell", view=steep, horizon="250s")

    assert sold.net is None
    assert "what the slices displace would take the price below zero" in sold.reason
    assert kept.net is not None


def test_an_order_beyond_a_quarter_of_all_volume_says_so() -> None:
    large, small = (priced_of(worked("twap", size, horizon="100s")) for size in ("40", "30"))  # others trade 100

    assert "29% of all volume in that time: models of impact hold for up to 25%" in large.rests_on
    assert not any("of all volume" in line for line in small.rests_on)


def test_the_sums_catch_a_part_that_is_counted_twice() -> None:
    found = worked("twap")
    whole = priced_of(found)
    doubled = replace(found, priced=replace(whole, components=(*whole.components, whole.components[0])))

    assert faults_of(found) == []
    assert faults_of(doubled) == ["bps do not add up", "quote does not add up"]
