"""One rule and what was found of it; the words that all rules share."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from fillcast.session.doctor.evidence import Evidence, Hole
from fillcast.session.gap_words import span

LONGER_S = 120.0  # of an examination that is proposed because nothing came in a shorter one


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


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun, whose plural is `nouns` where it takes more than an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {nouns or noun + 's'}"


def broken(holes: Sequence[Hole]) -> str:
    """Return what gaps of one kind did, the first of them in its own words."""
    first = holes[0]
    more = f"; {len(holes) - 1:,} more" if len(holes) > 1 else ""
    again = "not LIVE again" if first.live_after_ns is None else f"LIVE again after {span(first.live_after_ns)}"
    return f"{first.gap.instrument} was not priced: {first.gap.detail}; {again}{more}"


def command(evidence: Evidence, *words: str, proxy: str = "") -> str:
    """Return a command of fillcast that reaches the venue as the user reached it, as a shell takes it.

    Parameters
    ----------
    proxy
        In place of the user's. Credentials in theirs are not repeated: findings are printed, kept and shown to others.
    """
    asked = evidence.asked
    parts = ["fillcast", *words]
    if asked.endpoint:
        parts += ["--endpoint", f"{evidence.venue}={_without_credentials(asked.endpoint)}"]
    if proxy or asked.proxy:
        parts += ["--proxy", proxy or _without_credentials(asked.proxy)]
    return shlex.join(parts)


def watch_command(evidence: Evidence, holes: Sequence[Hole] = ()) -> str:
    """Return the command that shows whether it goes on: of the instrument that it happened to."""
    key = holes[0].gap.instrument if holes else evidence.books[0].instrument.key
    return command(evidence, "watch", key, "--json")


def proxy_command(evidence: Evidence) -> str:
    """Return the same examination through a proxy; empty where there was one already."""
    asked = evidence.asked
    if asked.proxy:
        return ""
    return command(evidence, "doctor", evidence.venue, *asked.symbols, "--seconds", f"{asked.seconds:g}", proxy="URL")


def longer_command(evidence: Evidence, symbol: str) -> str:
    """Return a longer examination of one instrument."""
    seconds = max(LONGER_S, 2 * evidence.asked.seconds)
    return command(evidence, "doctor", evidence.venue, symbol, "--seconds", f"{seconds:g}")


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    name, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"USER:PASSWORD{at}{host}")) if name else url
