"""The curves of response, refill and propagator against those that the worlds are made of."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.models.calibration.curve import Curve
from fillcast.models.calibration.kernel import BLOCK_OVER_MEMORY, MEMORY, TAIL, estimate_kernel
from fillcast.models.calibration.resilience import LAGS_S, estimate_resilience
from fillcast.models.calibration.response import READ_AT_S, estimate_response
from tests.models.calibration.coverage import MARKET, SIGNED
from tests.models.calibration.worlds import market, signed_market

WORLDS = 20


def share_within(curves: list[Curve], truth: NDArray[np.float64]) -> float:
    """Return the share of points whose band holds the truth; 0.9 is asked for, and points of a curve go together."""
    return float(np.mean([(curve.low <= truth) & (truth <= curve.high) for curve in curves]))


def well_formed(curve: Curve) -> bool:
    shapes = {curve.lags.shape, curve.value.shape, curve.low.shape, curve.high.shape}
    return len(shapes) == 1 and bool(np.all(np.diff(curve.lags) > 0) and np.all(curve.low <= curve.high))


def test_the_response_is_what_orders_leave() -> None:
    curves = [estimate_response([market(MARKET, seed)]).curve for seed in range(WORLDS)]
    # Between quotes, every half second or at an order, the mid stands still: the curve is asked for from 1 s on.
    known = curves[0].lags >= 1.0
    truth = np.array([MARKET.response(lag) for lag in curves[0].lags])

    assert all(well_formed(curve) for curve in curves)
    assert curves[0].lag_unit == "s"
    assert curves[0].lags[0] == 0.01
    assert curves[0].lags[-1] >= READ_AT_S
    seen = [
        dataclasses.replace(curve, value=curve.value[known], low=curve.low[known], high=curve.high[known])
        for curve in curves
    ]
    assert 0.8 <= share_within(seen, truth[known]) <= 0.98
    # Planted: a response that keeps all that it moved at once, and one of the other sign.
    assert share_within(seen, np.full(known.sum(), truth[0])) < 0.8
    assert share_within(seen, -truth[known]) < 0.5


def test_longer_data_carry_longer_lags() -> None:
    minutes, hours = (
        estimate_response([market(dataclasses.replace(MARKET, seconds=seconds), 1)]).curve
        for seconds in (300.0, 7200.0)
    )

    assert minutes.lags[-1] == 20.0
    assert hours.lags[-1] == 60.0


def test_ten_seconds_are_read_off_the_curve() -> None:
    fitted = estimate_response([market(MARKET, 2)])

    place = int(np.flatnonzero(fitted.curve.lags == READ_AT_S)[0])
    known = fitted.parameter.known()
    assert (known.value, known.low, known.high) == (
        fitted.curve.value[place],
        fitted.curve.low[place],
        fitted.curve.high[place],
    )


def test_depth_refills_as_the_world_refills_it() -> None:
    curves = [estimate_resilience([market(MARKET, seed)]).curve for seed in range(WORLDS)]
    truth = -np.expm1(-MARKET.rate * LAGS_S)

    assert all(well_formed(curve) for curve in curves)
    # What earlier orders took comes back too, so that the curve ends a little above 1; its shape is the refill's.
    mean = np.mean([curve.value for curve in curves], axis=0)
    assert 1.0 < mean[-1] < 1.15
    assert mean / mean[-1] == pytest.approx(truth, abs=0.03)
    assert mean / mean[-1] != pytest.approx(-np.expm1(-1.3 * MARKET.rate * LAGS_S), abs=0.03)


def test_the_propagator_is_the_worlds_in_spite_of_correlated_signs() -> None:
    worlds = [signed_market(SIGNED, seed) for seed in range(WORLDS // 2)]
    curves = [estimate_kernel([world]).curve for world in worlds]
    truth = SIGNED.level * curves[0].lags ** -SIGNED.decay

    assert all(well_formed(curve) for curve in curves)
    assert curves[0].lag_unit == "trades"
    assert (curves[0].lags[0], curves[0].lags[-1]) == (1.0, MEMORY / 2)
    near = int(np.flatnonzero(curves[0].lags <= TAIL[-1])[-1]) + 1
    seen = [
        dataclasses.replace(curve, value=curve.value[:near], low=curve.low[:near], high=curve.high[:near])
        for curve in curves
    ]
    assert share_within(seen, truth[:near]) >= 0.8
    # Planted: the response, which is what one sees without the inversion, is far above the kernel.
    world = worlds[0]
    logs = 1e4 * np.log(world.bid)
    lag = int(TAIL[-1])
    response = float(np.mean(world.trade_sign[:-lag] * (logs[lag:-1] - logs[: -lag - 1])))
    place = int(np.argmin(np.abs(curves[0].lags - lag)))
    assert response > 2.0 * curves[0].high[place]


def test_few_orders_give_a_short_kernel() -> None:
    world = signed_market(dataclasses.replace(SIGNED, seconds=300.0), 1)
    curve = estimate_kernel([world]).curve

    assert curve.n == len(world.trade_ns) - 1
    assert curve.lags[-1] == pytest.approx(curve.n / (6 * BLOCK_OVER_MEMORY) / 2, abs=1.0)
