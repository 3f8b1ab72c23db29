from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact.almgren_chriss import AlmgrenChriss
from fillcast.models.impact.power_law import PowerLawImpact
from fillcast.models.impact.power_law_kernels import power_law_plans
from fillcast.models.schedule import receding_horizon, shortfall, twap
from tests.models.impact.general_solver import general_plan
from tests.models.impact.plans import FloatArray, perturbations, summed_variance, worst_gain

SIZE = 1e6
# eta such that a rate of 200,000 a day moves the price by half a dollar.
ROOT = PowerLawImpact(sigma=0.95, permanent=0.0, temporary=1.118033988749895e-3, exponent=0.5, half_spread=0.0)
# Of the order: smaller slices are not looked at.
NEGLIGIBLE = 1e-20
EXPONENTS = st.sampled_from([0.2, 0.5, 0.6, 0.85, 1.0, 1.5, 3.0])
COUPLINGS = st.one_of(st.just(0.0), st.floats(-12.0, 12.0).map(lambda power: 10.0**power))


def plan_of(coupling: float, exponent: float, count: int, saved: float = 0.0) -> FloatArray:
    """Return the parts that minimise `sum m^p + c sum y^2 - b sum m^2`, p = k + 1."""
    plans, half = np.empty((1, count)), 0.5 * (exponent + 1.0)
    power_law_plans(np.array([coupling / half]), np.array([saved / half]), exponent, plans)
    return plans[0]


def condition_error(plan: FloatArray, coupling: float, exponent: float, saved: float = 0.0) -> float:
    """Return by how much a plan misses its first-order conditions, as a part of the larger side."""
    later = np.cumsum(plan[:0:-1])[::-1]
    marginal = (exponent + 1.0) * plan**exponent - 2.0 * saved * plan
    scale = (exponent + 1.0) * np.maximum(plan[:-1], NEGLIGIBLE) ** exponent
    return float((np.abs(-np.diff(marginal) - 2.0 * coupling * later) / scale).max(initial=0.0))


@given(COUPLINGS, EXPONENTS, st.integers(1, 80), st.sampled_from([0.0, 1e-9, 0.1, 0.5, 0.99]))
def test_the_plan_meets_its_first_order_conditions(coupling: float, exponent: float, count: int, part: float) -> None:
    saved = 0.5 * part * exponent * (exponent + 1.0) if exponent <= 1.0 else 0.0
    plan = plan_of(coupling, exponent, count, saved)
    assert plan.sum() == pytest.approx(1.0, rel=1e-13)
    assert (np.diff(plan) <= 1e-12).all()
    assert condition_error(plan, coupling, exponent, saved) < 1e-9


def test_the_check_sees_a_plan_for_another_coupling_or_exponent() -> None:
    assert condition_error(plan_of(1.01, 0.5, 20), 1.0, 0.5) > 1e-4
    assert condition_error(plan_of(1.0, 0.51, 20), 1.0, 0.5) > 1e-4
    assert condition_error(plan_of(1.0, 0.5, 20, 0.01), 1.0, 0.5, 0.0) > 1e-4


@pytest.mark.parametrize("exponent", [0.5, 0.6, 1.0, 1.5])
@pytest.mark.parametrize(("coupling", "count"), [(0.02, 50), (0.807, 5), (3.0, 12)])
def test_a_general_convex_solver_finds_the_same_plan(exponent: float, coupling: float, count: int) -> None:
    ours, theirs = plan_of(coupling, exponent, count), general_plan(coupling, exponent, count)
    assert difference(ours, theirs) < 1e-5
    assert objective(ours, coupling, exponent) <= objective(np.maximum(theirs, 0.0), coupling, exponent) * (1 + 1e-9)
    assert difference(plan_of(1.01 * coupling, exponent, count), theirs) > 1e-5


def difference(plan: FloatArray, other: FloatArray) -> float:
    return float(np.abs(plan - other).max())


def objective(plan: FloatArray, coupling: float, exponent: float) -> float:
    left = plan.sum() - np.cumsum(plan)
    return float((plan ** (exponent + 1.0)).sum() + coupling * (left**2).sum())


