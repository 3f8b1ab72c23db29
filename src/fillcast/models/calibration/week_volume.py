"""What trades at each minute of the week: the medians that a `vwap` order follows.

Only whole minutes that lie within one stretch are observations: a minute that a gap cuts would count as a quiet one.
Every one of them counts, with 0 where nothing traded. The medians are `fillcast.models.schedule.fit_volume_curve`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import NS_PER_S
from fillcast.models.calibration.enough import S_PER_MINUTE, last_moment, shortage
from fillcast.models.calibration.parameter import NOT_CALIBRATED
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.schedule.vwap import VolumeCurve, fit_volume_curve

NAME = "volume_curve"
UNIT = "base / min"
NS_PER_MINUTE = round(S_PER_MINUTE) * NS_PER_S
# A whole day: volume swings several times over within one, and with less a curve would end within an order of a day.
LEAST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, eq=False)
class WeekVolume:
    """The volume by minute of the week, or why there is none.

    Attributes
    ----------
    curve
        None where it is not calibrated. Minutes of the week that were never seen are not in it.
    reason
        "not calibrated: ..." in words, else empty.
    minutes
        Whole minutes behind it.
    as_of_ns
        Event time at which the last stretch ended.
    """

    curve: VolumeCurve | None
    reason: str
    minutes: int
    as_of_ns: int


NOT_GIVEN = WeekVolume(None, f"{NOT_CALIBRATED}: no volume was gathered", 0, 0)


def week_volume(stretches: Sequence[Stretch]) -> WeekVolume:
    """Return the median volume by minute of the week, base units, from whole minutes of market.

    Where a minute of the week was seen once, its median is that one observation.
    """
    seen = [_whole_minutes(stretch) for stretch in stretches]
    count, as_of_ns = sum(len(minutes) for minutes, _ in seen), last_moment(stretches)
    why = shortage(stretches, LEAST_MINUTES * S_PER_MINUTE)
    if why is None and count < LEAST_MINUTES:
        why = f"{count} whole minutes without a break, at least {LEAST_MINUTES} are needed"
    if why is None and not any(volumes.any() for _, volumes in seen):
        why = "no trade"
    if why is not None:
        return WeekVolume(None, f"{NOT_CALIBRATED}: {why}", count, as_of_ns)
    minutes, volumes = (np.concatenate(column) for column in zip(*seen, strict=True))
    return WeekVolume(fit_volume_curve(minutes, volumes), "", count, as_of_ns)


def _whole_minutes(stretch: Stretch) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the minutes since 1970 that lie within a stretch, and the base units that traded in each."""
    first, last = -(-stretch.start_ns // NS_PER_MINUTE), stretch.end_ns // NS_PER_MINUTE
    minutes = np.arange(first, last, dtype=np.int64)
    of_trade = stretch.trade_ns // NS_PER_MINUTE - first
    within = (of_trade >= 0) & (of_trade < len(minutes))
    volumes = np.bincount(of_trade[within], weights=stretch.trade_base[within], minlength=len(minutes))
    return minutes, volumes.astype(np.float64)
