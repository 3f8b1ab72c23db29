from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.schedule import Optimum, receding_horizon, shortfall, twap

FloatArray = NDArray[np.float64]


def sinh_optimum(kappa: float) -> Optimum:
    """Return the optimum for linear impact at a given urgency per unit of time."""

    def trades(size: float, count: int, interval: float, /) -> FloatArray:
        left = np.sinh(kappa * interval * np.arange(count, -1, -1)) / math.sinh(kappa * interval * count)
        return np.asarray(-np.diff(size * left))

    return trades


def first_half_then_even(size: float, count: int, interval: float, /) -> FloatArray:
    """A plan that does not keep to itself when it is made again."""
    return np.full(count, size) if count == 1 else np.array([size / 2, *[size / 2 / (count - 1)] * (count - 1)])


def largest_change(optimum: Optimum, size: float, count: int, horizon: float) -> float:
    once = shortfall(optimum, size, count, horizon).sizes
    again = receding_horizon([optimum] * count, size, horizon).sizes
    return float(np.abs(once - again).max()) / size


@given(st.floats(0.01, 3.0), st.integers(1, 30), st.floats(0.5, 10.0), st.floats(1.0, 1e6))
def test_planning_again_changes_nothing_while_nothing_changes(
    kappa: float, count: int, horizon: float, size: float
) -> None:
    assert largest_change(sinh_optimum(kappa), size, count, horizon) < 1e-9


def test_the_check_sees_a_plan_that_does_not_keep_to_itself() -> None:
    assert largest_change(first_half_then_even, 100.0, 4, 4.0) > 0.05


def test_no_urgency_is_twap() -> None:
    slow = shortfall(sinh_optimum(1e-6), 1e6, 5, 5.0)
    assert slow.sizes == pytest.approx(twap(1e6, 5, 5.0).sizes)
    assert shortfall(sinh_optimum(1.0), 1e6, 5, 5.0).sizes[0] > 3e5


def test_a_missed_fill_is_planned_again_and_the_last_miss_stays() -> None:
    even = sinh_optimum(1e-6)
    caught_up = receding_horizon([even] * 4, 80.0, 4.0, [1.0, 0.0, 1.0, 1.0])
    assert caught_up.sizes == pytest.approx([20.0, 0.0, 30.0, 30.0])
    left = receding_horizon([even] * 4, 80.0, 4.0, [1.0, 1.0, 1.0, 0.5])
    assert float(left.total) == pytest.approx(70.0)


def test_a_change_of_urgency_is_followed() -> None:
    calm, urgent = sinh_optimum(1e-6), sinh_optimum(2.0)
    sizes = receding_horizon([calm, urgent, urgent], 90.0, 3.0).sizes
    assert sizes[0] == pytest.approx(30.0)
    assert sizes[1] == pytest.approx(float(urgent(60.0, 2, 1.0)[0]))


def test_an_optimum_that_is_none_is_refused() -> None:
    for wrong in ([50.0, 49.0], [120.0, -20.0], [100.0], [np.nan, 1.0]):
        with pytest.raises(ParameterError, match="optimum"):
            shortfall(lambda size, count, interval, wrong=wrong: np.array(wrong), 100.0, 2, 2.0)


def test_bad_parameters_are_refused_by_name() -> None:
    even = sinh_optimum(1.0)
    with pytest.raises(ParameterError, match="size"):
        shortfall(even, -1.0, 2, 1.0)
    with pytest.raises(ParameterError, match="horizon"):
        shortfall(even, 1.0, 2, 0.0)
    with pytest.raises(ParameterError, match="count"):
        receding_horizon([], 1.0, 1.0)
    with pytest.raises(ParameterError, match="filled"):
        receding_horizon([even], 1.0, 1.0, [1.1])
    with pytest.raises(ParameterError, match="filled"):
        receding_horizon([even], 1.0, 1.0, [1.0, 1.0])
