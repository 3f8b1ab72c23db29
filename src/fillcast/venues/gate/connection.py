"""Gate spot, API v4: `spot.obu` or `spot.order_book_update`, `spot.trades` and, on request, `spot.book_ticker`."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import FrameError
from fillcast.venues.frames import excerpt, is_json
from fillcast.venues.gate import frames as wire
from fillcast.venues.gate.instruments import instrument_path, list_instruments
from fillcast.venues.levels import time_ns, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Rejected, Send
from fillcast.venues.regridding import RegriddingConnection, Sides
from fillcast.venues.rules import Rules, SpotRules, Verdict
from fillcast.venues.settings import SECOND_NS, Settings
from fillcast.venues.slots import Message, Slot, Splice
from fillcast.venues.splicing import SplicingConnection
from fillcast.venues.streaming import StreamingConnection

OBU, UPDATES, TRADE, TICKER = "spot.obu", "spot.order_book_update", "spot.trades", "spot.book_ticker"
OBU_DEPTH: Final = 400  # levels a side, every 100 ms; the other choice is 50, every 20 ms
UPDATE_DEPTH: Final = 100  # levels a side at 100 ms, of the channel and of REST; more of REST is cached for long
REST_WEIGHT: Final = 1  # limited by requests

CHANNEL: Final = re.compile(rb'"channel"\s*:\s*"([^"]*)"')
SYMBOL: Final = re.compile(rb'"s"\s*:\s*"(?:ob\.)?([^".]*)')


@dataclass(frozen=True, slots=True)
class ObuRules:
    """`spot.obu`: `U` is one more than the `u` before it; anything else is a hole.

    Source: Gate announcement 45317. Not in that text: whether the very message applied last is ever sent again; as
    elsewhere it is passed over (`skip_duplicates`).
    """

    skip_duplicates: bool = True

    def follows(self, last_id: int, message: Message) -> Verdict:
        if message.first == last_id + 1:
            return Verdict.NEXT
        return Verdict.DUPLICATE if self.skip_duplicates and message.last == last_id else Verdict.GAP

    def loss(self, last_id: int, message: Message) -> int | None:
        return message.first - last_id - 1 if message.first > last_id else None


class GateConnection(RegriddingConnection):
    """What both ways to follow a book share: requests, trades, best prices, refusals.

    Parameters
    ----------
    instruments
        What to follow.
    rules, depth
        The rule of the book channel; levels a side that it promises.
    trades, touch
        Also subscribe to trades, to the best bid and ask.
    settings
        Waits and limits.
    fast
        Taken for the sake of the other venues: there is no compiled reader.
    """

    venue = "gate"
    ws_path = "/ws/v4/"
    book_channel = ""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        rules: Rules,
        settings: Settings,
        *,
        depth: int,
        trades: bool,
        touch: bool,
        fast: bool,
    ) -> None:
        super().__init__(instruments, rules, settings, depth=depth, fast=fast)
        self._others = (*([TRADE] if trades else []), *([TICKER] if touch else []))
        self._asked: dict[int, Slot] = {}  # books by request id, until it is answered

    @abstractmethod
    def _topic(self, slot: Slot) -> list[str]:
        """Return what the book channel is told about one book."""

    @abstractmethod
    def _await_book(self, slot: Slot) -> None:
        """Start waiting for the first book."""

    def _follows(self, slot: Slot, depth: int, *, first: bool) -> bool:
        """Whether the book of a slot is that of this depth, or becomes it by a first book."""
        return True

    @abstractmethod
    def _named(self, update: wire.Update) -> tuple[str, int]:
        """Return the symbol of a book message and the levels a side that its channel keeps."""

    # Requests.

    def _subscribe(self) -> None:
        self._asked.clear()
        for slot in self._slots:
            self._ask_for(slot)
            self._await_book(slot)
        for channel in self._others:
            self._request(channel, "subscribe", [slot.symbol for slot in self._slots])

    def _ask_for(self, slot: Slot) -> None:
        self._asked[self._request(self.book_channel, "subscribe", self._topic(slot))] = slot

    def _request(self, channel: str, event: str, payload: list[str]) -> int:
        self._requests += 1
        time_s = self._wall_ns // SECOND_NS  # the venue takes no request that is a minute off
        request = {"time": time_s, "id": self._requests, "channel": channel, "event": event, "payload": payload}
        self._out.append(Send(msgspec.json.encode(request).decode()))
        return self._requests

    def _question(self) -> Send:
        ping = {"time": self._wall_ns // SECOND_NS, "channel": "spot.ping"}
        return Send(msgspec.json.encode(ping).decode(), weight=0)

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return instrument_path(slot.symbol), REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return list_instruments([body])

    # Frames.

    def _decode(self, data: bytes) -> None:
        frame = wire.decode_envelope(data)
        channel = frame.channel
        if frame.error is not None or frame.event in ("subscribe", "unsubscribe"):
            self._answer(frame)
        elif channel not in (self.book_channel, *self._others):
            if not channel:
                raise FrameError("no channel")
            self.ignored += channel != "spot.pong"
        elif frame.event not in ("update", ""):
            raise FrameError(f"{channel} with event {frame.event!r}")
        elif channel == self.book_channel:
            self._book(wire.decode_update(frame.result), frame.time_ms, data)
        elif channel == TRADE:
            self._one_trade(wire.decode_trade(frame.result), frame.time_ms, data)
        else:
            self._best(wire.decode_best(frame.result), frame.time_ms, data)

    def _slot(self, symbol: str, what: str, data: bytes) -> Slot | None:
        slot = self._by_symbol.get(symbol)
        if slot is None:
            self.rejected += 1
            self._out.append(Rejected(f"{what} of {symbol!r}, which is not subscribed here", excerpt(data)))
        return slot

    def _book(self, update: wire.Update, sent_ms: int, data: bytes) -> None:
        symbol, depth = self._named(update)
        slot = self._slot(symbol, self.book_channel, data)
        if slot is None or slot.book is None:
            return
        if not self._follows(slot, depth, first=update.full):
            self.ignored += 1
            return
        first = update.first
        if update.last < 0 or (first is not None and not 0 <= first <= update.last):
            raise FrameError(f"update ids {first} to {update.last}")
        event_ns = time_ns(update.event_ms)
        sent_ns = time_ns(sent_ms) or event_ns
        if update.full:
            whole = len(update.bids or ()) < depth and len(update.asks or ()) < depth
            bare = Message(-1, -1, update.last, event_ns, sent_ns, whole=whole)
        elif first is None:
            raise FrameError("a change without its first id")
        else:
            bare = Message(first - 1, first, update.last, event_ns, sent_ns)
        message = self._levels(slot, bare, wire.sides(update))
        if message is None:
            return
        slot.book.depth = depth
        if update.full:
            self._snapshot(slot, message)
        else:
            self._update(slot, message)

    def _one_trade(self, trade: wire.Trade, sent_ms: int, data: bytes) -> None:
        slot = self._slot(trade.currency_pair, TRADE, data)
        if slot is None:
            return
        event_ns = wire.fine_time_ns(trade.create_time_ms)
        side = 1 if trade.side == "buy" else -1
        row = trade_row(side, trade.price, trade.amount, trade.id, slot.instrument)
        self._trade(slot, row, event_ns, time_ns(sent_ms) or event_ns)

    def _best(self, prices: wire.BestPrices, sent_ms: int, data: bytes) -> None:
        # Whether its id counts as that of the book channel does was never seen: nothing is compared.
        slot = self._slot(prices.symbol, TICKER, data)
        if slot is None:
            return
        event_ns = time_ns(prices.event_ms)
        bare = Message(event_ns=event_ns, sent_ns=time_ns(sent_ms) or event_ns)
        message = self._levels(slot, bare, wire.best(prices))
        if message is not None:
            self._touch(slot, message)

    def _answer(self, frame: wire.Envelope) -> None:
        slot = self._asked.pop(frame.id, None) if frame.id is not None else None
        error = frame.error
        if error is not None:
            self._refuse(slot, str(error.code), error.message or f"{frame.channel}: no reason")

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        # Frames were seen that run into the next one: all that is named counts.
        channels = set(CHANNEL.findall(data))
        if not channels:
            return () if is_json(data) else tuple(self._slots)
        if self.book_channel.encode() not in channels and not any(b"\\" in channel for channel in channels):
            return ()
        names = {name.decode(errors="replace") for name in SYMBOL.findall(data)}
        return [slot for slot in self._slots if slot.symbol in names] or tuple(self._slots)


class GateObuConnection(GateConnection, StreamingConnection):
    """One connection that follows books by `spot.obu`: whole at first, then by id."""

    book_channel = OBU

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        touch: bool = False,
        settings: Settings | None = None,
        fast: bool = True,
        depth: int = OBU_DEPTH,
    ) -> None:
        settings = settings or Settings()
        rules = ObuRules(settings.skip_duplicates)
        super().__init__(instruments, rules, settings, depth=depth, trades=trades, touch=touch, fast=fast)
        self._ended: dict[int, Slot] = {}  # books whose end is asked for by this request

    def _subscribe(self) -> None:
        self._ended.clear()
        super()._subscribe()

    def _topic(self, slot: Slot) -> list[str]:
        return [f"ob.{slot.symbol}.{OBU_DEPTH}"]

    def _await_book(self, slot: Slot) -> None:
        slot.awaited_ns = self._mono_ns

    def _named(self, update: wire.Update) -> tuple[str, int]:
        return wire.topic_of(update.symbol)

    def _request_books(self, slots: list[Slot]) -> None:
        self._leave(slots)
        for slot in slots:
            self._ended[self._request(OBU, "unsubscribe", self._topic(slot))] = slot
            self._ask_for(slot)

    def _follows(self, slot: Slot, depth: int, *, first: bool) -> bool:
        return depth == OBU_DEPTH

    def _answer(self, frame: wire.Envelope) -> None:
        left = self._ended.pop(frame.id, None) if frame.id is not None else None
        if left is not None:
            self._confirm_end(left)
        super()._answer(frame)


class GateUpdateConnection(GateConnection, SplicingConnection):
    """One connection that follows books by `spot.order_book_update`, joined to REST snapshots.

    The rule is that of Binance's older text: a snapshot of id B joins the update with U <= B + 1 <= u, and U > u + 1
    of the last one is a hole. A message that is marked full takes the place of the book.
    """

    book_channel = UPDATES

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        touch: bool = False,
        settings: Settings | None = None,
        fast: bool = True,
    ) -> None:
        settings = settings or Settings()
        super().__init__(instruments, SpotRules(), settings, depth=UPDATE_DEPTH, trades=trades, touch=touch, fast=fast)

    def _topic(self, slot: Slot) -> list[str]:
        return [slot.symbol, "100ms"]

    def _await_book(self, slot: Slot) -> None:
        slot.splice = Splice()

    def _named(self, update: wire.Update) -> tuple[str, int]:
        level = update.level
        if level and not (level.isascii() and level.isdigit() and len(level) < 6):
            raise FrameError(f"{level[:40]!r} is no number of levels")
        return update.symbol, int(level or UPDATE_DEPTH)

    def _resync(self, slot: Slot) -> None:
        if slot.refused:
            slot.refused = False
            self._ask_for(slot)
        self._await_book(slot)

    def _snapshot_path(self, slot: Slot) -> tuple[str, int]:
        path = f"/api/v4/spot/order_book?currency_pair={quote(slot.symbol)}&limit={UPDATE_DEPTH}&with_id=true"
        return path, REST_WEIGHT

    def _parse_snapshot(self, slot: Slot, body: bytes) -> tuple[Message, Sides]:
        reply = wire.decode_snapshot(body)
        event_ns = time_ns(reply.update)
        whole = len(reply.bids) < UPDATE_DEPTH and len(reply.asks) < UPDATE_DEPTH
        return Message(last=reply.id, event_ns=event_ns, whole=whole), ((1, reply.bids), (-1, reply.asks))
