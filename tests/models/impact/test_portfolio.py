from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact.almgren_chriss import AlmgrenChriss
from fillcast.models.impact.portfolio import PortfolioImpact
from tests.models.impact.plans import FloatArray

DEVIATIONS = np.array([0.95, 1.9])
PAIR = PortfolioImpact(
    covariance=np.outer(DEVIATIONS, DEVIATIONS) * np.array([[1.0, 0.6], [0.6, 1.0]]),
    permanent=np.diag([2.5e-7, 5e-7]),
    temporary=np.diag([2.5e-6, 5e-6]),
    half_spread=np.array([0.0625, 0.05]),
)
POSITIONS = np.array([1e6, -3e5])
AVERSIONS = st.floats(-9.0, -3.0).map(lambda power: 10.0**power)


def drawn(seed: int, instruments: int) -> PortfolioImpact:
    """Return a model with full matrices, temporary impact well above permanent."""
    generator = np.random.default_rng(seed)
    first, second, third = generator.normal(size=(3, instruments, instruments))
    cross = third + third.T
    return PortfolioImpact(
        covariance=first @ first.T,
        permanent=2e-8 * cross,
        temporary=1e-6 * (second @ second.T + np.eye(instruments)),
        half_spread=generator.uniform(0.0, 0.1, instruments),
    )


def recursion_error(model: PortfolioImpact, trades: FloatArray, interval: float, aversion: float) -> float:
    """Return by how much trades miss `2 slope (n_(k+1) - n_k) + 2 lambda tau C x_k = 0`, as a part of its terms."""
    slope = model.temporary / interval - 0.5 * model.permanent
    left = trades.sum(axis=0) - np.cumsum(trades, axis=0)
    impact = 2.0 * np.diff(trades, axis=0) @ slope
    risk = 2.0 * aversion * interval * left[:-1] @ model.covariance
    scale = 2.0 * np.abs(trades).max() * np.abs(slope).max() + np.abs(risk).max(initial=0.0)
    return float(np.abs(impact + risk).max(initial=0.0) / scale)


@given(st.integers(0, 1000), st.integers(1, 5), AVERSIONS, st.integers(1, 30), st.floats(0.1, 2.0))
def test_plans_satisfy_the_recursion_and_close_the_positions(
    seed: int, instruments: int, aversion: float, count: int, interval: float
) -> None:
    model = drawn(seed, instruments)
    sizes = np.random.default_rng(seed + 1).normal(size=instruments) * 1e5
    trades = model.optimal_trades(sizes, count, interval, aversion)
    assert trades.sum(axis=0) == pytest.approx(sizes, rel=1e-8, abs=1e-3)
    assert recursion_error(model, trades, interval, aversion) < 1e-9


def test_the_check_sees_a_plan_without_the_correlation() -> None:
    apart = replace(PAIR, covariance=np.diag(DEVIATIONS**2))
    planted = apart.optimal_trades(POSITIONS, 5, 1.0, 1e-6)
    assert recursion_error(PAIR, planted, 1.0, 1e-6) > 1e-2
    assert recursion_error(apart, planted, 1.0, 1e-6) < 1e-12


@given(AVERSIONS, st.integers(1, 30), st.floats(0.1, 2.0))
def test_without_correlation_and_cross_impact_each_instrument_is_alone(
    aversion: float, count: int, interval: float
) -> None:
    apart = replace(PAIR, covariance=np.diag(DEVIATIONS**2))
    trades = apart.optimal_trades(POSITIONS, count, interval, aversion)
    place = apart.frontier(POSITIONS, count, interval, aversion)
    expected, variance = 0.0, 0.0
    for index, (sigma, size) in enumerate(zip(DEVIATIONS, POSITIONS, strict=True)):
        diagonal = apart.permanent[index, index], apart.temporary[index, index], apart.half_spread[index]
        alone = AlmgrenChriss(float(sigma), *map(float, diagonal))
        plan = alone.optimal_trades(abs(size), count, interval, aversion)
        assert trades[:, index] == pytest.approx(np.sign(size) * plan, rel=1e-9, abs=1e-9 * abs(size))
        single = alone.frontier(abs(size), count, interval, aversion)
        expected += float(single.expected)
        variance += float(single.variance)
    assert place.expected == pytest.approx(expected, rel=1e-9)
    assert place.variance == pytest.approx(variance, rel=1e-9, abs=1e-3)


def test_the_golden_pair_and_a_hedge_slows_the_lead() -> None:
    trades = PAIR.optimal_trades(POSITIONS, 5, 1.0, 1e-6)
    assert trades[0] == pytest.approx([381972.48, -91026.22], abs=0.005)
    unhedged = PAIR.optimal_trades([1e6, 0.0], 5, 1.0, 1e-6)
    alone = 458044.4456
    assert trades[0, 0] < unhedged[0, 0] < alone
    assert np.abs(unhedged[:, 1]).max() > 1.0


