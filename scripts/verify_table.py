"""Verify the real captures of expected.json and print what was expected against what was found.

With --markdown the table is printed as it stands in docs/verified.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from fillcast import Verification, verify

Figure = Callable[[Verification], object]


def total(name: str) -> Figure:
    """Return what sums one count over all instruments."""
    return lambda result: sum(getattr(one.counts, name) for one in result.instruments)


def proofs(result: Verification) -> object:
    """Return what proves the books: one word where it is the same for all."""
    found = sorted({one.proof for one in result.instruments if one.has_book})
    return found[0] if len(found) == 1 else ", ".join(found)


def numbered(result: Verification) -> object:
    """Return how many messages of the connection carried the number after the last one's, of how many compared."""
    numbering = result.connection_sequence
    return "-" if numbering is None else [numbering[0] - numbering[1], numbering[0]]


# How each figure of expected.json is read from a result.
FIGURES: dict[str, Figure] = {
    "checksums": total("checksums_matched"),
    "sequence_checked": total("sequence_checked"),
    "updates": total("updates"),
    "bridged": total("bridged"),
    "gaps": lambda result: sum(len(one.gaps) for one in result.instruments),
    "crossed": total("crossed"),
    "touch": lambda result: [total("touches_matched")(result), total("touches_checked")(result)],
    "trades": total("trades"),
    "numbered": numbered,
    "proof": proofs,
}


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captures", nargs="?", default=os.environ.get("FILLCAST_CAPTURES"), help="folder of captures")
    parser.add_argument("--markdown", action="store_true", help="as it stands in docs/verified.md")
    arguments = parser.parse_args()
    folder = Path(arguments.captures or "")
    listed = folder / "expected.json"
    if not listed.is_file():
        print(
            f"verify-table: {listed} does not exist; set FILLCAST_CAPTURES to the folder of captures", file=sys.stderr
        )
        return 2
    entries = json.loads(listed.read_text())["captures"]
    heads = ["capture", *(name.removesuffix("_checked") for name in FIGURES), "sound"]
    rows: list[list[str]] = []
    differences = 0
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        for entry in progress.track(entries, description="verify"):
            cells, differing = check(folder, entry)
            differences += differing
            rows.append(cells)
    last = f"{len(entries)} captures, {differences} differences; a figure in brackets is not one of expected.json's"
    if arguments.markdown:
        print("\n".join(markdown(heads, rows)), last, sep="\n\n")
    else:
        show(heads, rows, last)
    return 1 if differences else 0


def show(heads: list[str], rows: list[list[str]], last: str) -> None:
    """Print the table for people."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, justify="left" if head in ("capture", "proof") else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(styled(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 180
    console.print(table, highlight=False)
    console.print(last, markup=False, highlight=False)


def markdown(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of the table in Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def styled(cell: str) -> str:
    """Return a cell as rich marks it up."""
    return f"[bold red]{cell}[/]" if " not " in cell or cell == "NO" else f"[dim]{cell}[/]" if cell[:1] == "(" else cell


def check(folder: Path, entry: dict[str, Any]) -> tuple[list[str], int]:
    """Return the cells of one capture's row and how many of them differ from what was expected."""
    result = verify([folder / name for name in entry["files"]])
    cells, differences = [entry["files"][0].removesuffix(".gz")], 0
    for name, figure in FIGURES.items():
        found = figure(result)
        if name not in entry:
            cells.append(f"({shown(found)})")
        elif found == entry[name]:
            cells.append(shown(found))
        else:
            differences += 1
            cells.append(f"{shown(found)} not {shown(entry[name])}")
    differences += not result.sound
    cells.append("yes" if result.sound else "NO")
    return cells, differences


def shown(value: object) -> str:
    """Return a figure for the table: two numbers as equal/compared."""
    if isinstance(value, list):
        return "/".join(f"{one:,}" for one in value)
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
