"""Gate spot frames and REST bodies as they are on the wire, API v4. Prices and amounts are text.

Source: "Spot WebSocket v4" and "API v4", gate.com developers; `spot.obu`: announcement 45317 of 30 May 2025.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fillcast.errors import FrameError
from fillcast.venues.levels import text_time_ns
from fillcast.venues.regridding import Sides

BookLevel = tuple[str, str]  # price, amount; amount 0 deletes
FRACTION_DIGITS = 6  # of a millisecond, to nanoseconds


class Failure(msgspec.Struct, frozen=True):
    """Why a request failed."""

    code: int
    message: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """Any frame: pushed data (`event` "update", or none on `spot.obu`) or the answer to a request."""

    channel: str = ""
    event: str = ""
    id: int | None = None
    time_ms: int = 0
    error: Failure | None = None
    result: msgspec.Raw = msgspec.Raw()


class Update(msgspec.Struct, frozen=True):
    """What changed in one book from id `first` to id `last`, or all of it (`full`), which may state no first id.

    `symbol` is "BTC_USDT" on `spot.order_book_update` and "ob.BTC_USDT.400" on `spot.obu`.
    """

    event_ms: int = msgspec.field(name="t")
    symbol: str = msgspec.field(name="s")
    last: int = msgspec.field(name="u")
    first: int | None = msgspec.field(name="U", default=None)
    full: bool = False
    level: str = msgspec.field(name="l", default="")
    bids: list[BookLevel] | None = msgspec.field(name="b", default=None)
    asks: list[BookLevel] | None = msgspec.field(name="a", default=None)


class Trade(msgspec.Struct, frozen=True):
    """One trade; `side` is the taker's."""

    id: int
    create_time_ms: str
    side: Literal["buy", "sell"]
    currency_pair: str
    amount: str
    price: str


class BestPrices(msgspec.Struct, frozen=True):
    """One `spot.book_ticker`; empty text where a side is empty."""

    event_ms: int = msgspec.field(name="t")
    symbol: str = msgspec.field(name="s")
    bid: str = msgspec.field(name="b")
    bid_size: str = msgspec.field(name="B")
    ask: str = msgspec.field(name="a")
    ask_size: str = msgspec.field(name="A")


class Snapshot(msgspec.Struct, frozen=True):
    """REST `order_book` with its id; recordings of 2021 state no time."""

    id: int
    bids: list[BookLevel]
    asks: list[BookLevel]
    update: int = 0


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_update = msgspec.json.Decoder(Update).decode
decode_trade = msgspec.json.Decoder(Trade).decode
decode_best = msgspec.json.Decoder(BestPrices).decode
decode_snapshot = msgspec.json.Decoder(Snapshot).decode


def sides(update: Update) -> Sides:
    """Return the levels of a book message."""
    return ((1, update.bids or []), (-1, update.asks or []))


def best(prices: BestPrices) -> Sides:
    """Return the best bid and ask, no level where a side is empty."""
    return (
        (1, [(prices.bid, prices.bid_size)] if prices.bid else []),
        (-1, [(prices.ask, prices.ask_size)] if prices.ask else []),
    )


def topic_of(symbol: str) -> tuple[str, int]:
    """Return the symbol and the levels a side of a `spot.obu` topic; `FrameError` when it is none."""
    parts = symbol.split(".")
    if len(parts) != 3 or parts[0] != "ob" or not (parts[2].isascii() and parts[2].isdigit() and len(parts[2]) < 6):
        raise FrameError(f"{symbol[:40]!r} is not a topic such as ob.BTC_USDT.400")
    return parts[1], int(parts[2])


def fine_time_ns(text: str) -> int:
    """Return milliseconds with a fraction ("1606292218213.4578") in nanoseconds; `FrameError` when it is no time."""
    whole, point, fraction = text.partition(".")
    if point and not (fraction.isascii() and fraction.isdigit()):
        raise FrameError(f"{text[:40]!r} is not a time in milliseconds")
    return text_time_ns(whole) + int(fraction[:FRACTION_DIGITS].ljust(FRACTION_DIGITS, "0"))
