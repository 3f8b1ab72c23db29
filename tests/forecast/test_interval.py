from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from fillcast.core.units import NS_PER_S
from fillcast.errors import UsageError
from fillcast.forecast.interval import mid_move_bps, student_quantile
from fillcast.models.volatility import (
    PRIOR_SAMPLES,
    PRIOR_SIGMA_PER_SQRT_S,
    EwmaVolatility,
    VolatilityEstimate,
)


@pytest.mark.parametrize(
    ("probability", "freedom", "published", "tolerance"),
    [
        # Student's t, as in any printed table: 0.95, 0.975, 0.99 and 0.995 quantiles.
        (0.95, 4, 2.131847, 5e-4),
        (0.975, 4, 2.776445, 1e-3),
        (0.99, 4, 3.746947, 2e-3),
        (0.995, 4, 4.604095, 5e-3),
        (0.95, 10, 1.812461, 1e-5),
        (0.99, 10, 2.763769, 1e-4),
        (0.95, 30, 1.697261, 1e-6),
        (0.975, 120, 1.979930, 1e-6),
    ],
)
def test_student_quantiles_are_the_published_ones(
    probability: float, freedom: float, published: float, tolerance: float
) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(published, rel=tolerance)
    assert student_quantile(1 - probability, freedom) == pytest.approx(-published, rel=tolerance)


def test_with_much_data_the_move_is_normal() -> None:
    estimate = VolatilityEstimate(2e-4, 1e12, 60.0)

    expected = 1e4 * 2e-4 * math.sqrt(0.25) * NormalDist().inv_cdf(0.95)
    assert mid_move_bps(estimate, 0.25, 0.90) == pytest.approx(expected, rel=1e-9)


def test_a_move_grows_with_the_root_of_time_and_with_doubt() -> None:
    measured, unknown = VolatilityEstimate(1e-4, 100.0, 60.0), VolatilityEstimate(None, 0.0, 60.0)

    assert mid_move_bps(measured, 1.0, 0.9) == pytest.approx(2 * mid_move_bps(measured, 0.25, 0.9), rel=1e-12)
    assert mid_move_bps(measured, 0.0, 0.9) == 0.0
    assert mid_move_bps(unknown, 1.0, 0.9) == pytest.approx(1e4 * PRIOR_SIGMA_PER_SQRT_S * 2.131847, rel=1e-3)
    same = VolatilityEstimate(PRIOR_SIGMA_PER_SQRT_S, 100.0, 60.0)
    assert mid_move_bps(unknown, 1.0, 0.9) > 1.2 * mid_move_bps(same, 1.0, 0.9)


@pytest.mark.parametrize("level", [0.0, 1.0, 0.999, -0.5, math.nan])
def test_a_level_that_cannot_be_given_is_refused(level: float) -> None:
    with pytest.raises(UsageError, match="level"):
        mid_move_bps(VolatilityEstimate(None, 0.0, 60.0), 1.0, level)


def coverage(quantile_bps: list[float], moves_bps: list[float]) -> float:
    hits = sum(abs(move) <= quantile for move, quantile in zip(moves_bps, quantile_bps, strict=True))
    return hits / len(moves_bps)


def test_intervals_hold_as_often_as_they_say_from_the_first_second_on() -> None:
    # Markets whose volatility is drawn from the prior itself: after any number of samples the interval of the
    # next move must hold at its level. Standard error of 4,000 hits at 0.9: 0.005.
    random = np.random.default_rng(11)
    for seconds in (0, 1, 5, 40):
        bayes: list[float] = []
        normal: list[float] = []
        moves: list[float] = []
        for _ in range(4_000 if seconds < 10 else 1_500):
            sigma = PRIOR_SIGMA_PER_SQRT_S * math.sqrt(PRIOR_SAMPLES / random.chisquare(PRIOR_SAMPLES))
            volatility = EwmaVolatility(half_life_s=3_600.0)
            path = np.exp(np.cumsum(sigma * random.standard_normal(seconds + 2)))
            for second in range(seconds + 1):
                volatility.update(second * NS_PER_S, float(path[second]))
            estimate = volatility.estimate()
            moves.append(1e4 * math.log(path[seconds + 1] / path[seconds]))
            bayes.append(mid_move_bps(estimate, 1.0, 0.9))
            certain = VolatilityEstimate(estimate.sigma_per_sqrt_s, 1e12, 60.0)
            normal.append(mid_move_bps(certain, 1.0, 0.9))
        assert coverage(bayes, moves) == pytest.approx(0.9, abs=0.025)
        if seconds == 0:  # planted: an interval that takes the prior for certain is caught
            assert coverage(normal, moves) < 0.875