@given(st.integers(0, 100), AVERSIONS)
def test_no_plan_near_the_optimum_is_better(seed: int, aversion: float) -> None:
    model = replace(drawn(seed, 3), half_spread=np.zeros(3))
    trades = model.optimal_trades([1e5, -2e5, 3e4], 6, 0.5, aversion)
    generator = np.random.default_rng(seed)
    moved = generator.normal(size=(100, 6, 3)) * generator.choice([1e5, 1e3, 10.0], size=(100, 1, 1))
    others = trades + moved - moved.mean(axis=1, keepdims=True)
    least = model.impact_cost(trades, 0.5) + aversion * model.variance(trades, 0.5)
    values = model.impact_cost(others, 0.5) + aversion * model.variance(others, 0.5)
    assert (values >= least - 1e-9 * abs(least)).all()
    planted = model.optimal_trades([1e5, -2e5, 3e4], 6, 0.5, 3.0 * aversion)
    assert model.impact_cost(planted, 0.5) + aversion * model.variance(planted, 0.5) > least


def test_cost_and_variance_are_those_of_walked_prices() -> None:
    model = drawn(4, 3)
    trades = np.random.default_rng(5).normal(size=(7, 3)) * 1e4
    price, got, left, variance = np.zeros(3), 0.0, trades.sum(axis=0), 0.0
    for trade in trades:
        got += float(trade @ (price - model.half_spread * np.sign(trade) - model.temporary @ trade / 0.5))
        price = price - model.permanent @ trade
        left = left - trade
        variance += 0.5 * float(left @ model.covariance @ left)
    assert model.impact_cost(trades, 0.5) == pytest.approx(-got, rel=1e-9)
    assert model.variance(trades, 0.5) == pytest.approx(variance, rel=1e-9)
    assert model.impact_cost(trades, 0.51) != pytest.approx(-got, rel=1e-4)


def test_the_ends_of_the_frontier_and_leading_axes() -> None:
    sizes = np.array([[POSITIONS], [2 * POSITIONS]])
    aversions = np.array([0.0, 1e-6, np.finfo(np.float64).max])
    trades = PAIR.optimal_trades(sizes, 5, 1.0, aversions)
    place = PAIR.frontier(sizes, 5, 1.0, aversions)
    assert trades.shape == (2, 3, 5, 2)
    assert place.expected.shape == place.variance.shape == place.risk_aversion.shape == (2, 3)
    assert trades[0, 0] == pytest.approx(np.tile(POSITIONS / 5, (5, 1)))
    assert trades[0, 2] == pytest.approx(np.vstack([POSITIONS, np.zeros((4, 2))]), abs=1e-6)
    assert place.variance[:, 2] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert trades[1] == pytest.approx(2 * trades[0], abs=1e-6)


def test_round_trips_never_profit_and_matrices_that_let_them_are_refused() -> None:
    trades = np.random.default_rng(1).normal(size=(2000, 5, 2)) * 1e5
    trades -= trades.mean(axis=1, keepdims=True)
    assert PAIR.impact_cost(trades, 1.0).min() > 0.0
    planted = replace(PAIR, permanent=np.diag([1e-6, 1e-6]), temporary=np.diag([6e-7, 6e-7]))
    assert planted.impact_cost(trades, 1.0).min() > 0.0
    with pytest.raises(ParameterError, match="round trip"):
        planted.impact_cost(trades, 1.3)
    with pytest.raises(ParameterError, match="permanent must be symmetric"):
        replace(PAIR, permanent=np.array([[2.5e-7, 1e-7], [0.0, 5e-7]]))
    with pytest.raises(ParameterError, match="covariance"):
        replace(PAIR, covariance=np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_bad_parameters_are_refused_by_name() -> None:
    for name in ("covariance", "permanent", "temporary"):
        with pytest.raises(ParameterError, match=name):
            replace(PAIR, **{name: np.diag([np.nan, 1.0])})
        with pytest.raises(ParameterError, match=name):
            replace(PAIR, **{name: np.eye(3)})
    with pytest.raises(ParameterError, match="half_spread"):
        replace(PAIR, half_spread=np.array([-1.0, 0.0]))
    with pytest.raises(ParameterError, match="half_spread"):
        replace(PAIR, half_spread=np.array(0.1))
    with pytest.raises(ParameterError, match="sizes"):
        PAIR.optimal_trades([1.0], 5, 1.0, 0.0)
    with pytest.raises(ParameterError, match="sizes"):
        PAIR.optimal_trades([1.0, np.inf], 5, 1.0, 0.0)
    with pytest.raises(ParameterError, match="risk_aversion"):
        PAIR.optimal_trades(POSITIONS, 5, 1.0, -1e-9)
    with pytest.raises(ParameterError, match="interval"):
        PAIR.variance(np.zeros((5, 2)), 0.0)
    with pytest.raises(ParameterError, match="count"):
        PAIR.optimal_trades(POSITIONS, 0, 1.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        PAIR.covariance[0, 0] = 2.0
