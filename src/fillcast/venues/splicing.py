"""A connection whose books can be rebuilt from REST: a snapshot joined to the stream held meanwhile."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fillcast.core.book import Book
from fillcast.core.events import SNAPSHOT, UPDATE, EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.venues.agreement import agree, proven_bps, proven_lots, wants_more
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.protocol import Effects, Fetch, GapReason, Rejected
from fillcast.venues.regridding import RegriddingConnection, Sides
from fillcast.venues.rules import SplicingRules, Verdict
from fillcast.venues.settings import SECOND_NS, Settings, backoff_ns
from fillcast.venues.slots import Message, Slot, Splice
from fillcast.venues.standing import FOLLOWED


class SplicingConnection(RegriddingConnection):
    """Adds REST snapshots, and fresh ones without leaving LIVE.

    Attributes
    ----------
    refreshes
        A fresh snapshot shows more than the stream keeps, so that books are refreshed when little is proven.
    """

    refreshes: bool = False

    def __init__(
        self,
        instruments: Sequence[Instrument],
        rules: SplicingRules,
        settings: Settings,
        *,
        depth: int = 0,
        carries_books: bool = True,
        fast: bool = True,
    ) -> None:
        super().__init__(instruments, rules, settings, depth=depth, carries_books=carries_books, fast=fast)
        self._splices = rules
        self._scratch = EventBuffer()

    # What a venue provides.

    @abstractmethod
    def _snapshot_path(self, slot: Slot) -> tuple[str, int]:
        """Return the REST path of a snapshot and its weight."""

    @abstractmethod
    def _parse_snapshot(self, slot: Slot, body: bytes) -> tuple[Message, Sides]:
        """Return a REST snapshot without its rows, and its levels; `FrameError` or `msgspec.DecodeError`."""

    # Inputs.

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        self._begin(wall_ns, mono_ns)
        for slot in self._slots:
            if slot.splice is not None and slot.splice.request_id == request_id:
                slot.splice.request_id = 0
                if 200 <= status < 300:
                    self._take_snapshot(slot, body)
                else:
                    self._refused_reply(slot, status, body)
                    self._fetch_again(slot, f"the request for a snapshot failed (status {status})")
            elif slot.instruments_request == request_id:
                self._take_instruments(slot, status, body)
        return self._flush()

    def snapshot_reply(self, symbol: str, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        self._begin(wall_ns, mono_ns)
        slot = self._by_symbol.get(symbol)
        if slot is None:
            self.ignored += 1
        elif slot.splice is not None:
            slot.splice.request_id = 0
            self._take_snapshot(slot, body)
        return self._flush()

    def refresh(self, index: int, wall_ns: int, mono_ns: int) -> Effects:
        """Splice a fresh snapshot into a LIVE book that stays in use; nothing while one is under way."""
        self._begin(wall_ns, mono_ns)
        self._refresh(self._slots[index])
        return self._flush()

    # Holding and joining.

    def _hold(self, slot: Slot, message: Message) -> None:
        splice = slot.splice
        if splice is None:
            self.dropped += 1
            return
        if splice.ignore:
            splice.ignore -= 1
            return
        if splice.messages:
            match self.rules.follows(splice.messages[-1].last, message):
                case Verdict.DUPLICATE:
                    slot.tally.duplicates += 1
                    return
                case Verdict.GAP:
                    splice.messages.clear()
                    splice.reach = None
                case Verdict.RESET:  # ids before and after it cannot be compared
                    slot.splice = Splice(splice.refresh, stream_until_ns=splice.stream_until_ns)
                    return
                case Verdict.NEXT | Verdict.KEEPALIVE:
                    pass
        if len(splice.messages) >= self.settings.max_buffered:
            splice.messages.clear()
            splice.reach = None
        splice.messages.append(message)
        if splice.reach is None:
            splice.reach = self._splices.reach(message)
        if splice.snapshot is not None:
            self._join(slot)
        elif self._mono_ns >= splice.stream_until_ns:
            self._stream_is_late(slot, splice)

    def _stream_is_late(self, slot: Slot, splice: Splice) -> None:
        """Ask REST for the first book, once something tells which id it must have reached."""
        if splice.stream_until_ns:
            splice.stream_until_ns = 0
            waited_s = self.settings.snapshot_wait_ns / SECOND_NS
            self._open_gap(slot, GapReason.SNAPSHOT_MISSING, f"no first book within {waited_s:g} s of subscribing")
        if splice.reach is not None and not splice.fetching:
            self._fetch(slot)

    def _applied(self, slot: Slot, message: Message) -> None:
        if slot.unbridged_id is not None and self._splices.bridges(message, slot.unbridged_id):
            slot.unbridged_id = None
            slot.tally.bridged += 1
        if slot.splice is not None:
            self._hold(slot, message)

    def _fetch(self, slot: Slot) -> None:
        splice = slot.splice
        if splice is None:
            return
        settings = self.settings
        wait_ns = backoff_ns(settings.fetch_spacing_ns, settings.fetch_spacing_max_ns, splice.attempts)
        self._requests += 1
        splice.fetching, splice.request_id, splice.asked_ns = True, self._requests, self._mono_ns + wait_ns
        path, weight = self._snapshot_path(slot)
        purpose = "refresh" if splice.refresh else "snapshot"
        self._out.append(Fetch(self._requests, path, weight, purpose, splice.asked_ns if wait_ns else 0))

    def _fetch_again(self, slot: Slot, why: str) -> None:
        """Ask for another snapshot after a pause that grows; the book says why."""
        splice, book = slot.splice, slot.book
        if splice is None or book is None:
            return
        splice.snapshot = None
        splice.attempts += 1
        if book.state not in FOLLOWED and splice.attempts > 1:
            self._open_gap(slot, GapReason.SNAPSHOT_MISSING, why)
        self._fetch(slot)
        if book.state not in FOLLOWED:
            gap = f" ({slot.gap.detail})" if slot.gap else ""
            book.reason = f"{why}; another is asked for in {(splice.asked_ns - self._mono_ns) / SECOND_NS:g} s{gap}"

    def _take_snapshot(self, slot: Slot, body: bytes) -> None:
        try:
            message = self._levels(slot, *self._parse_snapshot(slot, body))
        except UNREADABLE as error:
            self.rejected += 1
            self._out.append(Rejected(f"snapshot of {slot.symbol}: {error}", excerpt(body)))
            self._fetch_again(slot, f"a snapshot could not be read: {error}")
            return
        if message is None or slot.splice is None:
            return
        slot.tally.snapshots += 1
        self._add(SNAPSHOT, slot, message)
        slot.splice.snapshot, slot.splice.fetching = message, True
        self._join(slot)

    def _join(self, slot: Slot) -> None:
        """Join the snapshot to what is held, when the venue's rule allows it already."""
        splice, book = slot.splice, slot.book
        if splice is None or splice.snapshot is None or book is None:
            return
        snapshot, held = splice.snapshot, splice.messages
        if splice.reach is not None and snapshot.last < splice.reach:
            self._fetch_again(slot, f"snapshot {snapshot.last} is older than the updates held")
            return
        kept = [message for message in held if not self._splices.discards(message, snapshot.last)]
        if kept and not self._splices.bridges(kept[0], snapshot.last):
            self._fetch_again(slot, f"snapshot {snapshot.last} does not join the updates held")
            return
        if not snapshot.event_ns:  # spot states no time: what the stream told last is the latest known
            snapshot = replace(snapshot, event_ns=held[-1].event_ns if held else book.event_ns)
        # With nothing kept, the stream must be known to stand exactly where the snapshot does.
        stands_at = held[-1].last if held else book.last_id if splice.refresh else -1
        if not kept and stands_at != snapshot.last:
            if not splice.refresh and book.state is not BookState.BROKEN:
                book.reason = "waiting for the first update after the snapshot"
            return
        if splice.refresh:
            self._swap(slot, book, snapshot, kept)
        else:
            self._build(slot, book, snapshot, kept)

    def _build(self, slot: Slot, book: Book, snapshot: Message, kept: list[Message]) -> None:
        """Make the book from a snapshot and what was held, and put it into use."""
        slot.splice = None
        for message, crossed in self._replay(book, snapshot, kept):
            if not self._verify(slot, book, message, crossed):
                return
            if message is snapshot:
                continue
            slot.tally.sequence_checked += 1
            if not self._compare_touch(slot, book):
                return
        self._stamp(slot, book)  # what was held waited here: it tells nothing of the lag
        slot.unbridged_id = None if kept else snapshot.last
        slot.tally.bridged += len(kept) > 0
        self._note_edge(slot, book)
        self._go_live(slot)

    def _replay(self, book: Book, snapshot: Message, kept: list[Message]) -> Iterator[tuple[Message, bool]]:
        """Make a book of a snapshot and the messages after it; yield each and whether the book is crossed."""
        scratch = self._scratch
        for message in (snapshot, *kept):
            scratch.clear()
            index = scratch.add(
                UPDATE,
                0,
                message.rows,
                event_ns=message.event_ns,
                last=message.last,
            )
            if message is snapshot:
                yield message, book.replace(scratch, index, complete=message.whole)
            else:
                yield message, book.apply(scratch, index)

    # Fresh snapshots.

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        splice, now_ns, wait_ns = slot.splice, self._mono_ns, self.settings.reply_wait_ns
        if splice is None:
            if self.refreshes:
                self._refresh_short(slot)
        elif (splice.request_id or self._unjoined(splice)) and now_ns - splice.asked_ns >= wait_ns:
            self._fetch_again(slot, f"no snapshot that joins the stream came within {wait_ns / SECOND_NS:g} s")
        elif splice.stream_until_ns and now_ns >= splice.stream_until_ns:
            self._stream_is_late(slot, splice)

    @staticmethod
    def _unjoined(splice: Splice) -> bool:
        """Return whether a snapshot waits for a stream that has moved and still stands before it.

        A REST host may be ahead of the stream for a moment. Ids that were started over while it served an old book
        keep it ahead for good.
        """
        snapshot, held = splice.snapshot, splice.messages
        return snapshot is not None and bool(held) and held[-1].last < snapshot.last

    def _refresh_short(self, slot: Slot) -> None:
        """Ask for a fresh snapshot when little is proven, and less than the last one proved."""
        book, settings = slot.book, self.settings
        if book is None or book.state is not BookState.LIVE:
            return
        if self._mono_ns - slot.refreshed_ns < settings.refresh_spacing_ns:
            return
        asked = slot.asked.largest(self._mono_ns)
        if wants_more(proven_bps(book), slot.edge_bps, settings.refresh_bps) or (
            asked and wants_more(proven_lots(book), slot.edge_lots, 2 * asked)
        ):
            self._refresh(slot)

    def _refresh(self, slot: Slot) -> None:
        if slot.splice is None and slot.book is not None and slot.book.state is BookState.LIVE:
            slot.refreshed_ns = self._mono_ns
            slot.splice = Splice(refresh=True)
            self._set_held(slot)
            self._fetch(slot)

    def _swap(self, slot: Slot, book: Book, snapshot: Message, kept: list[Message]) -> None:
        """Check a fresh snapshot against the LIVE book at the same id, then take it on."""
        slot.splice = None
        self._set_held(slot)
        spare = Book(slot.instrument, depth=book.depth)
        crossed = any(crossed for _, crossed in self._replay(spare, snapshot, kept))
        if crossed or not agree(book, spare, self.settings.compare_levels):
            detail = f"a fresh snapshot disagrees with the book at {book.last_id}"
            self._break(slot, GapReason.SNAPSHOT_MISMATCH, detail)
            return
        for _ in self._replay(book, snapshot, kept):
            pass
        slot.tally.refreshes += 1
        self._note_edge(slot, book)

    def _note_edge(self, slot: Slot, book: Book) -> None:
        slot.refreshed_ns = self._mono_ns
        slot.edge_bps, slot.edge_lots = proven_bps(book), proven_lots(book)
