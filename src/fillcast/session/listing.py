"""Everything that a venue lists."""

from __future__ import annotations

from collections.abc import Mapping

from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.feed.clock import Clock
from fillcast.feed.settings import Settings
from fillcast.session.resolve import list_instruments
from fillcast.session.routes import Destination
from fillcast.venues import VENUES, venue


async def list_all(
    name: str, *, endpoints: Mapping[str, str] | None = None, proxy: str | None = None
) -> list[Instrument]:
    """Ask a venue for every instrument that fillcast can follow there.

    Raises
    ------
    UsageError
        When there is no such venue.
    ConnectError, VenueError
        When it cannot be reached or refuses.
    """
    if name not in VENUES:
        raise UsageError(f"unknown venue {name!r}; known are {', '.join(VENUES)}")
    destination = Destination(venue(name), (), endpoints or {}, proxy, Settings(), Clock())
    try:
        return await list_instruments(destination.venue, destination.rest)
    finally:
        await destination.rest.close()
