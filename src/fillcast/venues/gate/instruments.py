"""Gate spot metadata: `/api/v4/spot/currency_pairs`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import quote

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import MOST_DECIMALS
from fillcast.errors import InstrumentError, VenueError
from fillcast.venues.listing import Listing

PATH: Final = "/api/v4/spot/currency_pairs"
TRADABLE: Final = "tradable"
OLD_ORDER_DIGITS: Final = 5  # OMG_USDT, recorded in 2021: levels of 1e-8 and finer on a step of 1e-3
# Digits of a price and a size together that leave room, of the 18 that a book counts in, for a level worth 10^7 of the
# quote currency where a price has four digits of its own.
ROOM_DIGITS: Final = 15


class Head(msgspec.Struct, frozen=True):
    """Which pair an entry is about: read first, so that one odd entry costs no other."""

    id: str = ""
    trade_status: str = ""


class Pair(Head, frozen=True, kw_only=True):
    """One pair: digits after the point of amounts and of prices."""

    base: str
    quote: str
    amount_precision: int
    precision: int


class Refusal(msgspec.Struct, frozen=True):
    """What Gate says when it refuses a request."""

    label: str = ""
    message: str = ""


decode_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_pair = msgspec.json.Decoder(Pair).decode
decode_refusal = msgspec.json.Decoder(Refusal).decode


def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the REST path that describes every pair."""
    return (PATH,)


def instrument_path(symbol: str) -> str:
    """Return the REST path that describes one pair."""
    return f"{PATH}/{quote(symbol)}"


def list_instruments(bodies: Iterable[bytes]) -> Listing:
    """Return the pairs that trade both ways.

    Raises
    ------
    VenueError
        When Gate answered with an error.
    msgspec.DecodeError
        When a body is no such reply.
    """
    listing = Listing()
    for body in bodies:
        entries = [msgspec.Raw(body)] if body.lstrip().startswith(b"{") else decode_entries(body)
        for raw in entries:
            _add(listing, raw)
    return listing


def _add(listing: Listing, raw: msgspec.Raw) -> None:
    name = ""
    try:
        head = decode_head(raw)
        name = head.id
        if not name:
            refusal = decode_refusal(raw)
            if refusal.label:
                raise VenueError(f"gate refused the instruments: {refusal.message or 'no reason'} ({refusal.label})")
        if head.trade_status == TRADABLE:
            listing.instruments.append(as_instrument(decode_pair(raw)))
    except InstrumentError as error:
        listing.problems[name] = str(error)
    except msgspec.DecodeError as error:
        listing.problems[name] = f"gate:{name}: its metadata cannot be read: {error}"


def as_instrument(pair: Pair) -> Instrument:
    """Return one pair as an instrument; `InstrumentError` when its figures cannot be used.

    Old orders rest in sizes finer than the step that new ones must keep: the book must hold them exactly. What is finer
    still than the lot chosen here is found when it comes.
    """
    if not (0 <= pair.precision <= MOST_DECIMALS and 0 <= pair.amount_precision <= MOST_DECIMALS):
        digits = f"{pair.precision} and {pair.amount_precision}"
        raise InstrumentError(f"gate:{pair.id}: prices and amounts of {digits} digits after the point")
    step = pair.amount_precision
    finest = max(step, min(step + OLD_ORDER_DIGITS, ROOM_DIGITS - pair.precision))
    tick, lot = Decimal(1).scaleb(-pair.precision), Decimal(1).scaleb(-finest)
    return Instrument("gate", pair.id, pair.base, pair.quote, tick, lot, order_lots=10 ** (finest - step))
