from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact.almgren_chriss import AlmgrenChriss
from fillcast.models.risk import normal_moves, simulated_costs
from fillcast.models.schedule import Schedule, receding_horizon, shortfall, twap
from tests.models.impact.plans import (
    DAYS,
    SIZE,
    TABLE_1,
    FloatArray,
    perturbations,
    simulated_expectation,
    summed_variance,
    worst_gain,
)

AVERSIONS = st.floats(-9.0, -4.0).map(lambda power: 10.0**power)
MODELS = st.builds(
    AlmgrenChriss,
    sigma=st.floats(0.1, 10.0),
    permanent=st.floats(0.0, 4e-7),
    temporary=st.floats(1e-6, 1e-4),
    half_spread=st.floats(0.0, 1.0),
)


@given(MODELS, AVERSIONS, st.integers(1, 40), st.floats(0.05, 4.0))
def test_the_closed_form_equals_the_sums_and_the_walked_price(
    model: AlmgrenChriss, aversion: float, count: int, interval: float
) -> None:
    trades = model.optimal_trades(SIZE, count, interval, aversion)
    place = model.frontier(SIZE, count, interval, aversion)
    assert place.expected == pytest.approx(model.impact_cost(trades, interval), rel=1e-9)
    assert place.expected == pytest.approx(simulated_expectation(model, trades, interval), rel=1e-9)
    assert place.variance == pytest.approx(summed_variance(model.sigma, trades, interval), rel=1e-9, abs=1e-6)
    left = np.concatenate(([SIZE], SIZE - np.cumsum(trades)))
    assert model.optimal_holdings(SIZE, count, interval, aversion) == pytest.approx(left, abs=1e-8 * SIZE)


def test_the_check_sees_temporary_impact_without_its_correction() -> None:
    trades = TABLE_1.optimal_trades(SIZE, DAYS, 1.0, 1e-6)
    planted = float(replace(TABLE_1, temporary=2.5e-6 + 1.25e-7).impact_cost(trades, 1.0))
    assert planted != pytest.approx(simulated_expectation(TABLE_1, trades, 1.0), rel=1e-3)


@given(MODELS, AVERSIONS, st.integers(2, 12), st.integers(0, 1000))
def test_no_plan_near_the_optimum_is_better(model: AlmgrenChriss, aversion: float, count: int, seed: int) -> None:
    trades = model.optimal_trades(SIZE, count, 0.5, aversion)
    generator = np.random.default_rng(seed)
    others = np.concatenate([perturbations(generator, trades, 50, part) for part in (1.0, 0.1, 0.001)])
    assert worst_gain(utility(model, trades, aversion), utility(model, others, aversion)) < 1e-12


def test_the_check_sees_a_plan_for_another_aversion() -> None:
    planted = TABLE_1.optimal_trades(SIZE, 12, 0.5, 1.2e-6)
    others = perturbations(np.random.default_rng(1), planted, 200, 0.1)
    assert worst_gain(utility(TABLE_1, planted, 1e-6), utility(TABLE_1, others, 1e-6)) > 1e-6


def utility(model: AlmgrenChriss, trades: FloatArray, aversion: float) -> FloatArray:
    return model.impact_cost(trades, 0.5) + aversion * summed_variance(model.sigma, trades, 0.5)


def convexity(variance: FloatArray, expected: FloatArray) -> float:
    """Return the worst step of dE/dV along the frontier, as a part of the slopes beside it: negative for a dent."""
    order = np.argsort(variance)
    slopes = np.diff(expected[order]) / np.diff(variance[order])
    return float((np.diff(slopes) / (np.abs(slopes[1:]) + np.abs(slopes[:-1]))).min())


def tilt(variance: FloatArray, expected: FloatArray) -> float:
    """Return the larger |dE/dV| on either side of the middle point, in units of its E/V."""
    slopes = np.diff(expected) / np.diff(variance)
    return float(np.abs(slopes).max() * variance[1] / expected[1])


