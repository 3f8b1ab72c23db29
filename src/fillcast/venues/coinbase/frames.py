"""The wire of Coinbase Advanced Trade: one envelope for all channels, numbers as text."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from fillcast.venues.times import utc_text_ns

LARGEST_NUMBER: Final = (1 << 63) - 1  # what an event's id holds
GO_ZERO_TIME: Final = "0001-01-01T00:00:00Z"  # how a server written in Go spells a time that it does not know

Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_NUMBER)]
NOTHING: Final = msgspec.Raw(b"")


class Envelope(msgspec.Struct, frozen=True):
    """Any frame. A refusal has a `type` and a `message`, and neither channel nor number."""

    channel: str = ""
    timestamp: str = ""
    sequence_num: Number | None = None
    events: msgspec.Raw = NOTHING
    type: str = ""
    message: str = ""
    reason: str = ""


class Level(msgspec.Struct, frozen=True, gc=False):
    """One level as it is from now on; quantity 0 removes it."""

    side: Literal["bid", "offer"]
    price_level: str
    new_quantity: str
    event_time: str


class BookEvent(msgspec.Struct, frozen=True):
    """Channel `l2_data`: a whole book, or levels that changed."""

    type: Literal["snapshot", "update"]
    product_id: str
    updates: list[Level]


class Trade(msgspec.Struct, frozen=True):
    """One match; `side` is that of the order that was resting."""

    product_id: str
    trade_id: str
    price: str
    size: str
    side: Literal["BUY", "SELL"]
    time: str


class TradesEvent(msgspec.Struct, frozen=True):
    """Channel `market_trades`: what was traded before the subscription (`snapshot`), or since."""

    type: Literal["snapshot", "update"]
    trades: list[Trade]


class SubscriptionsEvent(msgspec.Struct, frozen=True):
    """Channel `subscriptions`: all that the connection is subscribed to now, products by channel."""

    subscriptions: dict[str, list[str]]


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_books = msgspec.json.Decoder(list[BookEvent]).decode
decode_trades = msgspec.json.Decoder(list[TradesEvent]).decode
decode_subscriptions = msgspec.json.Decoder(list[SubscriptionsEvent]).decode


def latest_ns(levels: list[Level]) -> int:
    """Return the latest matching time of some levels; 0 where none states one."""
    return max(
        (utc_text_ns(text) for text in {level.event_time for level in levels} if text != GO_ZERO_TIME), default=0
    )
