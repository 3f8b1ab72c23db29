"""Coinbase Advanced Trade, live: `level2`, `market_trades` and `heartbeats`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from fillcast.core.events import MAX_MESSAGES, SNAPSHOT, TRADES, UPDATE, EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import FrameError
from fillcast.venues.coinbase import frames as wire
from fillcast.venues.coinbase.instruments import instrument_paths, list_instruments
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.levels import Level, trade_number, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.numbering import Numbering
from fillcast.venues.protocol import GapReason, Rejected, Send
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.regridding import Sides
from fillcast.venues.rules import Verdict
from fillcast.venues.settings import SECOND_NS, Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.standing import FOLLOWED
from fillcast.venues.streaming import Overheard, StreamingConnection
from fillcast.venues.times import utc_text_ns

FACTS: Final = read_facts("coinbase")
REST_WEIGHT: Final = 1  # the REST limit counts requests
# BTC-USD had 18,376 bids and 27,017 asks on 2026-08-07. The table of far levels holds either side whole, in 2 MiB a
# book, and the event buffer takes a frame of 2.9 times as many.
FAR_SLOTS: Final = 1 << 15
MOST_LEVELS: Final = 1 << 17
FIRST_BOOK_NS: Final = 30 * SECOND_NS  # that book is about 5 MB: a line of 2 Mbit/s needs 20 s

BOOKS, TRADED, LIFE, ACKNOWLEDGED = "level2", "market_trades", "heartbeats", "subscriptions"
REFUSAL: Final = "error"  # type of a frame that has no channel
BOOK_FRAMES: Final = "l2_data"  # what the subscription of `level2` sends
NUMBER: Final = re.compile(rb'"sequence_num"\s*:\s*([0-9]{1,19})\s*[,}]')
PRODUCT: Final = re.compile(r"[A-Z0-9]+-[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class CoinbaseRules:
    """What an update is to its book, once the numbering of the connection holds: the next, or nothing new.

    Quantities are absolute and updates carry no number of their own; the connection counts its messages.
    Source: Coinbase Advanced Trade, WebSocket channels, `level2`.
    """

    def follows(self, last_id: int, message: Message) -> Verdict:
        return Verdict.NEXT if len(message.rows) else Verdict.KEEPALIVE

    def loss(self, last_id: int, message: Message) -> int | None:
        return None


class CoinbaseConnection(StreamingConnection):
    """One connection to Coinbase's public channels.

    Every message of a connection has the number after the last one's, whatever its channel. One that is missing may
    have changed any book, so all are given up with the socket. Which number comes first says nothing: a book begins
    with its own snapshot, and what was sent before that cannot be missing from it.

    Parameters
    ----------
    instruments
        What to follow.
    trades
        Also subscribe to trades.
    settings
        Waits and limits; the first book is given at least `FIRST_BOOK_NS`.

    Attributes
    ----------
    numbering
        The messages of the connection.
    """

    venue = "coinbase"
    proof = Proof.CONNECTION_SEQUENCE
    far_slots = FAR_SLOTS

    def __init__(
        self, instruments: Sequence[Instrument], *, trades: bool = True, settings: Settings | None = None
    ) -> None:
        settings = settings or Settings()
        settings = replace(settings, stream_wait_ns=max(settings.stream_wait_ns, FIRST_BOOK_NS))
        super().__init__(instruments, CoinbaseRules(), settings)
        self.events = EventBuffer(MOST_LEVELS)
        self.numbering = Numbering()
        self._trades_too = trades
        self._counted = False  # the number of the frame in hand
        self._confirmed: set[str] = set()  # books in the venue's last list of subscriptions

    # Requests.

    def _subscribe(self) -> None:
        self.numbering.restart()
        self._confirmed.clear()
        self._out.append(self._question())
        if self._trades_too:
            self._request("subscribe", TRADED, [slot.symbol for slot in self._slots])
        self._await(self._slots)

    def _request_books(self, slots: list[Slot]) -> None:
        again = [slot for slot in slots if slot.symbol in self._confirmed]
        if again:  # a second subscription alone brings no second snapshot
            self._leave(again)
            self._request("unsubscribe", BOOKS, [slot.symbol for slot in again])
        self._request("subscribe", BOOKS, [slot.symbol for slot in slots])

    def _request(self, operation: str, channel: str, symbols: list[str]) -> None:
        self._out.append(request(operation, channel, symbols))

    def _question(self) -> Send:
        """Return a subscription to the heartbeats, one a second; the venue has no ping, and confirms one sent again."""
        return request("subscribe", LIFE)

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return instrument_paths([slot.symbol])[0], REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return list_instruments([body])

    # Frames.

    def _decode(self, data: bytes) -> None:
        self._counted = False
        frame = wire.decode_envelope(data)
        if frame.sequence_num is not None:
            self._count(frame.sequence_num)
        elif frame.type == REFUSAL and not frame.channel:
            self._error(frame)
            return
        else:
            raise FrameError("a frame without a number")
        if frame.channel == BOOK_FRAMES:
            self._books(data, frame)
        elif frame.channel == TRADED:
            self._traded(data, frame)
        elif frame.channel == ACKNOWLEDGED:
            self._confirm(wire.decode_subscriptions(frame.events))
        elif frame.type == REFUSAL:
            self._error(frame)
        elif not frame.channel:
            raise FrameError("a frame without a channel")
        elif frame.channel != LIFE:
            self.ignored += 1

    def _count(self, number: int) -> None:
        """Take in the number of a message; a wrong one takes every book out of use."""
        self._counted = True
        expected = self.numbering.take(number)
        if expected is not None:
            loss = number - expected if number > expected else None
            missing = f" ({loss} missing)" if loss else ""
            detail = f"message {number} of the connection where {expected} is next{missing}"
            self._distrust(GapReason.SEQUENCE, detail, loss)

    def _reject(self, data: bytes, reason: str) -> None:
        """Reject a frame; its number counts all the same, and without one nothing tells what else was missed."""
        if not self._counted:
            number = NUMBER.search(data)
            if number is not None:
                self._count(int(number[1]))
            else:
                self.numbering.restart()
                self._distrust(GapReason.MALFORMED, f"a frame whose number cannot be read: {reason}")
        super()._reject(data, reason)

    def _books(self, data: bytes, frame: wire.Envelope) -> None:
        sent_ns, number = utc_text_ns(frame.timestamp), frame.sequence_num or 0
        found: list[tuple[Slot, str, Message]] = []
        unknown: list[str] = []
        off_grid: set[str] = set()
        for event in wire.decode_books(frame.events):
            slot = self._by_symbol.get(event.product_id)
            if slot is None:
                unknown.append(event.product_id)
            elif slot.symbol not in off_grid:
                bare = Message(
                    last=number, event_ns=wire.latest_ns(event.updates) or sent_ns, sent_ns=sent_ns, whole=True
                )
                message = self._levels(slot, bare, sides(event.updates))
                if message is None:
                    off_grid.add(slot.symbol)
                else:
                    found.append((slot, event.type, message))
        levels = sum(len(message.rows) for _, _, message in found)
        if levels > MOST_LEVELS or len(found) > MAX_MESSAGES:
            raise FrameError(f"a frame of {levels} levels in {len(found)} events")
        self._strange(data, BOOK_FRAMES, unknown)
        for slot, kind, message in found:
            if slot.symbol in off_grid:
                continue
            if kind == "snapshot":
                self._snapshot(slot, message)
            else:
                self._update(slot, message)

    def _traded(self, data: bytes, frame: wire.Envelope) -> None:
        sent_ns = utc_text_ns(frame.timestamp)
        found: list[tuple[Slot, NDArray[np.int64], int]] = []
        unknown: list[str] = []
        for event in wire.decode_trades(frame.events):
            if event.type == "snapshot":  # the last trades before the subscription
                self.ignored += 1
                continue
            for trade in event.trades:
                slot = self._by_symbol.get(trade.product_id)
                if slot is None:
                    unknown.append(trade.product_id)
                else:
                    found.append((slot, traded_row(trade, slot.instrument), utc_text_ns(trade.time)))
        if len(found) > MAX_MESSAGES:
            raise FrameError(f"a frame of {len(found)} trades")
        self._strange(data, TRADED, unknown)
        for slot, row, event_ns in found:
            self._trade(slot, row, event_ns, sent_ns)

    def _strange(self, data: bytes, channel: str, symbols: list[str]) -> None:
        if symbols:
            self.rejected += 1
            names = ", ".join(repr(symbol) for symbol in dict.fromkeys(symbols))
            self._out.append(Rejected(f"{channel} of {names}, not subscribed here", excerpt(data)))

    def _confirm(self, events: list[wire.SubscriptionsEvent]) -> None:
        """Take in what the connection is subscribed to; a book that was and is no more does not change any longer."""
        for event in events:
            now = set(event.subscriptions.get(BOOKS, ()))
            gone, self._confirmed = self._confirmed - now, now & self._by_symbol.keys()
            for symbol in gone:
                self._left(self._by_symbol[symbol])

    def _error(self, frame: wire.Envelope) -> None:
        """Take in a refusal; one that names books which are waited for is about these."""
        if bytes(frame.events):
            raise FrameError("a refusal that carries events")
        message = f"{frame.message} {frame.reason}".strip()
        named = [slot for symbol in PRODUCT.findall(message) if (slot := self._by_symbol.get(symbol)) is not None]
        waiting = [slot for slot in named if slot.book is not None and slot.book.state not in FOLLOWED]
        if any(slot.index in self._leaving for slot in waiting):  # which of the two requests failed is not told
            self._give_up(f"the venue refused to subscribe anew: {message}")
            return
        for slot in waiting:
            self._refuse(slot, REFUSAL, message)
        if not waiting:
            self._refuse(None, REFUSAL, message)

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        every = tuple(self._slots)
        try:
            frame = msgspec.json.decode(data)
        except UNREADABLE:
            return every
        channel = frame.get("channel") if isinstance(frame, dict) else None
        if not isinstance(channel, str):
            return every
        if channel != BOOK_FRAMES:
            return ()
        events = frame.get("events")
        if not isinstance(events, list):
            return every
        names = [event.get("product_id") if isinstance(event, dict) else None for event in events]
        known = [self._by_symbol[name] for name in names if isinstance(name, str) and name in self._by_symbol]
        return known if names and len(known) == len(names) else every


def request(operation: str, channel: str, symbols: Sequence[str] = ()) -> Send:
    """Return a request of a channel, for some products where it has any."""
    named = {"product_ids": symbols} if symbols else {}
    return Send(msgspec.json.encode({"type": operation, **named, "channel": channel}).decode())


def sides(levels: Iterable[wire.Level]) -> Sides:
    """Return the levels of a message by side; those of one side stay in the order in which they were sent."""
    bids: list[Level] = []
    offers: list[Level] = []
    for level in levels:
        (bids if level.side == "bid" else offers).append((level.price_level, level.new_quantity))
    return ((1, bids), (-1, offers))


def traded_row(trade: wire.Trade, instrument: Instrument) -> NDArray[np.int64]:
    """Return a trade as a row: who took is on the other side than the order that was resting."""
    trade_id = trade_number(trade.trade_id)
    aggressor = -1 if trade.side == "BUY" else 1
    return trade_row(aggressor, trade.price, trade.size, trade_id, instrument)


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments; see `directory.Connect`. There is no channel of the touch."""
    size = FACTS.streams_per_connection // (1 + trades)
    return [CoinbaseConnection(shard, trades=trades, settings=settings) for shard in shards(instruments, size)]


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a book message of Advanced Trade."""
    envelope = wire.decode_envelope(frame)
    return envelope.channel == BOOK_FRAMES and bool(wire.decode_books(envelope.events))


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    envelope = wire.decode_envelope(frame)
    if envelope.channel == BOOK_FRAMES:
        return [
            Recorded(
                SNAPSHOT if event.type == "snapshot" else UPDATE,
                event.product_id,
                [(level.price_level, level.new_quantity) for level in event.updates],
            )
            for event in wire.decode_books(envelope.events)
        ]
    if envelope.channel == TRADED:
        events = [event for event in wire.decode_trades(envelope.events) if event.type == "update"]
        return [
            Recorded(TRADES, trade.product_id, [(trade.price, trade.size)])
            for event in events
            for trade in event.trades
        ]
    return []


class RecordedCoinbaseConnection(CoinbaseConnection, Overheard):
    """The protocol that reads a recording."""

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> None:
        super().__init__(instruments, settings=settings)


ADVANCED: Final = Dialect(
    "coinbase",
    "advanced-trade",
    is_book,
    lambda: read_frame,
    RecordedCoinbaseConnection,
    fixed_decimals=False,
    list_instruments=list_instruments,
    metadata_names=frozenset({"products"}),
)

COINBASE: Final = Venue("coinbase", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections, (ADVANCED,))
