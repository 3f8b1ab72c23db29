"""Kraken instrument metadata: REST `/0/public/AssetPairs`.

Source: docs.kraken.com, REST, tradable asset pairs, and WebSocket v2 (`symbol`); answers of September 2026 as quoted by
other clients. Since 8 September 2026 `fees` and `fees_maker` are empty for every pair (change log of the venue).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import MOST_DECIMALS
from fillcast.errors import InstrumentError, VenueError
from fillcast.venues.directory import FILES
from fillcast.venues.kraken.fees import pair_fees
from fillcast.venues.listing import Listing

PATH: Final = "/0/public/AssetPairs"
REST_WEIGHT: Final = 1  # the limit counts requests
# Assets whose old names `wsname` and REST still have; WebSocket v2 knows the usual ones alone.
USUAL_NAMES: Final = {"XBT": "BTC", "XDG": "DOGE"}
OLD_NAMES: Final = {usual: old for old, usual in USUAL_NAMES.items()}
TRADING: Final = ("", "online", "limit_only")  # older replies state no status
STABLE: Final = "stable"  # the fee group of stablecoins and of one cash currency against another
STABLE_BASES: Final = frozenset(tomllib.loads((FILES / "kraken.toml").read_text(encoding="utf-8"))["stable"]["bases"])


class Head(msgspec.Struct, frozen=True):
    """Which instrument an entry is about: read first, so that one odd entry costs no other."""

    wsname: str = ""
    status: str = ""


class Entry(Head, frozen=True, kw_only=True):
    """One pair. `tick_size` came later than `pair_decimals`."""

    pair_decimals: int
    lot_decimals: int
    tick_size: str = ""
    fees: msgspec.Raw = msgspec.Raw()
    fees_maker: msgspec.Raw = msgspec.Raw()


class Reply(msgspec.Struct, frozen=True):
    """REST `AssetPairs`, by the venue's own keys, or errors with HTTP status 200."""

    error: list[str] = []
    result: dict[str, msgspec.Raw] | None = None


decode_reply = msgspec.json.Decoder(Reply).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_entry = msgspec.json.Decoder(Entry).decode


def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the REST path that describes every symbol: one unknown pair would cost a reply about named ones."""
    return (PATH,)


def usual_symbol(wsname: str) -> str:
    """Return the symbol that WebSocket v2 has for a pair ("BTC/USD" for "XBT/USD")."""
    return "/".join(USUAL_NAMES.get(name, name) for name in wsname.split("/"))


def rest_pair(symbol: str) -> str:
    """Return the name that REST has for a symbol of WebSocket v2 ("XBTUSD" for "BTC/USD")."""
    return "".join(OLD_NAMES.get(name, name) for name in symbol.split("/"))


def list_instruments(bodies: Iterable[bytes]) -> Listing:
    """Return the pairs that trade; those without a name on WebSocket (dark pools) are left out.

    Raises
    ------
    VenueError
        When Kraken answered with an error.
    msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        reply = decode_reply(body)
        if reply.error or reply.result is None:
            raise VenueError(f"kraken refused the instruments: {', '.join(reply.error) or 'no result'}")
        for raw in reply.result.values():
            head = listing.head("kraken", raw, decode_head)
            if head is None or not head.wsname or head.status not in TRADING:
                continue
            symbol = usual_symbol(head.wsname)
            try:
                listing.instruments.append(as_instrument(symbol, decode_entry(raw)))
            except InstrumentError as error:
                listing.problems[symbol] = str(error)
            except msgspec.DecodeError as error:
                listing.problems[symbol] = f"kraken:{symbol}: its metadata cannot be read: {error}"
    return listing


def as_instrument(symbol: str, entry: Entry) -> Instrument:
    """Return one entry as an instrument; `InstrumentError` when its figures cannot be used."""
    base, slash, quote = symbol.partition("/")
    if not (base and slash and quote):
        raise InstrumentError(f"kraken:{symbol}: its base and quote cannot be told apart")
    if not (0 <= entry.pair_decimals <= MOST_DECIMALS and 0 <= entry.lot_decimals <= MOST_DECIMALS):
        raise InstrumentError(f"kraken:{symbol}: {entry.pair_decimals} and {entry.lot_decimals} digits after the point")
    try:
        tick = Decimal(entry.tick_size) if entry.tick_size else Decimal(1).scaleb(-entry.pair_decimals)
    except InvalidOperation:
        raise InstrumentError(f"kraken:{symbol}: its tick {entry.tick_size[:40]!r} cannot be used") from None
    lot = Decimal(1).scaleb(-entry.lot_decimals)
    group = STABLE if base in STABLE_BASES else ""
    fees = pair_fees(entry.fees, entry.fees_maker)
    return Instrument(
        "kraken", symbol, base, quote, tick, lot, fixed_decimals=True, fee_group=group, published_fees=fees
    )