@given(st.floats(-9.0, -4.0), st.sampled_from([0.5, 0.6, 1.0]), st.integers(2, 12), st.integers(0, 1000))
def test_no_plan_near_the_optimum_is_better(power: float, exponent: float, count: int, seed: int) -> None:
    permanent = 0.4 * ROOT.temporary * SIZE ** (exponent - 1.0) / 0.5**exponent
    model, aversion = replace(ROOT, exponent=exponent, permanent=permanent), 10.0**power
    trades = model.optimal_trades(SIZE, count, 0.5, aversion)
    generator = np.random.default_rng(seed)
    others = np.concatenate([perturbations(generator, trades, 50, part) for part in (1.0, 0.1, 0.001)])
    assert worst_gain(utility(model, trades, aversion), utility(model, others, aversion)) < 1e-12
    planted = model.optimal_trades(SIZE, count, 0.5, 2.0 * aversion)
    near = planted + np.linspace(0.0, 1.0, 11)[:, np.newaxis] * (trades - planted)
    assert worst_gain(utility(model, planted, aversion), utility(model, near, aversion)) > 0.0
    blind = replace(model, permanent=0.0).optimal_trades(SIZE, count, 0.5, aversion)
    assert utility(model, blind, aversion) >= utility(model, trades, aversion) * (1 - 1e-13)


def utility(model: PowerLawImpact, trades: FloatArray, aversion: float) -> FloatArray:
    return model.impact_cost(trades, 0.5) + aversion * summed_variance(model.sigma, trades, 0.5)


@given(st.floats(-9.0, -4.0), st.integers(1, 60), st.floats(0.05, 2.0), st.sampled_from([0.0, 2.5e-7, 2e-6]))
def test_an_exponent_of_one_is_almgren_chriss(power: float, count: int, interval: float, permanent: float) -> None:
    linear = PowerLawImpact(sigma=0.95, permanent=permanent, temporary=2.5e-6, exponent=1.0, half_spread=0.0625)
    closed = AlmgrenChriss(sigma=0.95, permanent=permanent, temporary=2.5e-6, half_spread=0.0625)
    aversion = 10.0**power
    trades = linear.optimal_trades(SIZE, count, interval, aversion)
    assert trades == pytest.approx(closed.optimal_trades(SIZE, count, interval, aversion), rel=1e-9)
    ours, theirs = (model.frontier(SIZE, count, interval, aversion) for model in (linear, closed))
    assert ours.expected == pytest.approx(theirs.expected, rel=1e-12)
    assert ours.variance == pytest.approx(theirs.variance, rel=1e-9, abs=1e-6)


def test_permanent_impact_is_exact_and_that_of_almgren_chriss() -> None:
    linear = PowerLawImpact(sigma=0.95, permanent=2.5e-7, temporary=2.5e-6, exponent=1.0, half_spread=0.0625)
    closed = AlmgrenChriss(sigma=0.95, permanent=2.5e-7, temporary=2.5e-6, half_spread=0.0625)
    trades = np.random.default_rng(2).normal(size=(50, 7)) * 1e5
    assert linear.impact_cost(trades, 0.7) == pytest.approx(closed.impact_cost(trades, 0.7), rel=1e-9, abs=1e-4)
    only = replace(ROOT, permanent=2.5e-7)
    walked = sum(2.5e-7 * a * b for i, a in enumerate(trades[0]) for b in trades[0, i + 1 :])
    extra = only.impact_cost(trades[0], 1.0) - ROOT.impact_cost(trades[0], 1.0)
    assert extra == pytest.approx(walked, rel=1e-9)
    assert extra != pytest.approx(0.5 * 2.5e-7 * trades[0].sum() ** 2, rel=1e-3)


def convexity(variance: FloatArray, expected: FloatArray) -> float:
    order = np.argsort(variance)
    slopes = np.diff(expected[order]) / np.diff(variance[order])
    return float((np.diff(slopes) / (np.abs(slopes[1:]) + np.abs(slopes[:-1]))).min())


@pytest.mark.parametrize("exponent", [0.5, 0.6, 1.0])
def test_the_frontier_is_convex_with_slope_minus_the_aversion(exponent: float) -> None:
    model = replace(ROOT, exponent=exponent)
    aversions = np.geomspace(1e-9, 1e-4, 60) * model.temporary / ROOT.temporary
    place = model.frontier(SIZE, 20, 0.25, aversions)
    assert convexity(place.variance, place.expected) > 0.0
    dented = place.expected.copy()
    dented[30] *= 1.05
    assert convexity(place.variance, dented) < 0.0
    above, below = (model.frontier(SIZE, 20, 0.25, aversions[20:50] * part) for part in (1 + 1e-3, 1 - 1e-3))
    slopes = (above.expected - below.expected) / (above.variance - below.variance)
    assert slopes == pytest.approx(-aversions[20:50], rel=1e-4)
    near = model.frontier(SIZE, 20, 0.25, [0.0, 1e-3 * aversions[0]])
    tilt = np.diff(near.expected) / np.diff(near.variance) * near.variance[0] / near.expected[0]
    assert float(np.abs(tilt[0])) < 1e-3


