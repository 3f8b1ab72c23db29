"""The wire's structs: what the page's scripts are told of them is current, and the quote object is what is printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "wire_types.py"


def check(script: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)


def test_types_of_the_page_are_current() -> None:
    result = check(SCRIPT)
    assert result.returncode == 0, result.stderr


def test_a_stale_file_is_told(tmp_path: Path) -> None:
    script = tmp_path / "scripts" / SCRIPT.name
    static = tmp_path / "src/fillcast/dashboard/static"
    script.parent.mkdir()
    static.mkdir(parents=True)
    script.write_text(SCRIPT.read_text())
    (static / "wire.d.ts").write_text("export interface Book {}\n")
    result = check(script)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"{name} is not current: run scripts/wire-types" for name in ("wire.d.ts", "wire.js")
    ]
