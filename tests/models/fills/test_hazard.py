from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.fills import FillHazard, Outcome, fit_hazard, known_by

EDGES = np.array([0.0, 1.0, 2.0, 5.0, 10.0])
FILL_RATE = np.array([0.5, 0.2, 0.1, 0.05])
CANCEL_RATE = 0.3


def orders(n: int, seed: int, cancel_rate: float = CANCEL_RATE) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return durations and outcomes: fills at FILL_RATE, cancels at a constant rate, the data end at 8."""
    random = np.random.default_rng(seed)
    passed = np.concatenate(([0.0], np.cumsum(FILL_RATE * np.diff(EDGES))))
    fills = np.interp(random.exponential(1.0, n), passed, EDGES, right=math.inf)
    cancels = random.exponential(1.0 / cancel_rate, n)
    durations = np.minimum(np.minimum(fills, cancels), 8.0)
    outcomes = np.where(durations == fills, Outcome.FILLED, np.where(durations == cancels, Outcome.CANCELLED, 0))
    return durations, outcomes.astype(np.int64)


def true_probability(horizon: float) -> float:
    return -math.expm1(-float(FILL_RATE @ np.clip(horizon - EDGES[:-1], 0.0, np.diff(EDGES))))


def test_five_orders_by_hand() -> None:
    hazard = fit_hazard([0.5, 1.0, 1.5, 3.0, 4.0], [1, 2, 1, 1, 0], [0.0, 1.0, 4.0])
    assert hazard.exposure.tolist() == [4.5, 0.5 + 2.0 + 3.0]
    assert hazard.fills.tolist() == [1, 2]
    assert hazard.cancels.tolist() == [1, 0]  # the piece holds its upper edge
    assert float(hazard.fill_probability(2.0)) == pytest.approx(1 - math.exp(-1 / 4.5 - 2 / 5.5))
    one = 0.5 * -math.expm1(-2 / 4.5)
    two = math.exp(-2 / 4.5) * -math.expm1(-2 / 5.5)
    assert float(hazard.fill_incidence(2.0)) == pytest.approx(one + two)


def test_censored_orders_do_not_bias_the_estimate() -> None:
    hazard = fit_hazard(*orders(20_000, seed=1), EDGES)
    for horizon in (0.5, 1.0, 3.0, 7.0):
        estimate = hazard.estimate(horizon, 0.999)
        assert estimate.low < true_probability(horizon) < estimate.high


def test_taking_cancels_for_failures_is_caught() -> None:
    durations, outcomes = orders(20_000, seed=1)
    filled_share = float(np.mean((outcomes == Outcome.FILLED) & (durations <= 3.0)))
    estimate = fit_hazard(durations, outcomes, EDGES).estimate(3.0, 0.999)
    assert not estimate.low < filled_share < estimate.high
    assert filled_share == pytest.approx(float(fit_hazard(durations, outcomes, EDGES).fill_incidence(3.0)), abs=0.01)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(300):
        estimate = fit_hazard(*orders(120, seed), EDGES).estimate(3.0, 0.9)
        held += estimate.low <= true_probability(3.0) <= estimate.high
    assert 0.85 <= held / 300 <= 0.95


def check_rises_with_the_horizon(probability: NDArray[np.float64]) -> None:
    assert np.all(np.diff(probability) >= -1e-14)  # rounding aside
    assert np.all((probability >= 0.0) & (probability <= 1.0))


moments = st.just(0.0) | st.floats(1e-9, 20.0)  # a clock's resolution apart
samples = st.lists(st.tuples(moments, st.sampled_from([0, 1, 2])), min_size=1, max_size=30)


@given(sample=samples)
def test_fill_probability_rises_with_the_horizon(sample: list[tuple[float, int]]) -> None:
    durations, outcomes = zip(*sample, strict=True)
    hazard = fit_hazard(durations, outcomes, EDGES)
    reach = EDGES[np.flatnonzero(hazard.exposure)[-1] + 1] if hazard.exposure.any() else 0.0
    horizons = np.linspace(0.0, reach, 40)
    left, pulled = hazard.fill_probability(horizons), hazard.fill_incidence(horizons)
    check_rises_with_the_horizon(left)
    check_rises_with_the_horizon(pulled)
    assert np.all(pulled <= left + 1e-12)


def test_a_probability_that_falls_is_caught() -> None:
    none = np.zeros(4, dtype=np.int64)
    hazard = FillHazard(EDGES, np.array([5, 5, -3, 5]), none, none, np.full(4, 10.0))
    with pytest.raises(AssertionError):
        check_rises_with_the_horizon(hazard.fill_probability(np.linspace(0, 9, 40)))


def test_no_fill_at_all_bounds_the_probability_from_above() -> None:
    hazard = fit_hazard(np.full(50, 10.0), np.zeros(50, dtype=int), EDGES)
    estimate = hazard.estimate(10.0, 0.9)
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high == pytest.approx(1 - 0.1 ** (1 / 50))  # as for 50 trials and no success


def test_nothing_is_said_beyond_the_data() -> None:
    hazard = fit_hazard([0.5, 1.5], [1, 2], EDGES)
    assert math.isnan(float(hazard.fill_probability(3.0)))
    assert math.isnan(float(hazard.fill_incidence(10.1)))
    assert not math.isnan(float(hazard.fill_probability(2.0)))
    for horizon in (3.0, 11.0):
        with pytest.raises(ParameterError, match="horizon must be one that orders were observed for"):
            hazard.estimate(horizon, 0.9)


def test_weights_stand_in_for_orders_that_were_cancelled_first() -> None:
    durations, outcomes = orders(20_000, seed=4)
    stop = np.random.default_rng(9).uniform(0.0, 12.0, 20_000)  # the data end at another time for each
    outcomes = np.where(stop < durations, Outcome.CENSORED, outcomes)
    durations = np.minimum(stop, durations)
    labels, weights = known_by(durations, outcomes, 3.0, fit_hazard(durations, outcomes, EDGES))
    assert np.all(weights[(outcomes != Outcome.FILLED) & (durations < 3.0)] == 0.0)
    assert weights.sum() == pytest.approx(20_000, rel=0.02)
    assert weights @ labels / weights.sum() == pytest.approx(true_probability(3.0), abs=0.015)
    unweighted = labels[weights > 0].mean()
    assert abs(unweighted - true_probability(3.0)) > 0.03


@pytest.mark.parametrize(
    ("durations", "outcomes", "edges", "message"),
    [
        ([-1.0], [1], [0, 1], "durations must be"),
        ([math.nan], [1], [0, 1], "durations must be"),
        ([1.0], [3], [0, 1], "outcomes must be"),
        ([1.0, 2.0], [1], [0, 1], "same shape"),
        ([1.0], [1], [1, 2], "edges must start at 0"),
        ([1.0], [1], [0, 1, 1], "differences of edges"),
        ([1.0], [1], [0], "edges must have at least 2"),
    ],
)
def test_bad_samples_are_refused(durations: list[float], outcomes: list[int], edges: list[float], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        fit_hazard(durations, outcomes, edges)
