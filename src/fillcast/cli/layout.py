"""Tables that never cut a number: where the columns do not fit, a block of lines for each row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from rich.console import Console, RenderableType
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
    spare: Sequence[str | tuple[str, ...]] = (),
) -> None:
    """Print rows of cells: a table where the console is wide enough, else one block for each row, without styles.

    Parameters
    ----------
    left, right
        Names of the columns, those aligned to the left first. The first cell of a row is the heading of its block.
    spare
        Columns that a table may be without where it is too wide, the least important first; those in a tuple go
        together. Blocks have them all.
    """
    names = [*left, *right]
    table = table_within(console.width, left, right, rows, spare)
    if table is not None:
        console.print(table, highlight=False)
        return
    for row in rows:
        console.print(Text(str(row[0]), "bold"), soft_wrap=True)
        entries = [f"{name} {cell}" for name, cell in zip(names[1:], row[1:], strict=True) if str(cell)]
        for line in packed(entries, console.width - len(INDENT)):
            console.print(Text(INDENT + line), soft_wrap=True)


def table_within(
    width: int,
    left: Sequence[str],
    right: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    spare: Sequence[str | tuple[str, ...]] = (),
) -> Table | None:
    """Return the table of most columns that is no wider than `width`, or None where that of fewest is.

    The parameters are those of `print_rows`.
    """
    for dropped in range(len(spare) + 1):
        gone = {name for one in spare[:dropped] for name in ((one,) if isinstance(one, str) else one)}
        table = _table([*left, *right], gone, len(left), rows)
        if natural_width(table) <= width:
            return table
    return None


def _table(names: Sequence[str], dropped: Collection[str], left: int, rows: Sequence[Sequence[str | Text]]) -> Table:
    kept = [index for index, name in enumerate(names) if name not in dropped]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index in kept:
        table.add_column(names[index], justify="left" if index < left else "right", no_wrap=True)
    for row in rows:
        cells = [row[index] for index in kept]
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))
    return table


def natural_width(shown: RenderableType) -> int:
    """Return the columns that something takes where nothing bounds it."""
    return _measured(shown).maximum


def least_width(shown: RenderableType) -> int:
    """Return the columns of the longest word of something whose lines may be broken between words."""
    return _measured(shown).minimum


def _measured(shown: RenderableType) -> Measurement:
    console = _ruler()
    return Measurement.get(console, console.options, shown)


@lru_cache(maxsize=1)
def _ruler() -> Console:
    return Console(width=MEASURED_WIDTH)


def packed_within(entries: Sequence[str], width: int) -> str:
    """Return one line of the entries that have room, in their order; the others are left out whole."""
    line = ""
    for entry in entries:
        longer = f"{line} · {entry}" if line else entry
        if len(longer) <= width:
            line = longer
    return line


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
