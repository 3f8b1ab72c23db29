"""`fillcast calibrate`: the table, the model, the pictures, and one clear sentence for what cannot be calibrated."""

from __future__ import annotations

import gzip
import importlib.util
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from fillcast.cli.calibrate import show
from fillcast.cli.calibration_files import MOST_IN_ONE, check_plot, draw_all, file_name
from fillcast.cli.calibration_picture import fitted_refill
from fillcast.errors import UsageError
from fillcast.forecast.model_file import read_model
from fillcast.models.calibration.calibrate import calibrate
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.curve import Curve
from fillcast.models.calibration.names import HALF_SPREAD, PERMANENT, UNITS
from fillcast.models.calibration.week_volume import WeekVolume
from fillcast.models.schedule import fit_volume_curve
from fillcast.tape.stretches import Collected, collect
from tests.models.calibration.worlds import Market as World
from tests.models.calibration.worlds import market
from tests.tape.moving_market import KEY, Session, trade
from tests.venues.streams import START_MS

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording that is just long enough for a half-spread: 70 s."""
    session = Session()
    session.drift(700)
    return session.written(tmp_path_factory.mktemp("calibrate"))


@pytest.fixture(scope="module")
def moment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording of one second."""
    session = Session()
    session.drift(10)
    return session.written(tmp_path_factory.mktemp("moment"))


@pytest.fixture(scope="module")
def calibrated() -> Calibration:
    return calibrate([market(World(seconds=300.0), seed=2)])


# The table, the JSON and the model.


def test_the_table_has_every_parameter_or_why_not(in_process, recording):
    result = in_process("calibrate", str(recording))
    assert result.returncode == 0
    assert result.stderr == ""
    assert f"{KEY}: LIVE for 1.17 min in 1 unbroken period, until 2023-11-14 22:14:30 UTC" in result.stdout
    shown = [name for name in UNITS if f"\n{name}" in result.stdout]
    assert shown == list(calibrate(collect(recording).stretches[KEY]).parameters)
    (row,) = (line for line in result.stdout.splitlines() if line.startswith("half_spread"))
    assert row.split()[1:3] == ["bps", "calibrated"]
    assert row.endswith("1.17 min")
    assert "permanent_impact: not calibrated: 1.17 min of market, at least" in result.stdout
    assert "volume_curve: not calibrated: 1.17 min of market, at least 24 h are needed" in result.stdout


def test_a_volume_curve_is_told_by_the_minutes_behind_it(calibrated):
    curve = fit_volume_curve(np.arange(1500), np.ones(1500))
    console = Console(file=StringIO(), width=120)
    show(Collected("c", "okx", {}, {}, ()), [replace(calibrated, volume=WeekVolume(curve, "", 1500, 1))], console)
    assert "volume_curve: 1,500 of 10,080 minutes of the week, from 1,500 minutes" in console.file.getvalue()


def test_the_model_is_what_the_json_says(in_process, recording, tmp_path):
    model = tmp_path / "model.json"
    result = in_process("calibrate", str(recording), "-o", str(model), "--json")
    printed, written = json.loads(result.stdout), json.loads(model.read_text())
    assert printed["instruments"] == written["instruments"]
    assert printed["venue"] == "okx"
    assert printed["missing"] == {}
    read = read_model(model)[KEY]
    # Ask less bid is 2 ticks of 100.1 or 1 of 100.15, each half of the time.
    assert read.known(HALF_SPREAD).value == pytest.approx(1e4 * (0.1 / 100.1 + 0.05 / 100.15) / 2, rel=0.02)
    assert read.parameters[PERMANENT].estimate is None


def test_a_model_that_was_written_is_named(in_process, recording, tmp_path):
    model = tmp_path / "model.json"
    result = in_process("calibrate", str(recording), "--output", str(model), COLUMNS="60")
    assert f"written: {model}" in result.stdout
    assert result.stdout.count("half_spread") == 1


