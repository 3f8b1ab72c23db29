from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.fills import EmpiricalOutflow, ExponentialOutflow, Outflow

SEEN = np.array([5.0, 1.0, 3.0, 9.0])


def test_four_windows_by_hand() -> None:
    outflow = EmpiricalOutflow(SEEN)
    assert outflow.cdf([0.9, 1.0, 4.0, 9.0]).tolist() == [0.0, 0.25, 0.5, 1.0]
    assert [outflow.quantile(share) for share in (0.0, 0.25, 0.26, 1.0)] == [0.0, 1.0, 3.0, 9.0]
    assert float(outflow.expected_fill(2.0, 4.0)) == (0 + 1 + 3 + 4) / 4
    assert outflow.probability_estimate(2.0, 3.0, 0.9).value == 0.5


def test_the_exponential_by_its_integral() -> None:
    outflow = ExponentialOutflow(2200.0)
    grid = np.linspace(2000.0, 3000.0, 200_001)
    integral = np.trapezoid(1.0 - outflow.cdf(grid), grid)
    assert float(outflow.expected_fill(2000.0, 1000.0)) == pytest.approx(integral, rel=1e-10)
    assert outflow.probability_estimate(2000.0, 1000.0, 0.9).value == pytest.approx(1.0 - float(outflow.cdf(3000.0)))
    assert float(outflow.cdf(outflow.quantile(0.3))) == pytest.approx(0.3, rel=1e-14)
    assert outflow.quantile(1.0) == math.inf


def check_fills_fall_with_the_queue(outflow: Outflow, queue: float, more: float, size: float) -> None:
    near, far = outflow.expected_fill([queue, queue + more], size)
    assert 0.0 <= far <= near <= size
    chances = [outflow.probability_estimate(ahead, size, 0.9).value for ahead in (queue, queue + more)]
    assert 0.0 <= chances[1] <= chances[0] <= 1.0


amounts = st.floats(0.0, 1e4)


@pytest.mark.parametrize("outflow", [EmpiricalOutflow(SEEN), ExponentialOutflow(4.0)], ids=repr)
@given(queue=amounts, more=amounts, size=st.floats(0.01, 1e4))
def test_fills_fall_with_the_queue(outflow: Outflow, queue: float, more: float, size: float) -> None:
    check_fills_fall_with_the_queue(outflow, queue, more, size)


def test_a_queue_that_helps_is_caught() -> None:
    class Helps(ExponentialOutflow):
        def expected_fill(self, queue: object, size: object) -> np.ndarray:
            return super().expected_fill(10.0 - np.asarray(queue), size)

    with pytest.raises(AssertionError):
        check_fills_fall_with_the_queue(Helps(4.0), 1.0, 5.0, 1.0)


def test_the_interval_of_a_fill_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    truth = float(ExponentialOutflow(10.0).expected_fill(8.0, 6.0))
    held = 0
    for _ in range(400):
        estimate = EmpiricalOutflow(random.exponential(10.0, 80)).fill_estimate(8.0, 6.0, 0.9)
        held += estimate.low <= truth <= estimate.high
        assert 0.0 <= estimate.low <= estimate.high <= 6.0
    assert 0.85 <= held / 400 <= 0.95


@pytest.mark.parametrize(("queue", "low", "high"), [(1e9, 0.0, 0.42), (0.0, 0.58, 1.0)])
def test_windows_that_all_end_alike_are_not_certain(queue: float, low: float, high: float) -> None:
    estimate = EmpiricalOutflow(SEEN).fill_estimate(queue, 1.0, 0.9)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.03)


def test_a_mean_does_not_round_above_the_size() -> None:
    outflow = EmpiricalOutflow(np.array([1.0, 1.0, 1.0]))
    assert np.full(3, 0.1).mean() > 0.1
    assert float(outflow.expected_fill(0.0, 0.1)) == 0.1
    assert outflow.fill_estimate(0.0, 0.1, 0.9).high == 0.1


def test_the_windows_are_a_copy_that_cannot_change() -> None:
    seen = SEEN.copy()
    outflow = EmpiricalOutflow(seen)
    seen[:] = 0.0
    assert outflow.outflows.tolist() == [1.0, 3.0, 5.0, 9.0]
    with pytest.raises(ValueError, match="read-only"):
        outflow.outflows[0] = 2.0


@pytest.mark.parametrize("mean", [0.0, -1.0, math.nan, math.inf])
def test_a_bad_mean_is_refused(mean: float) -> None:
    with pytest.raises(ParameterError, match="mean must be"):
        ExponentialOutflow(mean)


@pytest.mark.parametrize("windows", [[1.0], [1.0, -1.0], [1.0, math.nan], [[1.0, 2.0], [3.0, 4.0]]])
def test_bad_windows_are_refused(windows: list[float]) -> None:
    with pytest.raises(ParameterError, match="outflows must"):
        EmpiricalOutflow(np.array(windows))


def test_bad_questions_are_refused_by_name() -> None:
    for outflow in (ExponentialOutflow(1.0), EmpiricalOutflow(SEEN)):
        with pytest.raises(ParameterError, match="share must be"):
            outflow.quantile(1.1)
        with pytest.raises(ParameterError, match="queue must be"):
            outflow.expected_fill(-1.0, 1.0)
        with pytest.raises(ParameterError, match="level must be"):
            outflow.probability_estimate(1.0, 1.0, 1.0)
