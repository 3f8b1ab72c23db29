from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.impact import (
    GATHERAL_DECAY_MIN,
    US_SHARES_2003,
    AthlImpact,
    DiscretePropagator,
    ExponentialSum,
    Kernel,
    ObizhaevaWang,
    PowerLawKernel,
    PowerLawPropagator,
    RateSquareRoot,
    SquareRootLaw,
    TabulatedKernel,
)
from fillcast.models.impact.manipulation import require_positive_definite
from fillcast.models.impact.power_law_propagator import power_law_cost, two_rate_round_trip
from tests.models.impact.roundtrips import ROUNDING, around_the_check, profits, round_trips

INTERVALS = st.floats(0.01, 10.0)
RATES = st.floats(0.01, 10.0)
OPENINGS = np.concatenate([np.logspace(-6, -1, 60), np.linspace(0.11, 0.89, 79), 1.0 - np.logspace(-1, -6, 60)])

POWER_LAWS = st.builds(PowerLawKernel, st.floats(0.05, 3.0), st.floats(0.01, 10.0))
EXPONENTIALS = st.lists(st.tuples(RATES, RATES), min_size=1, max_size=4).map(
    lambda terms: ExponentialSum(*(tuple(values) for values in zip(*terms, strict=True)))
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[float, ...]:
    """Convex, not increasing, not negative values, not constant."""
    bends = draw(st.lists(st.floats(0.001, 1.0), min_size=12, max_size=12))
    falls = np.cumsum(bends)[::-1]
    return tuple(np.cumsum(falls[::-1])[::-1] + draw(st.floats(0.0, 1.0)))


@given(st.one_of(POWER_LAWS, EXPONENTIALS), round_trips(), INTERVALS)
def test_no_round_trip_profits_under_a_decaying_kernel(
    kernel: Kernel, trades: NDArray[np.float64], interval: float
) -> None:
    assert not profits(DiscretePropagator(kernel, 2.0), trades, interval)


@given(tables(), round_trips())
def test_no_round_trip_profits_under_a_convex_table(values: tuple[float, ...], trades: NDArray[np.float64]) -> None:
    assert not profits(DiscretePropagator(TabulatedKernel(values, 0.5), 2.0), trades, 0.5)


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=11), round_trips())
def test_a_table_that_is_let_through_never_profits(rest: list[float], trades: NDArray[np.float64]) -> None:
    values = (1.0, *rest)
    assume(len(trades) <= len(values))
    try:
        kernel = TabulatedKernel(values, 1.0)
    except ParameterError:
        assume(False)
    assert not profits(DiscretePropagator(kernel, 1.0), trades, 1.0)


@given(
    st.floats(0.1, 1e4),
    st.floats(0.0, 1.0),
    st.floats(0.0, 10.0),
    st.floats(0.0, 1.0),
    round_trips(),
    INTERVALS,
)
def test_no_round_trip_profits_in_a_refilling_book(
    depth: float,
    part: float,
    resilience: float,
    spread: float,
    trades: NDArray[np.float64],
    interval: float,
) -> None:
    book = ObizhaevaWang(depth, part / depth * (1.0 - 1e-12), resilience, spread)
    assert not profits(book, trades, interval)


@given(round_trips(), st.floats(0.0, 2.0), st.floats(0.1, 1.0), st.floats(0.0, 0.1))
def test_no_round_trip_profits_where_only_rates_and_totals_count(
    trades: NDArray[np.float64], prefactor: float, exponent: float, crossover: float
) -> None:
    law = SquareRootLaw(prefactor, exponent, crossover, sigma=0.03, volume=1e5, price=100.0)
    rates = RateSquareRoot(prefactor, 0.3, sigma=0.03, volume=1e5, price=100.0)
    athl = AthlImpact(replace(US_SHARES_2003, beta=exponent), sigma=0.03, volume=1e5, price=100.0, outstanding=None)
    assert not profits(law, trades, 0.1)
    assert not profits(rates, trades, 0.1)
    assert not profits(athl, trades, 0.1)


