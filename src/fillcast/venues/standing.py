"""Where the books of one connection stand: states, gaps, signs of life and lag."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from fillcast.core import layout_kernels as at
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.venues.fast import allocate_books
from fillcast.venues.lag import LagMeter
from fillcast.venues.protocol import (
    NOTHING,
    Effect,
    Effects,
    Gap,
    GapReason,
    Health,
    Reconnect,
    Recovered,
    Refused,
    Send,
)
from fillcast.venues.recent import RecentLargest
from fillcast.venues.settings import MILLISECOND_NS, SECOND_NS, Settings, backoff_ns
from fillcast.venues.slots import Slot, Tally

FOLLOWED: Final = (BookState.LIVE, BookState.STALE)  # the chain of ids is unbroken
LATE: Final = (GapReason.SILENCE, GapReason.LAG)


class Standing(ABC):
    """The books of one connection, and the record of when and why they were not right.

    EMPTY before the connection opens, SYNCING until the first book is joined to the stream, LIVE while the venue's
    rule holds. Silence or lag makes a LIVE book STALE; its chain of ids goes on, and it is LIVE again when both are
    over. Anything that the rule does not allow makes it BROKEN until it is rebuilt.

    Attributes
    ----------
    far_slots
        Places a side that each book has for levels far from the touch; a power of two.
    books
        One book per instrument, in the same order. They stay the same objects for the life of the connection.
    rows
        int64 (books, words): the arrays of all books.
    alive_ns
        Monotonic time of the last proof of life.
    reconnects, questions
        Times that an open socket was lost; that the venue was asked for a sign of life.
    """

    venue: str = ""
    ws_path: str = ""
    proof: Proof = Proof.SEQUENCE
    far_slots: int = at.DEFAULT_SLOTS

    def __init__(
        self,
        instruments: Sequence[Instrument],
        settings: Settings,
        *,
        depth: int,
        carries_books: bool,
    ) -> None:
        count = len(instruments) if carries_books else 0
        self.instruments = tuple(instruments)
        self.books, self._memory = allocate_books(self.instruments[:count], depth=depth, slots=self.far_slots)
        self.rows = self._memory[:count]
        self._states = self.rows[:, at.STATE]
        self.settings = settings
        self.alive_ns = 0
        self.reconnects = self.questions = 0
        self._slots = [
            Slot(index, instrument, self.books[index] if count else None, RecentLargest(settings.asked_window_ns))
            for index, instrument in enumerate(instruments)
        ]
        self._by_symbol = {slot.symbol: slot for slot in self._slots}
        self._lag = LagMeter(self._memory, settings.lag_window_ns)
        self._out: list[Effect] = []
        self._wall_ns = self._mono_ns = 0
        self._open = self._asked_alive = self._giving_up = False
        self._any_stale = False  # a book may be STALE: the others need not be looked at after every batch
        self._requests = 0

    def judge(self, wall_ns: int, mono_ns: int) -> Effects:
        """Apply the limits of silence and lag as of now.

        Compiled code looks at neither, so this is called after every batch of frames. `events` stay as they are.
        """
        self._wall_ns, self._mono_ns = wall_ns, mono_ns
        self._judge()
        return self._flush()

    def health(self, index: int, wall_ns: int, mono_ns: int) -> Health:
        """Return how far a book can be trusted now.

        The limits are applied first, so that nobody is shown a state that was true at the last timer only; what that
        finds is told with the next input.
        """
        self._wall_ns, self._mono_ns = wall_ns, mono_ns
        self._judge()
        book = self.books[index]
        changed_ns = int(book.row[at.CHANGED_NS])
        return Health(
            book.state,
            book.reason,
            book.proof,
            max(0, mono_ns - self.alive_ns),
            max(0, mono_ns - changed_ns) if changed_ns else 0,
            self._lag.lag_ns(),
        )

    def tally(self, index: int) -> Tally:
        """Return what was counted of one instrument by the reference path."""
        return self._slots[index].tally

    def ask(self, index: int, lots: int) -> None:
        """Say which size forecasts are made for: twice the largest of late is kept proven."""
        self._slots[index].asked.add(lots, self._mono_ns)

    @property
    def gaps(self) -> int:
        """Gaps of all books."""
        return sum(slot.tally.gaps for slot in self._slots)

    # What a venue provides.

    @abstractmethod
    def _question(self) -> Send:
        """Return the message that makes the venue show a sign of life."""

    @abstractmethod
    def _resync(self, slot: Slot) -> None:
        """Start the venue's own way back to a right book, for one book."""

    # Effects of one input.

    def _begin(self, wall_ns: int, mono_ns: int) -> None:
        self._wall_ns, self._mono_ns = wall_ns, mono_ns

    def _flush(self) -> Effects:
        if not self._out:
            return NOTHING
        effects = tuple(self._out)
        self._out.clear()
        return effects

    # States.

    def _set_held(self, slot: Slot) -> None:
        if slot.book is not None:
            slot.book.held = slot.splice is not None or bool(slot.touches)

    def _forget(self, slot: Slot, state: BookState, reason: str) -> None:
        book = slot.book
        if book is None:
            return
        book.clear()
        book.last_id = -1
        book.state, book.proof, book.reason = state, Proof.NONE, reason
        slot.splice = None
        slot.retry_ns = slot.awaited_ns = 0
        slot.touches.clear()
        self._set_held(slot)

    def _break(self, slot: Slot, reason: GapReason, detail: str, loss: int | None = None) -> None:
        """Take a book out of use and start the way back."""
        book, settings, due_ns = slot.book, self.settings, slot.retry_ns
        if book is None:
            return
        if book.state in FOLLOWED and self._mono_ns - slot.live_ns > settings.settled_ns:
            slot.attempts = 0
        self._open_gap(slot, reason, detail, loss)
        self._forget(slot, BookState.BROKEN, detail)
        if due_ns or slot.instruments_request:  # the way back is due already: what else is wrong changes nothing
            slot.retry_ns = due_ns
            return
        wait_ns = backoff_ns(settings.resync_spacing_ns, settings.resync_spacing_max_ns, slot.attempts)
        slot.attempts += 1
        if wait_ns:
            slot.retry_ns = self._mono_ns + wait_ns
        else:
            self._resync(slot)

    def _open_gap(self, slot: Slot, reason: GapReason, detail: str, loss: int | None = None) -> None:
        """Record a hole, unless one is open already: then it only gets longer.

        A book that was merely late and now turns out to be wrong gets a record of its own, with the same start.
        """
        if slot.book is None or (slot.gap is not None and slot.gap.reason not in LATE):
            return
        if slot.gap is not None:
            if reason in LATE:
                return
            start_ns = slot.gap.start_ns
        else:
            start_ns = min(int(slot.book.row[at.RIGHT_NS]) or self._wall_ns, self._wall_ns)
        slot.tally.gaps += 1
        slot.gap = Gap(slot.instrument.key, start_ns, self._wall_ns, reason, detail, loss)
        self._out.append(slot.gap)

    def _go_live(self, slot: Slot) -> None:
        book = slot.book
        if book is None:
            return
        book.state, book.proof, book.reason = BookState.LIVE, self.proof, ""
        slot.retry_ns = 0
        slot.refused = False
        slot.live_ns = self._mono_ns
        self._set_held(slot)
        if slot.gap is not None:
            self._out.append(Recovered(slot.instrument.key, slot.gap, self._wall_ns))
            slot.gap = None

    def _refuse(self, slot: Slot | None, code: str, message: str) -> None:
        """Record that the venue refused a book's subscription, and try again later."""
        self._out.append(Refused(slot.instrument.key if slot else None, code, message))
        if slot is None or slot.book is None:
            return
        detail = f"the venue refused the subscription: {message} (code {code})"
        self._open_gap(slot, GapReason.REFUSED, detail)
        self._forget(slot, BookState.BROKEN, detail)
        slot.refused = True
        slot.retry_ns = self._mono_ns + self.settings.refused_wait_ns

    # Life and lag.

    def _watch_life(self) -> None:
        age_ns, settings = self._mono_ns - self.alive_ns, self.settings
        if age_ns >= settings.dead_ns:
            if not self._giving_up:
                self._giving_up = True
                self._out.append(Reconnect(f"no sign of life for {age_ns / SECOND_NS:.1f} s"))
        elif age_ns < settings.ping_after_ns:
            self._asked_alive = False
        elif not self._asked_alive:
            self._asked_alive = True
            self.questions += 1
            self._out.append(self._question())

    def _judge(self) -> None:
        """Make books STALE for silence or lag, and LIVE again when both are over."""
        settings = self.settings
        silent = self._mono_ns - self.alive_ns >= settings.silence_ns
        lag_ns = self._lag.lag_ns() if settings.lag_limit_ns is not None else 0
        limit_ns = settings.lag_limit_ns or 1
        late = silent or lag_ns > limit_ns
        if not (late or self._any_stale):
            return
        self._any_stale = late or lag_ns > limit_ns // 2
        changing = BookState.LIVE if late else BookState.STALE
        for index, state in enumerate(self._states.tolist()):
            if state != changing:
                continue
            slot = self._slots[index]
            book = self.books[index]
            if late:
                if silent:
                    reason, detail = GapReason.SILENCE, "no sign of life from the connection"
                    lasting = detail
                else:
                    reason, detail = GapReason.LAG, f"frames arrive {lag_ns // MILLISECOND_NS} ms late"
                    # What holds until the book is believed again: the figure of now is soon another.
                    lasting = f"frames arrive more than {limit_ns // 2 // MILLISECOND_NS} ms late"
                self._open_gap(slot, reason, detail)
                book.state, book.reason = BookState.STALE, lasting
            elif lag_ns <= limit_ns // 2:
                self._go_live(slot)
