"""Coinbase instrument metadata: the public products of Advanced Trade, spot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import InstrumentError, UnknownInstrumentError
from fillcast.venues.listing import Listing

PATH: Final = "/api/v3/brokerage/market/products?product_type=SPOT"
SYMBOL: Final = re.compile(r"[A-Z0-9]+-[A-Z0-9]+")


class Name(msgspec.Struct, frozen=True):
    """Which product an entry is about, whatever else it holds."""

    product_id: str = ""


class Head(Name, frozen=True):
    """What says whether a product can be followed: read first, so that one odd entry costs no other."""

    product_type: str | None = None
    status: str | None = None
    trading_disabled: bool | None = None
    is_disabled: bool | None = None
    view_only: bool | None = None
    alias: str | None = None

    @property
    def trades(self) -> bool:
        """Whether it is spot and can be traded now."""
        stopped = self.trading_disabled or self.is_disabled or self.view_only
        return self.product_type == "SPOT" and self.status == "online" and not stopped


class Entry(msgspec.Struct, frozen=True):
    """One product; increments are decimal text."""

    product_id: str
    base_currency_id: str
    quote_currency_id: str
    base_increment: str
    quote_increment: str | None = None
    price_increment: str | None = None


class Reply(msgspec.Struct, frozen=True):
    """REST `/api/v3/brokerage/market/products`."""

    products: list[msgspec.Raw]


decode_reply = msgspec.json.Decoder(Reply).decode
decode_name = msgspec.json.Decoder(Name).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_entry = msgspec.json.Decoder(Entry).decode


def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the one REST path that describes these products, or every spot product when there are none.

    Raises
    ------
    UnknownInstrumentError
        When a symbol is spelled like none (futures are not followed).
    """
    for symbol in symbols:
        if not SYMBOL.fullmatch(symbol):
            raise UnknownInstrumentError(f"coinbase has no symbol {symbol!r}: write BTC-USD; futures are not followed")
    return (PATH + "".join(f"&product_ids={symbol}" for symbol in symbols),)


def list_instruments(bodies: Iterable[bytes]) -> Listing:
    """Return the spot products that trade in these replies.

    A product with an alias is another name of a book whose messages come under the other name alone: it is no
    instrument, and whoever asks for it is told which one is.

    Raises
    ------
    msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        for raw in decode_reply(body).products:
            named = listing.head("coinbase", raw, decode_name)
            if named is None:
                continue
            symbol = named.product_id
            try:
                head = decode_head(raw)
                if not head.trades:
                    continue
                if head.alias:
                    raise InstrumentError(
                        f"coinbase:{symbol} is another name of coinbase:{head.alias}: ask for that one"
                    )
                listing.instruments.append(as_instrument(decode_entry(raw)))
            except InstrumentError as error:
                listing.problems[symbol] = str(error)
            except msgspec.DecodeError as error:
                listing.problems[symbol] = f"coinbase:{symbol}: its metadata cannot be read: {error}"
    return listing


def as_instrument(entry: Entry) -> Instrument:
    """Return one entry as an instrument; `InstrumentError` when its figures cannot be used."""
    try:
        tick, lot = Decimal(entry.price_increment or entry.quote_increment or ""), Decimal(entry.base_increment)
    except InvalidOperation:
        raise InstrumentError(f"coinbase:{entry.product_id}: its increments cannot be used") from None
    return Instrument("coinbase", entry.product_id, entry.base_currency_id, entry.quote_currency_id, tick, lot)