def test_no_trades_are_said_where_they_are_needed(in_process, recording):
    result = in_process("calibrate", str(recording), "--json")
    (one,) = json.loads(result.stdout)["instruments"]
    reasons = {parameter["name"]: parameter["reason"] for parameter in one["parameters"]}
    assert reasons["half_spread"] == ""
    assert reasons["response_10s"].startswith("not calibrated: ")


# What gives nothing is a no.


def test_too_short_a_recording_is_a_no_that_says_why_of_each(in_process, moment, tmp_path):
    result = in_process("calibrate", str(moment), "-o", str(tmp_path / "m.json"))
    assert result.returncode == 1
    assert "✖ nothing calibrated: the recording is too short for every parameter" in result.stdout
    assert "volatility: not calibrated: 1 s of market" in result.stdout
    assert read_model(tmp_path / "m.json")[KEY].calibrated == ()


def test_no_live_book_is_a_no_and_writes_nothing(in_process, tmp_path):
    session = Session()
    session.drift(20)
    del session.frames[0]
    result = in_process("calibrate", str(session.written(tmp_path)), "-o", str(tmp_path / "m.json"))
    assert result.returncode == 1
    assert f"✖ {KEY}: its book was never LIVE: it ends SYNCING" in result.stdout
    assert "✖ nothing calibrated: no book was LIVE; see fillcast verify" in result.stdout
    assert not (tmp_path / "m.json").exists()


def test_a_one_sided_book_is_a_no(in_process, tmp_path):
    session = Session()
    session.market.asks.clear()
    session.frames = [(START_MS, session.market.okx_snapshot())]
    session.add(session.market.okx_update([(1, 990, 4)]))
    result = in_process("calibrate", str(session.written(tmp_path)))
    assert result.returncode == 1
    assert "its book is one-sided: there are no asks, and so no mid" in result.stdout


def test_trades_alone_are_no_capture_of_a_book(in_process, tmp_path):
    session = Session()
    session.frames = [(START_MS + 100 * n, trade(session.market, "buy", "100.2", "1")) for n in range(5)]
    result = in_process("calibrate", str(session.written(tmp_path)))
    assert result.returncode == 2
    assert "no frame is a book message that is known here" in result.stderr


def test_a_file_that_was_cut_off_gives_what_it_holds(in_process, recording, tmp_path):
    cut = tmp_path / "cut.txt.gz"
    cut.write_bytes(gzip.compress(recording.read_bytes())[:-400])
    result = in_process("calibrate", str(cut))
    assert result.returncode == 0
    assert "the compressed file ends too early" in result.stdout
    assert result.stderr == ""


# Bad input is one sentence and 2.


BAD = (
    "empty",
    "binary",
    "no capture",
    "absent",
    "a folder",
    "named twice",
    "level",
    "level nan",
    "model is a folder",
    "no folder for the model",
    "no folder for the picture",
    "no picture",
    "no capture named",
)


