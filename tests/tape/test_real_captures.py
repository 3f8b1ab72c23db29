"""The table of the real captures, as the script prints it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fillcast.tape.verify import verify

SCRIPT = Path(__file__).parents[2] / "scripts" / "verify_table.py"
PAGE = Path(__file__).parents[2] / "docs" / "verified.md"
SMALL = "okx/okx_books_20220513.ws.txt.gz"


def table(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, folder, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_every_expected_figure_is_found_and_the_documents_say_so(captures):
    listed = len(json.loads((captures / "expected.json").read_text())["captures"])
    result = table(captures, "--markdown")
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{listed} captures, 0 differences" in result.stdout
    assert result.stdout in PAGE.read_text(), "docs/verified.md is not what scripts/verify-table --markdown prints"


@pytest.mark.parametrize(("figure", "wrong"), [("checksums", 291), ("crossed", 1)])
def test_a_wrong_expectation_is_a_difference(captures, tmp_path, figure, wrong):
    entry = next(
        one for one in json.loads((captures / "expected.json").read_text())["captures"] if one["files"] == [SMALL]
    )
    (tmp_path / "okx").symlink_to(captures / "okx")
    (tmp_path / "expected.json").write_text(json.dumps({"captures": [{**entry, figure: wrong}]}))
    result = table(tmp_path)
    assert result.returncode == 1
    assert f"not {wrong}" in result.stdout


def test_instrument_metadata_of_the_time_is_used(captures):
    result = verify([captures / SMALL, captures / "okx" / "okx_instruments_20220513.http.txt.gz"])
    assert result.sound, result.complaints
    assert not any(one.instrument.scale_inferred for one in result.instruments)
