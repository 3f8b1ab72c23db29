"""The file in which a calibration is kept: JSON, one object for each instrument.

    {"format": "fillcast model", "version": 2, "notes": [...], "instruments": [
        {"instrument", "date", "level", "start_ns", "end_ns", "window_s", "stretches",
         "parameters": [{"name", "unit", "value", "low", "high", "level", "n", "origin", "source", "reason",
                         "window_s", "as_of_ns", "date", "notes"}],
         "curves": [{"name", "unit", "lag_unit", "lags", "value", "low", "high", "level", "n"}],
         "volume_curve": {"unit", "reason", "minutes", "as_of_ns", "minute_of_week", "median", "weeks"},
         "scale_inferred"}]}

`value`, `low` and `high` are null where the parameter is not calibrated; a bound alone is null where the interval has
no end on that side. Dates are those of the data, UTC, for people: programs read the `_ns`. Numbers are written with
all their digits, so that what is read back is what was calibrated. Files of version 1, which have no `volume_curve`,
are read as well: their curve is not calibrated.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from fillcast.core.units import BPS, NS_PER_S
from fillcast.errors import ParameterError, UsageError
from fillcast.forecast.volume_record import Moment, VolumeRecord, read_volume, written_volume
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.curve import Curve
from fillcast.models.calibration.names import HALF_SPREAD, RESILIENCE, UNITS, VOLATILITY, VOLUME_RATE
from fillcast.models.calibration.parameter import CALIBRATED, NOT_CALIBRATED, PRIOR, Parameter
from fillcast.models.estimate import Estimate

FORMAT: Literal["fillcast model"] = "fillcast model"
VERSION = 2
READ = (1, VERSION)
ORIGINS = (CALIBRATED, PRIOR, NOT_CALIBRATED)
POSITIVE = frozenset({VOLATILITY, HALF_SPREAD, RESILIENCE, VOLUME_RATE})
LARGEST_BYTES = 512 << 20  # a thousand instruments have 20 MB, and 450 MB more with every minute of the week


class ParameterRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parameter as it is written."""

    name: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    level: float | None
    n: int | None
    origin: str
    source: str
    reason: str
    window_s: float
    as_of_ns: Moment
    date: str | None
    notes: tuple[str, ...]


class CurveRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One curve as it is written."""

    name: str
    unit: str
    lag_unit: str
    lags: list[float]
    value: list[float]
    low: list[float | None]
    high: list[float | None]
    level: float
    n: int


class InstrumentRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument as it is written."""

    instrument: str
    date: str
    level: float
    start_ns: Moment
    end_ns: Moment
    window_s: float
    stretches: int
    parameters: list[ParameterRecord]
    curves: list[CurveRecord]
    volume_curve: VolumeRecord | None = None
    scale_inferred: bool = False


class ModelRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    format: Literal["fillcast model"]
    version: int
    notes: tuple[str, ...]
    instruments: list[InstrumentRecord]


class _Head(msgspec.Struct):
    """What is read first: whether it is a model, and of which version."""

    format: str = ""
    version: int = 0


def model_record(calibrations: Sequence[Calibration], notes: Sequence[str] = ()) -> ModelRecord:
    """Return what `write_model` writes."""
    return ModelRecord(FORMAT, VERSION, tuple(notes), [_written(one) for one in calibrations])


def write_model(path: str | Path, calibrations: Sequence[Calibration], notes: Sequence[str] = ()) -> None:
    """Write a model whole or not at all: a reader finds the old file or the new one, never half of either.

    Raises
    ------
    UsageError
        When it cannot be written.
    """
    target = Path(path)
    text = msgspec.json.format(msgspec.json.encode(model_record(calibrations, notes)), indent=1)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(text + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(f"{target}: the model cannot be written: {error.strerror}") from None


def read_model(path: str | Path) -> dict[str, Calibration]:
    """Read a model.

    Returns
    -------
    dict
        Calibrations by instrument (`venue:symbol`), in the order of the file.

    Raises
    ------
    UsageError
        When the file cannot be read, is no model, is of another version, or holds what no calibration gives.
    """
    source = Path(path)
    try:
        if source.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"{source}: not a model: larger than {LARGEST_BYTES >> 20} MiB")
        data = source.read_bytes()
    except OSError as error:
        raise UsageError(f"{source}: the model cannot be read: {error.strerror}") from None
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise UsageError(f"{source}: not a model that fillcast calibrate wrote")
        if head.version not in READ:
            known = " and ".join(map(str, READ))
            raise UsageError(f"{source}: a model of format version {head.version}; this fillcast reads {known}")
        record = msgspec.json.decode(data, type=ModelRecord)
        found: dict[str, Calibration] = {}
        for one in record.instruments:
            if one.instrument in found:
                raise UsageError(f"{source}: {one.instrument} is there twice")
            found[one.instrument] = _read(one)
    except (msgspec.DecodeError, UnicodeDecodeError, ParameterError) as error:
        raise UsageError(f"{source}: not a model that can be used: {error}") from None
    return found


