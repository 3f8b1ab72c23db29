from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.volatility import (
    Adjustment,
    OnlineRealised,
    averaged_variance,
    bipower_variation,
    log_returns,
    noise_variance,
    realised_autocovariances,
    realised_kernel,
    realised_variance,
    two_scale_variance,
)
from fillcast.models.volatility.realised_kernels import take_price
from tests.models.volatility.worlds import noisy_prices

ADJUSTMENTS: tuple[Adjustment, ...] = ("area", "small sample", "none")
AGREEMENT = 1e-12  # of the realised variance, which every other sum is made of


def fed(prices: NDArray[np.float64], subgrids: int, lags: int) -> OnlineRealised:
    online = OnlineRealised(subgrids, lags)
    for price in prices.tolist():
        online.update(price)
    return online


def largest_difference(online: OnlineRealised, prices: NDArray[np.float64]) -> float:
    """Return the largest difference between the online and the batch forms, in realised variances."""
    returns = log_returns(prices)
    scale = max(float(realised_variance(returns)), 1e-300)
    pairs: list[tuple[object, object]] = [
        (online.variance, realised_variance(returns)),
        (online.noise_variance, noise_variance(returns)),
    ]
    if len(returns) >= 2:
        pairs.append((online.bipower, bipower_variation(returns)))
    if len(returns) >= online.subgrids:
        pairs.append((online.averaged, averaged_variance(prices, online.subgrids)))
        for adjustment in ADJUSTMENTS:
            batch = two_scale_variance(prices, online.subgrids, adjustment=adjustment)
            pairs.append((online.two_scale(adjustment=adjustment), batch))
    if len(returns) > online.lags:
        pairs.append((online.autocovariances, realised_autocovariances(returns, online.lags)))
        for flat in (False, True):
            pairs.append((online.kernel(flat_top=flat), realised_kernel(returns, online.lags, flat_top=flat)))
        pairs.append((online.kernel(online.lags // 2), realised_kernel(returns, online.lags // 2)))
    return max(float(np.abs(np.subtract(one, other)).max()) / scale for one, other in pairs)  # type: ignore[arg-type]


@given(
    moves=st.lists(st.floats(-0.01, 0.01).map(lambda move: round(move, 9)), min_size=1, max_size=80),
    subgrids=st.integers(2, 12),
    lags=st.integers(0, 12),
)
def test_online_equals_batch(moves: list[float], subgrids: int, lags: int) -> None:
    prices = 60_000.0 * np.exp(np.cumsum([0.0, *moves]))

    assert largest_difference(fed(prices, subgrids, lags), prices) < AGREEMENT


def test_online_equals_batch_over_a_long_stream() -> None:
    prices = noisy_prices(1, returns=100_000)[0]

    assert largest_difference(fed(prices, 300, 30), prices) < AGREEMENT


def test_the_comparison_can_fail() -> None:
    prices = noisy_prices(1, returns=200)[0]

    assert largest_difference(fed(prices[:-1], 10, 5), prices) > AGREEMENT
    assert largest_difference(fed(np.append(prices[-2::-1], prices[-1]), 10, 5), prices) > AGREEMENT


def test_the_kernel_is_its_python_twin() -> None:
    prices = noisy_prices(1, returns=60)[0]
    compiled = fed(prices, 7, 4)
    seen, totals, logs, recent, sums = np.zeros(1, np.int64), np.zeros(4), np.zeros(7), np.zeros(4), np.zeros(5)
    for price in prices.tolist():
        take_price.py_func(math.log(price), seen, totals, logs, recent, sums)  # type: ignore[attr-defined]

    assert compiled.autocovariances is not None
    assert compiled.autocovariances == pytest.approx(sums, rel=1e-13, abs=1e-22)
    assert compiled.variance == pytest.approx(totals[1], rel=1e-13)


def test_nothing_is_known_before_its_batch_form_is() -> None:
    online = OnlineRealised(3, 2)
    for price in (100.0, math.nan, -1.0, 0.0, math.inf):
        online.update(price)
    assert (online.returns, online.variance, online.noise_variance) == (0, None, None)
    online.update(101.0)
    assert (online.bipower, online.averaged, online.two_scale(), online.autocovariances, online.kernel()) == (None,) * 5
    assert online.variance == pytest.approx(math.log(1.01) ** 2)
    online.update(102.0)
    assert online.bipower is not None
    assert online.kernel() is None
    assert online.kernel(1) is not None
    online.update(103.0)
    assert online.two_scale() is not None
    assert online.kernel() is not None


def test_bad_parameters_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="subgrids"):
        OnlineRealised(1, 0)
    with pytest.raises(ParameterError, match="lags"):
        OnlineRealised(2, -1)
    with pytest.raises(ParameterError, match="bandwidth must be a whole number from 0 to 3"):
        OnlineRealised(2, 3).kernel(4)
