"""Which instrument of a venue is examined when none is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fillcast.core.instrument import Instrument
from fillcast.errors import VenueError

BUSIEST_BASE: Final = "BTC"
DOLLARS: Final = ("USDT", "USD", "USDC")  # what most of it is quoted in; the order decides between equal symbols


def busy_instrument(venue: str, listed: Sequence[Instrument]) -> Instrument:
    """Return an instrument that probably trades all the time, by its listing alone.

    Of those in BTC against dollars the one with the shortest symbol: longer ones name a date, a settlement or a
    smaller market. Where there is none, the shortest against dollars, else the shortest of all.

    Raises
    ------
    VenueError
        When the venue lists nothing that can be followed.
    """
    if not listed:
        raise VenueError(f"{venue} lists no instrument that can be followed")
    return min(listed, key=_rank)


def _rank(one: Instrument) -> tuple[bool, bool, int, int, str]:
    in_dollars = one.quote in DOLLARS
    order = DOLLARS.index(one.quote) if in_dollars else len(DOLLARS)
    return not in_dollars, one.base != BUSIEST_BASE, len(one.symbol), order, one.symbol
