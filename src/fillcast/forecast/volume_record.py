"""How a model file holds the volume by minute of the week: the minutes that were seen, as columns."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from fillcast.errors import ParameterError
from fillcast.models.calibration.parameter import NOT_CALIBRATED
from fillcast.models.calibration.week_volume import UNIT, WeekVolume
from fillcast.models.schedule import MINUTES_PER_WEEK, VolumeCurve

OLDER = WeekVolume(None, f"{NOT_CALIBRATED}: the model file is of version 1, which has no volume curve", 0, 0)


Moment = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # ns since 1970: until 2262
MinuteOfWeek = Annotated[int, msgspec.Meta(ge=0, lt=MINUTES_PER_WEEK)]
Weeks = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
Base = Annotated[float, msgspec.Meta(ge=0)]


class VolumeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The volume curve as it is written; its columns are empty where it is not calibrated."""

    unit: str
    reason: str
    minutes: int
    as_of_ns: Moment
    minute_of_week: list[MinuteOfWeek]
    median: list[Base]
    weeks: list[Weeks]


def written_volume(volume: WeekVolume) -> VolumeRecord:
    """Return the curve as it is written."""
    curve = volume.curve
    if curve is None:
        return VolumeRecord(UNIT, volume.reason, volume.minutes, volume.as_of_ns, [], [], [])
    seen = np.flatnonzero(curve.weeks)
    return VolumeRecord(
        UNIT,
        volume.reason,
        volume.minutes,
        volume.as_of_ns,
        seen.tolist(),
        curve.medians[seen].tolist(),
        curve.weeks[seen].tolist(),
    )


def read_volume(instrument: str, record: VolumeRecord | None) -> WeekVolume:
    """Return the curve that was written; of a file of version 1 that there is none.

    Raises
    ------
    ParameterError
        When the record holds what no calibration gives.
    """
    if record is None:
        return OLDER
    name = f"{instrument}: the volume curve"
    if record.unit != UNIT:
        raise ParameterError(f"{name} is in {record.unit!r}, not in {UNIT!r}")
    if not len(record.minute_of_week) == len(record.median) == len(record.weeks):
        raise ParameterError(f"{name} has columns of several lengths")
    if bool(record.minute_of_week) == bool(record.reason):
        raise ParameterError(f"{name} must have either minutes or a reason why there are none")
    if record.reason:
        return WeekVolume(None, record.reason, record.minutes, record.as_of_ns)
    places = np.array(record.minute_of_week, np.int64)
    if np.any(np.diff(places) <= 0):
        raise ParameterError(f"{name} must name minutes of the week in rising order")
    medians, counts = np.full(MINUTES_PER_WEEK, np.nan), np.zeros(MINUTES_PER_WEEK, np.int64)
    medians[places], counts[places] = record.median, record.weeks
    return WeekVolume(VolumeCurve(medians, counts), "", record.minutes, record.as_of_ns)