@given(MODELS, st.integers(2, 60))
def test_the_frontier_is_convex_and_flat_where_risk_costs_nothing(model: AlmgrenChriss, count: int) -> None:
    lowest = 0.999 * float(model.lowest_risk_aversion(count, 1.0))
    aversions = np.concatenate((np.linspace(lowest, 0.0, 41), -lowest * np.geomspace(0.05, 1e3, 60)))
    place = model.frontier(SIZE, count, 1.0, aversions)
    assert convexity(place.variance, place.expected) > 0.0
    near = model.frontier(SIZE, count, 1.0, lowest * np.array([-1e-4, 0.0, 1e-4]))
    assert tilt(near.variance, near.expected) < 1e-3


def test_the_check_sees_a_dent_and_a_tilt() -> None:
    place = TABLE_1.frontier(SIZE, DAYS, 1.0, np.geomspace(1e-8, 1e-4, 60))
    dented = place.expected.copy()
    dented[30] *= 1.01
    assert convexity(place.variance, place.expected) > 0.0
    assert convexity(place.variance, dented) < -0.01
    near = TABLE_1.frontier(SIZE, DAYS, 1.0, [1e-11, 0.0, -1e-11])
    assert tilt(near.variance, near.expected) < 1e-3
    assert tilt(near.variance, near.expected - 1e-8 * near.variance) > 1e-3


def test_the_slope_of_the_frontier_is_minus_the_aversion() -> None:
    aversions = np.array([-2e-7, 1e-8, 1e-7, 1e-6, 1e-5])
    above, below = (TABLE_1.frontier(SIZE, DAYS, 1.0, aversions * part) for part in (1 + 1e-4, 1 - 1e-4))
    slopes = (above.expected - below.expected) / (above.variance - below.variance)
    assert slopes == pytest.approx(-aversions, rel=1e-5)


@given(MODELS, st.integers(1, 50))
def test_without_aversion_it_is_twap(model: AlmgrenChriss, count: int) -> None:
    even = twap(SIZE, count, 0.5 * count)
    assert model.optimal_trades(SIZE, count, 0.5, 0.0) == pytest.approx(even.sizes, rel=1e-15)
    small = 1e-9 / (model.sigma**2 * count**2 * SIZE)
    assert model.optimal_trades(SIZE, count, 0.5, 1e-12 * small) == pytest.approx(even.sizes, rel=1e-6)
    place, cost = model.frontier(SIZE, count, 0.5, 0.0), even.cost(model, model.sigma)
    assert place.expected == pytest.approx(cost.mean, rel=1e-12)
    assert place.variance == pytest.approx(cost.variance, rel=1e-12)


def test_a_huge_aversion_is_one_block_and_nothing_overflows() -> None:
    for aversion in (1e10, 1e100, np.finfo(np.float64).max):
        place = TABLE_1.frontier(SIZE, 1000, 5e-3, aversion)
        assert place.expected == pytest.approx(0.0625 * SIZE + 2.5e-6 * SIZE**2 / 5e-3, rel=1e-9)
        assert place.variance == pytest.approx(0.0, abs=1e-3)
        assert TABLE_1.optimal_trades(SIZE, 1000, 5e-3, aversion).sum() == pytest.approx(SIZE)


@given(MODELS, AVERSIONS, st.floats(0.1, 10.0))
def test_scaling_laws(model: AlmgrenChriss, aversion: float, factor: float) -> None:
    """Plans are in proportion to the size; money and time are what the caller calls them."""
    trades = model.optimal_trades(SIZE, 7, 0.5, aversion)
    assert model.optimal_trades(factor * SIZE, 7, 0.5, aversion) == pytest.approx(factor * trades, rel=1e-12)
    other_money = AlmgrenChriss(
        factor * model.sigma, factor * model.permanent, factor * model.temporary, factor * model.half_spread
    )
    assert other_money.optimal_trades(SIZE, 7, 0.5, aversion / factor) == pytest.approx(trades, rel=1e-9)
    other_time = replace(model, sigma=model.sigma / factor**0.5, temporary=model.temporary * factor)
    assert other_time.optimal_trades(SIZE, 7, 0.5 * factor, aversion) == pytest.approx(trades, rel=1e-9)
    place, moved = model.frontier(SIZE, 7, 0.5, aversion), other_time.frontier(SIZE, 7, 0.5 * factor, aversion)
    assert moved.expected == pytest.approx(place.expected, rel=1e-9)
    assert moved.variance == pytest.approx(place.variance, rel=1e-9)


