"""Bybit v5 frames as they are on the wire. Every number is text or an integer, never a float.

The order of keys differs by product, so nothing here goes by position.

Source: Bybit v5 documentation, WebSocket public channels `orderbook` and `publicTrade`, and "Connect".
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from fillcast.core.decimals import INT64_MAX

BOOK_TOPIC: Final = re.compile(r"orderbook\.([1-9][0-9]{0,3})\.(.+)")  # depth, symbol
TRADE_TOPIC: Final = re.compile(r"publicTrade\.(.+)")  # symbol
SNAPSHOT, DELTA = "snapshot", "delta"
RESTARTED: Final = 1  # `u` of the first book after a restart of the service, whatever the message calls itself
REFUSED_TOPIC: Final = re.compile(r"error:([^,]*),\s*topic:(\S+)")  # reason, topic
ALREADY_SUBSCRIBED: Final = "already subscribed"

Level = tuple[str, str]  # price, size
Id = Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)]


class Envelope(msgspec.Struct, frozen=True):
    """Any frame: pushed data (`topic`, `data`) or the answer to a request (`op`, `success`).

    `ts` is when the frame was made, `cts` when the matching engine made the book; both in ms. Pongs are told by `op`
    alone: their other fields differ by product.
    """

    topic: str = ""
    type: str = ""
    ts: int = -1
    cts: int | None = None
    data: msgspec.Raw = msgspec.Raw()
    op: str = ""
    success: bool | None = None
    ret_msg: str = ""
    ret_code: int | None = None
    req_id: str = ""


class Book(msgspec.Struct, frozen=True):
    """The book, or what changed of it: symbol, bids, asks, number of the message within its topic."""

    s: str
    b: list[Level]
    a: list[Level]
    u: Id


class Trade(msgspec.Struct, frozen=True):
    """One match: symbol, price, size, id; `S` is the taker's side, `T` the time of the match in ms.

    `BT` marks a block trade, which was agreed on elsewhere and met no book.
    """

    s: str
    p: str
    v: str
    S: Literal["Buy", "Sell"]
    T: int
    i: str = ""
    BT: bool = False


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_book = msgspec.json.Decoder(Book).decode
decode_trades = msgspec.json.Decoder(list[Trade]).decode
