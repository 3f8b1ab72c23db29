"""`fillcast --log`: off unless asked for, a file or stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fillcast.cli import run
from fillcast.runtime.log import current_log

DEMO = ["demo", "--seconds", "2", "--json"]


def test_a_file_gets_json_lines_and_the_output_stays_as_it_was(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    monkeypatch.setenv("FILLCAST_LOG", str(path))
    assert run(DEMO) == 0
    events = [json.loads(line)["event"] for line in path.read_text().splitlines()]
    assert {"link", "live"} <= set(events)
    captured = capfd.readouterr()
    assert all(json.loads(line) for line in captured.out.splitlines())
    assert "link" not in captured.err
    assert current_log.get() is None


def test_stderr_gets_words(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--log", "-", *DEMO]) == 0
    assert "phase=open" in capfd.readouterr().err


def test_nothing_is_logged_unless_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(DEMO) == 0
    assert "phase=" not in capfd.readouterr().err


def test_a_file_that_cannot_be_written_is_bad_input(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--log", str(tmp_path / "no" / "log"), *DEMO]) == 2
    assert "cannot be written" in capfd.readouterr().err
