"""Tables that never cut a number: where the columns do not fit, a block of lines for each row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

INDENT = "  "
MEASURED_WIDTH = 10_000  # columns; more than any table needs


def print_rows(
    console: Console,
    left: Sequence[str],
    right: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    spare: Sequence[str] = (),
) -> None:
    """Print rows of cells: a table where the console is wide enough, else one block for each row, without styles.

    Parameters
    ----------
    left, right
        Names of the columns, those aligned to the left first. The first cell of a row is the heading of its block.
    spare
        Columns that a table may be without where it is too wide, the least important first. Blocks have them all.
    """
    names = [*left, *right]
    for dropped in range(len(spare) + 1):
        kept = [index for index, name in enumerate(names) if name not in spare[:dropped]]
        table = _table(names, kept, len(left), rows)
        unbound = console.options.update(max_width=MEASURED_WIDTH)
        if Measurement.get(console, unbound, table).maximum <= console.width:
            console.print(table, highlight=False)
            return
    for row in rows:
        console.print(Text(str(row[0]), "bold"), soft_wrap=True)
        entries = [f"{name} {cell}" for name, cell in zip(names[1:], row[1:], strict=True) if str(cell)]
        for line in packed(entries, console.width - len(INDENT)):
            console.print(Text(INDENT + line), soft_wrap=True)


def _table(names: Sequence[str], kept: Sequence[int], left: int, rows: Sequence[Sequence[str | Text]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index in kept:
        table.add_column(names[index], justify="left" if index < left else "right", no_wrap=True)
    for row in rows:
        cells = [row[index] for index in kept]
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))
    return table


def packed(entries: Sequence[str], width: int) -> list[str]:
    """Return lines of whole entries, as many in each as the width allows; an entry that is longer has its own."""
    lines: list[str] = []
    for entry in entries:
        longer = f"{lines[-1]} · {entry}" if lines else ""
        if lines and len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(entry)
    return lines