@given(st.floats(0.001, 0.999), round_trips(), INTERVALS)
def test_no_round_trip_profits_under_a_power_law_with_linear_impact(
    decay: float, trades: NDArray[np.float64], interval: float
) -> None:
    model = PowerLawPropagator(1.0, 1.0, volume=1e6, decay=decay, exponent=1.0)
    assert not profits(model, trades, interval)


@given(st.floats(GATHERAL_DECAY_MIN, 0.99), st.floats(0.0, 1.0), st.floats(1e-6, 1.0 - 1e-6))
def test_no_round_trip_of_two_rates_profits_under_admissible_exponents(
    decay: float, part: float, opening: float
) -> None:
    exponent = 1.0 - decay + part * decay
    model = PowerLawPropagator(1.0, 2.0, volume=1e9, decay=decay, exponent=exponent)
    assert model.round_trip_cost(10.0, 3.0, opening) >= -ROUNDING * model.cost(10.0, 3.0)


def test_a_round_trip_of_two_rates_costs_what_its_trades_cost() -> None:
    model = PowerLawPropagator(1.3, 2.0, volume=50.0, decay=0.6, exponent=1.0)
    trades = np.array([4.0, 4.0, 4.0, -6.0, -6.0])
    assert model.round_trip_cost(12.0, 5.0, 0.6) == pytest.approx(float(model.impact_cost(trades, 1.0)), rel=1e-12)
    bent = replace(model, exponent=0.5)
    signed = 1.3 * 2.0 * power_law_cost(trades, 1.0, 50.0, 0.6, 0.5)
    assert bent.round_trip_cost(12.0, 5.0, 0.6) == pytest.approx(float(signed), rel=1e-12)


@pytest.mark.parametrize(("decay", "exponent"), [(0.45, 0.5), (0.3, 0.3), (0.2, 0.7), (0.6, 0.3)])
def test_exponents_that_add_up_to_less_than_one_profit_and_are_refused(decay: float, exponent: float) -> None:
    assert two_rate_round_trip(OPENINGS, decay, exponent).min() < 0.0
    with pytest.raises(ParameterError, match="add up to less than 1"):
        PowerLawPropagator(1.0, 1.0, 1.0, decay, exponent)
    planted = around_the_check(PowerLawPropagator, eta=1.0, sigma=1.0, volume=1e9, decay=decay, exponent=exponent)
    assert planted.round_trip_cost(1.0, 1.0, OPENINGS).min() < -ROUNDING * planted.cost(1.0, 1.0)


def test_gatherals_bound_is_enforced_for_nonlinear_impact_only() -> None:
    assert pytest.approx(0.4150374993, abs=5e-11) == GATHERAL_DECAY_MIN
    with pytest.raises(ParameterError, match=r"decay exponent of the kernel is 0\.4.*2 - log 3 / log 2"):
        PowerLawPropagator(1.0, 1.0, 1.0, decay=0.4, exponent=0.9)
    PowerLawPropagator(1.0, 1.0, 1.0, GATHERAL_DECAY_MIN, 1.0 - GATHERAL_DECAY_MIN)
    PowerLawPropagator(1.0, 1.0, 1.0, decay=0.4, exponent=1.0)


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.5, math.nan, math.inf])
def test_a_kernel_that_does_not_decay_or_is_not_integrable_is_refused(decay: float) -> None:
    with pytest.raises(ParameterError, match="decay exponent of the kernel"):
        PowerLawPropagator(1.0, 1.0, 1.0, decay, 1.0)


@pytest.mark.parametrize("exponent", [0.0, 1.1, -1.0, math.nan])
def test_an_impact_exponent_outside_its_range_is_refused(exponent: float) -> None:
    with pytest.raises(ParameterError, match="exponent of impact"):
        PowerLawPropagator(1.0, 1.0, 1.0, 0.5, exponent)


