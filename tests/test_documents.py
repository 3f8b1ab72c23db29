"""The notebook and the Python pages run as they stand, print what they say, and fail where they are wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "run_notebook.py"
NOTEBOOK = ROOT / "docs" / "slippage-in-a-backtest.ipynb"
TIMEOUT_S = 240


def ran(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", SCRIPT, path]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def short(source: str, printed: str = "") -> dict:
    outputs = [{"name": "stdout", "output_type": "stream", "text": [printed]}] if printed else []
    cell = {"cell_type": "code", "execution_count": None, "id": "one", "metadata": {}, "outputs": outputs}
    return {"cells": [{**cell, "source": [source]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_the_notebook_runs_and_prints_what_it_says():
    result = ran(NOTEBOOK)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_notebook_says_what_proves_its_books():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    said = "".join(line for cell in cells if cell["cell_type"] == "markdown" for line in cell["source"])
    printed = "".join(line for cell in cells for output in cell.get("outputs", []) for line in output["text"])
    assert "proof: caller" in said
    assert "proof: caller" in printed
    assert cells[-1]["cell_type"] == "code"
    assert "assert" in "".join(cells[-1]["source"])


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        (short("print('a')", "a\n"), ""),
        (short("print('a')", "b\n"), "prints something else"),
        (short("print('a')"), "prints something else"),
        (short("assert 1 > 2"), "AssertionError"),
        (short("import warnings\nwarnings.warn('w')"), "UserWarning"),
        ({**short("1"), "nbformat_minor": 4}, "nbformat is not 4.5"),
        ({**short("1"), "more": 1}, "a notebook has cells"),
        ({**short("1"), "cells": short("1")["cells"] * 2}, "no id of its own"),
        ({**short("1"), "cells": [{"cell_type": "code"}]}, "has the keys"),
        ({**short("1"), "cells": [{"cell_type": "raw"}]}, "has the keys"),
    ],
)
def test_a_notebook_that_is_wrong_fails(tmp_path, notebook, message):
    path = tmp_path / "planted.ipynb"
    path.write_text(json.dumps(notebook))
    result = ran(path)
    assert result.returncode == (1 if message else 0)
    assert message in result.stdout + result.stderr


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def run_blocks(sources: list[str]) -> None:
    names: dict[str, object] = {}
    for number, source in enumerate(sources):
        exec(compile(source, f"<block {number}>", "exec"), names)


def test_the_python_page_runs():
    sources = blocks("docs/python.md")
    assert len(sources) == 5
    run_blocks(sources)


def test_what_the_readme_shows_without_a_venue_runs(capsys):
    (source,) = [block for block in blocks("README.md") if "slippage_model" in block]
    run_blocks([source])
    costs, price = capsys.readouterr().out.splitlines()
    # By hand: half of the spread of 4 cents is 2 bps and the fee 7.5; 3 units walk to the second level.
    small, touch, walked = map(float, costs.strip("[]").split())
    assert small == touch == pytest.approx(2 + 7.5, abs=0.01)
    assert walked == pytest.approx(1e4 * ((100.02 + 2 * 100.03) / 3 / 100 - 1) + 7.5, abs=0.01)
    assert float(price) == pytest.approx((1.5 * 99.98 + 0.5 * 99.97) / 2 * (1 - 7.5e-4), rel=1e-9)


def test_a_wrong_block_is_noticed():
    with pytest.raises(AssertionError):
        run_blocks([blocks("docs/python.md")[0].replace("* 100.02", "* 100.01")])
