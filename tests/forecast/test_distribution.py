from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fillcast.errors import ParameterError, UsageError
from fillcast.forecast.distribution import CostDistribution, student_tail

DEGREES = [4.0, 5.5, 13.0, 104.0, 174.0, 1e5]


@pytest.mark.parametrize("degrees_of_freedom", DEGREES)
def test_the_tail_is_that_of_student(degrees_of_freedom: float) -> None:
    points = np.linspace(-12.0, 12.0, 97)
    ours = [student_tail(float(point), degrees_of_freedom) for point in points]

    np.testing.assert_allclose(ours, stats.t.sf(points, degrees_of_freedom), rtol=1e-9, atol=1e-11)
    # The normal law, which is what a wrong number of degrees would look like, is seen.
    assert not np.allclose(ours, stats.norm.sf(points), rtol=1e-9, atol=1e-11) or degrees_of_freedom > 1e4


def test_quantile_and_tail_are_inverse() -> None:
    cost = CostDistribution(10.0, 2.0, 20.0)

    for probability in (0.05, 0.5, 0.9, 0.95, 0.99):
        assert cost.probability_above(cost.quantile(probability)) == pytest.approx(1 - probability, abs=1e-4)
    assert cost.quantile(0.5) == pytest.approx(10.0)


def test_the_conditional_value_at_risk_is_the_mean_of_the_worst() -> None:
    draws = 10.0 + 2.0 * stats.t(6.0).rvs(1_000_000, random_state=3)
    worst = np.sort(draws)[int(0.95 * len(draws)) :]
    found = CostDistribution(10.0, 2.0, 6.0).conditional_value_at_risk(0.95)

    assert found == pytest.approx(worst.mean(), abs=4 * worst.std() / math.sqrt(len(worst)) + 0.01)
    normal = CostDistribution(10.0, 2.0, 1e7).conditional_value_at_risk(0.95)
    assert normal == pytest.approx(10.0 + 2.0 * stats.norm.pdf(stats.norm.ppf(0.95)) / 0.05, rel=1e-4)
    assert found > normal


def test_a_certain_cost_is_above_or_not() -> None:
    cost = CostDistribution(10.0, 0.0, 20.0)

    assert (cost.probability_above(9.9), cost.probability_above(10.0)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("net_bps", (math.nan, 1.0, 10.0)),
        ("scale_bps", (1.0, -1.0, 10.0)),
        ("degrees_of_freedom", (1.0, 1.0, 1.0)),
    ],
)
def test_what_is_no_distribution_is_refused_by_name(name: str, values: tuple[float, float, float]) -> None:
    with pytest.raises(ParameterError, match=name):
        CostDistribution(*values)
    for share in (0.0, 1.0, math.nan):
        with pytest.raises(UsageError, match="probability"):
            CostDistribution(1.0, 1.0, 10.0).quantile(share)
