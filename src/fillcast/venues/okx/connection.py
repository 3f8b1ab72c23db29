"""OKX v5, live: `books`, `trades` and, on request, `bbo-tbt`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from fillcast.core import layout_kernels as at
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.errors import FrameError
from fillcast.venues.budget import Budget
from fillcast.venues.fast import Kernel
from fillcast.venues.frames import excerpt, is_json
from fillcast.venues.levels import text_time_ns, trade_number, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.okx import frames as wire
from fillcast.venues.okx import okx_kernels
from fillcast.venues.okx.instruments import instrument_paths, list_instruments
from fillcast.venues.protocol import GapReason, Reconnect, Rejected, Send
from fillcast.venues.regridding import Sides
from fillcast.venues.rules import OkxRules, SplicingRules
from fillcast.venues.settings import MINUTE_NS, SECOND_NS, Settings
from fillcast.venues.slots import Message, Slot, Splice
from fillcast.venues.splicing import SplicingConnection
from fillcast.venues.standing import FOLLOWED

DEPTH: Final = 400  # levels a side of `books`
REQUESTS_AN_HOUR: Final = 480  # subscribe, unsubscribe and login of one connection; OKX API v5, "Connect"
RESYNC_REQUESTS: Final = 2  # unsubscribe, subscribe
ARGUMENT_BYTES: Final = 60_000  # of one request; the venue takes 64 KB
LIMIT_REACHED: Final = "channel-conn-count-error"  # event: a subscription beyond 30 connections a channel
SERVICE_UPGRADE: Final = "64008"  # notice: the connection will soon be closed
REST_WEIGHT: Final = 1  # market/books is limited by requests
PING, PONG = "ping", b"pong"

CHANNEL: Final = re.compile(rb'"channel"\s*:\s*"([^"]*)"')
SYMBOL: Final = re.compile(rb'"instId"\s*:\s*"([^"]*)"')
REFUSED: Final = re.compile(r"channel:([\w-]+),instId:([\w-]+)")


class OkxConnection(SplicingConnection):
    """One connection to OKX's public channels.

    Parameters
    ----------
    instruments
        What to follow.
    trades, touch
        Also subscribe to trades, to the best bid and ask (10 ms).
    settings
        Waits and limits.
    fast
        Read plain updates by compiled code.
    """

    venue = "okx"
    ws_path = "/ws/v5/public"
    book_channels: tuple[str, ...] = ("books",)

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        touch: bool = False,
        settings: Settings | None = None,
        rules: SplicingRules | None = None,
        fast: bool = True,
    ) -> None:
        settings = settings or Settings()
        rules = rules or OkxRules(settings.skip_duplicates)
        super().__init__(instruments, rules, settings, depth=DEPTH, fast=fast)
        self._channels = ("books", *(["trades"] if trades else []), *(["bbo-tbt"] if touch else []))
        self._budget = Budget(REQUESTS_AN_HOUR, 60 * MINUTE_NS)

    def _compiled(self) -> tuple[Kernel, int]:
        return okx_kernels.advance, okx_kernels.IDENTITY

    # Requests.

    def _subscribe(self) -> None:
        self._budget.reset()
        arguments = [{"channel": channel, "instId": slot.symbol} for channel in self._channels for slot in self._slots]
        for slot in self._slots:
            slot.splice = self._new_splice()
        batch: list[dict[str, str]] = []
        size = 0
        for argument in arguments:
            length = len(msgspec.json.encode(argument)) + 1
            if batch and size + length > ARGUMENT_BYTES:
                self._request("subscribe", batch)
                batch, size = [], 0
            batch.append(argument)
            size += length
        if batch:
            self._request("subscribe", batch)

    def _request(self, operation: str, arguments: list[dict[str, str]]) -> None:
        self._budget.spend(1, self._mono_ns)
        self._out.append(Send(msgspec.json.encode({"op": operation, "args": arguments}).decode()))

    def _new_splice(self) -> Splice:
        """Return the start of both bootstraps; the second event will say what a REST snapshot must reach."""
        settings = self.settings
        until_ns = self._mono_ns + settings.snapshot_wait_ns if settings.use_stream_snapshot else 0
        return Splice(ignore=1, stream_until_ns=until_ns, asked_ns=self._mono_ns)

    def _resync(self, slot: Slot) -> None:
        book = slot.book
        if book is None:
            return
        due_ns = self._budget.free_at(RESYNC_REQUESTS, self._mono_ns)
        if due_ns > self._mono_ns:
            slot.retry_ns = due_ns
            wait_s = (due_ns - self._mono_ns) // SECOND_NS
            book.reason = (
                f"resubscription held back for {wait_s} s: {REQUESTS_AN_HOUR} requests an hour are used"
                f" ({slot.gap.detail if slot.gap else 'no first book'})"
            )
            return
        argument = {"channel": self.book_channels[0], "instId": slot.symbol}
        self._request("unsubscribe", [argument])
        self._request("subscribe", [argument])
        slot.splice = self._new_splice()

    def _question(self) -> Send:
        return Send(PING, weight=0)  # not one of the requests that are limited

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        self._miss_keepalive(slot)
        splice = slot.splice
        if splice is None or splice.acknowledged or splice.fetching or not splice.ignore:
            return
        if self._mono_ns - splice.asked_ns >= self.settings.reply_wait_ns:
            self._break(slot, GapReason.SNAPSHOT_MISSING, "the subscription was not confirmed")

    def _miss_keepalive(self, slot: Slot) -> None:
        """Break a book that the venue has forgotten while it still answers pings."""
        book, limit_ns = slot.book, self.settings.keepalive_wait_ns
        if book is None or limit_ns is None or book.state is not BookState.LIVE:
            return
        quiet_ns = self._wall_ns - book.row.item(at.RIGHT_NS)
        if quiet_ns >= limit_ns:
            quiet_s = quiet_ns // SECOND_NS
            self._break(slot, GapReason.SILENCE, f"neither an update nor a keep-alive for {quiet_s} s")

    def _snapshot_path(self, slot: Slot) -> tuple[str, int]:
        return f"/api/v5/market/books?instId={slot.symbol}&sz={DEPTH}&source=0", REST_WEIGHT

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return instrument_paths([slot.symbol])[0], REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return list_instruments([body])

    # Frames.

    def _decode(self, data: bytes) -> None:
        if data == PONG:
            return
        frame = wire.decode_envelope(data)
        if frame.event:
            if frame.data:
                raise FrameError("an answer that carries data")
            self._control(frame)
            return
        if frame.arg is None or not frame.data:
            raise FrameError("neither an answer nor pushed data")
        channel = frame.arg.channel
        if channel not in (*self.book_channels, "trades", "bbo-tbt"):
            self.ignored += 1
            return
        slot = self._by_symbol.get(frame.arg.instId)
        if slot is None:
            self.rejected += 1
            reason = f"{channel} of {frame.arg.instId!r}, which is not subscribed here"
            self._out.append(Rejected(reason, excerpt(data)))
        elif channel == "trades":
            self._trades(slot, wire.decode_trades(frame.data))
        elif channel == "bbo-tbt":
            self._best(slot, wire.decode_books(frame.data))
        else:
            self._book(slot, frame.action, wire.decode_books(frame.data))

    def _book(self, slot: Slot, action: str, entries: list[wire.BookEntry]) -> None:
        if action not in ("snapshot", "update"):
            raise FrameError(f"a book message with action {action!r}")
        messages = []
        for entry in entries:
            message = self._levels(slot, self._message(entry), sides(entry))
            if message is None:
                return
            if action == "update" and message.link < 0 <= message.last:
                raise FrameError("an update without prevSeqId")
            messages.append(message)
        for message in messages:
            if action == "update":
                self._update(slot, message)
            else:
                self._snapshot(slot, message)

    def _message(self, entry: wire.BookEntry) -> Message:
        if entry.seqId is None:
            raise FrameError("a book message without seqId")
        if entry.seqId < 0:
            raise FrameError(f"a book message with seqId {entry.seqId}")
        checksum = entry.checksum or None  # 0: the venue sends none any more
        event_ns = text_time_ns(entry.ts)
        return Message(entry.prevSeqId, -1, entry.seqId, event_ns, event_ns, checksum=checksum, whole=True)

    def _snapshot(self, slot: Slot, message: Message) -> None:
        """Replace the book by the stream's own snapshot, unless books are taken from REST alone."""
        if self.settings.use_stream_snapshot:
            super()._snapshot(slot, message)
        elif slot.splice is not None:
            slot.splice.ignore = 0  # the first event of the splice, passed over

    def _trades(self, slot: Slot, entries: list[wire.TradeEntry]) -> None:
        rows = []
        for entry in entries:
            trade_id = trade_number(entry.tradeId)
            row = trade_row(1 if entry.side == "buy" else -1, entry.px, entry.sz, trade_id, slot.instrument)
            rows.append((row, text_time_ns(entry.ts)))
        for row, event_ns in rows:
            self._trade(slot, row, event_ns, event_ns)

    def _best(self, slot: Slot, entries: list[wire.BookEntry]) -> None:
        # Whether its seqId counts as that of `books` does is not documented: nothing is compared.
        for entry in entries:
            event_ns = text_time_ns(entry.ts)
            message = self._levels(slot, Message(event_ns=event_ns, sent_ns=event_ns), sides(entry))
            if message is not None:
                self._touch(slot, message)

    def _control(self, frame: wire.Envelope) -> None:
        slot = self._by_symbol.get(frame.arg.instId) if frame.arg else None
        if frame.event == "error":
            named = REFUSED.search(frame.msg)
            refused = self._by_symbol.get(named[2]) if named and named[1] in self.book_channels else None
            self._refuse(refused, frame.code, frame.msg)
        elif frame.event == "notice" and frame.code == SERVICE_UPGRADE:
            self._out.append(Reconnect(f"the venue will close the connection: {frame.msg}"))
        elif frame.event == "unsubscribe" and slot is not None and frame.arg is not None:
            followed = slot.book is not None and slot.book.state in FOLLOWED  # else it is the first half of a resync
            if followed and frame.arg.channel in self.book_channels:
                self._break(slot, GapReason.REFUSED, "the venue ended the subscription")
        elif frame.event == LIMIT_REACHED:
            self._refuse(None, frame.event, frame.msg or "too many connections follow this channel")
        elif frame.event == "subscribe" and frame.arg is not None:
            splice = slot.splice if slot is not None else None
            if splice is not None:
                splice.acknowledged = splice.acknowledged or frame.arg.channel in self.book_channels
        elif frame.event not in ("subscribe", "unsubscribe"):
            self.ignored += 1

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        channel, symbol = CHANNEL.search(data), SYMBOL.search(data)
        if channel is not None and channel[1].decode(errors="replace") not in self.book_channels:
            return ()
        slot = self._by_symbol.get(symbol[1].decode(errors="replace")) if symbol else None
        if slot is not None:
            return (slot,)
        return tuple(self._slots) if channel is not None or not is_json(data) else ()

    def _parse_snapshot(self, slot: Slot, body: bytes) -> tuple[Message, Sides]:
        reply = wire.decode_book_reply(body)
        if reply.code != "0" or not reply.data:
            raise FrameError(f"{reply.msg or 'no book'} (code {reply.code})")
        entry = reply.data[0]
        return self._message(entry), sides(entry)


def sides(entry: wire.BookEntry) -> Sides:
    """Return the levels of a message in the venue's order: asks first."""
    return ((-1, entry.asks), (1, entry.bids))