def _written(calibration: Calibration) -> InstrumentRecord:
    return InstrumentRecord(
        calibration.instrument,
        _date(calibration.end_ns),
        calibration.level,
        calibration.start_ns,
        calibration.end_ns,
        calibration.window_s,
        calibration.stretches,
        [_parameter_record(one) for one in calibration.parameters.values()],
        [_curve_record(one) for one in calibration.curves.values()],
        written_volume(calibration.volume),
        calibration.scale_inferred,
    )


def _parameter_record(one: Parameter) -> ParameterRecord:
    estimate = one.estimate
    return ParameterRecord(
        name=one.name,
        unit=one.unit,
        value=None if estimate is None else estimate.value,
        low=None if estimate is None else _bound(estimate.low),
        high=None if estimate is None else _bound(estimate.high),
        level=None if estimate is None else estimate.level,
        n=None if estimate is None else estimate.n,
        origin=one.origin,
        source=one.source,
        reason=one.reason,
        window_s=one.window_s,
        as_of_ns=one.as_of_ns,
        date=_date(one.as_of_ns) if one.as_of_ns else None,
        notes=one.notes,
    )


def _curve_record(curve: Curve) -> CurveRecord:
    return CurveRecord(
        name=curve.name,
        unit=curve.unit,
        lag_unit=curve.lag_unit,
        lags=curve.lags.tolist(),
        value=curve.value.tolist(),
        low=[_bound(one) for one in curve.low.tolist()],
        high=[_bound(one) for one in curve.high.tolist()],
        level=curve.level,
        n=curve.n,
    )


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _date(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(record: InstrumentRecord) -> Calibration:
    parameters = {one.name: _parameter(record.instrument, one) for one in record.parameters}
    curves = {one.name: _curve(record.instrument, one) for one in record.curves}
    if len(parameters) != len(record.parameters) or len(curves) != len(record.curves):
        raise ParameterError(f"{record.instrument}: a parameter or a curve is there twice")
    return Calibration(
        record.instrument,
        record.level,
        record.start_ns,
        record.end_ns,
        record.window_s,
        record.stretches,
        parameters,
        curves,
        read_volume(record.instrument, record.volume_curve),
        record.scale_inferred,
    )


def _parameter(instrument: str, record: ParameterRecord) -> Parameter:
    name = f"{instrument}: {record.name}"
    if record.unit != UNITS.get(record.name, record.unit):
        raise ParameterError(f"{name} is in {record.unit!r}, not in {UNITS[record.name]!r}")
    estimate: Estimate | None = None
    if record.value is not None:
        if record.level is None or record.n is None:
            raise ParameterError(f"{name} has a value without a level or an n")
        low = -math.inf if record.low is None else record.low
        high = math.inf if record.high is None else record.high
        estimate = Estimate(record.value, low, high, record.level, record.n)
        if record.name in POSITIVE and record.value <= 0:
            raise ParameterError(f"{name} is {record.value:g}, and no market has one that is not above 0")
        if record.name == VOLATILITY and record.value > BPS:
            raise ParameterError(f"{name} is {record.value:g} bps: no price moves by all of itself in a second")
    if record.origin not in ORIGINS:
        raise ParameterError(f"{name} is {record.origin!r}, which is none of {', '.join(ORIGINS)}")
    if (estimate is None) != (record.origin == NOT_CALIBRATED):
        raise ParameterError(f"{name} is {record.origin!r} {'without' if estimate is None else 'with'} a value")
    return Parameter(
        record.name,
        record.unit,
        estimate,
        record.origin,
        record.source,
        record.reason,
        record.window_s,
        record.as_of_ns,
        record.notes,
    )


def _curve(instrument: str, record: CurveRecord) -> Curve:
    lags, value = np.array(record.lags, np.float64), np.array(record.value, np.float64)
    low = np.array([-math.inf if one is None else one for one in record.low], np.float64)
    high = np.array([math.inf if one is None else one for one in record.high], np.float64)
    if not len(lags) == len(value) == len(low) == len(high):
        raise ParameterError(f"{instrument}: the columns of {record.name} are not of one length")
    return Curve(record.name, record.unit, lags, record.lag_unit, value, low, high, record.level, record.n)
