"""Roll, Kyle and Amihud: by hand, on markets with a known answer, and online against batch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.liquidity import (
    OnlineAmihud,
    OnlineKyle,
    OnlineRoll,
    amihud_illiquidity,
    kyle_lambda,
    roll_covariance,
    roll_spread,
)

GOLDEN = np.log([100, 100.02, 99.99, 100.01, 100.03, 100, 100.02, 100.05, 100.04])
AGREEMENT = 1e-12
numbers = st.floats(-1e3, 1e3).map(lambda value: round(value, 6))


def online_roll(prices: list[float]) -> OnlineRoll:
    roll = OnlineRoll()
    for price in prices:
        roll.update(price)
    return roll


def online_kyle(changes: list[float], volumes: list[float]) -> OnlineKyle:
    kyle = OnlineKyle()
    for change, volume in zip(changes, volumes, strict=True):
        kyle.update(change, volume)
    return kyle


def test_the_golden_series() -> None:
    assert roll_covariance(np.diff(GOLDEN)) == pytest.approx(-3.07068125e-8, rel=2e-9)
    assert roll_spread(np.diff(GOLDEN)) == pytest.approx(3.50467188e-4, rel=2e-9)


def test_roll_finds_the_spread_of_a_market_without_impact_only() -> None:
    random = np.random.default_rng(2)
    signs = random.choice([-1.0, 1.0], 200_000)
    mids = np.cumsum(random.normal(0, 0.3, len(signs)))
    spread = 2.0

    # The standard error of a covariance of n pairs is about variance / sqrt(n), halved by the root.
    assert roll_spread(np.diff(mids + signs * spread / 2)) == pytest.approx(spread, abs=0.03)
    persistent = np.repeat(signs[::2], 2)  # planted: two trades on each side in turn
    assert roll_spread(np.diff(mids + persistent * spread / 2)) < 0.8 * spread


def test_a_market_without_bounce_has_no_roll_spread() -> None:
    assert roll_spread([1.0, 2.0, 3.0, 4.0]) == 0.0


@given(prices=st.lists(numbers, min_size=4, max_size=60))
def test_roll_online_equals_batch(prices: list[float]) -> None:
    changes = np.diff(prices)
    scale = float(changes[1:].std() * changes[:-1].std()) + 1e-300
    covariance = online_roll(prices).covariance

    assert covariance is not None
    assert abs(covariance - roll_covariance(changes)) <= AGREEMENT * max(scale, float(np.square(changes).max()))


def test_that_comparison_can_fail() -> None:
    prices = [1.0, 2.0, 1.5, 3.0, 2.0]

    assert online_roll(prices[:-1]).covariance != pytest.approx(roll_covariance(np.diff(prices)), rel=1e-3)
    assert online_roll([*prices, math.nan]).spread == online_roll(prices).spread
    assert online_roll(prices[:3]).spread is None


def test_kyle_finds_the_slope_of_a_market_that_has_one() -> None:
    random = np.random.default_rng(4)
    volumes = random.normal(0, 5, 2_000)
    changes = 0.02 * volumes + random.normal(0, 0.1, 2_000)
    fit = kyle_lambda(changes, volumes)

    assert abs(fit.slope - 0.02) < 3 * fit.standard_error
    assert abs(fit.slope - 0.0215) > 3 * fit.standard_error  # planted: a slope 7 % off is caught
    backwards = kyle_lambda(volumes, changes)
    assert backwards.slope != pytest.approx(0.02, rel=0.5)


@given(pairs=st.lists(st.tuples(numbers, numbers), min_size=3, max_size=60))
def test_kyle_online_equals_batch(pairs: list[tuple[float, float]]) -> None:
    changes, volumes = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    spread, centre = float(np.std(volumes)), float(np.abs(volumes).max())
    if spread < 1e-3 * centre or spread == 0:
        return  # the slope itself is lost in rounding
    kyle, batch = online_kyle(changes, volumes), kyle_lambda(changes, volumes)
    scale = (float(np.abs(changes).max()) + 1e-300) / spread * (centre / spread)

    assert kyle.slope is not None
    assert kyle.intercept is not None
    assert abs(kyle.slope - batch.slope) <= AGREEMENT * scale
    assert abs(kyle.intercept - batch.intercept) <= AGREEMENT * scale * centre
    assert kyle.intervals == len(pairs)


def test_kyle_online_is_silent_until_it_can_tell() -> None:
    assert online_kyle([1.0, 2.0], [1.0, 2.0]).slope is None
    flat = online_kyle([1.0, 2.0, 3.0], [4.0, 4.0, 4.0])
    assert (flat.slope, flat.intercept) == (None, None)
    assert online_kyle([2.0, 4.0, 8.0, math.nan], [1.0, 2.0, 4.0, 1.0]).slope == pytest.approx(2.0)


def test_amihud_by_hand() -> None:
    assert amihud_illiquidity([0.01, -0.02, 0.05], [1e6, 4e6, 0.0]) == pytest.approx((1e-8 + 0.5e-8) / 2, rel=1e-14)
    with pytest.raises(ParameterError, match="at least one bar"):
        amihud_illiquidity([0.01], [0.0])
    with pytest.raises(ParameterError, match="traded_values must be finite and not negative"):
        amihud_illiquidity([0.01], [-1.0])


@given(bars=st.lists(st.tuples(st.floats(-0.5, 0.5), st.integers(0, 10**9)), min_size=1, max_size=60))
def test_amihud_online_equals_batch(bars: list[tuple[float, int]]) -> None:
    online = OnlineAmihud()
    for bar_return, value in bars:
        online.update(bar_return, value)
    assert online.bars + online.empty_bars == len(bars)
    if not online.bars:
        assert online.illiquidity is None
        return
    batch = amihud_illiquidity([bar[0] for bar in bars], [bar[1] for bar in bars])
    assert online.illiquidity == pytest.approx(batch, rel=AGREEMENT)
    online.update(0.5, 1)
    assert batch == 0.5 or online.illiquidity != pytest.approx(batch, rel=AGREEMENT)  # planted: one bar more
