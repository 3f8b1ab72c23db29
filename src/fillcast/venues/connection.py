"""The common part of every venue's protocol: a connection that owns N books, without socket or clock."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from fillcast.core.events import (
    BOOK,
    CHECKSUM,
    EVENT_NS,
    FIRST,
    FLAGS,
    HAS_CHECKSUM,
    LAST,
    LINK,
    SENT_NS,
    SNAPSHOT,
    TOUCH,
    TRADES,
    UPDATE,
    EventBuffer,
)
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.venues.fast import Kernel, fast_path, read_nothing, touched
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.protocol import NOTHING, Effects, GapReason, Rejected, WakeAt
from fillcast.venues.rules import Rules, Verdict
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.standing import FOLLOWED, Standing
from fillcast.venues.steps import Mark, Steps
from fillcast.venues.update_kernels import APPLIED, CROSSED, READ, UNREAD

NEVER_NS: Final = 1 << 63
MAX_TOUCHES: Final = 4096  # best bid and ask messages that wait for one book


class Connection(Standing):
    """One connection: bytes, replies and times in; effects out; books that are right or say why they are not.

    `frame` is the hot path. Compiled code may take the plain case (an update that follows, of a LIVE book that is
    not held) and then leaves the book, its header words and `events` exactly as `_read` would; `_read` decides
    everything else and would be right alone.

    Parameters
    ----------
    instruments
        What to follow. Column BOOK of an event is an index into them.
    rules
        The sequence rule of the venue's book channel.
    settings
        Waits and limits.
    depth
        Levels a side that the venue's channel promises, 0 for none.
    carries_books
        False for a connection of trades only: `books` is empty then.
    fast
        Read plain updates by compiled code. Off: every frame is counted in `tally`.

    Attributes
    ----------
    events
        What the last frame held and was accepted: applied, held for a splice, trades, best bid and ask. After a
        reply: the snapshot. Overwritten by the next input.
    rejected, ignored, dropped
        Frames not understood; frames of channels that are not followed here; book messages passed over
        because their book is broken.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        rules: Rules,
        settings: Settings,
        *,
        depth: int = 0,
        carries_books: bool = True,
        fast: bool = True,
    ) -> None:
        super().__init__(instruments, settings, depth=depth, carries_books=carries_books)
        self.rules = rules
        self.events = EventBuffer()
        compiled = self._compiled() if fast and self.books else None
        self._advance = fast_path(compiled[0], self._memory, self.events, compiled[1]) if compiled else read_nothing
        self.rejected = self.ignored = self.dropped = 0
        self._steps = Steps(self._advance, self._memory, self.events)
        # On a line that was on time only the first frame after a pause can be late, and those behind it in a burst
        # hide it again: the reference path judges it at once.
        self._pause_ns = NEVER_NS if settings.lag_limit_ns is None else settings.lag_limit_ns // 2

    # Inputs.

    def opened(self, wall_ns: int, mono_ns: int) -> Effects:
        """Take note that the socket is open and subscribe."""
        self._begin(wall_ns, mono_ns)
        self.alive_ns = mono_ns
        self._lag.turn(mono_ns)
        self._open, self._asked_alive, self._giving_up = True, False, False
        for slot in self._slots:
            if slot.book is not None:
                self._forget(slot, BookState.SYNCING, "waiting for the first book")
                slot.attempts = 0
        self._subscribe()
        self._out.append(WakeAt(mono_ns + self.settings.check_every_ns))
        return self._flush()

    def frame(self, data: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """Take in one text frame. Never raises for what a venue sends."""
        paused = mono_ns - self.alive_ns >= self._pause_ns
        self.alive_ns = mono_ns
        if paused:
            return self._read(data, wall_ns, mono_ns)
        status = self._advance(data, wall_ns, mono_ns)
        if status == APPLIED:
            return NOTHING
        if status == UNREAD:
            return self._read(data, wall_ns, mono_ns)
        if status == READ:
            return self._take_read(wall_ns, mono_ns)
        return self._failed(status, wall_ns, mono_ns)

    def frame_in_steps(self, data: bytes, wall_ns: int, mono_ns: int, decoded: Mark) -> Effects:
        """Do as `frame` does, and call `decoded` once between reading the frame and changing a book by it.

        A frame that changes no book calls nothing; one of several messages calls before the first is applied.
        """
        advance, self._advance, self._steps.decoded = self._advance, self._steps.advance, decoded
        try:
            return self.frame(data, wall_ns, mono_ns)
        finally:
            self._advance, self._steps.decoded = advance, None

    def pong(self, wall_ns: int, mono_ns: int) -> Effects:
        """Take note of a pong frame of the WebSocket layer: a proof of life that carries no data."""
        self._begin(wall_ns, mono_ns)
        self.alive_ns, self._asked_alive = mono_ns, False
        self._judge()
        return self._flush()

    def closed(self, reason: str, wall_ns: int, mono_ns: int) -> Effects:
        """Take note that the socket is gone: no book is right any more."""
        self._begin(wall_ns, mono_ns)
        if self._open:
            self.reconnects += 1
        self._open = False
        for slot in self._slots:
            if slot.book is None or slot.book.state is BookState.EMPTY:
                continue
            detail = f"connection lost: {reason}"
            if slot.book.state in FOLLOWED:
                self._open_gap(slot, GapReason.DISCONNECT, detail)
            self._forget(slot, BookState.BROKEN, detail)
        return self._flush()

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        """Look at what is late. Call it at or soon after the time of the last WakeAt."""
        self._begin(wall_ns, mono_ns)
        if not self._open:
            return NOTHING
        self._lag.turn(mono_ns)
        self._watch_life()
        self._judge()
        for slot in self._slots:
            if slot.book is not None:
                self._tend(slot)
        self._out.append(WakeAt(mono_ns + self.settings.check_every_ns))
        return self._flush()

    @abstractmethod
    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """Take in the reply to a Fetch; status 0 when none came."""

    @abstractmethod
    def snapshot_reply(self, symbol: str, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """Take in a REST snapshot of one symbol, asked for here or found in a capture."""

    # What a venue provides.

    def _compiled(self) -> tuple[Kernel, int] | None:
        """Return the compiled reader of plain updates and which identity they show; None where there is none."""
        return None

    def _checksum(self, book: Book) -> int:
        """Return the venue's checksum of a book as it is."""
        return book.checksum()

    @abstractmethod
    def _subscribe(self) -> None:
        """Send the subscriptions of a new connection."""

    @abstractmethod
    def _decode(self, data: bytes) -> None:
        """Understand one frame; `FrameError` or `msgspec.DecodeError` when that fails."""

    @abstractmethod
    def _suspects(self, data: bytes) -> Iterable[Slot]:
        """Return the books that a frame which cannot be understood may have changed."""

    def _snapshot(self, slot: Slot, message: Message) -> None:
        """Replace the book by a snapshot that the stream itself sent, whenever one comes."""
        book = slot.book
        if book is None:
            return
        index = self._add(SNAPSHOT, slot, message)
        slot.tally.snapshots += 1
        slot.splice = None
        slot.awaited_ns = 0
        crossed = book.replace(self.events, index, complete=message.whole)
        self._stamp(slot, book)
        if self._verify(slot, book, message, crossed):
            self._go_live(slot)

    def _tend(self, slot: Slot) -> None:
        """Look at what is late for one book."""
        if slot.retry_ns and self._mono_ns >= slot.retry_ns:
            slot.retry_ns = 0
            self._resync(slot)

    def _hold(self, slot: Slot, message: Message) -> None:
        """Keep an update of a book that is not followed until it can be joined to a snapshot."""
        self.dropped += 1

    def _applied(self, slot: Slot, message: Message) -> None:
        """Look at an update that has just been applied to a book that is right."""

    # The reference path.

    def _failed(self, status: int, wall_ns: int, mono_ns: int) -> Effects:
        """Break the book that compiled code has just found wrong. `events` still hold the frame."""
        self._wall_ns, self._mono_ns = wall_ns, mono_ns
        slot = self._slots[touched(self._memory)]
        if slot.book is not None and status == CROSSED:
            self._break_crossed(slot, slot.book)
        elif slot.book is not None:
            self._check(slot, slot.book, int(self.events.messages[0, CHECKSUM]))
        self._judge()
        return self._flush()

    def _take_read(self, wall_ns: int, mono_ns: int) -> Effects:
        """Decide about the snapshot that compiled code has read into `events` and done nothing with."""
        head, rows = self.events.messages[0].tolist(), self.events.message_rows(0).copy()
        checksum = head[CHECKSUM] if head[FLAGS] & HAS_CHECKSUM else None
        ids, times = (head[LINK], head[FIRST], head[LAST]), (head[EVENT_NS], head[SENT_NS])
        self._begin(wall_ns, mono_ns)
        self._asked_alive = False
        self._snapshot(self._slots[head[BOOK]], Message(*ids, *times, rows, checksum, whole=True))
        self._judge()
        return self._flush()

    def _read(self, data: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """Decide everything that a frame can be."""
        self._begin(wall_ns, mono_ns)
        self._asked_alive = False
        try:
            self._decode(data)
        except UNREADABLE as error:
            self._reject(data, str(error))
        self._judge()
        return self._flush()

    def _begin(self, wall_ns: int, mono_ns: int) -> None:
        super()._begin(wall_ns, mono_ns)
        self.events.clear()

    def _reject(self, data: bytes, reason: str) -> None:
        self.rejected += 1
        self._out.append(Rejected(reason, excerpt(data)))
        for slot in self._suspects(data):
            self._break(slot, GapReason.MALFORMED, f"a frame could not be understood: {reason}")

    def _update(self, slot: Slot, message: Message) -> None:
        """Judge one update of a followed book, and apply it when it is next."""
        book, tally = slot.book, slot.tally
        if book is None or book.state not in FOLLOWED:
            if slot.splice is not None:
                self._add(UPDATE, slot, message)
                tally.updates += 1
            self._hold(slot, message)
            return
        verdict = self.rules.follows(book.last_id, message)
        if verdict is Verdict.DUPLICATE and message.event_ns > book.event_ns > 0:
            verdict = Verdict.GAP  # an older id at a newer time is no repetition: the venue's ids have started over
        match verdict:
            case Verdict.NEXT | Verdict.RESET:
                tally.resets += verdict is Verdict.RESET
                tally.sequence_checked += message.last >= 0
                tally.updates += 1
                index = self._add(UPDATE, slot, message)
                crossed = book.apply(self.events, index)
                self._stamp(slot, book, message.event_ns)
                if self._verify(slot, book, message, crossed) and self._compare_touch(slot, book):
                    self._applied(slot, message)
            case Verdict.DUPLICATE:
                tally.duplicates += 1
            case Verdict.KEEPALIVE:
                tally.keepalives += 1
                tally.sequence_checked += 1
                book.row[at.RIGHT_NS] = self._wall_ns
            case Verdict.GAP:
                detail = f"update {message.last} follows {message.link}, the book stands at {book.last_id}"
                if message.first >= 0 and message.link < 0:
                    detail = f"update {message.first} to {message.last}, the book stands at {book.last_id}"
                self._break(slot, GapReason.SEQUENCE, detail, self.rules.loss(book.last_id, message))
                self._hold(slot, message)

    def _touch(self, slot: Slot, message: Message) -> None:
        """Take in a best bid and ask message; compare it with the book at the same id."""
        self._add(TOUCH, slot, message)
        book = slot.book
        if book is None or not self.settings.check_touch or message.last < 0:
            return
        if book.state in FOLLOWED and message.last == book.last_id:
            slot.touches[message.last] = message.rows
            self._compare_touch(slot, book)
        elif message.last > book.last_id:
            if len(slot.touches) >= MAX_TOUCHES:
                slot.touches.clear()
            slot.touches[message.last] = message.rows
            self._set_held(slot)

    def _trade(self, slot: Slot, row: NDArray[np.int64], event_ns: int, sent_ns: int) -> None:
        slot.tally.trades += 1
        self.events.add(TRADES, slot.index, row, event_ns=event_ns, sent_ns=sent_ns, recv_ns=self._wall_ns)

    def _add(self, kind: int, slot: Slot, message: Message) -> int:
        if kind != TOUCH:
            self._steps.mark()
        return self.events.add(
            kind,
            slot.index,
            message.rows,
            event_ns=message.event_ns,
            sent_ns=message.sent_ns,
            recv_ns=self._wall_ns,
            link=message.link,
            first=message.first,
            last=message.last,
            checksum=message.checksum,
            full_state=message.full_state,
        )

    def _stamp(self, slot: Slot, book: Book, event_ns: int = 0) -> None:
        """Note a change now; `event_ns` is the time of the update that made it, 0 for a snapshot."""
        book.row[at.CHANGED_NS] = self._mono_ns
        book.row[at.RIGHT_NS] = self._wall_ns
        if event_ns:
            self._lag.observe(slot.index, self._wall_ns, event_ns)
        else:
            self._lag.forget(slot.index)

    def _verify(self, slot: Slot, book: Book, message: Message, crossed: bool) -> bool:
        """Return whether the book is right after a message; break it when not."""
        if crossed:
            self._break_crossed(slot, book)
            return False
        return message.checksum is None or self._check(slot, book, message.checksum)

    def _break_crossed(self, slot: Slot, book: Book) -> None:
        slot.tally.crossed += 1
        detail = f"best bid {book.best_bid_ticks} reaches best ask {book.best_ask_ticks} (ticks)"
        self._break(slot, GapReason.CROSSED, detail)

    def _check(self, slot: Slot, book: Book, expected: int) -> bool:
        """Return whether the venue's checksum is the book's; break the book when not."""
        slot.tally.checksums_checked += 1
        checksum = self._checksum(book)
        if checksum != expected:
            self._break(slot, GapReason.CHECKSUM, f"checksum {checksum}, the venue says {expected}")
            return False
        slot.tally.checksums_matched += 1
        return True

    def _compare_touch(self, slot: Slot, book: Book) -> bool:
        """Compare the message of the book's id, if one came, with the book; break it when they differ."""
        if not slot.touches:
            return True
        expected = slot.touches.pop(book.last_id, None)
        for old in [last for last in slot.touches if last <= book.last_id]:
            del slot.touches[old]
        self._set_held(slot)
        if expected is None:
            return True
        slot.tally.touches_checked += 1
        ours = [(side, *(int(column[0]) for column in book.levels(side, 1))) for side in (1, -1) if book.count(side)]
        theirs = [(int(side), int(ticks), int(lots)) for side, ticks, lots, _ in expected]
        if ours != theirs:
            detail = f"best bid and ask at {book.last_id} are {theirs} at the venue and {ours} here (side, ticks, lots)"
            self._break(slot, GapReason.TOUCH, detail)
            return False
        slot.tally.touches_matched += 1
        return True
