"""Kraken WebSocket v2, spot: `book` and `trade`, every book proven by its checksum.

Nothing is numbered. A checksum comes with every message and covers the best ten levels of each side; what lies deeper
is compared with REST every so often (`kraken.depth`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from fillcast.core.book import Book
from fillcast.core.checksum_kernels import KRAKEN_LEVELS
from fillcast.core.events import MAX_MESSAGES, MAX_ROWS
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.errors import FrameError, OffGridError
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.kraken import depth as deep
from fillcast.venues.kraken import frames as wire
from fillcast.venues.kraken import instruments as metadata
from fillcast.venues.kraken.checksum import ChecksumRule
from fillcast.venues.kraken.instruments import REST_WEIGHT
from fillcast.venues.levels import trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Effects, Fetch, GapReason, Refused, Rejected, Send
from fillcast.venues.rules import UnnumberedRules
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.streaming import StreamingConnection
from fillcast.venues.times import utc_text_ns

# Levels a side, of 10, 25, 100, 500 and 1000: large orders need depth, of which REST can check 500. It costs little:
# of 4,272 level updates in a recording of depth 1000, 13 lay beyond the best 100 and none beyond 500.
DEPTH: Final = 500
SYMBOLS_PER_REQUEST: Final = 50  # the venue states no number; one request for over 100 was seen to be taken
SUBSCRIBE, UNSUBSCRIBE = "subscribe", "unsubscribe"
# `req_id` says what an answer is about; a refusal states the symbol alone.
BOOK_REQUEST, TRADE_REQUEST, LEAVE_REQUEST, PING_REQUEST = 1, 2, 3, 4
ALREADY_SUBSCRIBED: Final = "already subscribed"
ONLINE, MAINTENANCE = "online", "maintenance"
NO_CODE: Final = "none"  # the venue refuses in words


class KrakenConnection(StreamingConnection):
    """One connection to Kraken's public channels.

    Parameters
    ----------
    instruments
        What to follow.
    trades
        Also subscribe to trades.
    settings
        Waits and limits.
    depth
        Levels a side, 0 where the frames have to tell.
    """

    venue = "kraken"
    ws_path = "/v2"
    proof = Proof.CHECKSUM

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        settings: Settings | None = None,
        depth: int = DEPTH,
    ) -> None:
        super().__init__(instruments, UnnumberedRules(), settings or Settings(), depth=depth)
        self._trades = trades
        self._checksum_rules: dict[str, ChecksumRule] = {}  # by symbol
        self._checks: dict[int, deep.DepthCheck] = {}
        self._paused = False

    # Requests.

    def _subscribe(self) -> None:
        self._checks.clear()
        self._paused = False
        for slot in self._slots:
            slot.awaited_ns = self._mono_ns
        symbols = [slot.symbol for slot in self._slots]
        self._request(SUBSCRIBE, wire.BOOK, symbols, BOOK_REQUEST)
        if self._trades:
            self._request(SUBSCRIBE, wire.TRADE, symbols, TRADE_REQUEST)

    def _request_books(self, slots: list[Slot]) -> None:
        self._leave(slots)
        symbols = [slot.symbol for slot in slots]
        self._request(UNSUBSCRIBE, wire.BOOK, symbols, LEAVE_REQUEST)
        self._request(SUBSCRIBE, wire.BOOK, symbols, BOOK_REQUEST)

    def _resync(self, slot: Slot) -> None:
        if slot.refused and self._trades and not self._giving_up:  # they were refused with their book
            self._request(SUBSCRIBE, wire.TRADE, [slot.symbol], TRADE_REQUEST)
        super()._resync(slot)

    def _request(self, method: str, channel: str, symbols: list[str], identity: int) -> None:
        options: dict[str, int | bool] = {"snapshot": channel == wire.BOOK} if method == SUBSCRIBE else {}
        if channel == wire.BOOK:
            options["depth"] = DEPTH
        for start in range(0, len(symbols), SYMBOLS_PER_REQUEST):
            params = {"channel": channel, "symbol": symbols[start : start + SYMBOLS_PER_REQUEST], **options}
            request = {"method": method, "params": params, "req_id": identity}
            self._out.append(Send(msgspec.json.encode(request).decode()))

    def _question(self) -> Send:
        return Send(f'{{"method":"ping","req_id":{PING_REQUEST}}}')

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return metadata.PATH, REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return metadata.list_instruments([body])

    # Books.

    def _verify(self, slot: Slot, book: Book, message: Message, crossed: bool) -> bool:
        """Cut the book to its depth first: levels that were pushed out are never told to be gone."""
        book.truncate()
        return super()._verify(slot, book, message, crossed)

    def _checksum(self, book: Book) -> int:
        return self._checksum_rules[book.instrument.symbol].checksum(book)

    def _first_book(self, slot: Slot, message: Message, rule: ChecksumRule) -> None:
        self._checksum_rules[slot.symbol] = rule
        # Spread over the interval, so that books that came together are not all compared at once.
        spread_ns = (self.settings.deep_check_ns or 0) * slot.index // len(self._slots)
        slot.refreshed_ns = self._mono_ns - spread_ns
        self._checks.pop(slot.index, None)
        self._snapshot(slot, message)

    def _applied(self, slot: Slot, message: Message) -> None:
        check = self._checks.get(slot.index)
        if check is not None:
            check.touch(message.rows)

    # Levels that no checksum covers.

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        book, every_ns, now_ns = slot.book, self.settings.deep_check_ns, self._mono_ns
        check = self._checks.get(slot.index)
        if book is None or book.state is not BookState.LIVE:
            self._checks.pop(slot.index, None)
        elif check is None:
            if every_ns is not None and book.depth > KRAKEN_LEVELS and now_ns - slot.refreshed_ns >= every_ns:
                self._start_check(slot)
        elif check.compare_ns:
            if now_ns >= check.compare_ns:
                self._compare(slot, book, check)
        elif now_ns - check.asked_ns >= self.settings.reply_wait_ns:
            del self._checks[slot.index]

    def _start_check(self, slot: Slot) -> None:
        slot.refreshed_ns = self._mono_ns
        self._requests += 1
        asked_ns = self._mono_ns + deep.MARGIN_NS
        self._checks[slot.index] = deep.DepthCheck(self._requests, asked_ns)
        self._out.append(Fetch(self._requests, deep.depth_path(slot.symbol), REST_WEIGHT, "refresh", asked_ns))

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        self._begin(wall_ns, mono_ns)
        for slot in self._slots:
            check = self._checks.get(slot.index)
            if check is not None and check.request_id == request_id:
                self._take_depth(slot, check, status, body)
            elif slot.instruments_request == request_id:
                self._take_instruments(slot, status, body)
        return self._flush()

    def _take_depth(self, slot: Slot, check: deep.DepthCheck, status: int, body: bytes) -> None:
        if not 200 <= status < 300:
            self._refused_reply(slot, status, body)
            del self._checks[slot.index]
            return
        try:
            check.take(deep.decode_depth(body), slot.instrument.price_grid, self._mono_ns)
        except (OffGridError, *UNREADABLE) as error:
            self.rejected += 1
            self._out.append(Rejected(f"snapshot of {slot.symbol}: {error}", excerpt(body)))
            del self._checks[slot.index]

    def _compare(self, slot: Slot, book: Book, check: deep.DepthCheck) -> None:
        del self._checks[slot.index]
        found = check.differences(book)
        if not found:
            slot.tally.refreshes += 1
            return
        what = f"{len(found)} of {check.compared} levels that no update had touched differ from a fresh snapshot"
        self._break(slot, GapReason.SNAPSHOT_MISMATCH, f"{what}; {found[0]}")

    # Frames.

    def _decode(self, data: bytes) -> None:
        frame = wire.decode_envelope(data)
        match frame.channel:
            case wire.BOOK:
                self._books(frame, data)
            case wire.TRADE:
                self._traded(frame, data)
            case wire.STATUS:
                self._status(wire.decode_status(frame.data))
            case wire.HEARTBEAT | "" if frame.data:
                raise FrameError("a heartbeat or an answer that carries data")
            case wire.HEARTBEAT:
                pass
            case "":
                self._answer(frame)
            case _:
                self.ignored += 1

    def _books(self, frame: wire.Envelope, data: bytes) -> None:
        if frame.type not in (wire.SNAPSHOT, wire.UPDATE):
            raise FrameError(f"a book message of type {frame.type!r}")
        read: list[tuple[Slot, Message, ChecksumRule | None]] = []
        unknown = []
        for entry in wire.decode_books(frame.data):
            slot = self._by_symbol.get(entry.symbol)
            if slot is None:
                unknown.append(entry.symbol)
                continue
            bids, asks = wire.level_texts(entry.bids), wire.level_texts(entry.asks)
            event_ns = utc_text_ns(entry.timestamp) if entry.timestamp else 0
            bare = Message(event_ns=event_ns, sent_ns=event_ns, checksum=entry.checksum, whole=True)
            message = self._levels(slot, bare, ((1, bids), (-1, asks)))
            if message is not None:
                first = frame.type == wire.SNAPSHOT
                read.append((slot, message, ChecksumRule.of([*bids, *asks], slot.instrument) if first else None))
        if len(read) > MAX_MESSAGES or sum(len(message.rows) for _, message, _ in read) > MAX_ROWS:
            raise FrameError(f"a frame of {len(read)} books or too many levels")
        self._reject_unknown(wire.BOOK, unknown, data)
        for slot, message, rule in read:
            if rule is not None:
                self._first_book(slot, message, rule)
            else:
                self._update(slot, message)

    def _traded(self, frame: wire.Envelope, data: bytes) -> None:
        """Take in the trades of an update; a snapshot holds those of before."""
        if frame.type not in (wire.SNAPSHOT, wire.UPDATE):
            raise FrameError(f"a trade message of type {frame.type!r}")
        rows, unknown = [], []
        for entry in wire.decode_trades(frame.data):
            slot = self._by_symbol.get(entry.symbol)
            if slot is None:
                unknown.append(entry.symbol)
                continue
            price, size = wire.number_text(entry.price), wire.number_text(entry.qty)
            side = 1 if entry.side == "buy" else -1
            row = trade_row(side, price, size, entry.trade_id, slot.instrument)
            rows.append((slot, row, utc_text_ns(entry.timestamp)))
        if len(rows) > MAX_MESSAGES:
            raise FrameError(f"a frame of {len(rows)} trades")
        self._reject_unknown(wire.TRADE, unknown, data)
        if frame.type == wire.SNAPSHOT:
            self.ignored += 1
            return
        for slot, row, event_ns in rows:
            self._trade(slot, row, event_ns, event_ns)

    def _reject_unknown(self, channel: str, symbols: list[str], data: bytes) -> None:
        if symbols:
            self.rejected += 1
            names = ", ".join(repr(symbol[:40]) for symbol in symbols[:5])
            self._out.append(Rejected(f"{channel} of {names}, which is not subscribed here", excerpt(data)))

    def _status(self, entries: list[wire.SystemStatus]) -> None:
        for entry in entries:
            if entry.system == ONLINE:
                if self._paused:
                    self._paused = False
                    for slot in self._slots:
                        slot.retry_ns = 0
                    self._await(self._slots)
                else:  # it says what was known
                    self.ignored += 1
                continue
            self._out.append(Refused(None, entry.system, f"the venue is in state {entry.system!r}"))
            if entry.system == MAINTENANCE:
                self._pause()

    def _pause(self) -> None:
        """Take every book out of use; the way back is tried when the venue says so, and after a while in any case."""
        self._paused = True
        detail = "the venue is under maintenance"
        for slot in self._slots:
            self._open_gap(slot, GapReason.REFUSED, detail)
            self._forget(slot, BookState.BROKEN, detail)
            slot.retry_ns = self._mono_ns + self.settings.refused_wait_ns

    # Answers.

    def _answer(self, frame: wire.Envelope) -> None:
        result = frame.result or wire.Result(symbol=frame.symbol)
        slot = self._by_symbol.get(result.symbol)
        if frame.method == "pong":
            return
        if frame.method == UNSUBSCRIBE and frame.success is not None:
            self._unsubscribed(slot, result, done=frame.success)
        elif frame.method == SUBSCRIBE and frame.success:
            if slot is not None and slot.book is not None and result.channel == wire.BOOK:
                if result.depth not in wire.DEPTHS:
                    raise FrameError(f"a book of depth {result.depth}")
                slot.book.depth = result.depth
        elif frame.error or frame.Error:
            self._refused(slot, frame)
        else:
            raise FrameError("neither an answer nor pushed data")

    def _unsubscribed(self, slot: Slot | None, result: wire.Result, *, done: bool) -> None:
        """Take note that a subscription has ended, or never was."""
        if slot is None or slot.book is None or (done and result.channel != wire.BOOK):
            return
        if done or slot.index in self._leaving:
            self._left(slot)

    def _refused(self, slot: Slot | None, frame: wire.Envelope) -> None:
        """Take note of a refusal; who is subscribed already gets the book, or misses it and asks anew."""
        text = frame.error or frame.Error
        about_book = frame.method == SUBSCRIBE and frame.req_id in (0, BOOK_REQUEST)
        if text.casefold().startswith(ALREADY_SUBSCRIBED):
            about_book = False
        self._refuse(slot if about_book else None, NO_CODE, f"{frame.symbol}: {text}" if frame.symbol else text)

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        every = tuple(self._slots)
        try:
            frame = msgspec.json.decode(data)
        except UNREADABLE:
            return every
        if not isinstance(frame, dict) or not isinstance(frame.get("channel", ""), str):
            return every
        if frame.get("channel") != wire.BOOK:
            return ()
        entries = frame.get("data")
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            return every
        named = [
            self._by_symbol.get(name) if isinstance(name := entry.get("symbol"), str) else None for entry in entries
        ]
        return every if None in named or not named else [slot for slot in self._slots if slot in named]
