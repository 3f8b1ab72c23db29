"""A model is read back as it was written, is never half written, and what is no model is refused in one sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from fillcast.errors import UsageError
from fillcast.forecast.model_file import LARGEST_BYTES, model_record, read_model, write_model
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.curve import Curve
from fillcast.models.calibration.names import HALF_SPREAD, PERMANENT, PREFACTOR, UNITS, VOLATILITY
from fillcast.models.calibration.parameter import calibrated, not_calibrated, prior
from fillcast.models.calibration.week_volume import WeekVolume
from fillcast.models.estimate import Estimate
from fillcast.models.schedule import fit_volume_curve

AT_NS = 1_723_161_599_123_456_789
ODD = 0.1 + 0.2  # needs all its digits


def calibration(instrument: str = "binance_usdm:BTCUSDT") -> Calibration:
    sigma = Estimate(1.19, 0.93 * ODD, 1.52, 0.9, 344)
    parameters = [
        calibrated(VOLATILITY, UNITS[VOLATILITY], sigma, "two scales", window_s=344.561, as_of_ns=AT_NS, notes=("x",)),
        prior(PREFACTOR, UNITS[PREFACTOR], Estimate(1.0, 0.5, math.inf, 0.9, 0), "of order one in the papers"),
        not_calibrated(PERMANENT, UNITS[PERMANENT], "5.74 min of market", "HAC", window_s=344.561, as_of_ns=AT_NS),
    ]
    lags = np.array([0.01, ODD, 10.0])
    curve = Curve("response", "bps", lags, "s", lags / 3, lags / 3 - 1, np.array([1.0, 2.0, math.inf]), 0.9, 5339)
    named = {one.name: one for one in parameters}
    return Calibration(instrument, 0.9, AT_NS - 10**11, AT_NS, 344.561, 2, named, {"response": curve}, volume(), True)


def volume() -> WeekVolume:
    """Return the volume of three minutes of the week, the last one of Sunday among them, one of them seen twice."""
    curve = fit_volume_curve([4 * 1440 - 1, 4 * 1440, 11 * 1440, 19 * 1440], [0.0, ODD, 7.0, 1 / 3])
    return WeekVolume(curve, "", 1440, AT_NS)


def same(one: Calibration, other: Calibration) -> bool:
    fields = ("instrument", "level", "start_ns", "end_ns", "window_s", "stretches", "scale_inferred")
    if any(getattr(one, field) != getattr(other, field) for field in fields):
        return False
    if dict(one.parameters) != dict(other.parameters) or list(one.curves) != list(other.curves):
        return False
    return all(same_curve(curve, other.curves[name]) for name, curve in one.curves.items()) and same_volume(
        one.volume, other.volume
    )


def same_volume(one: WeekVolume, other: WeekVolume) -> bool:
    if (one.reason, one.minutes, one.as_of_ns) != (other.reason, other.minutes, other.as_of_ns):
        return False
    if one.curve is None or other.curve is None:
        return one.curve is other.curve
    return np.array_equal(one.curve.medians, other.curve.medians, equal_nan=True) and np.array_equal(
        one.curve.weeks, other.curve.weeks
    )


def same_curve(one: Curve, other: Curve) -> bool:
    columns = ("lags", "value", "low", "high")
    plain = ("name", "unit", "lag_unit", "level", "n")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in columns) and all(
        getattr(one, name) == getattr(other, name) for name in plain
    )


def test_what_is_read_is_what_was_written(tmp_path):
    written = [calibration(), calibration("okx:BTC-USDT")]
    write_model(tmp_path / "m.json", written, ["a note"])
    read = read_model(tmp_path / "m.json")
    assert list(read) == ["binance_usdm:BTCUSDT", "okx:BTC-USDT"]
    assert all(same(one, read[one.instrument]) for one in written)
    assert json.loads((tmp_path / "m.json").read_text())["notes"] == ["a note"]


def test_the_comparison_sees_a_last_digit():
    one = calibration()
    sigma = one.parameters[VOLATILITY]
    moved = replace(sigma.known(), value=math.nextafter(1.19, 2))
    assert same(one, calibration())
    assert not same(one, replace(one, parameters=dict(one.parameters) | {VOLATILITY: replace(sigma, estimate=moved)}))
    curve = replace(one.curves["response"], value=one.curves["response"].value + 1e-15)
    assert not same(one, replace(one, curves={"response": curve}))
    moved_volume = volume()
    assert moved_volume.curve is not None
    moved_volume.curve.medians[0] = math.nextafter(moved_volume.curve.medians[0], 9)
    assert not same(one, replace(one, volume=moved_volume))
    assert not same(one, replace(one, volume=WeekVolume(None, "not calibrated: no trade", 1440, AT_NS)))


def test_a_volume_curve_that_is_none_keeps_its_reason(tmp_path):
    none = replace(calibration(), volume=WeekVolume(None, "not calibrated: 5.8 min of market", 5, AT_NS))
    write_model(tmp_path / "m.json", [none])
    assert same(read_model(tmp_path / "m.json")["binance_usdm:BTCUSDT"], none)


def test_a_file_of_version_1_is_read_without_a_volume_curve(tmp_path):
    model = plain()
    model["version"] = 1
    del first(model)["volume_curve"]
    (tmp_path / "old.json").write_text(json.dumps(model))
    read = read_model(tmp_path / "old.json")["binance_usdm:BTCUSDT"]
    assert read.volume.curve is None
    assert read.volume.reason == "not calibrated: the model file is of version 1, which has no volume curve"
    assert same(replace(read, volume=volume()), calibration())


def test_the_file_is_for_people_too(tmp_path):
    write_model(tmp_path / "m.json", [calibration()])
    (one,) = json.loads((tmp_path / "m.json").read_text())["instruments"]
    assert one["date"] == "2024-08-08T23:59:59Z"
    by_name = {parameter["name"]: parameter for parameter in one["parameters"]}
    assert by_name[PERMANENT]["value"] is None
    assert by_name[PERMANENT]["reason"] == "not calibrated: 5.74 min of market"
    assert by_name[PREFACTOR]["high"] is None
    assert by_name[PREFACTOR]["date"] is None
    assert by_name[VOLATILITY]["unit"] == "bps / sqrt(s)"
    assert one["volume_curve"]["minute_of_week"] == [0, 1440, 10079]
    assert one["volume_curve"]["median"] == [3.65, 0.3333333333333333, 0.0]


# Writing.


def test_a_write_that_fails_leaves_the_old_model_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "m.json"
    write_model(target, [calibration()])
    before = target.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match=r"m\.json: the model cannot be written: No space left on device"):
        write_model(target, [calibration("okx:BTC-USDT")])
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="absent"):
        write_model(tmp_path / "absent" / "m.json", [calibration()])


# Reading what is no model.


def plain() -> Any:
    return msgspec.to_builtins(model_record([calibration()]))


def spoiled(change: Callable[[Any], object]) -> bytes:
    model = plain()
    change(model)
    return json.dumps(model).encode()


def first(model: Any) -> Any:
    return model["instruments"][0]


def volatility(model: Any) -> Any:
    return first(model)["parameters"][0]


def traded(model: Any) -> Any:
    return first(model)["volume_curve"]


BAD = {
    "empty": (b"", "Input data was truncated"),
    "text": (b"hello", "malformed"),
    "not utf-8": (b'{"format": "\xff\xfe"}', "utf-8"),
    "list": (b"[]", "Expected `object`"),
    "other JSON": (b'{"capture": "x"}', "not a model that fillcast calibrate wrote"),
    "later version": (spoiled(lambda model: model.update(version=3)), "format version 3; this fillcast reads 1 and 2"),
    "unknown key": (spoiled(lambda model: volatility(model).update(colour="red")), "colour"),
    "value of another type": (spoiled(lambda model: volatility(model).update(value="much")), "Expected `float | null`"),
    "interval without its value": (spoiled(lambda model: volatility(model).update(low=2.0)), "must hold its value"),
    "value without n": (spoiled(lambda model: volatility(model).update(n=None)), "without a level or an n"),
    "another unit": (spoiled(lambda model: volatility(model).update(unit="bps")), "is in 'bps', not in"),
    "another origin": (spoiled(lambda model: volatility(model).update(origin="guess")), "'guess', which is none of"),
    "no value": (spoiled(lambda model: volatility(model).update(value=None)), "'calibrated' without a value"),
    "instrument twice": (spoiled(lambda model: model["instruments"].append(first(model))), "is there twice"),
    "parameter twice": (spoiled(lambda model: first(model)["parameters"].append(volatility(model))), "there twice"),
    "a moment beyond 2262": (spoiled(lambda model: volatility(model).update(as_of_ns=2**63)), "9223372036854775807"),
    "volume in another unit": (spoiled(lambda model: traded(model).update(unit="base / s")), "not in 'base / min'"),
    "volume cut off": (spoiled(lambda model: traded(model)["median"].pop()), "columns of several lengths"),
    "volume of no minute": (spoiled(lambda model: traded(model)["minute_of_week"].append(10080)), "<= 10079"),
    "volume below 0": (spoiled(lambda model: traded(model)["median"].append(-1.0)), ">= 0"),
    "volume of no week": (spoiled(lambda model: traded(model)["weeks"].append(0)), ">= 1"),
    "minutes out of order": (spoiled(lambda model: traded(model)["minute_of_week"].reverse()), "in rising order"),
    "volume and none": (spoiled(lambda model: traded(model).update(reason="not calibrated: x")), "either minutes or a"),
    "volume without a reason": (
        spoiled(lambda model: traded(model).update(minute_of_week=[], median=[], weeks=[])),
        "either minutes or a",
    ),
    "volatility of no market": (
        spoiled(lambda model: first(model)["parameters"][0].update(value=1e300, high=1e301)),
        "binance_usdm:BTCUSDT: volatility is 1e+300 bps: no price moves by all of itself in a second",
    ),
    "volatility of 0": (
        spoiled(lambda model: first(model)["parameters"][0].update(value=0.0, low=0.0)),
        "binance_usdm:BTCUSDT: volatility is 0, and no market has one that is not above 0",
    ),
    "curve cut off": (spoiled(lambda model: first(model)["curves"][0]["low"].pop()), "not of one length"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_model_is_refused_in_one_sentence(tmp_path, name):
    data, says = BAD[name]
    path = tmp_path / "bad.json"
    path.write_bytes(data)
    with pytest.raises(UsageError) as refused:
        read_model(path)
    assert says in str(refused.value)
    assert "bad.json" in str(refused.value)


def test_the_file_that_was_spoiled_is_read_before(tmp_path):
    path = tmp_path / "good.json"
    path.write_bytes(spoiled(lambda model: None))
    assert same(read_model(path)["binance_usdm:BTCUSDT"], calibration())


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path, says in ((tmp_path / "absent", "No such file"), (tmp_path, "directory")):
        with pytest.raises(UsageError, match=says):
            read_model(path)


def test_a_file_that_is_far_too_large_is_not_read(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 512 MiB"):
        read_model(path)


def test_the_half_spread_of_a_model_is_asked_for_by_name(tmp_path):
    write_model(tmp_path / "m.json", [calibration()])
    read = read_model(tmp_path / "m.json")["binance_usdm:BTCUSDT"]
    assert read.known(VOLATILITY).value == 1.19
    assert read.calibrated == (VOLATILITY, PREFACTOR)
    for name, says in ((PERMANENT, "not calibrated: 5.74 min"), (HALF_SPREAD, "no parameter 'half_spread'")):
        with pytest.raises(ValueError, match=says):
            read.known(name)
