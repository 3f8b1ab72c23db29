"""Run a notebook's cells in order, in one fresh interpreter, without a notebook server.

Checks the file's form (nbformat 4.5), runs every code cell, and compares what it prints with the output stored in the
file; exit 1 with the first difference. With --write the printed text is stored instead. With --figures FOLDER every
figure that is open at the end is saved there. `python -W error` makes warnings errors, as the tests do.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CODE_KEYS = {"cell_type", "execution_count", "id", "metadata", "outputs", "source"}
MARKDOWN_KEYS = {"cell_type", "id", "metadata", "source"}


def complaint(notebook: dict[str, Any]) -> str:
    """Return what keeps a file from being a notebook of form 4.5, or an empty text."""
    if (notebook.get("nbformat"), notebook.get("nbformat_minor")) != (4, 5):
        return "nbformat is not 4.5"
    if set(notebook) != {"cells", "metadata", "nbformat", "nbformat_minor"}:
        return f"a notebook has cells and metadata, not {sorted(notebook)}"
    seen: set[str] = set()
    for number, cell in enumerate(notebook["cells"]):
        wanted = {"code": CODE_KEYS, "markdown": MARKDOWN_KEYS}.get(cell.get("cell_type"))
        if wanted is None or set(cell) != wanted:
            return f"cell {number} has the keys {sorted(cell)}"
        if not CELL_ID.fullmatch(cell["id"]) or cell["id"] in seen:
            return f"cell {number} has no id of its own"
        seen.add(cell["id"])
        if not all(isinstance(line, str) for line in cell["source"]):
            return f"cell {number}: its source is no list of lines"
    return ""


def run(notebook: dict[str, Any]) -> list[str]:
    """Return what each cell prints, nothing for text cells; what a cell raises names it."""
    names: dict[str, object] = {"__name__": "__main__"}
    printed = []
    for cell in notebook["cells"]:
        said = io.StringIO()
        if cell["cell_type"] == "code":
            code = compile("".join(cell["source"]), f"<cell {cell['id']}>", "exec")
            with contextlib.redirect_stdout(said):
                exec(code, names)
        printed.append(said.getvalue())
    return printed


def outputs(text: str) -> list[dict[str, Any]]:
    """Return printed text as a cell stores it."""
    if not text:
        return []
    return [{"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}]


def main() -> int:
    """Run the notebook named on the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    os.environ["MPLBACKEND"] = "Agg"
    notebook = json.loads(options.notebook.read_text(encoding="utf-8"))
    if wrong := complaint(notebook):
        print(f"{options.notebook}: {wrong}")
        return 1
    printed = run(notebook)
    if options.figures is not None and "matplotlib.pyplot" in sys.modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        for number in pyplot.get_fignums():
            pyplot.figure(number).savefig(options.figures / f"figure-{number}.png", dpi=110)
    for cell, text in zip(notebook["cells"], printed, strict=True):
        if cell["cell_type"] == "code" and cell["outputs"] != outputs(text):
            if not options.write:
                print(f"{options.notebook}: cell {cell['id']} prints something else than is stored:\n{text}")
                return 1
            cell["outputs"] = outputs(text)
    if options.write:
        options.notebook.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
