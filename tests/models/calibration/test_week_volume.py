"""The volume by minute of the week: whole minutes within stretches, and a day of them at least."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fillcast.models.calibration.calibrate import calibrate
from fillcast.models.calibration.stretch import NS_PER_S, Stretch
from fillcast.models.calibration.week_volume import LEAST_MINUTES, NS_PER_MINUTE, week_volume
from fillcast.models.schedule import MINUTES_PER_WEEK, minute_of_week
from tests.models.calibration.test_estimators import stretch_of
from tests.models.calibration.worlds import Market, market

MONDAY = 28_330_560  # minutes since 1970 of a Monday, 2023-11-13 00:00 UTC


def traded(minutes: int, *, first: int = MONDAY, offset_s: float = 0.0, scale: float = 1.0) -> Stretch:
    """Return a stretch in which minute k of the day trades `scale` (k mod 1440 + 1) base, in two trades."""
    start = first * NS_PER_MINUTE + round(offset_s * NS_PER_S)
    ns = first * NS_PER_MINUTE + np.arange(2 * minutes) * (NS_PER_MINUTE // 2) + NS_PER_S
    base = scale * (np.repeat(np.arange(minutes) % LEAST_MINUTES, 2) + 1.0) / 2.0
    kept = ns >= start
    empty = stretch_of([], [], 1.0)
    return dataclasses.replace(
        empty,
        start_ns=start,
        end_ns=(first + minutes) * NS_PER_MINUTE,
        trade_ns=ns[kept],
        trade_sign=np.ones(kept.sum(), np.int8),
        trade_base=base[kept],
        trade_price=np.full(kept.sum(), 100.0),
    )


def test_a_whole_day_gives_every_minute_of_it_and_no_other() -> None:
    found = week_volume([traded(LEAST_MINUTES)])
    assert found.curve is not None

    assert (found.reason, found.minutes) == ("", LEAST_MINUTES)
    assert minute_of_week(MONDAY) == 0
    assert found.curve.medians[:LEAST_MINUTES].tolist() == pytest.approx(np.arange(1.0, LEAST_MINUTES + 1))
    assert found.curve.weeks[:LEAST_MINUTES].tolist() == [1] * LEAST_MINUTES
    assert not found.curve.weeks[LEAST_MINUTES:].any()
    assert found.as_of_ns == (MONDAY + LEAST_MINUTES) * NS_PER_MINUTE


def test_weeks_give_their_median() -> None:
    weeks = [
        traded(LEAST_MINUTES, first=MONDAY + week * MINUTES_PER_WEEK, scale=scale)
        for week, scale in enumerate((1.0, 2.0, 50.0))
    ]
    found = week_volume(weeks)
    assert found.curve is not None

    assert found.curve.medians[:LEAST_MINUTES].tolist() == pytest.approx(2.0 * np.arange(1.0, LEAST_MINUTES + 1))
    assert set(found.curve.weeks[:LEAST_MINUTES].tolist()) == {3}


def test_a_minute_that_a_gap_cuts_is_no_observation() -> None:
    # The second stretch begins 20 s into minute 1000: half of that minute's volume was never seen.
    first = traded(1000)
    second = traded(LEAST_MINUTES, first=MONDAY + 1000, offset_s=20.0)
    found = week_volume([first, second])
    assert found.curve is not None

    assert found.minutes == 1000 + LEAST_MINUTES - 1
    assert found.curve.weeks[1000] == 0
    assert np.isnan(found.curve.medians[1000])
    assert found.curve.medians[999] == pytest.approx(1000.0)
    assert found.curve.medians[1001] == pytest.approx(2.0)
    # Planted: counted whole, the cut minute would hold half of its volume.
    cut = second.trade_ns // NS_PER_MINUTE == MONDAY + 1000
    assert second.trade_base[cut].sum() == pytest.approx(0.5)


def test_a_minute_without_a_trade_is_one_of_nothing() -> None:
    quiet = traded(LEAST_MINUTES)
    kept = quiet.trade_ns // NS_PER_MINUTE != MONDAY + 7
    quiet = dataclasses.replace(
        quiet, **{name: getattr(quiet, name)[kept] for name in ("trade_ns", "trade_sign", "trade_base", "trade_price")}
    )
    found = week_volume([quiet])
    assert found.curve is not None

    assert (found.curve.medians[7], found.curve.weeks[7]) == (0.0, 1)


def test_too_little_says_why() -> None:
    minutes = week_volume([market(Market(seconds=348.0), 1)])
    assert minutes.curve is None
    assert minutes.reason == "not calibrated: 5.8 min of market, at least 24 h are needed"
    assert minutes.minutes == 5
    # A day and a half minute, of which two minutes are cut.
    halves = [traded(720), traded(721, first=MONDAY + 720, offset_s=30.0)]
    halves[0] = dataclasses.replace(halves[0], start_ns=halves[0].start_ns - 1, end_ns=halves[0].end_ns - 1)
    cut = week_volume(halves)
    assert cut.curve is None
    assert cut.reason == "not calibrated: 1439 whole minutes without a break, at least 1440 are needed"
    assert week_volume([]).reason == "not calibrated: 0 s of market, at least 24 h are needed"


def test_a_day_without_a_trade_is_no_curve() -> None:
    silent = traded(LEAST_MINUTES)
    empty = {name: getattr(silent, name)[:0] for name in ("trade_ns", "trade_sign", "trade_base", "trade_price")}

    assert week_volume([dataclasses.replace(silent, **empty)]).reason == "not calibrated: no trade"


def test_a_calibration_carries_it() -> None:
    found = calibrate([market(Market(seconds=90.0), 3)])

    assert found.volume.curve is None
    assert found.volume.reason == "not calibrated: 1.5 min of market, at least 24 h are needed"
    assert calibrate([traded(LEAST_MINUTES)]).volume.curve is not None
