from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.risk import (
    NormalCost,
    empirical_conditional_value_at_risk,
    empirical_probability_above,
    empirical_quantiles,
)
from tests.models.risk.linear import DEVIATION, EXPECTED

SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
LEVELS = st.floats(0.01, 0.99)
PLAN = NormalCost(np.array(EXPECTED), np.array(DEVIATION**2))


def test_the_published_tail_of_a_plan() -> None:
    assert float(PLAN.value_at_risk(0.95)) == pytest.approx(1903782.11, abs=0.005)
    assert float(PLAN.conditional_value_at_risk(0.95)) == pytest.approx(2155931.16, abs=0.005)
    assert float(PLAN.value_at_risk(0.99)) == pytest.approx(2315016.64, abs=0.005)
    assert float(PLAN.conditional_value_at_risk(0.99)) == pytest.approx(2519498.99, abs=0.005)


@given(LEVELS)
def test_the_chance_above_a_value_at_risk_is_what_is_left(level: float) -> None:
    assert float(PLAN.probability_above(PLAN.value_at_risk(level))) == pytest.approx(1 - level, rel=1e-9)


def test_a_cost_without_variance_is_certain_and_shapes_broadcast() -> None:
    known = NormalCost(np.array([1.0, 2.0, 3.0]), np.array(0.0))
    assert known.probability_above(2.0).tolist() == [0.0, 0.0, 1.0]
    assert known.conditional_value_at_risk(0.9).tolist() == [1.0, 2.0, 3.0]
    assert known.probability_above([[0.0], [5.0]]).tolist() == [[1.0] * 3, [0.0] * 3]


def minimised(costs: NDArray[np.float64], level: float) -> float:
    """Return min over c of c + mean(max(cost - c, 0)) / (1 - level): convex, least at one of the costs."""
    return min(float(c + np.maximum(costs - c, 0).mean() / (1 - level)) for c in costs)


@given(SAMPLES, LEVELS)
def test_the_conditional_value_at_risk_is_the_least_of_its_convex_form(costs: list[float], level: float) -> None:
    sample = np.array(costs)
    ours = float(empirical_conditional_value_at_risk(sample, level))
    assert ours == pytest.approx(minimised(sample, level), rel=1e-9, abs=1e-6)
    assert ours >= float(empirical_quantiles(sample, level)) - 1e-6


def test_the_check_sees_a_plain_mean_of_the_tail() -> None:
    sample = np.array([0.0, 0.0, 1.0, 10.0])
    planted = sample[sample >= empirical_quantiles(sample, 0.7)].mean()
    assert planted != pytest.approx(minimised(sample, 0.7))


@given(SAMPLES, LEVELS)
def test_a_quantile_is_the_smallest_cost_that_covers_its_level(costs: list[float], level: float) -> None:
    sample = np.array(costs)
    found = float(empirical_quantiles(sample, level))
    assert (sample <= found).mean() >= level - 1e-12
    assert (sample < found).mean() < level + 1e-12


def test_empirical_tails_keep_leading_axes() -> None:
    costs = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    assert empirical_quantiles(costs, [0.25, 0.5]).tolist() == [[1.0, 5.0], [2.0, 6.0]]
    assert empirical_conditional_value_at_risk(costs, 0.5).tolist() == [3.5, 7.5]
    assert empirical_probability_above(costs, 3.0).tolist() == [0.25, 1.0]


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, np.nan])
def test_a_level_out_of_range_is_refused(level: float) -> None:
    for ask in (PLAN.value_at_risk, PLAN.conditional_value_at_risk):
        with pytest.raises(ParameterError, match="level"):
            ask(level)
    with pytest.raises(ParameterError, match="level"):
        empirical_quantiles([1.0], level)


def test_bad_costs_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="variance"):
        NormalCost(np.array(1.0), np.array(-1.0))
    with pytest.raises(ParameterError, match="mean"):
        NormalCost(np.array(np.nan), np.array(1.0))
    with pytest.raises(ParameterError, match="budget"):
        PLAN.probability_above(np.inf)
    with pytest.raises(ParameterError, match="costs"):
        empirical_quantiles([], 0.5)
