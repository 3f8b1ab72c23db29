"""Bitfinex instrument metadata: the pairs of the exchange, and the usual names of the venue's own currency codes.

The venue has no tick: a price has at most 5 significant digits and 8 decimals, and one book holds prices of several
magnitudes, so that only steps of 1e-8 hold all of them. Most levels then lie outside the ring of a book; measured on
250 levels a side around a price of 60,000, that costs 0.6 microseconds an update.

Source: docs.bitfinex.com, REST configs; "Readme", price precision; the digits in a recorded book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import FrameError, UnknownInstrumentError, VenueError
from fillcast.venues.frames import excerpt
from fillcast.venues.listing import Listing

PATH: Final = "/v2/conf/pub:list:pair:exchange,pub:map:currency:sym"
REST_WEIGHT: Final = 1
STEP: Final = Decimal("1e-8")  # of prices and of amounts
SYMBOL: Final = re.compile(r"t(?:([A-Z0-9]{3})([A-Z0-9]{3})|([A-Z0-9]{2,}):([A-Z0-9]{2,}))")

decode_reply = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_pairs = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_pair = msgspec.json.Decoder(str).decode
decode_names = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_name = msgspec.json.Decoder(tuple[str, str]).decode


def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the REST path that describes every symbol.

    Raises
    ------
    UnknownInstrumentError
        When one is spelled like none of the venue's pairs.
    """
    for symbol in symbols:
        split_symbol(symbol)
    return (PATH,)


def split_symbol(symbol: str) -> tuple[str, str]:
    """Return the venue's codes of base and quote; `UnknownInstrumentError` when it is no symbol of a pair."""
    found = SYMBOL.fullmatch(symbol)
    if found is None:
        raise UnknownInstrumentError(f"bitfinex has no symbol {symbol!r}: write tBTCUSD or tAVAX:USD")
    return (found[1], found[2]) if found[1] else (found[3], found[4])


def list_instruments(bodies: Iterable[bytes]) -> Listing:
    """Return the instruments of these replies.

    Raises
    ------
    VenueError
        When Bitfinex answered with an error.
    FrameError, msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        parts = decode_reply(body)
        if parts and bytes(parts[0]) == b'"error"':
            raise VenueError(f"bitfinex refused the instruments: {excerpt(body)}")
        if len(parts) < 2:
            raise FrameError("instrument metadata without its two lists")
        names = dict(_names(parts[1]))
        for raw in decode_pairs(parts[0]):
            try:
                symbol = f"t{decode_pair(raw)}"
                base, quote = split_symbol(symbol)
            except (UnknownInstrumentError, msgspec.DecodeError):
                pair = excerpt(bytes(raw)).strip('"')
                listing.problems[f"t{pair}"] = f"bitfinex:t{pair}: its base and quote cannot be told apart"
                continue
            listing.instruments.append(
                Instrument("bitfinex", symbol, names.get(base, base), names.get(quote, quote), STEP, STEP)
            )
    return listing


def _names(raw: msgspec.Raw) -> Iterable[tuple[str, str]]:
    """Yield code and usual name of currencies; one that cannot be read keeps its code."""
    for entry in decode_names(raw):
        try:
            code, name = decode_name(entry)
        except msgspec.DecodeError:
            continue
        yield code, name.upper()
