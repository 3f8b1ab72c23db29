from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.units import NS_PER_S
from fillcast.models.volatility import (
    PRIOR_SIGMA_PER_SQRT_S,
    EwmaVolatility,
    VolatilityEstimate,
    ewma_estimate,
)

START_NS = 1_723_161_255_030_314_667


def fed(times_ns: list[int], mids: list[float], half_life_s: float = 60.0, floor_s: float = 1.0) -> VolatilityEstimate:
    volatility = EwmaVolatility(half_life_s, sampling_floor_s=floor_s)
    for event_ns, mid in zip(times_ns, mids, strict=True):
        volatility.update(event_ns, mid)
    return volatility.estimate()


def agree(one: VolatilityEstimate, other: VolatilityEstimate) -> bool:
    if one.measured_per_sqrt_s is None or other.measured_per_sqrt_s is None:
        return one == other
    return math.isclose(one.effective_samples, other.effective_samples, rel_tol=1e-12) and math.isclose(
        one.measured_per_sqrt_s, other.measured_per_sqrt_s, rel_tol=1e-12
    )


def test_only_a_sample_makes_it_measured() -> None:
    one = EwmaVolatility()
    one.update(0, 100.0)
    assert not one.estimate().is_measured
    one.update(2_000_000_000, 100.0)
    assert one.estimate().is_measured  # a mid that stood still was measured too


def test_two_samples_by_hand() -> None:
    # Half-life 2 s. 100 -> 101 in 1 s: x1 = ln(1.01)^2 / 1; 101 -> 100 in 3 s: x2 = ln(1.01)^2 / 3.
    # Weights: w2 = 1 - 2^(-3/2), w1 = (1 - 2^(-1/2)) 2^(-3/2).
    estimate = fed([0, NS_PER_S, 4 * NS_PER_S], [100.0, 101.0, 100.0], half_life_s=2.0)

    square = math.log(1.01) ** 2
    late, early = 1 - 2**-1.5, (1 - 2**-0.5) * 2**-1.5
    variance = (late * square / 3 + early * square) / (late + early)
    assert estimate.measured_per_sqrt_s == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert estimate.effective_samples == pytest.approx((late + early) ** 2 / (late**2 + early**2), rel=1e-12)
    # Drawn towards the prior: four prior samples beside the effective ones.
    pooled = (estimate.effective_samples * variance + 4 * PRIOR_SIGMA_PER_SQRT_S**2) / (estimate.effective_samples + 4)
    assert estimate.sigma_per_sqrt_s == pytest.approx(math.sqrt(pooled), rel=1e-12)
    assert estimate.degrees_of_freedom == estimate.effective_samples + 4


