from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.forecast.conditions import Conditions, Volume
from fillcast.forecast.fill_chance import passes
from fillcast.models.calibration.names import MARKOUT
from fillcast.models.calibration.parameter import calibrated
from fillcast.models.estimate import Estimate
from fillcast.models.fees import DisputedFee, FeeRate
from fillcast.models.volatility import VolatilityEstimate
from tests.forecast.examples import MEASURED, SPOT, priced, view_of
from tests.forecast.test_worked import faults_of
from tests.forecast.worked_orders import DEEP, FEE, SEEN, VOLUME, points, priced_of, worked

STILL = VolatilityEstimate(1e-12, 1e9, 60.0)
DRY = replace(SEEN, volume=Volume(1.0, 0.0, 10, 60.0, 0.0))
HALF = 0.05 / 100_000 * 1e4


def adverse(value: float, low: float, high: float) -> Conditions:
    """Conditions with a calibrated adverse selection."""
    parameter = calibrated(MARKOUT, "bps", Estimate(value, low, high, 0.9, 50), "a test", window_s=60.0, as_of_ns=1)
    return replace(SEEN, parameters={MARKOUT: parameter})


def test_a_price_through_the_whole_book_is_a_market_order() -> None:
    found, market = worked("limit", "7", price="100010"), priced(DEEP, "buy", "7", FEE, MEASURED)

    assert found.net is not None
    assert market.net is not None
    assert found.net.bps == pytest.approx(market.net.bps, rel=1e-12)
    assert found.net.low_bps == pytest.approx(market.net.low_bps, rel=1e-12)
    whole = priced_of(found)
    assert whole.fill_probability is None
    assert whole.maker_share is not None
    assert whole.maker_share.value == 0.0


def test_what_surely_fills_at_the_touch_earns_the_half_spread_less_adverse_selection() -> None:
    """With a flood of volume: -h + maker fee + adverse selection."""
    flood = replace(adverse(0.2, 0.1, 0.3), volume=replace(VOLUME, sell_base_per_s=1e9, relative_error=0.0))
    found = worked("limit", "2", price="99999.95", conditions=flood, volatility=STILL)

    told = points(found)
    maker = priced_of(found).maker_share
    assert maker is not None
    assert (maker.low, maker.value, maker.high) == pytest.approx((1.0, 1.0, 1.0))
    assert told["half_spread"] == pytest.approx(-HALF)
    assert told["adverse_selection"] == pytest.approx(0.2)
    assert told["fee"] == pytest.approx(2.0)
    assert found.net is not None
    assert found.net.bps == pytest.approx(-HALF + 0.2 + 2.0)
    assert (found.net.low_bps, found.net.high_bps) == (
        pytest.approx(-HALF + 0.1 + 2.0),
        pytest.approx(-HALF + 0.3 + 2.0),
    )


def test_what_never_fills_is_bought_at_the_market_in_the_end() -> None:
    dry = replace(SEEN, volume=Volume(1.0, 0.0, 10, 60.0, 0.0))
    found, market = worked("limit", "7", price="99000", conditions=dry, volatility=STILL), priced(DEEP, "buy", "7", FEE)

    assert found.net is not None
    assert market.net is not None
    assert priced_of(found).fill_probability == Estimate(0.0, 0.0, 0.0, 0.9, 0)
    assert found.net.bps == pytest.approx(market.net.bps, rel=1e-9)


def test_by_a_mid_without_drift_waiting_for_a_better_price_gains_nothing() -> None:
    """What the price is better by is paid by those that do not fill: only spread, fees and adverse selection count."""
    for price in ("99999.95", "99998.95", "99990.95"):
        found = worked("limit", "0.5", price=price, conditions=adverse(0.0, 0.0, 0.0), fee=FeeRate(0, 0, "t", "", ""))
        maker = priced_of(found).maker_share
        assert maker is not None
        told = points(found)
        assert told["half_spread"] + told["opportunity"] == pytest.approx((1 - 2 * maker.value) * HALF, abs=1e-9)


def test_a_part_through_the_touch_is_taken_and_the_rest_rests() -> None:
    found = worked("limit", "10", price="100000.25")  # three levels of 1
    whole = priced_of(found)
    assert whole.maker_share is not None

    assert whole.lots_now == 300_000
    assert priced_of(worked("limit", "10", price="99999.95")).lots_now == 0
    assert whole.maker_share.high <= 0.7 + 1e-12
    assert whole.maker_share.low > 0.0
    assert "queue ahead 0 base" in whole.rests_on[1]


def test_what_rests_after_the_touch_is_taken_fills_no_surer_than_the_next_level_is_near() -> None:
    """The rest of an order that took the touch was once said to fill for certain: it stood at what it took."""
    near = view_of(SPOT, [("99999.95", "1")], [("100000.05", "1"), ("100002.05", "5")])
    chances = []
    for view in (DEEP, near, view_of(SPOT, [("99999.95", "1")], [("100000.05", "1"), ("101000.00", "5")])):
        found = priced_of(worked("limit", "5", price="100000.05", view=view, conditions=DRY))
        assert found.fill_probability is not None
        chances.append(found.fill_probability.value)
    alone = worked("limit", "5", price="100000.05", view=view_of(SPOT, [("99999.95", "1")], [("100000.05", "1")]))
    ends = priced_of(alone).fill_probability
    assert ends is not None

    assert chances[1] == pytest.approx(passes(0.2, 60.0**0.5), rel=1e-3)  # the next ask is 0.2 bps away, over a minute
    assert 1.0 > chances[0] > chances[1] > chances[2]
    assert chances[2] == pytest.approx(0.0, abs=1e-9)  # 99.995 bps away
    assert 0.0 < ends.low < ends.value < ends.high < 1.0  # nothing is left to come: the outflow alone


