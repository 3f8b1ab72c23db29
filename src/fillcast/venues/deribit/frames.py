"""Deribit frames as they are on the wire: JSON-RPC 2.0. Prices and amounts are JSON numbers, kept as their digits.

Source: docs.deribit.com, "Notifications" and the channels `book`, `trades` and `quote` of one instrument.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from fillcast.errors import FrameError
from fillcast.venues.levels import trade_number
from fillcast.venues.regridding import Sides

Digits = msgspec.Raw
BookLevel = tuple[Literal["new", "change", "delete"], Digits, Digits]  # action, price, amount
NONE = (b"", b"null")


class Failure(msgspec.Struct, frozen=True):
    """Why a request failed."""

    code: int
    message: str = ""


class Params(msgspec.Struct, frozen=True):
    """What a notification carries: pushed data of a channel, or the type of a heartbeat."""

    channel: str = ""
    data: msgspec.Raw = msgspec.Raw()
    type: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """Any frame: a notification (`method`) or the answer to a request (`id`)."""

    method: str = ""
    params: Params | None = None
    id: int | str | msgspec.UnsetType | None = msgspec.UNSET
    result: msgspec.Raw = msgspec.Raw()
    error: Failure | None = None


class BookEntry(msgspec.Struct, frozen=True):
    """One `book` notification; a snapshot follows nothing."""

    type: Literal["snapshot", "change"]
    instrument_name: str
    timestamp: int
    change_id: int
    bids: list[BookLevel]
    asks: list[BookLevel]
    prev_change_id: int | None = None


class TradeEntry(msgspec.Struct, frozen=True):
    """One trade; `direction` is the taker's. The last four are there when it was not made in this book."""

    instrument_name: str
    trade_id: str
    timestamp: int
    price: Digits
    amount: Digits
    direction: Literal["buy", "sell"]
    block_trade_id: msgspec.Raw = msgspec.Raw()
    block_rfq_id: msgspec.Raw = msgspec.Raw()
    combo_id: msgspec.Raw = msgspec.Raw()
    combo_trade_id: msgspec.Raw = msgspec.Raw()

    @property
    def elsewhere(self) -> bool:
        """Whether it was agreed outside the book (block) or made in the book of a combination, off this one's grid."""
        marks = (self.block_trade_id, self.block_rfq_id, self.combo_id, self.combo_trade_id)
        return any(bytes(mark) not in NONE for mark in marks)

    @property
    def number(self) -> int:
        """The digits of its id, such as those of "ETH-2696083"; 0 when they are none that fit."""
        return trade_number(self.trade_id.rpartition("-")[2])


class Quote(msgspec.Struct, frozen=True):
    """One `quote` notification; zero or null where a side is empty."""

    instrument_name: str
    timestamp: int
    best_bid_price: Digits
    best_bid_amount: Digits
    best_ask_price: Digits
    best_ask_amount: Digits


decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_book = msgspec.json.Decoder(BookEntry).decode
decode_trades = msgspec.json.Decoder(list[TradeEntry]).decode
decode_quote = msgspec.json.Decoder(Quote).decode
decode_names = msgspec.json.Decoder(list[str]).decode


def text(digits: Digits) -> str:
    """Return a JSON value as it was written."""
    return bytes(digits).decode()


def is_zero(number: str) -> bool:
    """Whether the text of a number is zero."""
    return not number.lower().partition("e")[0].strip("0.")


def sides(entry: BookEntry) -> Sides:
    """Return the levels of a book message; `FrameError` when an action and its amount contradict each other."""
    return ((1, list(_levels(entry, entry.bids))), (-1, list(_levels(entry, entry.asks))))


def _levels(entry: BookEntry, levels: Iterable[BookLevel]) -> Iterable[tuple[str, str]]:
    for action, price, amount in levels:
        size = text(amount)
        if (action == "delete") is not is_zero(size):
            raise FrameError(f"a level that is {action!r} with the amount {size[:40]}")
        if action == "delete" and entry.type == "snapshot":
            raise FrameError("a snapshot that deletes a level")
        yield text(price), size


def best(quote: Quote) -> Sides:
    """Return the best bid and ask, no level where a side is empty."""
    pairs = ((1, quote.best_bid_price, quote.best_bid_amount), (-1, quote.best_ask_price, quote.best_ask_amount))
    return tuple(
        (side, [] if bytes(price) in NONE or is_zero(text(price)) else [(text(price), text(amount))])
        for side, price, amount in pairs
    )
