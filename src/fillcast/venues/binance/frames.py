"""Binance frames and REST bodies as they are on the wire: spot, USD-M and COIN-M. Prices and sizes are text.

Source: Binance spot "WebSocket Streams" and the USD-M and COIN-M market stream pages.
"""

from __future__ import annotations

import msgspec

BookLevel = tuple[str, str]  # price, size
Identifier = int | str | None


class Refusal(msgspec.Struct, frozen=True):
    """What the venue says when it refuses a request."""

    code: int = 0
    msg: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """Any frame: combined (`stream`, `data`), raw (`e`), an answer (`id`), or a recorded snapshot."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    event: str = msgspec.field(name="e", default="")
    symbol: str = msgspec.field(name="s", default="")
    id: Identifier | msgspec.UnsetType = msgspec.UNSET
    error: Refusal | None = None
    code: int = 0
    msg: str = ""
    last_update: int = msgspec.field(name="lastUpdateId", default=-1)


class Payload(msgspec.Struct, frozen=True):
    """What a payload is about; spot's best bid and ask have no event name."""

    event: str = msgspec.field(name="e", default="")
    symbol: str = msgspec.field(name="s", default="")
    pair: str = msgspec.field(name="ps", default="")


class Depth(msgspec.Struct, frozen=True):
    """One `depthUpdate`. `matched_ms` and `previous` exist on futures only."""

    sent_ms: int = msgspec.field(name="E")
    first: int = msgspec.field(name="U")
    last: int = msgspec.field(name="u")
    bids: list[BookLevel] = msgspec.field(name="b")
    asks: list[BookLevel] = msgspec.field(name="a")
    matched_ms: int | None = msgspec.field(name="T", default=None)
    previous: int | None = msgspec.field(name="pu", default=None)


class Trade(msgspec.Struct, frozen=True):
    """One `trade` or `aggTrade`. `buyer_is_maker` true: the taker sold."""

    sent_ms: int = msgspec.field(name="E")
    price: str = msgspec.field(name="p")
    size: str = msgspec.field(name="q")
    matched_ms: int = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")
    trade_id: int = msgspec.field(name="t", default=0)
    aggregate_id: int = msgspec.field(name="a", default=0)
    origin: str = msgspec.field(name="X", default="")


class BestPrices(msgspec.Struct, frozen=True):
    """One `bookTicker`; spot states no times."""

    last: int = msgspec.field(name="u")
    bid: str = msgspec.field(name="b")
    bid_size: str = msgspec.field(name="B")
    ask: str = msgspec.field(name="a")
    ask_size: str = msgspec.field(name="A")
    matched_ms: int = msgspec.field(name="T", default=0)
    sent_ms: int = msgspec.field(name="E", default=0)


class Snapshot(msgspec.Struct, frozen=True):
    """REST `depth`; spot states no times, only COIN-M the symbol."""

    last: int = msgspec.field(name="lastUpdateId")
    bids: list[BookLevel]
    asks: list[BookLevel]
    matched_ms: int = msgspec.field(name="T", default=0)
    sent_ms: int = msgspec.field(name="E", default=0)
    symbol: str = ""


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_payload = msgspec.json.Decoder(Payload).decode
decode_depth = msgspec.json.Decoder(Depth).decode
decode_trade = msgspec.json.Decoder(Trade).decode
decode_best = msgspec.json.Decoder(BestPrices).decode
decode_snapshot = msgspec.json.Decoder(Snapshot).decode
