"""Logs in both forms, and what they make of text from outside."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from fillcast.errors import UsageError
from fillcast.runtime.log import current_log, log_to, opened_log

EVIL = "\x1b[2J\nfillcast: all is well"


def written(*, as_json: bool) -> str:
    stream = io.StringIO()
    log = log_to(stream, as_json=as_json)
    log.warning("gap", instrument="okx:BTC-USDT", detail=EVIL, lost=3)
    log.info("live", instrument="okx:BTC-USDT")
    return stream.getvalue()


def test_json_lines_hold_every_value() -> None:
    lines = [json.loads(line) for line in written(as_json=True).splitlines()]
    assert [line.pop("at")[-1] for line in lines] == ["Z", "Z"]
    assert lines == [
        {"event": "gap", "level": "warning", "instrument": "okx:BTC-USDT", "detail": EVIL, "lost": 3},
        {"event": "live", "level": "info", "instrument": "okx:BTC-USDT"},
    ]


def test_words_are_one_line_each() -> None:
    gap, live = written(as_json=False).splitlines()
    assert "warning gap" in gap
    assert "instrument=okx:BTC-USDT" in gap
    assert gap.endswith("lost=3")
    assert "info    live" in live


@pytest.mark.parametrize("as_json", [True, False])
def test_no_text_from_outside_reaches_a_terminal_as_a_command(as_json: bool) -> None:
    text = written(as_json=as_json)
    assert text.count("\n") == 2
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_a_file_is_added_to_and_current_only_while_open(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    for number in (1, 2):
        with opened_log(str(path)) as log:
            assert current_log.get() is log
            log.info("live", number=number)
            assert len(path.read_text().splitlines()) == number, "not written at once"
        assert current_log.get() is None
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == [1, 2]


def test_stderr_gets_words(capsys: pytest.CaptureFixture[str]) -> None:
    with opened_log("-") as log:
        log.info("live", instrument="okx:BTC-USDT")
    captured = capsys.readouterr()
    assert "live" in captured.err
    assert captured.out == ""


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file"), opened_log(str(tmp_path / "no" / "log")):
        pass
