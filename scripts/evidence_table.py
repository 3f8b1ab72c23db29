"""Print docs/evidence.md: every number that the models are held to, with what they give now."""

from __future__ import annotations

import argparse

from fillcast.cli.evidence import certain_digits, digits, published_digits
from fillcast.evidence.families import FAMILIES, Family
from fillcast.evidence.row import Row

PREFACE = """# What the models are held to

Every model stands beside numbers that were computed without it: by the paper it comes from, by another program, or by
hand. `fillcast evidence` computes ours anew, prints the difference and ends with 1 when one is missed; the tests do the
same. This page is what `scripts/evidence-table` prints, and a test holds it to that. *ours* has the digits that the
allowed difference leaves certain.

*published*: printed in the source. *recomputed*: computed apart from this code, from published inputs or formulas.
*golden case*: a case of our own, computed by an independent script. What a paper found in its data is cited where a
model rests on it, and is no test of ours.
"""


def section(family: Family) -> str:
    """Return the part of the page about one family."""
    lines = [f"## {family.title}", "", f"`fillcast evidence --family {family.name}`"]
    if family.needs:
        lines += ["", f"Computed where `{family.needs}` is installed."]
    lines += ["", "| model | quantity | source | kind | published | ours | allowed |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *map(_line, family.rows()), ""])


def page() -> str:
    """Return the whole page."""
    return "\n".join([PREFACE, *(section(family) for family in FAMILIES)])


def _line(row: Row) -> str:
    ours = digits(row.ours, certain_digits(row, row.ours))
    if row.passed and row.published == 0:
        ours = "0"
    cells = (row.model, row.quantity, row.source, row.provenance, published_digits(row), ours, f"{row.tolerance:.1e}")
    return f"| {' | '.join(cell.replace('|', '&#124;').replace('*', '&#42;') for cell in cells)} |"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(page(), end="")
