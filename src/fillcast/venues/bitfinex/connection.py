"""Bitfinex v2, live: `book` at full precision and `trades`, every array numbered and every book checked.

The numbers run over all channels of a connection, heartbeats and checksums included, so that one lost array is seen
and concerns every book. A checksum follows each batch of changes of a book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.errors import FrameError
from fillcast.venues.bitfinex import frames as wire
from fillcast.venues.bitfinex.checksum import ChecksumRule
from fillcast.venues.bitfinex.instruments import REST_WEIGHT, instrument_paths, list_instruments
from fillcast.venues.frames import excerpt, is_json
from fillcast.venues.levels import time_ns, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.numbering import Numbering
from fillcast.venues.protocol import GapReason, Refused, Rejected, Send
from fillcast.venues.rules import UnnumberedRules
from fillcast.venues.settings import SECOND_NS, Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.standing import FOLLOWED
from fillcast.venues.streaming import StreamingConnection

LENGTHS: Final = {"1": 1, "25": 25, "100": 100, "250": 250}  # levels a side that a book can be asked for
DEPTH: Final = 250  # levels a side, the most of 1, 25, 100 and 250: large orders need depth, and frames carry one level
TIMESTAMPS, NUMBERS, CHECKSUMS = 32768, 65536, 131072  # flags of `conf`
FLAGS: Final = TIMESTAMPS + NUMBERS + CHECKSUMS
BOOK, TRADES_CHANNEL, OTHER = "book", "trades", ""
FULL_PRECISION: Final = "P0"
# A recorded connection with 21 channels got its last snapshot 13 s after it had asked for it.
FIRST_BOOK_NS: Final = 30 * SECOND_NS
RESTART, MAINTENANCE, RESUMED = 20051, 20060, 20061  # codes of `info`
ALREADY_SUBSCRIBED: Final = 10301
NOT_SUBSCRIBED: Final = (10400, 10401)
CRC_BITS: Final = 31

CHANNEL: Final = re.compile(rb"\s*\[\s*([0-9]{1,18})\s*,")


@dataclass(frozen=True, slots=True)
class Channel:
    """What one channel number stands for."""

    kind: str
    slot: Slot


class BitfinexConnection(StreamingConnection):
    """One connection to Bitfinex's public channels.

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
        The numbers of all arrays of the connection.
    """

    venue = "bitfinex"
    ws_path = "/ws/2"
    proof = Proof.CONNECTION_SEQUENCE

    def __init__(
        self, instruments: Sequence[Instrument], *, trades: bool = True, settings: Settings | None = None
    ) -> None:
        settings = settings or Settings()
        settings = replace(settings, stream_wait_ns=max(settings.stream_wait_ns, FIRST_BOOK_NS))
        super().__init__(instruments, UnnumberedRules(), settings, depth=DEPTH, fast=False)
        self.numbering = Numbering()
        self._trades = trades
        self._checksum_rule = ChecksumRule(settings.checksum_exponents)
        self._channels: dict[int, Channel] = {}
        self._book_channels: dict[int, int] = {}  # by index of the slot
        self._paused_until_ns = 0

    # Requests.

    def _subscribe(self) -> None:
        self.numbering.restart()
        self._channels.clear()
        self._book_channels.clear()
        self._paused_until_ns = 0
        self._request({"event": "conf", "flags": FLAGS})
        self._await(self._slots)
        if self._trades:
            for slot in self._slots:
                self._request({"event": "subscribe", "channel": TRADES_CHANNEL, "symbol": slot.symbol})

    def _request(self, request: dict[str, str | int]) -> None:
        self._out.append(Send(msgspec.json.encode(request).decode()))

    def _request_books(self, slots: list[Slot]) -> None:
        """Subscribe; a channel that is still open is ended first, and its end awaited."""
        for slot in slots:
            channel = self._book_channels.get(slot.index)
            if channel is None:
                self._request_book(slot)
            else:
                self._leave([slot])
                self._request({"event": "unsubscribe", "chanId": channel})

    def _request_book(self, slot: Slot) -> None:
        options: dict[str, str | int] = {"prec": FULL_PRECISION, "freq": "F0", "len": str(DEPTH)}
        self._request({"event": "subscribe", "channel": BOOK, "symbol": slot.symbol, **options})

    def _question(self) -> Send:
        return Send('{"event":"ping"}')

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return instrument_paths()[0], REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return list_instruments([body])

    def _checksum(self, book: Book) -> int:
        return self._checksum_rule.checksum(book)

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        book, limit_ns = slot.book, self.settings.keepalive_wait_ns
        if book is None or limit_ns is None or book.state is not BookState.LIVE:
            return
        quiet_ns = self._wall_ns - book.row.item(at.RIGHT_NS)
        if quiet_ns >= limit_ns:  # the venue has forgotten the channel while others go on
            self._break(slot, GapReason.SILENCE, f"neither an update nor a heartbeat for {quiet_ns // SECOND_NS} s")

    # Arrays.

    def _decode(self, data: bytes) -> None:
        if data.lstrip().startswith(b"{"):
            self._event(data, wire.decode_event(data))
            return
        frame = wire.decode_frame(data)
        expected = self.numbering.take(frame.number)
        if expected is not None:
            detail = f"array {frame.number} of the connection instead of {expected}"
            self._distrust(GapReason.SEQUENCE, detail, frame.number - expected if frame.number > expected else None)
        channel = self._channels.get(frame.channel)
        if channel is None:
            self.ignored += 1
        elif channel.kind == TRADES_CHANNEL:
            self._traded(channel.slot, frame)
        elif channel.slot.index in self._leaving or self._mono_ns < self._paused_until_ns:
            self.dropped += 1
        elif frame.kind == wire.HEARTBEAT:
            self._unchanged(channel.slot)
        elif frame.kind == wire.CHECKSUM:
            self._check_against(channel.slot, frame)
        else:
            self._book(channel.slot, frame)

    def _book(self, slot: Slot, frame: wire.Frame) -> None:
        if frame.kind:
            raise FrameError(f"an array of kind {frame.kind!r} on a book channel")
        levels = wire.decode_levels(frame.payload)
        bare = Message(last=frame.number, event_ns=frame.event_ns, sent_ns=frame.event_ns, whole=levels.whole)
        message = self._levels(slot, bare, ((1, levels.bids), (-1, levels.asks)))
        if message is None:
            return
        if levels.whole:
            self._snapshot(slot, message)
        else:
            self._update(slot, message)

    def _check_against(self, slot: Slot, frame: wire.Frame) -> None:
        expected = wire.decode_integer(frame.payload)
        if not -(1 << CRC_BITS) <= expected < 1 << CRC_BITS:
            raise FrameError(f"a checksum of {expected}")
        if slot.book is not None and slot.book.state in FOLLOWED:
            self._check(slot, slot.book, expected)

    def _unchanged(self, slot: Slot) -> None:
        if slot.book is not None and slot.book.state in FOLLOWED:
            slot.tally.keepalives += 1
            slot.book.row[at.RIGHT_NS] = self._wall_ns

    def _traded(self, slot: Slot, frame: wire.Frame) -> None:
        """Take in a trade once, when it is executed; the sign of its amount is the taker's side."""
        if frame.kind != wire.TRADE:  # trades of before, the same trade again, a heartbeat
            self.ignored += 1
            return
        trade_id, time_ms, amount, price = wire.decode_trade(frame.payload)
        side, size = wire.signed(amount)
        row = trade_row(side, wire.text_of(price), size, trade_id, slot.instrument)
        event_ns = time_ns(time_ms)
        self._trade(slot, row, event_ns, frame.event_ns or event_ns)

    # Events.

    def _event(self, data: bytes, event: wire.Event) -> None:
        match event.event:
            case "subscribed":
                self._subscribed(data, event)
            case "unsubscribed":
                self._unsubscribed(event.chanId)
            case "error":
                self._failed_request(event)
            case "info":
                self._informed(event)
            case "conf" if event.status != "OK":
                self._out.append(Refused(None, "conf", f"the flags {FLAGS} were not accepted: {event.status}"))
            case "conf" | "pong":
                pass
            case _:
                self.ignored += 1

    def _subscribed(self, data: bytes, event: wire.Event) -> None:
        if event.chanId is None:
            raise FrameError("a confirmed subscription without its channel")
        kind, slot = followed_kind(event), self._by_symbol.get(event.symbol)
        known = self._channels.get(event.chanId)
        if known is not None and (known.kind, known.slot) != (kind, slot):
            self._distrust(GapReason.MALFORMED, f"channel {event.chanId} was given twice")
        if kind == OTHER or slot is None:
            if kind != OTHER:
                self.rejected += 1
                reason = f"{kind} of {event.symbol!r}, which is not subscribed here"
                self._out.append(Rejected(reason, excerpt(data)))
            return
        if kind == BOOK and slot.book is not None:
            if str(event.len) not in LENGTHS:
                raise FrameError(f"a book of {event.len!r} levels")
            slot.book.depth = LENGTHS[str(event.len)]
            self._channels.pop(self._book_channels.get(slot.index, -1), None)
            self._book_channels[slot.index] = event.chanId
            self._confirm_end(slot)
        self._channels[event.chanId] = Channel(kind, slot)

    def _unsubscribed(self, channel: int | None) -> None:
        known = self._channels.pop(-1 if channel is None else channel, None)
        if known is None or known.kind != BOOK:
            return
        slot = known.slot
        again = slot.index in self._leaving or slot.awaited_ns > 0
        del self._book_channels[slot.index]
        self._left(slot)
        if again:
            self._request_book(slot)

    def _failed_request(self, event: wire.Event) -> None:
        slot = self._by_symbol.get(event.symbol) if event.channel == BOOK else None
        left = self._channels.get(-1 if event.chanId is None else event.chanId)
        if event.code in NOT_SUBSCRIBED and left is not None and left.slot.index in self._leaving:
            self._unsubscribed(event.chanId)
        elif event.code == ALREADY_SUBSCRIBED and slot is not None:
            if slot.index not in self._book_channels:
                self._give_up(f"{slot.symbol} is subscribed on a channel that was not told")
        else:
            self._refuse(slot, str(event.code), event.msg)

    def _informed(self, event: wire.Event) -> None:
        if event.code == RESTART:
            self._give_up(f"the venue restarts: {event.msg}")
        elif event.code == MAINTENANCE or (event.platform is not None and event.platform.status != 1):
            self._pause(event.msg or "the venue is under maintenance")
        elif event.code == RESUMED:
            self._pause(event.msg or "maintenance has ended")
            self._paused_until_ns = 0
            for slot in self._slots:
                slot.retry_ns = 0
            self._await(self._slots)

    def _pause(self, detail: str) -> None:
        """Take every book out of use; the way back is tried when the venue says so, and after a while in any case."""
        self._out.append(Refused(None, "info", detail))
        self._paused_until_ns = self._mono_ns + self.settings.refused_wait_ns
        for slot in self._slots:
            self._open_gap(slot, GapReason.REFUSED, detail)
            self._forget(slot, BookState.BROKEN, detail)
            slot.retry_ns = self._paused_until_ns

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        found = CHANNEL.match(data)
        channel = self._channels.get(int(found[1])) if found else None
        if channel is not None:
            return (channel.slot,) if channel.kind == BOOK else ()
        return () if is_json(data) else tuple(self._slots)


def followed_kind(event: wire.Event) -> str:
    """Return BOOK or TRADES_CHANNEL for a subscription that can be followed; coarser and raw books are OTHER."""
    if event.channel == TRADES_CHANNEL or (event.channel == BOOK and event.prec == FULL_PRECISION):
        return event.channel
    return OTHER
