"""`quote --model`: orders follow what was calibrated, and say how old it is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from fillcast.forecast.model_file import write_model
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.names import MARKOUT, UNITS, VOLATILITY, VOLUME_RATE
from fillcast.models.calibration.parameter import calibrated
from fillcast.models.calibration.week_volume import NOT_GIVEN, WeekVolume
from fillcast.models.estimate import Estimate
from fillcast.models.schedule import MINUTES_PER_WEEK, fit_volume_curve

KEY = "okx:BTC-USDT"
NS_PER_MINUTE = 60 * 10**9
DAY_NS = 1440 * NS_PER_MINUTE
BUSY, CALM = 300.0, 100.0  # base units in odd minutes and in even ones


def model_file(folder: Path, *, days_old: int, with_curve: bool = True) -> str:
    """Write a model of volatility, volume and markout, and of a volume that changes with every minute."""
    as_of_ns = time.time_ns() - days_old * DAY_NS - NS_PER_MINUTE
    known = {VOLATILITY: 2.5, VOLUME_RATE: 3.0, MARKOUT: 0.75}
    parameters = {
        name: calibrated(
            name,
            UNITS[name],
            Estimate(value, value / 2, 2 * value, 0.9, 500),
            "a test",
            window_s=86_400.0,
            as_of_ns=as_of_ns,
        )
        for name, value in known.items()
    }
    minutes = np.arange(MINUTES_PER_WEEK)
    curve = fit_volume_curve(minutes, np.where(minutes % 2, BUSY, CALM))
    volume = WeekVolume(curve, "", len(minutes), as_of_ns) if with_curve else NOT_GIVEN
    path = folder / "model.json"
    write_model(path, [Calibration(KEY, 0.9, 1, as_of_ns, 86_400.0, 1, parameters, {}, volume)])
    return str(path)


def quoted(in_process, endpoints, *flags: str) -> dict:
    size = ("--side", "buy", "--size", "3btc", "--observe", "0s", "--json")
    result = in_process("quote", KEY, *size, *flags, *endpoints)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def check_slices_follow_the_minutes(quote: dict) -> None:
    """The slices of busy minutes are three times as large as those of calm ones; twelve seconds each."""
    edges = quote["as_of_ns"] + (np.arange(51) * 12.0 * 1e9).astype(np.int64)
    minutes, seconds = edges // NS_PER_MINUTE, (edges % NS_PER_MINUTE) / 1e9
    rate = np.where(minutes % 2, BUSY, CALM)  # at the start of each slice, and of the minute after it
    inside = np.minimum(12.0, 60.0 - seconds[:-1])
    wanted = rate[:-1] * inside + (BUSY + CALM - rate[:-1]) * (12.0 - inside)
    assert len(quote["schedule"]) == 50
    sizes = np.array([one["base"] for one in quote["schedule"]])
    assert sizes / sizes.sum() == pytest.approx(wanted / wanted.sum(), rel=0.01)


def test_a_vwap_order_follows_the_volume_curve_of_the_model(in_process, endpoints, tmp_path):
    flags = ("--type", "vwap", "--horizon", "10m", "--model")
    quote = quoted(in_process, endpoints, *flags, model_file(tmp_path, days_old=12))

    check_slices_follow_the_minutes(quote)
    assert "volume curve not calibrated" not in json.dumps(quote)
    (said,) = (line for line in quote["provenance"] if line.startswith("slices by a volume curve until "))
    assert said.endswith(", 12 days old")


def test_without_a_curve_in_the_model_slices_are_even_and_it_is_told(in_process, endpoints, tmp_path):
    model = model_file(tmp_path, days_old=0, with_curve=False)
    quote = quoted(in_process, endpoints, "--type", "vwap", "--horizon", "10m", "--model", model)

    with pytest.raises(AssertionError):
        check_slices_follow_the_minutes(quote)
    assert "volume curve not calibrated: even slices" in json.dumps(quote)


def test_a_limit_order_is_charged_the_markout_of_the_model(in_process, endpoints, tmp_path):
    flags = ("--type", "limit", "--price", "60000", "--horizon", "30s", "--model")
    lines = quoted(in_process, endpoints, *flags, model_file(tmp_path, days_old=3))["provenance"]

    (markout,) = (line for line in lines if line.startswith("adverse selection"))
    assert markout.startswith("adverse selection 0.75 (0.375 to 1.5) bps, calibrated: ")
    assert markout.endswith(", 3 days old")


@pytest.mark.parametrize(("days_old", "ending"), [(0, ")"), (1, ", 1 day old)"), (12, ", 12 days old)")])
def test_a_market_order_says_how_old_its_volatility_is(in_process, endpoints, tmp_path, days_old, ending):
    lines = quoted(in_process, endpoints, "--model", model_file(tmp_path, days_old=days_old))["provenance"]

    (volatility,) = (line for line in lines if "volatility" in line)
    told = volatility.split("prior 2.5 bps/√s (calibrated: until ")[1]
    assert told[: told.index(")") + 1].endswith(ending)
    assert (" old" in volatility) == (days_old > 0)
