from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.liquidity import (
    OnlineQuotedSpread,
    OnlineSpreads,
    SpreadMeans,
    mean_spreads,
    quoted_spread,
    split_spread,
)

HORIZON_NS = 50
AGREEMENT = 1e-12
LARGEST_TICKS = 1 << 48

half_ticks = st.integers(1, 2 * LARGEST_TICKS).map(lambda halves: halves / 2)
prices = st.floats(1e-6, 1e8)
# An event: steps of time since the one before; a mid, or a trade of a side, price and size; in cents.
events = st.lists(
    st.tuples(
        st.integers(0, 40), st.sampled_from(["mid", "buy", "sell"]), st.integers(9_000, 11_000), st.integers(1, 500)
    ),
    max_size=80,
)
Event = tuple[int, str, int, int]


@given(side=st.sampled_from([-1, 1]), price=st.integers(1, LARGEST_TICKS).map(float), mid=half_ticks, later=half_ticks)
def test_in_ticks_effective_is_realised_and_impact_to_the_bit(
    side: int, price: float, mid: float, later: float
) -> None:
    parts = split_spread([side], [price], [mid], [later])

    pairs = ((price, mid), (price, later), (later, mid))
    exact = [2 * side * (Fraction(one) - Fraction(other)) for one, other in pairs]
    assert [Fraction(float(part[0])) for part in (parts.effective, parts.realised, parts.impact)] == exact
    assert parts.effective[0] == parts.realised[0] + parts.impact[0] == 2 * side * (price - mid)


@given(side=st.sampled_from([-1, 1]), price=prices, mid=prices, later=prices)
def test_in_any_unit_effective_is_the_sum_and_the_formula_within_rounding(
    side: int, price: float, mid: float, later: float
) -> None:
    parts = split_spread([side], [price], [mid], [later])

    assert parts.effective[0] == parts.realised[0] + parts.impact[0]
    assert abs(parts.effective[0] - 2 * side * (price - mid)) <= 8 * np.spacing(max(price, mid, later))


def test_by_hand_and_with_a_mistake_planted() -> None:
    parts = split_spread([1, -1], [101.0, 99.0], [100.0, 100.5], [100.5, 100.0])

    assert parts.effective.tolist() == [2.0, 3.0]
    assert parts.realised.tolist() == [1.0, 2.0]
    assert parts.impact.tolist() == [1.0, 1.0]
    wrong_side = split_spread([1, 1], [101.0, 99.0], [100.0, 100.5], [100.5, 100.0])
    assert wrong_side.effective.tolist() == [2.0, -3.0]


def merged(flow: list[Event]) -> tuple[list[tuple[int, float]], list[tuple[int, int, float, float]]]:
    """Return mids and trades with their times, from steps of time."""
    now, mids, trades = 0, [], []
    for step, kind, cents, size in flow:
        now += step
        if kind == "mid":
            mids.append((now, cents / 100))
        else:
            trades.append((now, 1 if kind == "buy" else -1, cents / 100, size / 10))
    return mids, trades


def batch(flow: list[Event]) -> SpreadMeans | None:
    mids, trades = merged(flow)
    mid_ns, mid = zip(*mids, strict=True) if mids else ((), ())
    trade_ns, sides, paid, sizes = zip(*trades, strict=True) if trades else ((), (), (), ())
    return mean_spreads(mid_ns, mid, trade_ns, sides, paid, sizes, HORIZON_NS)


def online(flow: list[Event]) -> OnlineSpreads:
    spreads, now = OnlineSpreads(HORIZON_NS), 0
    for step, kind, cents, size in flow:
        now += step
        if kind == "mid":
            spreads.mid(now, cents / 100)
        else:
            spreads.trade(now, 1 if kind == "buy" else -1, cents / 100, size / 10)
    return spreads