def test_the_worst_price_is_one_that_is_touched() -> None:
    """It was once the limit of an order that took better prices alone, and the touch where the limit is worse."""
    for price, worst in (("100010", 100_000.65), ("99999.95", 100_000.65), ("100000.25", 100_000.35)):
        fill = worked("limit", "7", price=price, volatility=STILL, conditions=DRY).fill
        assert fill is not None
        assert fill.worst_price == pytest.approx(worst, rel=1e-12)
    one = view_of(SPOT, [("99999.95", "1")], [("100000.05", "1")])
    beyond = worked("limit", "5", price="100001.00", view=one).fill
    assert beyond is not None
    assert beyond.worst_price == 100_001.0


def test_post_only_at_the_other_side_is_refused_in_words() -> None:
    found = worked("limit", "1", price="100000.05", post_only=True)

    assert found.net is None
    assert "post-only at the touch of the other side (100000.05)" in found.reason
    assert worked("limit", "1", price="99999.95", post_only=True).net is not None
    sold = worked("limit", "1", "sell", price="99999.95", post_only=True)
    assert sold.net is None


def test_the_queue_ahead_is_what_is_shown_at_the_price() -> None:
    at_level, between = (priced_of(worked("limit", "1", price=price)) for price in ("99999.85", "99999.90"))

    assert "queue ahead 1 base" in at_level.rests_on[1]
    assert "queue ahead 0 base" in between.rests_on[1]


def test_buying_and_selling_are_mirror_images() -> None:
    even = replace(SEEN, volume=replace(VOLUME, buy_base_per_s=0.5, sell_base_per_s=0.5))
    bought = worked("limit", "3", price="99999.95", conditions=even)
    sold = worked("limit", "3", "sell", price="100000.05", conditions=even)

    assert points(bought) == pytest.approx(points(sold), rel=1e-9)


def test_no_price_below_zero_is_told() -> None:
    wide = view_of(SPOT, [("50.00", "0.5")], [("150.00", "0.5")])
    found = worked("limit", "3", "sell", price="0.01", view=wide)

    assert found.net is None
    assert "below zero" in found.reason
    assert worked("limit", "3", "sell", price="90", view=wide).net is not None


def test_without_any_trade_seen_there_is_no_number() -> None:
    found = worked("limit", "1", price="99999.95", conditions=Conditions())

    assert found.net is None
    assert "no trade has been seen yet" in found.reason


def test_disputed_fees_of_either_kind_widen_net() -> None:
    plain = FeeRate(2.0, 5.0, "t", "", "")
    disputed = replace(plain, disputed=(DisputedFee(1.0, 7.0, "another table"),))
    net, wider = (worked("limit", "1", price="99999.95", fee=fee).net for fee in (plain, disputed))
    assert net is not None
    assert wider is not None

    maker = priced_of(worked("limit", "1", price="99999.95", fee=plain)).maker_share
    assert maker is not None
    assert wider.bps == net.bps
    assert net.low_bps - wider.low_bps == pytest.approx(maker.value)
    assert wider.high_bps - net.high_bps == pytest.approx(2.0 * (1 - maker.value), rel=1e-6)


def test_a_maker_fill_always_carries_its_adverse_selection() -> None:
    found = worked("limit", "1", price="99999.95")
    maker = priced_of(found).maker_share
    assert maker is not None

    assert maker.value > 0
    assert points(found)["adverse_selection"] == pytest.approx(maker.value * HALF)  # the prior: the half-spread again
    assert "adverse selection 0.005 (0 to 0.01) bps, prior" in priced_of(found).rests_on[0]


@settings(max_examples=80, deadline=None)
@given(
    size=st.floats(1e-4, 60.0),
    side=st.sampled_from(["buy", "sell"]),
    offset=st.integers(-3000, 3000),
    horizon_s=st.floats(0.5, 80_000.0),
    rate=st.floats(0.0, 1e4),
    error=st.floats(0.0, 2.0),
)
def test_whatever_is_asked_the_parts_add_up_and_the_interval_holds_the_point(
    size: float, side: str, offset: int, horizon_s: float, rate: float, error: float
) -> None:
    seen = Conditions(Volume(rate, rate, 10, 60.0, error))
    found = worked(
        "limit",
        f"{size:.5f}",
        side,
        conditions=seen,
        price=f"{100_000 + offset * 0.01:.2f}",
        horizon=f"{horizon_s:.3f}s",
    )
    assert not faults_of(found)
    for chance in (priced_of(found).maker_share, priced_of(found).fill_probability):
        assert chance is None or 0.0 <= chance.low <= chance.high <= 1.0
