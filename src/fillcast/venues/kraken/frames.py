"""Kraken WebSocket v2 frames as they are on the wire. Prices and quantities are JSON numbers, kept in the digits sent.

Source: docs.kraken.com, WebSocket v2: `book`, `trade`, `status`, `heartbeat`, `ping`, and the guide to the book's
checksum, whose example writes numbers as text: both are read.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from fillcast.core.decimals import INT64_MAX
from fillcast.errors import FrameError
from fillcast.venues.levels import Level

BOOK, TRADE, STATUS, HEARTBEAT = "book", "trade", "status", "heartbeat"
SNAPSHOT, UPDATE = "snapshot", "update"
DEPTHS: Final = (10, 25, 100, 500, 1000)  # levels a side that can be subscribed to
MOST_CRC: Final = (1 << 32) - 1

Crc = Annotated[int, msgspec.Meta(ge=0, le=MOST_CRC)]
Id = Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)]


class Result(msgspec.Struct, frozen=True):
    """What was subscribed or unsubscribed; `depth` is that of a book."""

    channel: str = ""
    symbol: str = ""
    depth: int = 0


class Envelope(msgspec.Struct, frozen=True):
    """Any frame: pushed data (`channel`, `data`) or the answer to a request (`method`, `success`).

    A request for several symbols gets one answer for each. `Error` is how the first version told of too many requests.
    """

    channel: str = ""
    type: str = ""
    data: msgspec.Raw = msgspec.Raw()
    method: str = ""
    success: bool | None = None
    result: Result | None = None
    error: str = ""
    symbol: str = ""
    req_id: int = 0
    Error: str = ""


class PricedLevel(msgspec.Struct, frozen=True):
    """One level; quantity 0 removes it."""

    price: msgspec.Raw
    qty: msgspec.Raw


class BookEntry(msgspec.Struct, frozen=True):
    """The book, or what changed of it, of one symbol; `checksum` is that of the whole book after it."""

    symbol: str
    bids: list[PricedLevel]
    asks: list[PricedLevel]
    checksum: Crc
    timestamp: str = ""


class TradeEntry(msgspec.Struct, frozen=True):
    """One match; `side` is the taker's."""

    symbol: str
    side: Literal["buy", "sell"]
    price: msgspec.Raw
    qty: msgspec.Raw
    timestamp: str
    trade_id: Id = 0


class SystemStatus(msgspec.Struct, frozen=True):
    """State of the venue: online, maintenance, cancel_only or post_only."""

    system: str


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_books = msgspec.json.Decoder(list[BookEntry]).decode
decode_trades = msgspec.json.Decoder(list[TradeEntry]).decode
decode_status = msgspec.json.Decoder(list[SystemStatus]).decode


def number_text(raw: msgspec.Raw) -> str:
    """Return a number in the digits in which it was sent; `FrameError` when it is neither a number nor text."""
    text = bytes(raw).decode()
    if text[:1] == '"':
        return text[1:-1]
    if text[:1] not in "-0123456789":
        raise FrameError(f"{text[:40]} where a number was expected")
    return text


def level_texts(levels: list[PricedLevel]) -> list[Level]:
    """Return price and quantity of each level as text."""
    return [(number_text(level.price), number_text(level.qty)) for level in levels]
