"""A capture as calibration reads it: played by the code that runs live, gathered while its books are LIVE.

The clock is the venue's: times at which messages were matched. A book whose messages state none (Bitfinex) is gathered
on the replay's clock throughout, trades included, since two clocks that are a second apart would put trades before the
books that they met. In a stretch on the venue's clock, a message without a time counts as of the last one with a time.

Best bid and ask messages refine the touch between two book messages where they state their time and carry an id beyond
the book's: the book is held to the one of the same id, and breaks where they differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from fillcast.core.events import (
    BOOK,
    END,
    EVENT_NS,
    FLAGS,
    FULL_STATE,
    KIND,
    LAST,
    SENT_NS,
    SNAPSHOT,
    START,
    TOUCH,
    TRADES,
    UPDATE,
)
from fillcast.core.state import BookState
from fillcast.errors import CaptureError
from fillcast.models.calibration.stretch import Stretch
from fillcast.tape.captures import Capture
from fillcast.tape.drive import Replay
from fillcast.tape.playing import SURVEY_SHARE, Progress, play, silent
from fillcast.tape.stretch_rows import ASKS, BIDS, DEPTH_BPS, DepthReader, StretchRows
from fillcast.tape.survey import Survey, survey
from fillcast.tape.watch import Watch
from fillcast.venues.connection import Connection

LIVE = int(BookState.LIVE)
NAMED_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Collected:
    """What a capture gave.

    Attributes
    ----------
    capture
        The files that were read.
    venue
        As detected.
    stretches
        By instrument (`venue:symbol`), in the order of the recording: its stretches in the order of time, one or more.
    missing
        By instrument: why there is no stretch of it.
    notes
        What was left out, and what the numbers do not show of themselves, one sentence each.
    """

    capture: str
    venue: str
    stretches: dict[str, tuple[Stretch, ...]]
    missing: dict[str, str]
    notes: tuple[str, ...]


def collect(capture: str | Path | Sequence[str | Path], *, progress: Progress | None = None) -> Collected:
    """Play a capture and gather each instrument's unbroken LIVE periods.

    A period ends where the book is no longer LIVE, where a snapshot replaced it that does not join it, and where a
    side is empty: there is no mid then.

    Parameters
    ----------
    capture
        One file, or several that are one stream in this order.
    progress
        Told now and then which share of the work is done, 0 to 1.

    Raises
    ------
    CaptureError
        When a file cannot be read, holds frames of no venue that is known here, or needs more memory than there is.
    """
    recording = Capture([capture] if isinstance(capture, str | Path) else list(capture))
    try:
        return _collect(recording, progress or silent)
    except MemoryError:
        raise CaptureError(f"{recording.name}: there is too little memory to calibrate on it") from None


def _collect(recording: Capture, tell: Progress) -> Collected:
    surveyed = survey(recording, lambda share: tell(share * SURVEY_SHARE))
    connection = surveyed.connection()
    gatherer = Gatherer(connection)
    replay = play(recording, surveyed, connection, gatherer.step, tell)
    found = gatherer.finish()
    tell(1.0)
    missing = {
        book.instrument.key: _why_missing(book, surveyed.symbols[book.instrument.symbol].updates)
        for book in connection.books
        if book.instrument.key not in found
    }
    notes = [*gatherer.notes(), *_left_out(recording, surveyed, connection, replay)]
    return Collected(recording.name, connection.venue, found, missing, tuple(notes))


class Gatherer:
    """Looks at the books of a connection after every step of a replay, and keeps what a LIVE one says.

    Hand `step` to `Replay`, and call `finish` at the end.
    """

    def __init__(self, connection: Connection) -> None:
        count = len(connection.books)
        self._connection = connection
        self._watch = Watch(connection)
        self._seen_gaps = 0
        self._open: list[StretchRows | None] = [None] * count
        self._is_open = np.zeros(count, np.bool_)  # the same, to find at once who is not LIVE any more
        self._readers = [DepthReader() for _ in range(count)]
        self._index = {book.instrument.key: index for index, book in enumerate(connection.books)}
        self._done: dict[str, list[Stretch]] = {}

    def step(self, now_ns: int) -> None:
        """Take in what the last input changed."""
        self._watch.step(now_ns)
        self._close_broken()
        events = self._connection.events
        changed: dict[int, list[int]] = {}
        for message in events.messages[: events.count].tolist():
            index = message[BOOK]
            if index >= len(self._open):
                continue
            kind = message[KIND]
            if kind in (SNAPSHOT, UPDATE):
                changed[index] = message
            elif kind == TRADES:
                self._trades(index, message, now_ns)
            elif kind == TOUCH:
                self._touch(index, message)
        for index, message in changed.items():
            self._book(index, message, now_ns)

    def finish(self) -> dict[str, tuple[Stretch, ...]]:
        """Return the stretches by instrument, once everything was played."""
        for index in range(len(self._open)):
            self._close(index)
        order = [book.instrument.key for book in self._connection.books]
        return {key: tuple(self._done[key]) for key in order if key in self._done}

    def notes(self) -> list[str]:
        """Return what the numbers do not show of themselves, one sentence each."""
        gathered = [book for book in self._connection.books if book.instrument.key in self._done]
        found = []
        for book in gathered:
            reader = self._readers[self._index[book.instrument.key]]
            if reader.unproven[-1]:
                share = reader.unproven[-1] / reader.rows
                found.append(
                    f"{book.instrument.key}: depth within {DEPTH_BPS[-1]:g} bps reaches beyond what is proven after "
                    f"{share:.0%} of the book messages: it is a lower bound there"
                )
        inferred = sum(book.instrument.scale_inferred for book in gathered)
        if inferred:
            whose = "" if inferred == len(gathered) else f" of {inferred} instruments"
            found.append(
                f"the capture holds no instrument metadata{whose}: their sizes are in the venue's own unit, "
                "contracts where it counts those, and stand as base"
            )
        return found

    def _close_broken(self) -> None:
        """End the stretches of books that are not LIVE now, or were replaced by what does not join them."""
        states = self._connection.rows[:, at.STATE]
        for index in np.flatnonzero(self._is_open & (states != LIVE)).tolist():
            if not priced(int(states[index])):
                self._close(index)
        for gap in self._watch.gaps[self._seen_gaps :]:
            self._close(self._index[gap.instrument])
        self._seen_gaps = len(self._watch.gaps)

    def _close(self, index: int) -> None:
        rows, self._open[index] = self._open[index], None
        self._is_open[index] = False
        if rows is not None and rows.end_ns > rows.start_ns:
            self._done.setdefault(rows.instrument.key, []).append(rows.finished())

    def _book(self, index: int, message: list[int], now_ns: int) -> None:
        """Note the touch and the depth after a book message."""
        book = self._connection.books[index]
        if not priced(book.state):
            return
        touch = touch_of(book)
        if touch is None:
            self._close(index)
            return
        stated_ns = message[EVENT_NS] or message[SENT_NS]
        rows = self._open[index]
        if rows is None:
            by_itself = message[KIND] == UPDATE or message[FLAGS] & FULL_STATE
            if not (stated_ns or by_itself):
                return  # a REST snapshot without a time: the first update tells which clock there is
            rows = StretchRows(book.instrument, stated_ns or now_ns, stated=stated_ns > 0)
            self._open[index] = rows
            self._is_open[index] = True
        at_ns = (stated_ns or rows.end_ns) if rows.stated else now_ns
        if book.last_id >= rows.touch_id or book.last_id < rows.book_id:  # the venue's ids may start over
            rows.touch(at_ns, touch)
            rows.touch_id = book.last_id
        rows.book_id = book.last_id
        rows.depth(at_ns, self._readers[index].read(book))

    def _touch(self, index: int, message: list[int]) -> None:
        """Note a best bid and ask that the venue stated between two book messages."""
        rows, last = self._open[index], message[LAST]
        if rows is None or not rows.stated or not message[EVENT_NS] or last <= max(rows.touch_id, 0):
            return
        events = self._connection.events
        best = {side: (ticks, lots) for side, ticks, lots, _ in events.rows[message[START] : message[END]].tolist()}
        bid, ask = best.get(BIDS), best.get(ASKS)
        if bid is None or ask is None or not bid[1] or not ask[1] or bid[0] >= ask[0]:
            return
        rows.touch(message[EVENT_NS], (*bid, *ask))
        rows.touch_id = last

    def _trades(self, index: int, message: list[int], now_ns: int) -> None:
        rows = self._open[index]
        if rows is None:
            return
        stated_ns = message[EVENT_NS] or message[SENT_NS]
        at_ns = (stated_ns or rows.end_ns) if rows.stated else now_ns
        events = self._connection.events
        for sign, ticks, lots, _ in events.rows[message[START] : message[END]].tolist():
            rows.trade(at_ns, sign, ticks, lots)


def priced(state: int) -> bool:
    """Return whether what a book of this state says may enter a stretch."""
    return state == LIVE


def touch_of(book: Book) -> tuple[int, int, int, int] | None:
    """Return (bid ticks, bid lots, ask ticks, ask lots), or None where a side is empty."""
    bid, ask = book.best_bid_ticks, book.best_ask_ticks
    if bid is None or ask is None:
        return None
    return bid, book.size_at(BIDS, bid), ask, book.size_at(ASKS, ask)


def _why_missing(book: Book, updates: int) -> str:
    if priced(book.state):
        side = "bids" if book.best_bid_ticks is None else "asks"
        one_sided = f"its book is one-sided: there are no {side}, and so no mid"
        return one_sided if touch_of(book) is None else "no update came while its book was LIVE"
    if not updates and book.state is not BookState.BROKEN:
        return "the capture holds no book of it"
    return f"its book was never LIVE: it ends {book.state.name} ({book.reason or 'no data'})"


def _left_out(recording: Capture, surveyed: Survey, connection: Connection, replay: Replay) -> list[str]:
    found = list(surveyed.mixed)
    if connection.rejected:
        first = f": {replay.rejections[0]}" if replay.rejections else ""
        found.append(f"{connection.rejected:,} frames could not be understood{first}")
    problems = (*recording.problems, *surveyed.problems)
    found += [f"left out: {problem}" for problem in problems[:NAMED_PROBLEMS]]
    left = recording.problem_count + len(surveyed.problems) - NAMED_PROBLEMS
    if left > 0:
        found.append(f"left out: {left:,} lines more")
    return found
