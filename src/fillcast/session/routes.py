"""One venue of a session: where it is reached, within which limits, and by which protocols."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from fillcast.core.instrument import Instrument
from fillcast.core.units import NS_PER_S
from fillcast.errors import ConnectError, FillcastError
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven
from fillcast.feed.feed import Route
from fillcast.feed.limits import RateLimit
from fillcast.feed.rest import Rest
from fillcast.feed.settings import Settings
from fillcast.session.endpoints import endpoint_of
from fillcast.session.resolve import resolve, resolve_each
from fillcast.venues import Venue
from fillcast.venues.settings import Settings as ProtocolSettings


class Destination:
    """One venue and the symbols that are wanted of it.

    Attributes
    ----------
    venue
        The venue.
    rest
        Its REST requests, for metadata first and for the feed afterwards: one budget for both.
    """

    def __init__(
        self,
        venue: Venue,
        symbols: Sequence[str],
        endpoints: Mapping[str, str],
        proxy: str | None,
        settings: Settings,
        clock: Clock,
        protocol: ProtocolSettings | None = None,
    ) -> None:
        self.venue = venue
        self._symbols = symbols
        self._protocol = protocol
        self._clock = clock
        self._endpoint = endpoint_of(venue, endpoints, proxy)
        limit = RateLimit(venue.rest_limit.weight, venue.rest_limit.window_ns)
        self.rest = Rest(self._endpoint.rest_url, limit, settings=settings, clock=clock, proxy=proxy)

    async def resolve(self) -> list[Instrument]:
        """Ask for the metadata of the symbols, in their order."""
        return self._dated(await resolve(self.venue, self._symbols, self.rest))

    async def resolve_what_answers(self, patience_s: float) -> tuple[list[Instrument], dict[str, FillcastError]]:
        """Ask for the metadata of the symbols for so many seconds; return also why there is none, by key."""
        try:
            async with asyncio.timeout(patience_s):
                found, missing = await resolve_each(self.venue, self._symbols, self.rest)
                return self._dated(found), missing
        except TimeoutError:
            keys = [f"{self.venue.name}:{symbol}" for symbol in self._symbols]
            why = f"; the last attempt: {self.rest.last_failure}" if self.rest.last_failure else ""
            return [], {key: ConnectError(f"no answer about {key} within {patience_s:g} s{why}") for key in keys}

    def _dated(self, instruments: Iterable[Instrument]) -> list[Instrument]:
        """Return instruments that have just been fetched; the fees that they state are those of today."""
        today = datetime.fromtimestamp(self._clock.wall_ns() / NS_PER_S, UTC).date().isoformat()
        return [
            one if one.published_fees is None else replace(one, published_fees=replace(one.published_fees, as_of=today))
            for one in instruments
        ]

    def route(self, instruments: Sequence[Instrument], connections: Sequence[Driven] = ()) -> Route:
        """Return what the feed needs to follow instruments here, by the venue's protocols or those that are given."""
        venue = self.venue
        return Route(
            venue.name,
            self._endpoint,
            self.rest,
            connections or venue.connections(instruments, settings=self._protocol),
            venue.dial_limit,
            venue.control_limit,
        )
