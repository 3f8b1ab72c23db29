"""Verify the real captures of expected.json and print what was expected against what was found."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fillcast import Verification, verify
from fillcast.venues import VENUES

Figure = Callable[[Verification], object]


def total(name: str) -> Figure:
    """Return what sums one count over all instruments."""
    return lambda result: sum(getattr(one.counts, name) for one in result.instruments)


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
}


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captures", nargs="?", default=os.environ.get("FILLCAST_CAPTURES"), help="folder of captures")
    folder = Path(parser.parse_args().captures or "")
    listed = folder / "expected.json"
    if not listed.is_file():
        print(
            f"verify-table: {listed} does not exist; set FILLCAST_CAPTURES to the folder of captures", file=sys.stderr
        )
        return 2
    entries = [one for one in json.loads(listed.read_text())["captures"] if one["venue"] in VENUES]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("capture", no_wrap=True)
    for name in (*FIGURES, "sound", "s"):
        table.add_column(name.removesuffix("_checked"), justify="right", no_wrap=True)
    differences = 0
    for entry in entries:
        cells, differing = check(folder, entry)
        differences += differing
        table.add_row(*cells)
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table, highlight=False)
    console.print(
        f"{len(entries)} captures, {differences} differences; a figure in brackets is not one of expected.json's",
        markup=False,
        highlight=False,
    )
    return 1 if differences else 0


def check(folder: Path, entry: dict[str, Any]) -> tuple[list[str], int]:
    """Return the cells of one capture's row and how many of them differ from what was expected."""
    started = time.perf_counter()
    result = verify([folder / name for name in entry["files"]])
    cells, differences = [entry["files"][0].removesuffix(".gz")], 0
    for name, figure in FIGURES.items():
        found = figure(result)
        if name not in entry:
            cells.append(f"[dim]({shown(found)})[/]")
        elif found == entry[name]:
            cells.append(shown(found))
        else:
            differences += 1
            cells.append(f"[bold red]{shown(found)} not {shown(entry[name])}[/]")
    differences += not result.sound
    cells += ["yes" if result.sound else "[bold red]NO[/]", f"{time.perf_counter() - started:.1f}"]
    return cells, differences


def shown(value: object) -> str:
    """Return a figure for the table: two numbers as equal/compared."""
    return "/".join(f"{one:,}" for one in value) if isinstance(value, list) else f"{value:,}"


if __name__ == "__main__":
    raise SystemExit(main())