def test_the_mean_of_antithetic_paths_is_the_expected_cost() -> None:
    plan = Schedule(TABLE_1.optimal_trades(SIZE, DAYS, 1.0, 1e-6), 1.0)
    expected = float(TABLE_1.frontier(SIZE, DAYS, 1.0, 1e-6).expected)
    paths = [normal_moves(2000, DAYS, TABLE_1.sigma, 1.0, 7, antithetic=both) for both in (True, False)]
    means = [float(simulated_costs(plan, TABLE_1, moves, "sell").mean()) for moves in paths]
    assert means[0] == pytest.approx(expected, rel=1e-9)
    assert means[1] != pytest.approx(expected, rel=1e-9)


@given(MODELS, st.floats(0.0, 4.0), st.integers(2, 12))
def test_the_lvar_plan_satisfies_its_condition_and_none_is_better(
    model: AlmgrenChriss, quantile: float, count: int
) -> None:
    plan = model.lvar_plan(SIZE, count, 0.5, quantile)
    place = plan.place
    if np.isinf(place.risk_aversion):
        assert plan.trades.tolist() == [SIZE] + [0.0] * (count - 1)
    else:
        assert place.risk_aversion * 2 * np.sqrt(place.variance) == pytest.approx(quantile, rel=1e-9)
        assert model.optimal_trades(SIZE, count, 0.5, place.risk_aversion) == pytest.approx(
            plan.trades, rel=1e-7, abs=1e-7 * SIZE
        )
    others = perturbations(np.random.default_rng(count), plan.trades, 100, 0.1)
    least = place.expected + quantile * np.sqrt(place.variance)
    values = model.impact_cost(others, 0.5) + quantile * np.sqrt(summed_variance(model.sigma, others, 0.5))
    assert worst_gain(least, values) < 1e-11


def test_lvar_plans_of_many_orders_and_those_without_a_choice() -> None:
    plan = TABLE_1.lvar_plan([[1e5], [1e6]], 5, 1.0, [0.0, 1.645, 1e6])
    assert plan.trades.shape == (2, 3, 5)
    assert plan.trades[1, 0] == pytest.approx([200_000.0] * 5)
    assert plan.place.risk_aversion[0, 0] == 0.0
    assert plan.trades[1, 2].tolist() == [1e6, 0, 0, 0, 0]
    assert replace(TABLE_1, sigma=0.0).lvar_plan(SIZE, 5, 1.0, 1.645).trades == pytest.approx([200_000.0] * 5)
    assert TABLE_1.lvar_plan(0.0, 5, 1.0, 1.645).trades.tolist() == [0.0] * 5
    assert TABLE_1.lvar_plan(SIZE, 1, 1.0, 1.645).trades.tolist() == [SIZE]


@given(MODELS, st.floats(-0.5, 0.5), st.sampled_from([-0.5, 0.0, 1e-3, 1.0, 100.0]), st.integers(1, 10))
def test_drift_trades_make_the_plan_stationary(model: AlmgrenChriss, drift: float, scale: float, count: int) -> None:
    """At an optimum shifting a unit from one slice to the next changes nothing: a check of first order."""
    lowest = float(model.lowest_risk_aversion(max(count, 2), 0.5))
    aversion = -scale * lowest
    added = model.drift_trades(drift, count, 0.5, aversion)
    trades = model.optimal_trades(SIZE, count, 0.5, aversion) + added
    assert added.sum() == pytest.approx(0.0, abs=1e-9 * SIZE)
    assert stationarity(model, trades, drift, aversion) < 1e-9


def stationarity(model: AlmgrenChriss, trades: FloatArray, drift: float, aversion: float) -> float:
    """Return the largest change of E + lambda V at first order, as a part of its terms; without the half spread."""
    interval = 0.5
    left = trades.sum() - np.cumsum(trades)
    slope = model.temporary / interval - model.permanent / 2
    impact = 2 * slope * np.diff(trades)
    risk = 2 * aversion * model.sigma**2 * interval * left[:-1]
    gain = drift * interval
    scale = 2 * slope * np.abs(trades).max() + np.abs(risk).max(initial=0.0) + abs(gain)
    return float(np.abs(impact + risk - gain).max(initial=0.0) / scale)


