"""From `VENUE:SYMBOL` words to instruments, with the venue's own metadata."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from fillcast.core.instrument import Instrument
from fillcast.errors import (
    ConnectError,
    FillcastError,
    InstrumentError,
    UnknownInstrumentError,
    UsageError,
    VenueError,
)
from fillcast.feed.reach import host_of
from fillcast.feed.rest import Rest
from fillcast.venues import Venue
from fillcast.venues.frames import UNREADABLE

NEAR_MATCHES = 3
NEAR_ENOUGH = 0.6  # difflib ratio


def parse_keys(keys: Iterable[str], venues: Iterable[str]) -> dict[str, list[str]]:
    """Return symbols by venue from words such as `okx:BTC-USDT`, each once, in the order given.

    Raises
    ------
    UsageError
        When a word has another shape, names an unknown venue, or none is given.
    """
    known = tuple(venues)
    symbols: dict[str, list[str]] = {}
    for key in keys:
        venue, colon, symbol = key.strip().partition(":")
        if not colon or not venue or not symbol:
            raise UsageError(f"instrument {key!r} is not VENUE:SYMBOL, such as okx:BTC-USDT")
        if venue not in known:
            near = difflib.get_close_matches(venue, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"instrument {key!r}: unknown venue {venue!r}; {hint}")
        if symbol not in symbols.setdefault(venue, []):
            symbols[venue].append(symbol)
    if not symbols:
        raise UsageError("name at least one instrument as VENUE:SYMBOL, such as okx:BTC-USDT")
    return symbols


async def resolve(venue: Venue, symbols: Sequence[str], rest: Rest) -> list[Instrument]:
    """Ask a venue for some of its instruments; returned in the order asked.

    Raises
    ------
    UnknownInstrumentError
        When the venue lists no such symbol; names the nearest that it does list.
    InstrumentError
        When it lists one with figures that cannot be used.
    ConnectError, VenueError
        When the venue cannot be reached or refuses.
    """
    refusal: VenueError | UnknownInstrumentError | None = None
    bodies: dict[str, bytes] = {}  # by path: a long answer is asked for once
    try:
        listed = await _list(venue, symbols, rest, bodies)
    except (VenueError, UnknownInstrumentError) as error:  # some venues refuse a question about an unknown symbol
        listed, refusal = {}, error
    if any(symbol not in listed for symbol in symbols):
        listed = await _list(venue, (), rest, bodies)
    for symbol in symbols:
        if symbol not in listed:
            raise UnknownInstrumentError(unknown(venue.name, symbol, listed)) from refusal
    return [listed[symbol] for symbol in symbols]


async def resolve_each(
    venue: Venue, symbols: Sequence[str], rest: Rest
) -> tuple[list[Instrument], dict[str, FillcastError]]:
    """Ask a venue for some of its instruments; return those that it gives, and why it does not give others, by key."""
    try:
        return await resolve(venue, symbols, rest), {}
    except (ConnectError, VenueError) as error:
        return [], {f"{venue.name}:{symbol}": error for symbol in symbols}
    except (UnknownInstrumentError, InstrumentError) as error:
        if len(symbols) == 1:
            return [], {f"{venue.name}:{symbols[0]}": error}
    found: list[Instrument] = []
    missing: dict[str, FillcastError] = {}
    for symbol in symbols:  # one of them spoils the answer: each is asked for alone
        instruments, error_of = await resolve_each(venue, (symbol,), rest)
        found += instruments
        missing |= error_of
    return found, missing


async def list_instruments(venue: Venue, rest: Rest) -> list[Instrument]:
    """Ask a venue for all instruments that it lists.

    Raises
    ------
    ConnectError, VenueError
        When the venue cannot be reached, refuses, or answers with something else.
    """
    return list((await _list(venue, (), rest, {})).values())


async def _list(venue: Venue, symbols: Sequence[str], rest: Rest, bodies: dict[str, bytes]) -> dict[str, Instrument]:
    """Return instruments by symbol, out of the answers in `bodies` and those that are added to them."""
    pages: list[str] = []
    for path in venue.instrument_paths(symbols):
        following: str | None = path
        while following is not None and following not in pages:
            if following not in bodies:
                bodies[following] = await rest.get_patiently(following, venue.metadata_weight)
            pages.append(following)
            following = venue.next_path(following, bodies[following])
    try:
        return {one.symbol: one for one in venue.parse_instruments([bodies[page] for page in pages], symbols)}
    except UNREADABLE as error:
        where = host_of(rest.base_url)
        raise VenueError(f"{where} does not answer as {venue.name} does (is the endpoint right?): {error}") from None


def unknown(venue: str, symbol: str, listed: Iterable[str]) -> str:
    """Return the sentence for a symbol that a venue does not list."""
    by_shape = {plain(one): one for one in sorted(listed, reverse=True)}
    near = difflib.get_close_matches(plain(symbol), by_shape, NEAR_MATCHES, NEAR_ENOUGH)
    hint = f"; did you mean {' or '.join(by_shape[one] for one in near)}?" if near else ""
    return f"{venue} lists no instrument {symbol!r}{hint}"


def plain(symbol: str) -> str:
    """Return a symbol without case and separators, so that `btcusdt` is near to `BTC-USDT`."""
    return "".join(character for character in symbol.upper() if character.isalnum())