def test_bursts_between_weak_opposite_trading_profit_within_gatherals_conditions_and_are_refused() -> None:
    decay, exponent, count = 0.45, 0.55, 600
    bursts = np.linspace(count // 2, count - 1, 20).astype(int)
    rates = -np.ones(count)
    rates[bursts] = (count - len(bursts)) / len(bursts)
    assert rates.sum() == pytest.approx(0.0, abs=1e-9)
    assert power_law_cost(rates, 1.0, 1e3, decay, exponent) < 0.0

    model = PowerLawPropagator(1.0, 1.0, 1e3, decay, exponent)
    with pytest.raises(ParameterError, match="one direction only"):
        model.impact_cost(rates, 1.0)
    assert model.impact_cost(np.abs(rates), 1.0) == model.impact_cost(-np.abs(rates), 1.0)
    assert replace(model, exponent=1.0).impact_cost(rates, 1.0) > 0.0


@pytest.mark.parametrize(
    "kernel", [ExponentialSum.single(0.01), PowerLawKernel(0.5, 1.0), TabulatedKernel((1.0, 0.5), 1)]
)
def test_nonlinear_impact_is_refused_with_a_kernel_that_is_finite_at_zero(kernel: Kernel) -> None:
    with pytest.raises(ParameterError, match=rf"only 1 is allowed with the {kernel.name} kernel"):
        DiscretePropagator(kernel, 1.0, exponent=0.5)


def test_what_that_refusal_prevents() -> None:
    # A hundred small buys and one sell back, impact ~ sqrt(quantity), exponential decay.
    trades = np.append(np.full(100, 0.01), -1.0)
    pushed = np.sign(trades) * np.sqrt(np.abs(trades))
    carried = ExponentialSum.single(0.01).carried(pushed, 1.0)
    assert (trades * (carried + 0.5 * pushed)).sum() < -1.0


INDEFINITE = (1.0, 0.9, 0.1, 0.0)


def test_a_kernel_with_a_negative_eigenvalue_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"eigenvalue -0\.\d+, and only positive ones"):
        TabulatedKernel(INDEFINITE, 1.0)
    with pytest.raises(ParameterError, match="eigenvalue"):
        TabulatedKernel((1.0, 1.0, 1.0), 1.0)
    require_positive_definite(np.array([1.0, 0.5, 0.3, 0.35]))


def test_a_kernel_built_around_the_check_profits_and_the_property_catches_it() -> None:
    kernel = around_the_check(TabulatedKernel, values=INDEFINITE, step=1.0)
    model = DiscretePropagator(kernel, 1.0)
    assert profits(model, np.array([1.0, -2.0, 2.0, -1.0]), 1.0)

    with pytest.raises(AssertionError):
        given(round_trips(4))(lambda trades: _never(model, trades))()


def _never(model: DiscretePropagator, trades: NDArray[np.float64]) -> None:
    assert not profits(model, trades, 1.0)


def test_permanent_impact_above_the_depth_profits_and_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"permanent impact is 0\.011, and at most 1/depth = 0\.01 is allowed"):
        ObizhaevaWang(depth=100.0, permanent=0.011, resilience=1.0, spread=0.0)
    ObizhaevaWang(depth=100.0, permanent=0.01, resilience=1.0, spread=0.0)
    planted = around_the_check(ObizhaevaWang, depth=100.0, permanent=0.011, resilience=1.0, spread=0.0)
    assert profits(planted, np.array([1.0, -1.0]), 1.0)


def _nonlinear_permanent(exponent: float) -> Callable[[NDArray[np.float64]], float]:
    """Cost where each trade moves the price for good by sign(n) |n|^exponent and pays half of its own move."""

    def cost(trades: NDArray[np.float64]) -> float:
        moved = np.sign(trades) * np.abs(trades) ** exponent
        return float((trades * (np.cumsum(moved) - 0.5 * moved)).sum())

    return cost


def test_nonlinear_permanent_impact_profits_and_is_refused() -> None:
    trades = np.append(np.full(10, 0.1), -1.0)
    assert _nonlinear_permanent(0.891)(trades) < 0.0
    assert _nonlinear_permanent(1.0)(trades) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ParameterError, match=r"exponent of permanent impact is 0\.891, and only 1 is allowed"):
        replace(US_SHARES_2003, alpha=0.891)