def agree(one: SpreadMeans | None, other: SpreadMeans | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.trades == other.trades and all(
        math.isclose(getattr(one, name), getattr(other, name), rel_tol=AGREEMENT, abs_tol=AGREEMENT * 1e4)
        for name in ("realised", "impact", "realised_bps", "impact_bps", "size", "effective", "effective_bps")
    )


@given(flow=events)
def test_online_equals_batch(flow: list[Event]) -> None:
    assert agree(online(flow).means, batch(flow))


def test_the_comparison_can_fail_and_the_means_are_those_by_hand() -> None:
    flow = [(0, "mid", 10_000, 1), (5, "buy", 10_002, 10), (10, "sell", 9_997, 30), (50, "mid", 10_004, 1)]
    whole = [*flow, (1, "mid", 20_000, 1)]
    # At 5 bought 1 at 100.02, at 15 sold 3 at 99.97, mid 100; the mid 50 later is 100 (at 55) and 100.04 (at 65).
    means = batch(whole)

    assert means is not None
    assert means.trades == 2
    assert means.size == pytest.approx(4.0)
    assert means.impact == pytest.approx(3 / 4 * -0.08)
    assert means.effective == pytest.approx((1 * 0.04 + 3 * 0.06) / 4)
    assert means.effective_bps == pytest.approx(100 * means.effective)
    assert agree(online(whole).means, means)
    assert not agree(online(flow).means, means)  # planted: the trade whose horizon has not passed
    assert not agree(online([*whole[:2], (10, "buy", 9_997, 30), *whole[3:]]).means, means)


def test_a_mid_at_the_time_of_the_trade_is_not_before_it() -> None:
    for first, second in (("mid", "buy"), ("buy", "mid")):
        flow = [(0, "mid", 10_000, 1), (10, first, 10_010, 10), (0, second, 10_010, 10), (90, "mid", 10_000, 1)]
        means = online(flow).means
        assert agree(means, batch(flow))
        assert means is not None
        assert means.impact == pytest.approx(0.2)


def test_what_comes_late_or_is_no_trade_is_left_out_and_counted() -> None:
    spreads = OnlineSpreads(HORIZON_NS)
    spreads.trade(0, 1, 100.0, 1.0)  # no mid yet
    spreads.mid(10, math.nan)
    spreads.mid(10, 100.0)
    spreads.trade(9, 1, 100.0, 1.0)
    spreads.mid(5, 200.0)
    spreads.trade(20, 1, math.inf, 1.0)
    spreads.trade(20, 1, 100.0, 0.0)
    spreads.mid(1_000, 100.0)

    assert spreads.left_out == 5
    assert spreads.means is None
    with pytest.raises(ParameterError, match="side must be"):
        spreads.trade(2_000, 0, 100.0, 1.0)
    with pytest.raises(ParameterError, match="horizon_ns"):
        OnlineSpreads(0)


def test_the_quoted_spread_holds_until_the_next_quote() -> None:
    assert quoted_spread([0, 10, 40], [99, 98, 1], [100, 100, 50]) == pytest.approx((1 * 10 + 2 * 30) / 40)
    spread = OnlineQuotedSpread()
    for quote in ((0, 99, 100), (10, 98, 100), (41, 1, 50)):  # planted: the last quote a moment later
        spread.update(*quote)
    assert spread.mean != pytest.approx((1 * 10 + 2 * 30) / 40, rel=AGREEMENT)


@given(
    quotes=st.lists(
        st.tuples(st.integers(0, 10**9), st.integers(1, 10_000), st.integers(0, 50)), min_size=2, max_size=60
    )
)
def test_the_quoted_spread_online_equals_batch(quotes: list[tuple[int, int, int]]) -> None:
    times = 1_723_161_255_030_314_667 + np.cumsum([step for step, _, _ in quotes])
    bids, asks = np.array([[bid / 100, (bid + width) / 100] for _, bid, width in quotes]).T
    spread = OnlineQuotedSpread()
    for event_ns, bid, ask in zip(times.tolist(), bids.tolist(), asks.tolist(), strict=True):
        spread.update(event_ns, bid, ask)
    if times[-1] == times[0]:
        assert spread.mean is None
        return
    mean = quoted_spread(times, bids, asks)
    assert spread.mean == pytest.approx(mean, rel=AGREEMENT)
    spread.update(int(times[-1]), 5.0, 1.0)  # crossed
    spread.update(0, 1.0, 5.0)  # old
    assert spread.mean == pytest.approx(mean, rel=AGREEMENT)


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"sides must be \+1 or -1, not 0\.0"):
        split_spread([0], [1.0], [1.0], [1.0])
    with pytest.raises(ParameterError, match="bids must not be above asks, as at place 1"):
        quoted_spread([0, 1], [1.0, 3.0], [2.0, 2.0])
    with pytest.raises(ParameterError, match="more than one moment"):
        quoted_spread([1, 1], [1.0, 1.0], [2.0, 2.0])
    with pytest.raises(ParameterError, match="sizes must be positive"):
        mean_spreads([0], [1.0], [0], [1], [1.0], [0.0], 1)
