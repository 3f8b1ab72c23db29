"""Bybit v5, spot, linear and inverse: `orderbook`, `publicTrade` and, on request, the best bid and ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import FrameError
from fillcast.venues.bybit import frames as wire
from fillcast.venues.bybit import instruments as metadata
from fillcast.venues.frames import excerpt, is_json
from fillcast.venues.levels import time_ns, trade_number, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Effects, Rejected, Send
from fillcast.venues.rules import Verdict
from fillcast.venues.settings import SECOND_NS, Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.standing import FOLLOWED
from fillcast.venues.streaming import StreamingConnection

# Levels a side, of 1 (10 ms), 50 (20 ms), 200 (100 ms) and 1000 (200 ms): what large orders cost needs more than 50,
# and a book that is 200 ms old prices worse near the touch, where most of an order fills.
DEPTH: Final = 200
TOUCH_DEPTH: Final = 1  # whole books only, whose `u` may repeat or go back
ARGUMENTS_PER_REQUEST: Final = 10  # of spot; futures state no number
PING_EVERY_NS: Final = 20 * SECOND_NS  # asked for by the venue however busy the line is
REST_WEIGHT: Final = 1  # the limit counts requests
PING: Final = '{"op":"ping"}'

TOPIC: Final = re.compile(rb'"topic"\s*:\s*"([^"]*)"')
SYMBOL: Final = re.compile(rb'"s"\s*:\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class BybitRules:
    """`u` is one more than the `u` before it.

    The venue's Chinese text says that ids are consecutive as a rule, its English text only that they are a sequence;
    barter-rs and FLOX require it, NautilusTrader and cryptofeed do not look. Source: Bybit v5, public `orderbook`.

    Parameters
    ----------
    consecutive
        Off: any higher id follows.
    skip_duplicates
        The id of the last message again is a repetition, else a gap.
    """

    consecutive: bool = True
    skip_duplicates: bool = True

    def follows(self, last_id: int, message: Message) -> Verdict:
        if message.last == last_id and self.skip_duplicates:
            return Verdict.DUPLICATE
        if message.last <= last_id:
            return Verdict.GAP
        return Verdict.NEXT if message.last == last_id + 1 or not self.consecutive else Verdict.GAP

    def loss(self, last_id: int, message: Message) -> int | None:
        return message.last - last_id - 1 if message.last > last_id else None


class BybitConnection(StreamingConnection):
    """One connection to one product's public channels.

    Parameters
    ----------
    category
        "spot", "linear" or "inverse".
    instruments
        What to follow.
    trades, touch
        Also subscribe to trades, to the best bid and ask (10 ms).
    settings
        Waits and limits.

    Attributes
    ----------
    jumps
        Updates of followed books whose `u` left others out, whether that is believed to be a loss or not.
    """

    def __init__(
        self,
        category: str,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        touch: bool = False,
        settings: Settings | None = None,
        depth: int = DEPTH,
    ) -> None:
        settings = settings or Settings()
        rules = BybitRules(settings.require_consecutive, settings.skip_duplicates)
        super().__init__(instruments, rules, settings, depth=depth)
        self.venue, self.ws_path, self.category = f"bybit_{category}", f"/v5/public/{category}", category
        self.proof = Proof.SEQUENCE if settings.require_consecutive else Proof.TRANSPORT
        self.jumps = 0
        self._beside = beside_channels(trades=trades, touch=touch)
        self._requested: dict[str, list[str]] = {}  # topics by request, until it is answered
        self._pinged_ns = 0

    # Requests.

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        effects = super().tick(wall_ns, mono_ns)
        if not self._open or self._giving_up or mono_ns - self._pinged_ns < PING_EVERY_NS:
            return effects
        return (*effects, self._question())

    def _question(self) -> Send:
        self._pinged_ns = self._mono_ns
        return Send(PING)

    def _subscribe(self) -> None:
        self._pinged_ns = self._mono_ns
        self._requested.clear()
        for slot in self._slots:
            slot.awaited_ns = self._mono_ns
        channels = (book_channel(), *self._beside)
        self._request("subscribe", [channel + slot.symbol for slot in self._slots for channel in channels])

    def _resync(self, slot: Slot) -> None:
        if slot.refused and not self._giving_up:  # what was asked for beside its book went with it
            self._request("subscribe", [channel + slot.symbol for channel in self._beside])
        super()._resync(slot)

    def _request_books(self, slots: list[Slot]) -> None:
        topics = [book_channel() + slot.symbol for slot in slots]
        self._leave(slots)
        self._request("unsubscribe", topics)  # a topic that is subscribed would be refused
        self._request("subscribe", topics)

    def _request(self, operation: str, topics: list[str]) -> None:
        for start in range(0, len(topics), ARGUMENTS_PER_REQUEST):
            part = topics[start : start + ARGUMENTS_PER_REQUEST]
            self._requests += 1
            identity = str(self._requests)
            self._requested[identity] = part
            request = {"req_id": identity, "op": operation, "args": part}
            self._out.append(Send(msgspec.json.encode(request).decode()))

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return metadata.symbol_path(self.category, slot.symbol), REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return metadata.list_instruments(self.venue, self.category, [body])

    # Frames.

    def _decode(self, data: bytes) -> None:
        frame = wire.decode_envelope(data)
        if not frame.topic:
            self._answer(frame)
            return
        book, trade = wire.BOOK_TOPIC.fullmatch(frame.topic), wire.TRADE_TOPIC.fullmatch(frame.topic)
        symbol = book[2] if book else trade[1] if trade else None
        slot = self._by_symbol.get(symbol) if symbol else None
        if symbol is None:
            self.ignored += 1
        elif slot is None:
            self.rejected += 1
            self._out.append(Rejected(f"{frame.topic!r}, which is not subscribed here", excerpt(data)))
        elif book:
            self._book(slot, int(book[1]), frame)
        else:
            self._trades(slot, frame)

    def _book(self, slot: Slot, depth: int, frame: wire.Envelope) -> None:
        book = slot.book
        if book is None:
            return
        entry = wire.decode_book(frame.data)
        if entry.s != slot.symbol:
            raise FrameError(f"a book of {entry.s!r} on {frame.topic}")
        if frame.type not in (wire.SNAPSHOT, wire.DELTA) or (depth == TOUCH_DEPTH and frame.type != wire.SNAPSHOT):
            raise FrameError(f"{frame.topic} with type {frame.type!r}")
        first = frame.type == wire.SNAPSHOT or entry.u == wire.RESTARTED
        followed = self._follows(slot, depth, first=first)
        if not followed and depth != TOUCH_DEPTH:
            self.ignored += 1
            return
        sent_ns = time_ns(frame.ts)
        event_ns = sent_ns if frame.cts is None else time_ns(frame.cts)
        ids = (-1 if first else entry.u - 1, entry.u, entry.u) if followed else (-1, -1, -1)
        by_design = depth == TOUCH_DEPTH or depth != book.depth
        bare = Message(*ids, event_ns, sent_ns, whole=True, full_state=by_design)
        message = self._levels(slot, bare, ((1, entry.b), (-1, entry.a)))
        if message is None:
            return
        if not followed:
            self._touch(slot, message)
        elif first:
            slot.tally.resets += entry.u == wire.RESTARTED
            book.depth = depth
            self._snapshot(slot, message)
        else:
            self.jumps += book.state in FOLLOWED and entry.u > book.last_id + 1
            self._update(slot, message)

    def _follows(self, slot: Slot, depth: int, *, first: bool) -> bool:
        """Whether the book of a slot is that of this depth, or becomes it by a first book."""
        return depth == DEPTH

    def _trades(self, slot: Slot, frame: wire.Envelope) -> None:
        entries = wire.decode_trades(frame.data)
        sent_ns = time_ns(frame.ts)
        rows = []
        for entry in entries:
            if entry.s != slot.symbol:
                raise FrameError(f"a trade of {entry.s!r} on {frame.topic}")
            side = 1 if entry.S == "Buy" else -1
            row = trade_row(side, entry.p, entry.v, trade_number(entry.i), slot.instrument)
            rows.append((row, time_ns(entry.T), entry.BT))
        for row, event_ns, block in rows:
            if not block:
                self._trade(slot, row, event_ns, sent_ns)

    def _answer(self, frame: wire.Envelope) -> None:
        if frame.type in (wire.SNAPSHOT, wire.DELTA):
            raise FrameError("an answer that carries data")
        topics = self._requested.pop(frame.req_id, [])
        if frame.op == "unsubscribe":
            for slot in self._slots:
                if book_channel() + slot.symbol in topics:
                    self._confirm_end(slot)
            return
        if frame.op in ("ping", "pong"):  # even a refusal is a sign of life
            return
        if frame.success is None:
            raise FrameError("neither an answer nor pushed data")
        if not frame.success:
            self._refused(frame, topics)

    def _refused(self, frame: wire.Envelope, topics: list[str]) -> None:
        """Take note of a refused request: one bad topic costs all of it, so the others are asked for again.

        Where none is named, the wait for the first books brings each of them again, alone.
        """
        code = "none" if frame.ret_code is None else str(frame.ret_code)
        found = wire.REFUSED_TOPIC.search(frame.ret_msg)
        reason, topic = (found[1], found[2]) if found else ("", topics[0] if len(topics) == 1 else "")
        again = reason == wire.ALREADY_SUBSCRIBED  # it is being sent: its book comes, or is missed
        symbol = topic.removeprefix(book_channel())
        slot = self._by_symbol.get(symbol) if symbol != topic else None
        self._refuse(None if again else slot, code, frame.ret_msg)
        others = [one for one in topics if one != topic and (again or slot is None or not one.endswith(f".{symbol}"))]
        if others and len(others) < len(topics):
            self._request("subscribe", others)

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        topic = TOPIC.search(data)
        if topic is None:
            return () if is_json(data) else tuple(self._slots)
        text = topic[1].decode(errors="replace")
        book = wire.BOOK_TOPIC.fullmatch(text)
        if book is None:
            return tuple(self._slots) if "\\" in text else ()
        names = {book[2], *(found.decode(errors="replace") for found in SYMBOL.findall(data))}
        slots = [slot for slot in self._slots if slot.symbol in names]
        return [one for one in slots if self._follows(one, int(book[1]), first=True)] if slots else tuple(self._slots)


def book_channel() -> str:
    """Return the start of the topics whose books are followed."""
    return f"orderbook.{DEPTH}."


def beside_channels(*, trades: bool, touch: bool) -> tuple[str, ...]:
    """Return the starts of the other topics."""
    return (*(["publicTrade."] if trades else []), *([f"orderbook.{TOUCH_DEPTH}."] if touch else []))
