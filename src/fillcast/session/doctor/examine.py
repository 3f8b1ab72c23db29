"""Connects to one venue for a while and says rule by rule what held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from fillcast.core.instrument import Instrument
from fillcast.core.units import NS_PER_S
from fillcast.errors import ConnectError, VenueError
from fillcast.feed.clock import Clock
from fillcast.feed.feed import Feed
from fillcast.feed.reach import host_of
from fillcast.feed.settings import Settings
from fillcast.session.doctor.choice import busy_instrument
from fillcast.session.doctor.evidence import Asked, Evidence, SeenLine
from fillcast.session.doctor.finding import Finding
from fillcast.session.doctor.rules import apply_rules, holds, verdict
from fillcast.session.doctor.witness import Witness
from fillcast.session.resolve import list_instruments
from fillcast.session.routes import Destination
from fillcast.venues import venue
from fillcast.venues.settings import Settings as ProtocolSettings

PROTOCOL: Final = ProtocolSettings(check_touch=True)
PINGS: Final = 10  # that an examination makes, within these seconds between two of them:
# longer than the silence after which a protocol asks by itself, so that a quiet line shows whether the venue answers;
# few enough that no venue counts them as a flood (the strictest takes 5 messages a second).
LONGEST_PING_S: Final = 3.0
SHORTEST_PING_S: Final = 0.5
PROGRESS_S: Final = 0.2
# An examination ends within the seconds that were asked for and these two: for the venue's list of instruments, four
# attempts and their pauses of 3.5 s in all (more of it is taken out of the seconds, half of them at most); and for the
# closing of sockets, for which a feed takes no longer.
LISTING_S: Final = 4.0
CLOSING_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Examination:
    """What was seen of a venue, and what that says of each rule."""

    evidence: Evidence
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether every rule held that was seen."""
        return holds(self.findings)

    @property
    def verdict(self) -> str:
        """The whole in one sentence."""
        return verdict(self.evidence.venue, self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; keys may be added, never renamed."""
        evidence = self.evidence
        return {
            "venue": evidence.venue,
            "seconds": round(evidence.seconds, 3),
            "instruments": [
                {
                    "instrument": book.instrument.key,
                    "tick": f"{book.instrument.tick:f}",
                    "lot": f"{book.instrument.lot:f}",
                    "state": book.state.name,
                    "proof": book.proof,
                }
                for book in evidence.books
            ],
            "findings": [asdict(finding) for finding in self.findings],
            "holds": self.holds,
            "verdict": self.verdict,
        }


async def examine(
    name: str,
    symbols: Sequence[str] = (),
    *,
    seconds: float,
    endpoints: Mapping[str, str] | None = None,
    proxy: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
    clock: Clock | None = None,
) -> Examination:
    """Follow some instruments of a venue for some seconds and judge what it did.

    Every frame takes the reference path, so that everything is counted, and best bid and ask messages are compared
    with the book where the venue has them. It ends within `seconds` and `LISTING_S + CLOSING_S`, whatever does not
    answer. A venue that gives no list of its instruments is a finding like others.

    Parameters
    ----------
    symbols
        One that is probably busy when none is given; see `choice`.
    seconds
        How long the sockets are driven, connecting included. What comes before (the list of instruments) is not
        counted up to `LISTING_S`; beyond, it is taken out of these, up to half of them.
    progress
        Told from time to time which share of them is over.
    clock
        The machine's unless given.

    Raises
    ------
    UsageError, UnknownInstrumentError
        When there is no such venue or symbol.
    InstrumentError
        When the venue lists a symbol that was named with figures that cannot be used.
    """
    clock, found = clock or Clock(), venue(name)
    asked = Asked(tuple(symbols), seconds, (endpoints or {}).get(name, ""), proxy or "")
    settings = Settings(ping_interval_s=min(max(seconds / PINGS, SHORTEST_PING_S), LONGEST_PING_S))
    destination = Destination(found, list(dict.fromkeys(symbols)), endpoints or {}, proxy, settings, clock)
    try:
        started_ns = clock.mono_ns()
        try:
            instruments = await _listed(destination, bool(symbols), LISTING_S + seconds / 2)
        except (ConnectError, VenueError) as error:
            evidence = _unlisted(destination, str(error), clock.mono_ns() - started_ns, asked)
            return Examination(evidence, apply_rules(evidence))
        rest_ns = clock.mono_ns() - started_ns
        connections = found.connections(instruments, touch=True, settings=PROTOCOL, fast=False)
        witness = Witness(connections, settings, clock)
        feed = Feed(
            [destination.route(instruments, connections)], listener=witness.listener, settings=settings, clock=clock
        )
        witness.follow(feed)
        async with feed:
            await _wait(min(seconds, seconds + LISTING_S - rest_ns / NS_PER_S), clock, progress)
            evidence = witness.evidence(name, rest_ns, asked)
    finally:
        await destination.rest.close()
    return Examination(evidence, apply_rules(evidence))


async def _listed(destination: Destination, named: bool, limit_s: float) -> list[Instrument]:
    """Return what is followed; `ConnectError` when that takes longer than `limit_s`."""
    rest = destination.rest
    try:
        async with asyncio.timeout(limit_s):
            if named:
                return await destination.resolve()
            return [busy_instrument(destination.venue.name, await list_instruments(destination.venue, rest))]
    except TimeoutError:
        host = host_of(rest.base_url)
        said = rest.last_failure or "the request for them got no answer, or not all of it"
        raise ConnectError(f"{host} did not list its instruments within {limit_s:g} s: {said}") from None


def _unlisted(destination: Destination, failure: str, rest_ns: int, asked: Asked) -> Evidence:
    """Return what is known of a venue that gave no list of its instruments."""
    line = SeenLine(host_of(destination.rest.base_url), rest_ns, 0, rest_failure=failure)
    return Evidence(destination.venue.name, 0.0, line, (), asked=asked)


async def _wait(seconds: float, clock: Clock, progress: Callable[[float], None]) -> None:
    started_ns = clock.mono_ns()
    while (gone_s := (clock.mono_ns() - started_ns) / NS_PER_S) < seconds:
        progress(gone_s / seconds)
        await clock.sleep(min(PROGRESS_S, seconds - gone_s))
