"""OKX v5 frames and REST bodies as they are on the wire. Every number is text or an integer, never a float.

Source: OKX API v5, public WebSocket channels `books`, `trades` and `bbo-tbt`, REST `/api/v5/market/books`.
"""

from __future__ import annotations

from typing import Literal

import msgspec

BookLevel = tuple[str, str, str, str]  # price, size, deprecated "0", orders


class Argument(msgspec.Struct, frozen=True):
    """What a subscription, or a frame of it, is about."""

    channel: str = ""
    instId: str = ""  # noqa: N815
    instType: str = ""  # noqa: N815  # of requests for a whole type, and of every frame of a venue that copied the shape


class Envelope(msgspec.Struct, frozen=True):
    """Any frame: pushed data (`arg`, `data`) or the answer to a request (`event`)."""

    arg: Argument | None = None
    action: str = ""
    data: msgspec.Raw = msgspec.Raw()
    event: str = ""
    code: str = ""
    msg: str = ""


class BookEntry(msgspec.Struct, frozen=True):
    """One message of a book channel, or one REST snapshot."""

    asks: list[BookLevel]
    bids: list[BookLevel]
    ts: str
    checksum: int = 0
    seqId: int | None = None  # noqa: N815
    prevSeqId: int = -1  # noqa: N815


class TradeEntry(msgspec.Struct, frozen=True):
    """One aggregated trade; `side` is the taker's."""

    instId: str  # noqa: N815
    tradeId: str  # noqa: N815
    px: str
    sz: str
    side: Literal["buy", "sell"]
    ts: str


class BookReply(msgspec.Struct, frozen=True):
    """REST `/api/v5/market/books`."""

    code: str
    msg: str = ""
    data: list[BookEntry] = []


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_books = msgspec.json.Decoder(list[BookEntry]).decode
decode_trades = msgspec.json.Decoder(list[TradeEntry]).decode
decode_book_reply = msgspec.json.Decoder(BookReply).decode