def test_the_check_sees_a_drift_of_the_other_sign() -> None:
    trades = TABLE_1.optimal_trades(SIZE, 5, 0.5, 1e-6)
    planted = trades - TABLE_1.drift_trades(0.5, 5, 0.5, 1e-6)
    assert stationarity(TABLE_1, planted, 0.5, 1e-6) > 1e-3


def test_a_rise_for_a_sell_is_waited_for() -> None:
    added = TABLE_1.drift_trades([0.02, 0.0, -0.02], 5, 1.0, 1e-6)
    assert added[0, 0] < 0.0 < added[0, -1]
    assert added[1].tolist() == [0.0] * 5
    assert added[2] == pytest.approx(-added[0])


def test_shapes_broadcast_over_sizes_intervals_and_aversions() -> None:
    sizes, intervals, aversions = np.array([[[1e4]], [[1e6]]]), np.array([[0.1], [1.0], [3.0]]), np.array([0.0, 1e-6])
    place = TABLE_1.frontier(sizes, 5, intervals, aversions)
    trades = TABLE_1.optimal_trades(sizes, 5, intervals, aversions)
    assert place.expected.shape == place.variance.shape == place.risk_aversion.shape == (2, 3, 2)
    assert trades.shape == (2, 3, 2, 5)
    alone = TABLE_1.frontier(1e6, 5, 3.0, 1e-6)
    assert place.expected[1, 2, 1] == pytest.approx(alone.expected, rel=1e-14)
    assert TABLE_1.impact_cost(trades, intervals) == pytest.approx(place.expected, rel=1e-12)


def test_planning_again_changes_nothing() -> None:
    def optimum(size: float, count: int, interval: float, /) -> FloatArray:
        return TABLE_1.optimal_trades(size, count, interval, 1e-6)

    once = shortfall(optimum, SIZE, 20, 5.0)
    assert receding_horizon([optimum] * 20, SIZE, 5.0).sizes == pytest.approx(once.sizes, rel=1e-9)


def worst_round_trip(cost: FloatArray) -> float:
    return float(cost.min())


def test_round_trips_never_profit() -> None:
    trades = np.random.default_rng(3).normal(size=(2000, 6))
    trades -= trades.mean(axis=-1, keepdims=True)
    edge = AlmgrenChriss(1.0, 2.0, 1.0001, 0.0)
    assert worst_round_trip(edge.impact_cost(trades, 1.0)) >= 0.0
    planted = edge.impact_cost(trades, 1.0) - 0.001 * (trades**2).sum(axis=-1)
    assert worst_round_trip(planted) < 0.0
    with pytest.raises(ParameterError, match="round trip"):
        edge.impact_cost(trades, 1.01)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("name", ["sigma", "permanent", "temporary", "half_spread"])
def test_bad_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=name):
        replace(TABLE_1, **{name: value})


def test_bad_orders_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="temporary"):
        replace(TABLE_1, temporary=0.0)
    for wrong in (np.inf, -np.inf, np.nan):
        with pytest.raises(ParameterError, match="risk_aversion"):
            TABLE_1.frontier(SIZE, 5, 1.0, wrong)
    with pytest.raises(ParameterError, match="risk_aversion"):
        TABLE_1.optimal_trades(SIZE, 5, 1.0, -1e-6)
    with pytest.raises(ParameterError, match="risk_aversion"):
        TABLE_1.half_life(5, 1.0, -1e-8)
    with pytest.raises(ParameterError, match="interval"):
        TABLE_1.optimal_trades(SIZE, 5, 0.0, 1e-6)
    with pytest.raises(ParameterError, match="size"):
        TABLE_1.optimal_holdings(-SIZE, 5, 1.0, 1e-6)
    with pytest.raises(ParameterError, match="count"):
        TABLE_1.optimal_trades(SIZE, 0, 1.0, 1e-6)
    with pytest.raises(ParameterError, match="quantile"):
        TABLE_1.lvar_plan(SIZE, 5, 1.0, -1.0)
    with pytest.raises(ParameterError, match="drift"):
        TABLE_1.drift_trades(np.nan, 5, 1.0, 1e-6)
    with pytest.raises(ParameterError, match="trades"):
        TABLE_1.impact_cost(np.array([np.nan]), 1.0)
