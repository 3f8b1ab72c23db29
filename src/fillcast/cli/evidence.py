"""`fillcast evidence`: every published number that the models are held to, beside what they give now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fillcast.cli import options

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from fillcast.evidence.families import Family
    from fillcast.evidence.row import Row

    Found = list[tuple[Family, list[Row]]]

# Columns of the console: of the widest table, from which there is room for the difference that is allowed, and below
# which a table would leave quantities no room.
WIDEST, WIDE, NARROWEST = 120, 100, 72
ALLOWED, PASS = "allowed", "pass"
# The same in every table, so that their columns stand below each other.
NUMBER_WIDTHS = {"published": 16, "ours": 17, "difference": 10, ALLOWED: 8}
MOST_DIGITS = 17  # that tell two doubles apart
MODEL_STYLE = "#56b4e9"


def evidence(
    family: Annotated[
        str | None,
        typer.Option("--family", metavar="NAME", help="One family of models, such as athl. [default: all]"),
    ] = None,
    json: options.Json = False,
) -> None:
    """Hold every model to the numbers published of it: source, published, ours, difference; exit 1 if one is missed.

    Ours is computed now. A number passes when it differs by no more than half a unit of the last digit that its source
    prints, unless its row allows another difference, which wide tables and JSON show.
    """
    import msgspec

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.words import console_for
    from fillcast.evidence.families import families_of

    families = families_of(family)
    if json:
        found = [(one, one.rows()) for one in families]
        print(msgspec.json.encode([to_json(one, row) for one, rows in found for row in rows]).decode())
    else:
        console = console_for()
        found = []
        for one in families:
            with console.status(f"{one.title} ..."):
                rows = one.rows()
            found.append((one, rows))
            show_family(one, rows, console)
        show_verdict(found, console)
    if missed(found):
        raise typer.Exit(ANSWER_IS_NO)


def missed(found: Found) -> list[tuple[Family, Row]]:
    """Return the numbers that are not met."""
    return [(family, row) for family, rows in found for row in rows if not row.passed]


def to_json(family: Family, row: Row) -> dict[str, Any]:
    """Return one number of `evidence --json`; what is not finite is null."""
    return {
        "family": family.name,
        "model": row.model,
        "quantity": row.quantity,
        "source": row.source,
        "provenance": row.provenance,
        "published": row.published,
        "ours": row.ours if math.isfinite(row.ours) else None,
        "difference": row.difference if math.isfinite(row.difference) else None,
        "tolerance": row.tolerance,
        "ok": row.passed,
    }


def show_family(family: Family, rows: Sequence[Row], console: Console) -> None:
    """Print the numbers of one family for people, by model and source."""
    from rich.markup import escape

    from fillcast.cli.layout import print_rows

    narrow = console.width < NARROWEST
    console.print(f"[bold]{escape(family.title)}[/] [dim]({family.name})[/]", highlight=False)
    if not rows:
        console.print(f"not compared: {family.needs} is not installed", style="yellow", highlight=False)
    elif not narrow:
        console.print(_table((), console.width), highlight=False)
    for (model, source), group in groupby(rows, lambda row: (row.model, row.source)):
        console.print(f"[{MODEL_STYLE}]{escape(model)}[/] · [dim]{escape(source)}[/]", highlight=False)
        if narrow:
            cells = [(row.quantity, *_cells(row), _judged(row)) for row in group]
            print_rows(console, ("quantity",), (*NUMBER_WIDTHS, PASS), cells)
        else:
            console.print(_table(list(group), console.width, header=False), highlight=False)
    console.print()


def show_verdict(found: Found, console: Console) -> None:
    """Print whether every number is met, and those that are not."""
    from fillcast.cli.words import count

    total, bad = sum(len(rows) for _, rows in found), missed(found)
    needed = sorted({family.needs for family, rows in found if not rows})
    if needed:
        left_out = ", ".join(family.name for family, rows in found if not rows)
        console.print(f"not compared: {left_out} (not installed: {', '.join(needed)})", style="yellow", highlight=False)
    if not bad:
        which = " that were compared are" if needed else ""
        console.print(f"[bold green]✔ all {count(total, 'number')}{which} met[/]", highlight=False)
        return
    console.print(f"[bold red]✖ {count(len(bad), 'number')} of {total} missed[/]", highlight=False)
    for family, row in bad:
        line = f"  {family.name}: {row.model}, {row.quantity}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _table(rows: Sequence[Row], width: int, *, header: bool = True) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, pad_edge=False, header_style="dim", show_header=header, expand=True, width=min(width, WIDEST)
    )
    table.add_column("quantity", ratio=1)
    for name, least in NUMBER_WIDTHS.items():
        if name != ALLOWED or width >= WIDE:
            table.add_column(name, justify="right", no_wrap=True, min_width=least)
    table.add_column(PASS, no_wrap=True, min_width=len(PASS))
    for row in rows:
        published, ours, difference, allowed = _cells(row)
        told = Text(_judged(row), "green" if row.passed else "bold red")
        shown = [allowed] if width >= WIDE else []
        table.add_row(Text(row.quantity), published, ours, difference, *shown, told)
    return table


def _cells(row: Row) -> tuple[str, str, str, str]:
    return published_digits(row), our_digits(row), f"{row.difference:.1e}", f"{row.tolerance:.1e}"


def _judged(row: Row) -> str:
    return "✔" if row.passed else "✖ no"


def published_digits(row: Row) -> str:
    """Return the published number with every digit that it is known by."""
    shortest = len(f"{row.published!r}".partition("e")[0].replace(".", "").strip("-0"))
    return digits(row.published, max(certain_digits(row, row.published), shortest))


def our_digits(row: Row) -> str:
    """Return our number with one digit more than the tolerance leaves certain."""
    return digits(row.ours, certain_digits(row, row.ours) + 1)


def certain_digits(row: Row, value: float) -> int:
    """Return how many significant digits of a value the tolerance of its row leaves certain, from 1 to 17."""
    if row.tolerance == 0 or value == 0 or not math.isfinite(value):
        return MOST_DIGITS
    certain = math.floor(math.log10(abs(value))) - math.floor(math.log10(2 * row.tolerance)) + 1
    return min(max(certain, 1), MOST_DIGITS)


def digits(value: float, digits: int) -> str:
    """Return a number with so many significant digits, or all it has where that is shorter."""
    short = f"{value!r}".removesuffix(".0")
    return min((f"{value:.{min(digits, MOST_DIGITS)}g}", short), key=len)
