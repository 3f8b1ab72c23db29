from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact import GATHERAL_DECAY_MIN, PowerLawPropagator
from fillcast.models.impact.power_law_propagator import power_law_cost

SQUARE_ROOTS = PowerLawPropagator(eta=0.8, sigma=2.0, volume=1e4, decay=0.5, exponent=0.5)
ADMISSIBLE = st.tuples(st.floats(GATHERAL_DECAY_MIN, 0.95), st.floats(0.0, 1.0)).map(
    lambda pair: (pair[0], 1.0 - pair[0] + pair[1] * pair[0])
)


def test_with_square_roots_the_cost_does_not_depend_on_the_duration() -> None:
    sizes, horizons = np.array([[1.0], [25.0], [100.0]]), np.array([0.5, 1.0, 8.0])
    cost = SQUARE_ROOTS.cost(sizes, horizons)
    expected = 4.0 / 3.0 * 0.8 * 2.0 * np.sqrt(sizes / 1e4) * sizes
    np.testing.assert_allclose(cost, np.broadcast_to(expected, (3, 3)), rtol=1e-12)
    # Other exponents do make it depend on the duration.
    slow = replace(SQUARE_ROOTS, decay=0.6).cost(sizes, horizons)
    assert (np.diff(slow, axis=-1) < 0.0).all()


def test_two_thirds_of_the_peak_are_paid() -> None:
    sizes = np.array([1.0, 10.0])
    np.testing.assert_allclose(
        SQUARE_ROOTS.cost(sizes, 2.0) / (sizes * SQUARE_ROOTS.peak(sizes, 2.0)), 2 / 3, rtol=1e-12
    )
    assert replace(SQUARE_ROOTS, decay=0.6).cost(1.0, 2.0) / replace(SQUARE_ROOTS, decay=0.6).peak(
        1.0, 2.0
    ) == pytest.approx(1 / 1.4, rel=1e-12)


def test_what_is_left_after_the_end() -> None:
    elapsed = np.array([1.0, 1.5, 2.0, 5.0, 1e6])
    left = SQUARE_ROOTS.left_after(elapsed)
    np.testing.assert_allclose(left, np.sqrt(elapsed) - np.sqrt(elapsed - 1.0), rtol=1e-12)
    assert left[0] == 1.0
    assert (np.diff(left) < 0.0).all()
    with pytest.raises(ParameterError, match=r"elapsed must be at least 1, the end of the order, not 0\.5"):
        SQUARE_ROOTS.left_after(0.5)


@given(ADMISSIBLE, st.integers(1, 40), st.floats(0.1, 10.0), st.floats(0.1, 100.0))
def test_a_constant_rate_costs_the_same_in_any_number_of_intervals(
    exponents: tuple[float, float], count: int, horizon: float, size: float
) -> None:
    model = PowerLawPropagator(0.8, 2.0, 1e6, *exponents)
    sliced = model.impact_cost(np.full(count, size / count), horizon / count)
    assert float(sliced) == pytest.approx(float(model.cost(size, horizon)), rel=1e-11)


@given(ADMISSIBLE, st.floats(0.1, 100.0), st.floats(0.1, 10.0), st.floats(1.1, 10.0))
def test_scaling_laws(exponents: tuple[float, float], size: float, horizon: float, factor: float) -> None:
    decay, exponent = exponents
    model = PowerLawPropagator(0.8, 2.0, 1e6, decay, exponent)
    cost = float(model.cost(size, horizon))
    assert model.cost(factor * size, horizon) == pytest.approx(cost * factor ** (1.0 + exponent), rel=1e-11)
    assert model.cost(size, factor * horizon) == pytest.approx(cost * factor ** (1.0 - decay - exponent), rel=1e-11)
    assert replace(model, sigma=2.0 * factor).cost(size, horizon) == pytest.approx(cost * factor, rel=1e-11)
    assert model.cost(factor * size, horizon) != pytest.approx(cost * factor ** (1.01 + exponent), rel=1e-4)


def test_the_cost_of_uneven_rates_is_the_double_integral() -> None:
    rates, decay, exponent, fine = np.array([3.0, 1.0, 2.0]), 0.5, 0.6, 400
    even = power_law_cost(rates, 1.0, 10.0, decay, exponent)
    refined = power_law_cost(np.repeat(rates, fine), 1.0 / fine, 10.0, decay, exponent)
    assert refined == pytest.approx(float(even), rel=1e-10)

    # Midpoints of all pairs of cells, and the exact integral within a cell; the error falls as 1/sqrt(fine).
    places = np.arange(3 * fine)
    lags = np.maximum(np.abs(np.subtract.outer(places, places)), 1) / fine
    kernel = np.tril(lags**-decay, -1) / fine**2
    kernel += np.eye(3 * fine) * fine ** (decay - 2.0) / ((1.0 - decay) * (2.0 - decay))
    every = np.repeat(rates, fine)
    assert every @ kernel @ (every / 10.0) ** exponent == pytest.approx(float(even), rel=5e-3)


def test_many_schedules_at_once_and_both_directions() -> None:
    trades = np.abs(np.random.default_rng(3).normal(size=(2, 3, 8)))
    cost = SQUARE_ROOTS.impact_cost(trades, 0.5)
    assert cost.shape == (2, 3)
    assert cost[1, 2] == pytest.approx(float(SQUARE_ROOTS.impact_cost(trades[1, 2], 0.5)), rel=1e-12)
    np.testing.assert_array_equal(SQUARE_ROOTS.impact_cost(-trades, 0.5), cost)


@pytest.mark.parametrize("name", ["eta", "sigma", "volume"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_bad_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be positive"):
        replace(SQUARE_ROOTS, **{name: value})


def test_bad_orders_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"participation must be between 0 and 1, not 1\.5"):
        SQUARE_ROOTS.cost(1.5e4, 1.0)
    with pytest.raises(ParameterError, match="participation"):
        SQUARE_ROOTS.impact_cost(np.array([1.0, 1e4]), 0.5)
    with pytest.raises(ParameterError, match="participation"):
        SQUARE_ROOTS.round_trip_cost(9e3, 1.0, 0.5)
    with pytest.raises(ParameterError, match="size must be"):
        SQUARE_ROOTS.cost(-1.0, 1.0)
    with pytest.raises(ParameterError, match="horizon must be"):
        SQUARE_ROOTS.peak(1.0, 0.0)
    with pytest.raises(ParameterError, match="trades must be"):
        SQUARE_ROOTS.impact_cost(np.array([math.nan]), 1.0)
    with pytest.raises(ParameterError, match="interval must be"):
        SQUARE_ROOTS.impact_cost(np.array([1.0]), -1.0)
    with pytest.raises(ParameterError, match="opening must be"):
        SQUARE_ROOTS.round_trip_cost(1.0, 1.0, 1.0)
