"""Bybit v5 instrument metadata: `/v5/market/instruments-info` of spot, linear and inverse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote

import msgspec

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import InstrumentError, VenueError
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.listing import Listing

PATH: Final = "/v5/market/instruments-info?category="
PAGE: Final = 1000  # entries, the venue's most; spot is always one page
ASKED_SINGLY: Final = 20  # symbols that are asked for one by one: one entry has 1 KB, a page 800 KB
CURSOR: Final = "&cursor="
SYMBOL: Final = "&symbol="
SPOT, LINEAR, INVERSE = "spot", "linear", "inverse"
TRADING: Final = "Trading"
KINDS: Final = {
    "LinearPerpetual": ContractKind.LINEAR,
    "LinearFutures": ContractKind.LINEAR,
    "InversePerpetual": ContractKind.INVERSE,
    "InverseFutures": ContractKind.INVERSE,
}


class PriceFilter(msgspec.Struct, frozen=True):
    """Rules of prices."""

    tickSize: str  # noqa: N815


class LotSizeFilter(msgspec.Struct, frozen=True):
    """Rules of sizes: spot states `basePrecision`, contracts `qtyStep`."""

    qtyStep: str = ""  # noqa: N815
    basePrecision: str = ""  # noqa: N815


class Head(msgspec.Struct, frozen=True):
    """Which instrument an entry is about: read first, so that one odd entry costs no other."""

    symbol: str = ""
    status: str = ""


class Entry(Head, frozen=True, kw_only=True):
    """One instrument."""

    baseCoin: str  # noqa: N815
    quoteCoin: str  # noqa: N815
    priceFilter: PriceFilter  # noqa: N815
    lotSizeFilter: LotSizeFilter  # noqa: N815
    contractType: str = ""  # noqa: N815
    settleCoin: str = ""  # noqa: N815


class Page(msgspec.Struct, frozen=True):
    """One page of entries."""

    entries: list[msgspec.Raw] = msgspec.field(name="list", default_factory=list)
    nextPageCursor: str = ""  # noqa: N815


class Reply(msgspec.Struct, frozen=True):
    """REST `/v5/market/instruments-info`, or a refusal."""

    retCode: int  # noqa: N815
    retMsg: str = ""  # noqa: N815
    result: Page = Page()


decode_reply = msgspec.json.Decoder(Reply).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_entry = msgspec.json.Decoder(Entry).decode


def instrument_paths(category: str, symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the REST paths that describe these symbols, or the first page of everything when there are none."""
    if 0 < len(symbols) <= ASKED_SINGLY:
        return tuple(symbol_path(category, symbol) for symbol in symbols)
    return (PATH + category + ("" if category == SPOT else f"&limit={PAGE}"),)


def symbol_path(category: str, symbol: str) -> str:
    """Return the REST path that describes one symbol."""
    return f"{PATH}{category}{SYMBOL}{quote(symbol)}"


def next_path(path: str, body: bytes) -> str | None:
    """Return the path of the page after one that came from `path`; None when it was the last."""
    try:
        page = decode_reply(body).result
    except UNREADABLE:
        return None  # what is wrong with it is told by who reads its entries
    if SYMBOL in path or not page.entries or not page.nextPageCursor:
        return None
    return path.partition(CURSOR)[0] + CURSOR + quote(page.nextPageCursor, safe="%")  # it comes quoted already


def list_instruments(venue: str, category: str, bodies: Iterable[bytes]) -> Listing:
    """Return the instruments of a category that trade.

    Raises
    ------
    VenueError
        When Bybit answered with an error.
    msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        reply = decode_reply(body)
        if reply.retCode:
            raise VenueError(f"{venue} refused the instruments: {reply.retMsg} (code {reply.retCode})")
        for raw in reply.result.entries:
            head = listing.head(venue, raw, decode_head)
            if head is None or head.status != TRADING:
                continue
            try:
                listing.instruments.append(as_instrument(venue, category, decode_entry(raw)))
            except InstrumentError as error:
                listing.problems[head.symbol] = str(error)
            except msgspec.DecodeError as error:
                listing.problems[head.symbol] = f"{venue}:{head.symbol}: its metadata cannot be read: {error}"
    return listing


def as_instrument(venue: str, category: str, entry: Entry) -> Instrument:
    """Return one entry as an instrument; `InstrumentError` when its figures cannot be used.

    Linear contracts are sized in base currency, inverse ones in contracts of 1 unit of quote currency.
    """
    spot = category == SPOT
    try:
        tick = Decimal(entry.priceFilter.tickSize)
        lot = Decimal(entry.lotSizeFilter.basePrecision if spot else entry.lotSizeFilter.qtyStep)
    except InvalidOperation:
        raise InstrumentError(f"{venue}:{entry.symbol}: its tick or lot cannot be used") from None
    kind = ContractKind.LINEAR if spot else KINDS.get(entry.contractType)
    if kind is None or (kind is ContractKind.INVERSE) is not (category == INVERSE):
        what = f"a {entry.contractType or 'nameless'} contract among those that are {category}"
        raise InstrumentError(f"{venue}:{entry.symbol}: {what} is not known here")
    return Instrument(
        venue,
        entry.symbol,
        entry.baseCoin,
        entry.quoteCoin,
        tick,
        lot,
        kind,
        sized_in="contracts" if category == INVERSE else "base",
        settle=entry.settleCoin,
        fixed_decimals=not spot,
    )
