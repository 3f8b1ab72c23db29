from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.schedule import Schedule, twap

SIZES = st.lists(st.floats(0, 1e6), min_size=1, max_size=20)


class PerUnit:
    def impact_cost(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        return np.asarray(2.0 * trades.sum(axis=-1))


def misfit(sizes: NDArray[np.float64], holdings: NDArray[np.float64]) -> float:
    """Return how far holdings are from falling by each size to nothing, in parts of the total."""
    wrong = max(float(np.abs(-np.diff(holdings) - sizes).max()), abs(float(holdings[-1])))
    return wrong / max(float(sizes.sum()), 1e-300)


@given(SIZES)
def test_holdings_fall_by_each_slice_to_exactly_nothing(sizes: list[float]) -> None:
    schedule = Schedule(np.array(sizes), 1.0)
    assert misfit(schedule.sizes, schedule.holdings) < 1e-12
    assert schedule.holdings[-1] == 0.0
    assert schedule.holdings[0] == pytest.approx(float(schedule.total))


def test_the_check_of_holdings_sees_a_slice_that_is_left_out() -> None:
    schedule = twap(10.0, 5, 5.0)
    planted = schedule.holdings.copy()
    planted[2] += 2.0
    assert misfit(schedule.sizes, planted) > 0.1


@given(st.floats(1.0, 1e6), st.integers(1, 60), st.floats(0.1, 100.0), st.floats(0.0, 5.0))
def test_twap_has_the_variance_of_its_closed_form(size: float, count: int, horizon: float, sigma: float) -> None:
    closed = sigma**2 * size**2 * horizon / 3 * (1 - 1 / count) * (1 - 1 / (2 * count))
    found = float(twap(size, count, horizon).variance(sigma))
    assert found == pytest.approx(closed, rel=1e-9, abs=1e-12)
    if count > 1 and sigma > 0.1:
        started_late = twap(size, count, horizon).holdings[:-1]
        planted = sigma**2 * horizon / count * float((started_late**2).sum())
        assert planted > closed * (1 + 1e-3)


def test_leading_axes_are_orders_of_their_own() -> None:
    both = twap([10.0, 20.0], 4, 8.0)
    assert both.sizes.shape == (2, 4)
    assert both.holdings[1].tolist() == twap(20.0, 4, 8.0).holdings.tolist()
    cost = both.cost(PerUnit(), 0.5)
    assert cost.mean.tolist() == [20.0, 40.0]
    assert cost.variance.tolist() == [float(twap(size, 4, 8.0).variance(0.5)) for size in (10.0, 20.0)]


def test_a_schedule_does_not_change() -> None:
    given_sizes = np.array([1.0, 2.0])
    schedule = Schedule(given_sizes, 1.0)
    given_sizes[0] = 9.0
    assert schedule.sizes.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        schedule.sizes[0] = 3.0


@pytest.mark.parametrize(
    ("sizes", "interval", "message"),
    [
        ([], 1.0, "sizes"),
        ([-1.0], 1.0, "sizes"),
        ([np.nan], 1.0, "sizes"),
        ([1.0], 0.0, "interval"),
        ([1.0], np.inf, "interval"),
    ],
)
def test_bad_slices_are_refused_by_name(sizes: list[float], interval: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Schedule(np.array(sizes), interval)


@pytest.mark.parametrize(
    ("size", "count", "horizon", "message"),
    [(-1.0, 2, 1.0, "size"), (1.0, 0, 1.0, "count"), (1.0, 2, 0.0, "horizon"), (np.nan, 2, 1.0, "size")],
)
def test_bad_orders_are_refused_by_name(size: float, count: int, horizon: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        twap(size, count, horizon)
    with pytest.raises(ParameterError, match="volatility"):
        twap(1.0, 2, 1.0).variance(-0.1)
