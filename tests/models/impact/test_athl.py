from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact import US_SHARES_2003, AthlImpact

IBM = AthlImpact(US_SHARES_2003, sigma=0.0157, volume=6.561e6, price=80.0, outstanding=1728e6)


@given(st.integers(1, 50), st.floats(-5e5, 5e5), st.floats(0.1, 2.0))
def test_a_constant_rate_costs_the_same_in_any_number_of_intervals(count: int, size: float, days: float) -> None:
    sliced = IBM.impact_cost(np.full(count, size / count), days / count)
    assert float(sliced) == pytest.approx(80.0 * size * float(IBM.cost_fraction(size, days)), rel=1e-11)


def test_an_uneven_rate_costs_more() -> None:
    uneven = np.array([1e5, 3e5])
    assert IBM.impact_cost(uneven, 0.1) > IBM.impact_cost(np.array([2e5, 2e5]), 0.1)


@given(st.floats(1.0, 1e5), st.floats(0.1, 1.0), st.floats(1.1, 6.0))
def test_scaling_laws(size: float, days: float, factor: float) -> None:
    permanent, temporary = float(IBM.permanent(size)), float(IBM.temporary(size, days))
    assert IBM.permanent(factor * size) == pytest.approx(factor * permanent, rel=1e-12)
    assert IBM.temporary(factor * size, days) == pytest.approx(factor**0.6 * temporary, rel=1e-12)
    assert IBM.temporary(size, factor * days) == pytest.approx(factor**-0.6 * temporary, rel=1e-12)
    assert IBM.temporary(factor * size, factor * days) == pytest.approx(temporary, rel=1e-12)
    assert replace(IBM, outstanding=factor * 1728e6).permanent(size) == pytest.approx(
        factor**0.25 * permanent, rel=1e-12
    )
    assert IBM.temporary(factor * size, days) != pytest.approx(factor**0.61 * temporary, rel=1e-4)


def test_a_sell_is_a_buy_with_the_other_sign() -> None:
    sizes, days = np.array([[1e4], [-1e4], [0.0]]), np.array([0.1, 0.5])
    cost = IBM.cost_fraction(sizes, days)
    assert cost.shape == (3, 2)
    np.testing.assert_array_equal(cost[0], -cost[1])
    np.testing.assert_array_equal(cost[2], [0.0, 0.0])
    trades = np.array([1e4, 2e4])
    assert IBM.impact_cost(trades, 0.1) == IBM.impact_cost(-trades, 0.1) > 0.0


def test_without_an_outstanding_number_its_factor_is_one() -> None:
    coin = replace(IBM, outstanding=None)
    assert coin.permanent(1e5) == pytest.approx(0.314 * 0.0157 * 1e5 / 6.561e6, rel=1e-12)
    assert coin.temporary(1e5, 0.1) == IBM.temporary(1e5, 0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("sigma", -0.01), ("sigma", math.nan), ("volume", 0.0), ("price", math.inf), ("outstanding", 0.0)],
)
def test_bad_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        replace(IBM, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("gamma", -0.1), ("eta", math.nan), ("beta", 0.0), ("beta", 1.1), ("delta", math.inf), ("alpha", math.nan)],
)
def test_bad_coefficients_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        replace(US_SHARES_2003, **{name: value})


def test_bad_orders_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="participation must be between 0 and 1"):
        IBM.cost_fraction(656_100.0, 0.09)
    with pytest.raises(ParameterError, match="days must be"):
        IBM.temporary(1.0, 0.0)
    with pytest.raises(ParameterError, match="size must be"):
        IBM.permanent(math.nan)
