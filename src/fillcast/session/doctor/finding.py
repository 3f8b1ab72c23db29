"""One rule and what was found of it; the words that all rules share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.session.doctor.evidence import Evidence, Hole

FINE_MS = 10  # below it a tenth of a millisecond is told
LONG_MS = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule.

    Attributes
    ----------
    what
        Its name.
    held
        None where nothing was seen that could have broken it.
    found
        The figures.
    why
        What fillcast assumes, and rests on it.
    effect
        What it means for the user.
    command
        What to run next; empty where there is nothing to do.
    """

    what: str
    held: bool | None
    found: str
    why: str
    effect: str
    command: str = ""


def span(nanoseconds: float) -> str:
    """Return a time in milliseconds, or seconds where it is long."""
    milliseconds = nanoseconds / NS_PER_MS
    if abs(milliseconds) < FINE_MS:
        return f"{milliseconds:.1f} ms"
    if abs(milliseconds) < LONG_MS:
        return f"{milliseconds:.0f} ms"
    return f"{nanoseconds / NS_PER_S:.2f} s"


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun, whose plural is `nouns` where it takes more than an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"


def broken(holes: Sequence[Hole]) -> str:
    """Return what gaps of one kind did, the first of them in its own words."""
    first = holes[0]
    more = f"; {len(holes) - 1:,} more" if len(holes) > 1 else ""
    again = "not LIVE again" if first.live_after_ns is None else f"LIVE again after {span(first.live_after_ns)}"
    return f"{first.gap.instrument} was not priced: {first.gap.detail}; {again}{more}"


def watch_command(evidence: Evidence, holes: Sequence[Hole] = ()) -> str:
    """Return the command that shows whether it goes on: of the instrument that it happened to."""
    key = holes[0].gap.instrument if holes else evidence.books[0].instrument.key
    return f"fillcast watch {key} --json"
