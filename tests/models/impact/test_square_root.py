from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact import SQUARE_ROOT, RateSquareRoot, SquareRootLaw, both_readings

LAW = SquareRootLaw(prefactor=0.9, exponent=SQUARE_ROOT, crossover=0.0, sigma=0.03, volume=2e4, price=60_000.0)
BENT = replace(LAW, crossover=1e-3)
RATES = RateSquareRoot(temporary=0.9, permanent=0.3, sigma=0.03, volume=2e4, price=60_000.0)
SHARES = st.floats(1e-6, 0.5)


@given(SHARES, st.floats(1.1, 10.0))
def test_the_peak_grows_with_the_square_root_and_two_thirds_are_paid(share: float, factor: float) -> None:
    size = 2e4 * share
    assert LAW.peak(size) == pytest.approx(0.9 * 0.03 * math.sqrt(share), rel=1e-12)
    assert LAW.peak(factor * size) == pytest.approx(math.sqrt(factor) * float(LAW.peak(size)), rel=1e-12)
    assert LAW.average(size) / LAW.peak(size) == pytest.approx(2.0 / 3.0, rel=1e-12)
    steeper = replace(LAW, exponent=0.6)
    assert steeper.average(size) / steeper.peak(size) == pytest.approx(1.0 / 1.6, rel=1e-12)


def test_below_the_crossover_impact_is_linear_and_joins_without_a_step() -> None:
    edge = 2e4 * 1e-3
    below = edge * np.array([0.1, 0.5, 1.0 - 1e-12])
    np.testing.assert_allclose(BENT.peak(below), BENT.peak(edge) * below / edge, rtol=1e-11)
    np.testing.assert_array_equal(BENT.peak(edge * np.array([1.0, 4.0])), LAW.peak(edge * np.array([1.0, 4.0])))
    np.testing.assert_allclose(BENT.average(below), 0.5 * BENT.peak(below), rtol=1e-12)
    assert BENT.peak(0.1 * edge) < LAW.peak(0.1 * edge)


@given(SHARES)
def test_the_average_is_the_mean_of_the_peak_up_to_the_size(share: float) -> None:
    size = 2e4 * share
    edges = np.linspace(0.0, size, 20_001)
    middles = 0.5 * (edges[1:] + edges[:-1])
    assert BENT.average(size) == pytest.approx(float(BENT.peak(middles).mean()), rel=1e-4)


def test_no_size_costs_nothing() -> None:
    for law in (LAW, BENT):
        np.testing.assert_array_equal(law.average(np.array([0.0])), [0.0])
        np.testing.assert_array_equal(law.impact_cost(np.zeros((2, 3)), 0.1), [0.0, 0.0])


def test_the_readings_differ_in_what_a_schedule_does() -> None:
    sizes = np.array([10.0, 100.0, 1000.0])[:, None]
    one, ten = sizes, np.repeat(sizes / 10.0, 10, axis=-1)
    quick = both_readings(one, 0.1, rate_based=RATES, total_size=LAW)
    slow = both_readings(ten, 0.1, rate_based=RATES, total_size=LAW)
    np.testing.assert_allclose(quick.total_size, slow.total_size, rtol=1e-12)
    assert (slow.rate_based < quick.rate_based).all()
    np.testing.assert_allclose(quick.total_size, 60_000.0 * sizes[:, 0] * LAW.average(sizes[:, 0]), rtol=1e-12)
    np.testing.assert_array_equal(quick.rate_based, RATES.impact_cost(one, 0.1))


def test_the_rate_based_cost_by_hand() -> None:
    # 100 units in each of two tenths of a day: 5 % of the volume then; 1 % of the day's volume in all.
    temporary = 60_000.0 * 0.03 * 0.9 * 200.0 * math.sqrt(0.05)
    permanent = 60_000.0 * 0.03 * 0.3 * 200.0 * 0.01 / 2.0
    cost = RATES.impact_cost(np.array([100.0, 100.0]), 0.1)
    assert cost == pytest.approx(temporary + permanent, rel=1e-12)
    assert cost == RATES.impact_cost(np.array([-100.0, -100.0]), 0.1)


@given(st.floats(1.0, 100.0), st.floats(1.1, 8.0))
def test_rate_based_scaling_laws(size: float, factor: float) -> None:
    temporary = replace(RATES, permanent=0.0)
    trades = size * np.array([1.0, 2.0, 3.0])
    cost = float(temporary.impact_cost(trades, 0.3))
    assert temporary.impact_cost(factor * trades, 0.3) == pytest.approx(factor**1.5 * cost, rel=1e-12)
    assert temporary.impact_cost(trades, factor * 0.3) == pytest.approx(factor**-0.5 * cost, rel=1e-12)
    permanent = replace(RATES, temporary=0.0)
    assert permanent.impact_cost(factor * trades, 0.3) == pytest.approx(
        factor**2 * float(permanent.impact_cost(trades, 9.0)), rel=1e-12
    )
    assert temporary.impact_cost(factor * trades, 0.3) != pytest.approx(factor**1.51 * cost, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prefactor", -1.0),
        ("exponent", 0.0),
        ("exponent", 1.2),
        ("crossover", -1e-9),
        ("sigma", -0.1),
        ("sigma", math.nan),
        ("volume", 0.0),
        ("price", math.inf),
    ],
)
def test_bad_parameters_of_the_law_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        replace(LAW, **{name: value})


@pytest.mark.parametrize("name", ["temporary", "permanent", "sigma", "volume", "price"])
def test_bad_parameters_of_the_rates_are_refused_by_name(name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        replace(RATES, **{name: -1.0})


def test_bad_orders_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"participation must be between 0 and 1, not 1\.5"):
        RATES.impact_cost(np.array([3000.0]), 0.1)
    for model in (LAW, RATES):
        with pytest.raises(ParameterError, match="interval must be"):
            model.impact_cost(np.array([1.0]), 0.0)
        with pytest.raises(ParameterError, match="trades must be"):
            model.impact_cost(np.array([math.nan]), 0.1)
    with pytest.raises(ParameterError, match="size must be"):
        LAW.peak(-1.0)