def bad(folder: Path) -> dict[str, tuple[list[str], str]]:
    (folder / "empty").write_bytes(b"")
    (folder / "binary").write_bytes(b"\x00\x01\x02\n" * 10)
    (folder / "text").write_text("hello\nworld\n")
    good = str(folder / "session.txt")
    return {
        "empty": ([str(folder / "empty")], "the file is empty"),
        "binary": ([str(folder / "binary")], "a binary file"),
        "no capture": ([str(folder / "text")], "not a capture"),
        "absent": ([str(folder / "absent")], "no such file"),
        "a folder": ([str(folder)], "not a file"),
        "named twice": ([good, good], "named twice"),
        "level": ([good, "--level", "1.5"], "--level must be above 0 and below 1, not 1.5"),
        "level nan": ([good, "--level", "nan"], "--level must be above 0 and below 1, not nan"),
        "model is a folder": ([good, "-o", str(folder)], "a folder, not a file"),
        "no folder for the model": ([good, "-o", str(folder / "no" / "m.json")], "there is no folder"),
        "no folder for the picture": ([good, "--plot", str(folder / "no" / "p.png")], "there is no folder"),
        "no picture": ([good, "--plot", str(folder / "p.txt")], "a picture is one of .png, .svg, .pdf"),
        "no capture named": ([], "CAPTURE"),
    }


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_2(in_process, tmp_path, name):
    session = Session()
    session.drift(3)
    session.written(tmp_path)
    arguments, says = bad(tmp_path)[name]
    result = in_process("calibrate", *arguments)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.startswith("fillcast: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_the_command_has_help_and_json(in_process):
    result = in_process("calibrate", "--help")
    assert result.returncode == 0
    assert "--json" in result.stdout
    assert "calibrate" in in_process("--help").stdout


# Pictures.


def test_pictures_of_a_folder_and_of_a_file(in_process, recording, tmp_path):
    single, folder = tmp_path / "all.png", tmp_path / "pictures"
    assert in_process("calibrate", str(recording), "--plot", str(single)).returncode == 0
    result = in_process("calibrate", str(recording), "--plot", str(folder))
    assert result.returncode == 0
    assert [path.name for path in folder.iterdir()] == ["okx-BTC-USDT.png"]
    assert f"written: {folder / 'okx-BTC-USDT.png'}" in result.stdout
    for path in (single, folder / "okx-BTC-USDT.png"):
        assert path.read_bytes().startswith(PNG_MAGIC)


def test_without_the_extra_one_sentence_names_it(in_process, recording, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = in_process("calibrate", str(recording), "--plot", str(tmp_path / "p.png"))
    assert result.returncode == 2
    assert result.stderr == (
        "fillcast: --plot needs matplotlib, which is not installed; install the extra: pip install fillcast[plot]\n"
    )
    assert not (tmp_path / "p.png").exists()


def test_a_picture_has_the_numbers_and_a_curve_where_it_says_so(calibrated, tmp_path):
    (path,) = draw_all([calibrated], tmp_path / "world.svg")
    text = path.read_text()
    for said in ("volatility of the mid", "half-spread", "response to a market order", "refill of the depth"):
        assert f"<!-- {said}" in text
    sigma = calibrated.known("volatility").value
    assert f"{sigma:.3g} bps / sqrt(s)" in text


def test_the_fit_in_the_picture_is_the_exponential_of_the_rate_through_the_certain_points():
    lags = np.array([0.1, 0.5, 1.0, 3.0, 10.0])
    truth = 0.7 * (1 - np.exp(-1.5 * lags))
    wide = np.array([0.01, 0.01, 0.01, 0.01, 100.0])
    off = truth + np.array([0.0, 0.0, 0.0, 0.0, 5.0])
    curve = Curve("refill", "1", lags, "s", off, off - wide, off + wide, 0.9, 100)
    assert fitted_refill(curve, 1.5, lags) == pytest.approx(truth, abs=1e-4)
    level = Curve("refill", "1", lags, "s", truth, truth, truth, 0.9, 100)
    assert fitted_refill(level, 1.5, lags) == pytest.approx(truth)


def test_too_many_instruments_for_one_picture_are_refused(calibrated, tmp_path):
    with pytest.raises(UsageError, match="9 instruments are too many for one picture; name a folder"):
        draw_all([calibrated] * (MOST_IN_ONE + 1), tmp_path / "p.png")


def test_instruments_of_like_names_do_not_share_a_file():
    names = ["kraken:BTC/USD", "kraken:BTC-USD", "kraken:BTC_USD", "kraken:BTC:USD", "kraken:btc/usd"]
    found = [file_name(name) for name in names]
    assert len(set(found)) == len(names)
    assert not any(set(name) & set("/:\\") for name in found)
    assert file_name("binance_usdm:BTCUSDT") == "binance_usdm-BTCUSDT"


def test_a_folder_whose_name_has_a_dot_is_a_folder(tmp_path):
    folder = tmp_path / "of.2024"
    folder.mkdir()
    check_plot(folder)
    check_plot(tmp_path / "new")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="a picture is one of"):
        check_plot(tmp_path / "file")
    with pytest.raises(UsageError, match="a picture is one of"):
        check_plot(tmp_path / "of.2025")