@given(EXPONENTS, st.integers(1, 60))
def test_without_aversion_it_is_twap_and_with_all_of_it_one_block(exponent: float, count: int) -> None:
    model = replace(ROOT, exponent=exponent)
    even = twap(SIZE, count, 1.0).sizes
    assert model.optimal_trades(SIZE, count, 1.0, 0.0) == pytest.approx(even, rel=1e-13)
    tiny = 1e-12 * model.temporary * SIZE ** (exponent - 1.0) / count ** (2.0 + exponent)
    assert model.optimal_trades(SIZE, count, 1.0, tiny) == pytest.approx(even, rel=1e-9)
    block = model.optimal_trades(SIZE, count, 1.0, np.finfo(np.float64).max)
    assert block == pytest.approx([SIZE] + [0.0] * (count - 1), abs=1e-6)


@given(st.sampled_from([0.5, 0.6, 1.0]), st.floats(0.01, 100.0))
def test_scaling_laws(exponent: float, factor: float) -> None:
    """Impact that is steeper in the size needs more aversion for the same shape; time and money are units."""
    model = replace(ROOT, exponent=exponent, half_spread=0.01)
    trades = model.optimal_trades(SIZE, 9, 0.5, 1e-7)
    scaled = model.optimal_trades(factor * SIZE, 9, 0.5, 1e-7 * factor ** (exponent - 1.0))
    assert scaled == pytest.approx(factor * trades, rel=1e-9)
    other_time = replace(model, sigma=model.sigma / factor**0.5, temporary=model.temporary * factor**exponent)
    assert other_time.optimal_trades(SIZE, 9, 0.5 * factor, 1e-7) == pytest.approx(trades, rel=1e-9)
    cost = model.impact_cost(trades, 0.5)
    assert other_time.impact_cost(trades, 0.5 * factor) == pytest.approx(cost, rel=1e-12)
    free = replace(model, half_spread=0.0)
    doubled = free.impact_cost(factor * trades, 0.5) / free.impact_cost(trades, 0.5)
    assert doubled == pytest.approx(factor ** (exponent + 1.0), rel=1e-9)


def test_an_order_of_many_shapes_at_once_is_each_alone() -> None:
    sizes, intervals, aversions = np.array([[[0.0]], [[1e6]]]), np.array([[0.1], [1.0], [3.0]]), np.array([0.0, 1e-6])
    trades = ROOT.optimal_trades(sizes, 5, intervals, aversions)
    place = ROOT.frontier(sizes, 5, intervals, aversions)
    assert trades.shape == (2, 3, 2, 5)
    assert place.expected.shape == place.variance.shape == place.risk_aversion.shape == (2, 3, 2)
    assert trades[0].max() == 0.0
    assert trades[1, 2, 1] == pytest.approx(ROOT.optimal_trades(1e6, 5, 3.0, 1e-6), rel=1e-14)


def test_planning_again_changes_nothing() -> None:
    def optimum(size: float, count: int, interval: float, /) -> FloatArray:
        return ROOT.optimal_trades(size, count, interval, 1e-6)

    once = shortfall(optimum, SIZE, 12, 5.0)
    assert receding_horizon([optimum] * 12, SIZE, 5.0).sizes == pytest.approx(once.sizes, rel=1e-9)


def integrated(model: PowerLawImpact, aversion: float, end: float) -> tuple[float, float]:
    """Return temporary cost and variance of the continuous plan by quadrature over [0, end]."""
    time = end * np.linspace(0.0, 1.0, 400_001) ** 3
    left = model.continuous_holdings(SIZE, aversion, time)
    rates = -np.diff(left) / np.diff(time)
    cost = (model.temporary * rates ** (model.exponent + 1.0) * np.diff(time)).sum()
    return float(cost), float(model.sigma**2 * np.trapezoid(left**2, time))


