from __future__ import annotations

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.schedule import MINUTES_PER_WEEK, fit_volume_curve, minute_of_week, vwap

MONDAY = 4 * 24 * 60  # 1970-01-05, in minutes since 1970


def test_the_week_begins_on_monday() -> None:
    assert minute_of_week([MONDAY, MONDAY + 61, MONDAY - 1]).tolist() == [0, 61, MINUTES_PER_WEEK - 1]
    with pytest.raises(ParameterError, match="minutes"):
        minute_of_week([0.5])


def test_a_curve_is_the_median_of_the_weeks_and_ignores_one_burst() -> None:
    weeks = np.arange(5) * MINUTES_PER_WEEK
    minutes = np.concatenate((MONDAY + weeks, MONDAY + 1 + weeks))
    volumes = np.array([1, 2, 3, 4, 1e9, 10, 10, 10, 20, 30])
    curve = fit_volume_curve(minutes[::-1], volumes[::-1])
    assert curve.expected([MONDAY, MONDAY + 1]).tolist() == [3.0, 10.0]
    assert curve.weeks[:3].tolist() == [5, 5, 0]
    assert volumes[:5].mean() > 1e8  # what a mean would have said


def test_a_minute_that_was_never_seen_is_not_guessed() -> None:
    curve = fit_volume_curve([MONDAY], [1.0])
    with pytest.raises(ParameterError, match="minute 1 of the week is not calibrated"):
        curve.expected([MONDAY, MONDAY + 1])


def test_today_moves_the_level_by_its_weight() -> None:
    minutes = MONDAY + np.arange(4)
    curve = fit_volume_curve(minutes, [2.0, 4.0, 2.0, 4.0])
    today = [4.0, 8.0, 4.0, 8.0]
    for weight, level in ((0.0, 1.0), (0.5, 1.5), (1.0, 2.0)):
        assert curve.level_of_today(minutes, today, half_life_minutes=2.0, weight=weight) == pytest.approx(level)
    late = curve.level_of_today(minutes, [2.0, 4.0, 2.0, 8.0], half_life_minutes=1.0, weight=1.0)
    early = curve.level_of_today(minutes, [6.0, 4.0, 2.0, 4.0], half_life_minutes=1.0, weight=1.0)
    assert late > early > 1.0
    assert late == pytest.approx((2 / 8 + 4 / 4 + 2 / 2 + 8) / (2 / 8 + 4 / 4 + 2 / 2 + 4))
    assert curve.expected(minutes, level=1.5).tolist() == [3.0, 6.0, 3.0, 6.0]


def test_slices_follow_the_volume() -> None:
    assert vwap(100.0, [1.0, 3.0, 0.0], 60.0).sizes.tolist() == [25.0, 75.0, 0.0]
    assert vwap([4.0, 8.0], [1e308, 1e308], 60.0).sizes.tolist() == [[2.0, 2.0], [4.0, 4.0]]


@pytest.mark.parametrize("volumes", [[0.0, 0.0], [-1.0, 2.0], [np.nan], []])
def test_bad_volumes_are_refused_by_name(volumes: list[float]) -> None:
    with pytest.raises(ParameterError, match="volumes"):
        vwap(1.0, volumes, 60.0)
    curve = fit_volume_curve([MONDAY], [1.0])
    with pytest.raises(ParameterError, match="half_life_minutes"):
        curve.level_of_today([MONDAY], [1.0], half_life_minutes=0.0, weight=0.5)
    with pytest.raises(ParameterError, match="weight"):
        curve.level_of_today([MONDAY], [1.0], half_life_minutes=1.0, weight=1.5)