def test_before_a_sample_there_is_the_prior_and_it_is_labelled() -> None:
    for estimate in (fed([], []), fed([0], [100.0]), fed([0, NS_PER_S // 2], [100.0, 200.0])):
        assert estimate.measured_per_sqrt_s is None
        assert estimate.effective_samples == 0.0
        assert estimate.sigma_per_sqrt_s == PRIOR_SIGMA_PER_SQRT_S
        assert "not measured yet: prior" in estimate.describe(0)
    assert EwmaVolatility().sigma_per_sqrt_s is None


def test_a_measured_volatility_says_from_how_much() -> None:
    estimate = fed([0, NS_PER_S, 2 * NS_PER_S], [100.0, 101.0, 100.0])

    assert "half-life 60 s from 2.0 effective samples" in estimate.describe(0)
    assert "prior 1.42 bps/√s has the weight of 4" in estimate.describe(0)
    old = replace(estimate, prior_as_of_ns=1)
    assert "prior 1.42 bps/√s (calibrated: until 1970-01-01, 2 days old) has the" in old.describe(200_000 * NS_PER_S)


def test_a_constant_mid_is_measured_as_still_and_forecast_as_not_quite() -> None:
    estimate = fed([k * NS_PER_S for k in range(100)], [5.0] * 100)

    assert estimate.measured_per_sqrt_s == 0.0
    assert 0 < estimate.sigma_per_sqrt_s < PRIOR_SIGMA_PER_SQRT_S


@given(
    steps_ms=st.lists(st.integers(0, 5_000), min_size=1, max_size=60),
    moves=st.lists(st.floats(-0.01, 0.01), min_size=60, max_size=60),
    half_life_s=st.floats(0.5, 600.0),
    floor_s=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
)
def test_online_equals_batch(steps_ms: list[int], moves: list[float], half_life_s: float, floor_s: float) -> None:
    times = START_NS + np.cumsum([0, *steps_ms]) * 1_000_000
    mids = 60_000.0 * np.exp(np.cumsum([0.0, *moves[: len(steps_ms)]]))

    online = fed(times.tolist(), mids.tolist(), half_life_s, floor_s)
    assert agree(online, ewma_estimate(times, mids, half_life_s, sampling_floor_s=floor_s))


def test_the_comparison_of_online_and_batch_can_fail() -> None:
    times = START_NS + np.arange(10) * NS_PER_S
    mids = 100.0 + np.arange(10) % 3

    assert not agree(fed(times.tolist(), mids.tolist()), ewma_estimate(times, mids, 60.001))
    assert not agree(fed(times.tolist(), mids.tolist()), ewma_estimate(times[:-1], mids[:-1]))


def test_the_last_mid_of_a_time_stamp_counts() -> None:
    twice = fed([0, 0, NS_PER_S, NS_PER_S, NS_PER_S], [90.0, 100.0, 250.0, 3.0, 101.0])

    assert twice == fed([0, NS_PER_S], [100.0, 101.0])


def test_mids_closer_than_the_floor_are_no_samples() -> None:
    bouncing_ns = [k * NS_PER_S // 10 for k in range(101)]
    bouncing = [100.0 if k % 10 == 0 else 100.5 for k in range(101)]

    assert fed(bouncing_ns, bouncing).measured_per_sqrt_s == 0.0
    without_floor = fed(bouncing_ns, bouncing, floor_s=0.0).measured_per_sqrt_s
    assert without_floor is not None
    assert without_floor > 1e-3


@pytest.mark.parametrize("mid", [math.nan, math.inf, 0.0, -1.0])
def test_what_is_no_mid_is_no_observation(mid: float) -> None:
    assert fed([0, NS_PER_S, 2 * NS_PER_S], [100.0, mid, 101.0]) == fed([0, 2 * NS_PER_S], [100.0, 101.0])


def test_a_clock_that_steps_back_starts_sampling_again() -> None:
    late = 1_000 * NS_PER_S
    volatility = EwmaVolatility()
    for event_ns, mid in ((late, 100.0), (late + NS_PER_S, 101.0)):
        volatility.update(event_ns, mid)
    measured = volatility.estimate()

    volatility.update(late + NS_PER_S // 2, 500.0)  # out of order within the floor: left out
    assert volatility.estimate() == measured
    volatility.update(0, 50.0)  # the venue's clock was reset: a new start, no return across it
    assert volatility.estimate() == measured
    volatility.update(NS_PER_S, 50.0)
    assert volatility.effective_samples > measured.effective_samples
    assert volatility.sigma_per_sqrt_s is not None
    assert volatility.sigma_per_sqrt_s < math.log(1.01)


def test_it_finds_the_volatility_of_a_random_walk_at_irregular_times() -> None:
    random = np.random.default_rng(5)
    steps_s = random.exponential(2.0, 4_000)
    sigma = 3e-4
    mids = 100.0 * np.exp(np.cumsum(random.normal(0.0, sigma * np.sqrt(steps_s))))
    times = START_NS + (np.cumsum(steps_s) * NS_PER_S).astype(np.int64)

    estimate = ewma_estimate(times, mids, half_life_s=1_000.0)
    assert estimate.measured_per_sqrt_s is not None
    # The standard error of a volatility from n samples is sigma / sqrt(2 n).
    error = estimate.measured_per_sqrt_s / sigma - 1
    assert abs(error) < 4 / math.sqrt(2 * estimate.effective_samples)


@pytest.mark.parametrize("half_life_s", [0.0, -1.0, math.nan, math.inf])
def test_a_half_life_must_be_a_positive_number(half_life_s: float) -> None:
    with pytest.raises(ValueError, match="half_life_s"):
        EwmaVolatility(half_life_s)


def test_a_floor_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="sampling_floor_s"):
        EwmaVolatility(sampling_floor_s=-1.0)


def test_batch_times_must_not_decrease() -> None:
    with pytest.raises(ValueError, match="must not decrease"):
        ewma_estimate(np.array([2, 1]), np.array([1.0, 1.0]))
