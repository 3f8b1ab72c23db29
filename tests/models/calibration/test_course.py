"""Volatility and half-spread by window, on markets whose course is known."""

from __future__ import annotations

import numpy as np
import pytest

from fillcast.models.calibration.course import MOST_WINDOWS, WINDOW_S, half_spread_course, volatility_course
from fillcast.models.calibration.stretch import NS_PER_S, Stretch

START_NS = 1_700_000_000 * NS_PER_S
SECONDS = 400


def stretch(
    sigma: np.ndarray, half_bps: np.ndarray, seed: int = 3, start_ns: int = START_NS, step_s: float = 1.0
) -> Stretch:
    """Return a stretch with one quote a step: volatility and half-spread hold from each quote to the next."""
    moves = sigma * np.random.default_rng(seed).standard_normal(len(sigma)) * np.sqrt(step_s)
    mid = 60_000 * np.exp(np.cumsum(moves) / 1e4)
    times = start_ns + np.arange(len(sigma)) * round(step_s * NS_PER_S)
    none = np.zeros(0)
    half = mid * half_bps / 1e4
    return Stretch(
        "x:y",
        int(times[0]),
        int(times[-1]) + round(step_s * NS_PER_S),
        times,
        mid - half,
        mid + half,
        np.ones(len(mid)),
        np.ones(len(mid)),
        times[:0],
        np.zeros((0, 1)),
        np.zeros((0, 1)),
        (1.0,),
        times[:0],
        np.zeros(0, np.int8),
        none,
        none,
    )


def test_volatility_follows_its_course():
    sigma = np.where(np.arange(SECONDS) < 200, 1.0, 4.0)
    curve = volatility_course([stretch(sigma, np.ones(SECONDS))])
    assert len(curve.lags) == SECONDS / WINDOW_S
    assert curve.lags.tolist() == pytest.approx(np.arange(10.0, 400.0, 20.0))
    early, late = curve.value[curve.lags < 200], curve.value[curve.lags > 200]
    assert float(np.sqrt((early**2).mean())) == pytest.approx(1.0, rel=0.15)
    assert float(np.sqrt((late**2).mean())) == pytest.approx(4.0, rel=0.15)
    assert late.min() > early.max()


def test_bars_of_volatility_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(20):
        curve = volatility_course([stretch(np.full(SECONDS, 2.0), np.ones(SECONDS), seed)])
        held += ((curve.low <= 2.0) & (curve.high >= 2.0)).tolist()
    assert 0.78 < np.mean(held) < 0.97  # twenty squares a window: the normal interval is a little short


def test_the_half_spread_is_weighted_by_time():
    half = np.full(SECONDS, 0.5)
    half[20:40:2] = 1.5  # half of the second window
    curve = half_spread_course([stretch(np.ones(SECONDS), half)])
    assert curve.value.tolist() == pytest.approx([0.5, 1.0, *[0.5] * 18])
    assert np.array_equal(curve.low, curve.value)


def test_windows_lie_within_stretches_and_count_from_the_first():
    parts = [
        stretch(np.ones(50), np.ones(50)),
        stretch(np.ones(30), np.full(30, 2.0), start_ns=START_NS + 100 * NS_PER_S),
    ]
    curve = half_spread_course(parts)
    assert curve.lags.tolist() == [10.0, 30.0, 110.0]
    assert curve.value.tolist() == pytest.approx([1.0, 1.0, 2.0])


def test_a_long_market_has_no_more_points_than_a_picture_takes():
    long = stretch(np.ones(4000), np.ones(4000), step_s=10.0)
    assert len(half_spread_course([long]).lags) == MOST_WINDOWS


@pytest.mark.parametrize("course", [volatility_course, half_spread_course])
def test_nothing_is_drawn_of_too_little(course):
    assert len(course([stretch(np.ones(5), np.ones(5))]).lags) == 0


def test_a_mid_that_stands_still_has_no_volatility():
    assert len(volatility_course([stretch(np.zeros(SECONDS), np.ones(SECONDS))]).lags) == 0
