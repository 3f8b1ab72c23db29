"""What a feed tells of its sockets and frames, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from fillcast.feed.client import Client
from fillcast.feed.driven import Notice
from fillcast.feed.reach import host_of
from fillcast.feed.statistics import Phase
from fillcast.session.doctor.finding import counted
from fillcast.session.gap_words import span
from fillcast.venues.protocol import Refused, Rejected

EXCERPT_CHARACTERS: Final = 60  # of a rejected frame


def unopened(clients: Iterable[Client], waited_ns: int) -> Iterator[str]:
    """Yield how each socket stands that never opened.

    Parameters
    ----------
    waited_ns
        Since the first attempt.
    """
    for one in clients:
        if one.counters.connects:
            continue
        if one.status.phase is not Phase.CONNECTING:
            yield f"{one.name}: {one.status.sentence}"
            continue
        failed = one.counters.failed_attempts
        earlier = f" and {counted(failed, 'failed attempt')}" if failed else ""
        yield f"{one.name}: {host_of(one.url)} has not answered the handshake, after {span(waited_ns)}{earlier}"


def closed(clients: Iterable[Client]) -> Iterator[str]:
    """Yield how each socket stands that had opened and is not open now."""
    for one in clients:
        if one.counters.connects and one.status.phase is not Phase.OPEN:
            yield f"{one.name}: {one.status.sentence}"


def rejections(notices: Iterable[Notice]) -> Iterator[str]:
    """Yield why frames were rejected, each with its beginning."""
    for one in notices:
        if isinstance(one, Rejected):
            yield f"rejected: {one.reason} ({one.excerpt[:EXCERPT_CHARACTERS]})"


def refusals(notices: Iterable[Notice]) -> Iterator[str]:
    """Yield what was refused, in the venue's own words."""
    for one in notices:
        if isinstance(one, Refused):
            yield f"refused{f' {one.instrument}' if one.instrument else ''}: {one.message} (code {one.code})"