@pytest.mark.parametrize(("exponent", "scales"), [(0.5, 3000.0), (0.6, 2000.0), (1.0, 40.0), (1.5, 5.0), (2.0, 3.0)])
def test_the_continuous_closed_forms_are_those_of_its_plan(exponent: float, scales: float) -> None:
    model, aversion = replace(ROOT, exponent=exponent, temporary=0.5 / 2e5**exponent), 1e-6
    scale = float(model.time_scale(SIZE, aversion))
    place = model.continuous_frontier(SIZE, aversion)
    cost, variance = integrated(model, aversion, scales * scale)
    assert place.expected == pytest.approx(cost, rel=1e-5)
    assert place.variance == pytest.approx(variance, rel=1e-5)
    assert aversion * place.variance == pytest.approx(exponent * place.expected, rel=1e-12)
    if exponent > 1.0:
        assert model.continuous_holdings(SIZE, aversion, scale * (exponent + 1) / (exponent - 1)) == 0.0
    other = replace(model, temporary=1.01 * model.temporary).continuous_frontier(SIZE, aversion)
    assert other.expected != pytest.approx(cost, rel=1e-4)


def test_the_discrete_plan_tends_to_the_continuous_one() -> None:
    scale = float(ROOT.time_scale(SIZE, 1e-6))
    errors = []
    for count in (3000, 30_000):
        interval = 300.0 * scale / count
        left = SIZE - np.cumsum(ROOT.optimal_trades(SIZE, count, interval, 1e-6))
        continuous = ROOT.continuous_holdings(SIZE, 1e-6, interval * np.arange(1, count + 1))
        errors.append(float(np.abs(left - continuous).max()) / SIZE)
    assert errors[1] < errors[0] / 5
    assert errors[1] < 2e-3


def test_the_continuous_cost_holds_spread_and_permanent_impact() -> None:
    full = replace(ROOT, permanent=2.5e-7, half_spread=0.0625)
    added = full.continuous_frontier(SIZE, 1e-6).expected - ROOT.continuous_frontier(SIZE, 1e-6).expected
    assert added == pytest.approx(62_500.0 + 125_000.0)


def test_round_trips_never_profit() -> None:
    trades = np.random.default_rng(3).normal(size=(2000, 6)) * 1e5
    trades -= trades.mean(axis=-1, keepdims=True)
    for model in (replace(ROOT, permanent=2.5e-6), replace(ROOT, exponent=1.0, permanent=0.002)):
        assert model.impact_cost(trades, 1.0).min() >= 0.0
        planted = model.impact_cost(trades, 1.0) - 0.002 * (trades**2).sum(axis=-1)
        assert planted.min() < 0.0


def test_slices_that_would_let_a_round_trip_profit_are_refused() -> None:
    model = replace(ROOT, permanent=2.5e-6)
    largest = (2 * ROOT.temporary / 2.5e-6) ** 2
    assert model.impact_cost(np.array([0.999 * largest, -0.999 * largest]), 1.0) > 0.0
    with pytest.raises(ParameterError, match="round trip"):
        model.impact_cost(np.array([1.001 * largest, -1.001 * largest]), 1.0)
    with pytest.raises(ParameterError, match="permanent"):
        replace(ROOT, exponent=1.5, permanent=1e-9)
    convex = 0.75 * ROOT.temporary / SIZE**0.5
    assert replace(ROOT, permanent=0.999 * convex).optimal_trades(SIZE, 5, 1.0, 0.0) == pytest.approx([2e5] * 5)
    with pytest.raises(ParameterError, match="interval"):
        replace(ROOT, permanent=1.001 * convex).optimal_trades(SIZE, 5, 1.0, 0.0)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("name", ["sigma", "permanent", "temporary", "exponent", "half_spread"])
def test_bad_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=name):
        replace(ROOT, **{name: value})


def test_bad_orders_are_refused_by_name() -> None:
    for wrong in (-1e-9, np.inf, np.nan):
        with pytest.raises(ParameterError, match="risk_aversion"):
            ROOT.frontier(SIZE, 5, 1.0, wrong)
        with pytest.raises(ParameterError, match="risk_aversion"):
            ROOT.time_scale(SIZE, wrong)
    with pytest.raises(ParameterError, match="interval"):
        ROOT.optimal_trades(SIZE, 5, 0.0, 1e-6)
    with pytest.raises(ParameterError, match="size"):
        ROOT.optimal_trades(-SIZE, 5, 1.0, 1e-6)
    with pytest.raises(ParameterError, match="count"):
        ROOT.optimal_trades(SIZE, 0, 1.0, 1e-6)
    with pytest.raises(ParameterError, match="size"):
        ROOT.continuous_frontier(0.0, 1e-6)
    with pytest.raises(ParameterError, match="time"):
        ROOT.continuous_holdings(SIZE, 1e-6, -1.0)
    with pytest.raises(ParameterError, match="sigma"):
        replace(ROOT, sigma=0.0).time_scale(SIZE, 1e-6)
    with pytest.raises(ParameterError, match="trades"):
        ROOT.impact_cost(np.array([np.nan]), 1.0)
