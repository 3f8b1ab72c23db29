"""What must be true of a connection after every input, however spoiled it was."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from operator import attrgetter

import numpy as np

from fillcast.core import layout_kernels as at
from fillcast.core.events import BOOK, END, KIND, LOTS, SIDE, SNAPSHOT, START, TICKS, UPDATE
from fillcast.core.state import BookState
from fillcast.venues.connection import Connection
from fillcast.venues.protocol import Effects, Rejected, WakeAt
from fillcast.venues.slots import Tally

FOLLOWED = (int(BookState.LIVE), int(BookState.STALE))
WHOLE_EVERY = 16  # changes of a book from one comparison of every level to the next; the touch is compared each time

COUNTS = attrgetter(*(field.name for field in fields(Tally)))
# A list of levels of any venue: `[["1","2"` or `[[1,2`, or objects with a price and a quantity.
CARRIES_BOOK = re.compile(
    rb'\[\s*\[\s*"?\d[^\[\]]*,|"price":\s*[\d.]+,\s*"qty"|"price_level":\s*"[\d.]+",\s*"new_quantity"'
)

# What the answers of venues have and their book messages lack: an answer may carry anything beside.
ANSWERS = re.compile(rb'"(?:event|success|result|id|op|method)"\s*:')


class Shadow:
    """One book as a pair of dicts, built of nothing but the events that a connection said it applied."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, int]] = {1: {}, -1: {}}

    def take(self, rows: np.ndarray, *, whole: bool) -> None:
        """Apply the rows of one message; `whole`: they are all there is."""
        if whole:
            self.sides = {1: {}, -1: {}}
        for row in rows.tolist():
            levels = self.sides[row[SIDE]]
            if row[LOTS]:
                levels[row[TICKS]] = row[LOTS]
            else:
                levels.pop(row[TICKS], None)

    def keep_best(self, depth: int) -> None:
        """Forget what lies beyond the best levels of each side."""
        for side, levels in self.sides.items():
            for ticks in sorted(levels, key=lambda tick: -side * tick)[depth:]:
                del levels[ticks]


class Examiner:
    """Watches one connection of a fuzz run.

    Every input leads to something that is seen: events, an effect, or a count (ignored, dropped, rejected, or one of
    the tally's), unless it is an answer or carries no levels: a sign of life. A rejected frame leaves every
    book as it was or empties it as BROKEN. A book that goes on being followed has changed by exactly the rows of its
    messages. No LIVE book is crossed.

    Attributes
    ----------
    outcomes
        What inputs led to: how many times each.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.outcomes: Counter[str] = Counter()
        self._shadows = [Shadow() for _ in connection.books]
        self._known = [False] * len(connection.books)  # the shadow is the book's
        self._changes = 0
        self._before = self._state()
        self._counted = self._counts()

    def check(self, frame: bytes, effects: Effects) -> None:
        """Look at the connection after one frame."""
        connection = self.connection
        assert isinstance(effects, tuple)
        now, counted = self._state(), self._counts()
        spoken = [effect for effect in effects if not isinstance(effect, WakeAt)]
        refusals = [effect for effect in spoken if isinstance(effect, Rejected)]
        # What a frame says of a symbol that is not followed is rejected by itself.
        rejected = any("not subscribed here" not in effect.reason for effect in refusals)
        untold = counted[0] != self._counted[0] and not refusals
        assert not untold, f"a rejection was counted and not told: {frame[:300]!r}"
        self._note(frame, bool(spoken), rejected, counted)
        assert not (rejected and connection.events.count), f"a rejected frame told something: {frame[:300]!r}"
        live = now[:, 0] == BookState.LIVE
        bids, asks = self._touch()
        crossed = live & (bids != at.NO_KEY) & (asks != at.NO_KEY) & (bids >= -asks)
        assert not crossed.any(), f"a LIVE book is crossed after {frame[:200]!r}"
        self._follow(frame, now, rejected)
        assert connection.events.count <= len(connection.events.messages)
        self._before, self._counted = now, counted

    def resume(self) -> None:
        """Take the connection as it is now: inputs were given that are not examined."""
        self._before, self._counted = self._state(), self._counts()
        self._known = [False] * len(self._known)

    def _note(self, frame: bytes, spoken: bool, rejected: bool, counted: tuple[object, ...]) -> None:
        if rejected or (spoken and not self.connection.events.count):
            outcome = "rejected" if rejected else "effects"
        elif self.connection.events.count:
            outcome = "events"
        elif spoken:
            outcome = "effects"
        elif counted != self._counted:
            outcome = "counted"
        else:
            outcome = "control"
            silent = CARRIES_BOOK.search(frame) and not ANSWERS.search(frame)
            assert not silent, f"a frame with levels left no trace: {frame[:300]!r}"
        self.outcomes[outcome] += 1

    def _state(self) -> np.ndarray:
        return self.connection.rows[:, (at.STATE, at.VERSION, at.LAST_ID)].copy()

    def _counts(self) -> tuple[object, ...]:
        connection = self.connection
        tallies = tuple(COUNTS(connection.tally(index)) for index in range(len(connection.instruments)))
        return connection.rejected, connection.ignored, connection.dropped, tallies

    def _touch(self) -> tuple[np.ndarray, np.ndarray]:
        rows, offset = self.connection.rows, at.HEADER
        if not len(rows):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        row = rows[0]
        asks = at.HEADER + at.side_words(int(row[at.WINDOW]), int(row[at.SLOTS]))
        return rows[:, offset + at.BEST], rows[:, asks + at.BEST]

    def _follow(self, frame: bytes, now: np.ndarray, rejected: bool) -> None:
        events, connection = self.connection.events, self.connection
        told: dict[int, list[int]] = {}
        for number, message in enumerate(events.messages[: events.count].tolist()):
            if message[KIND] in (SNAPSHOT, UPDATE):
                told.setdefault(message[BOOK], []).append(number)
        for index, book in enumerate(connection.books):
            if int(now[index, 0]) not in FOLLOWED:
                self._known[index] = False
                continue
            changed = now[index, 1] != self._before[index, 1]
            if not changed:
                continue
            assert not rejected, f"a rejected frame changed a book that is used: {frame[:200]!r}"
            numbers = told.get(index, [])
            if not numbers:  # built of what was held for it: nothing to compare from one frame to the next
                self._known[index] = False
                continue
            shadow = self._shadows[index]
            for number in numbers:
                message = events.messages[number].tolist()
                snapshot = message[KIND] == SNAPSHOT
                if snapshot:
                    self._known[index] = True
                if self._known[index]:
                    shadow.take(events.rows[message[START] : message[END]], whole=snapshot)
            if not self._known[index]:
                for side in (1, -1):
                    ticks, lots = book.levels(side)
                    shadow.sides[side] = dict(zip(ticks.tolist(), lots.tolist(), strict=True))
                self._known[index] = True
                continue
            self._compare(frame, index)

    def _compare(self, frame: bytes, index: int) -> None:
        book, shadow = self.connection.books[index], self._shadows[index]
        if book.evicted:
            self._known[index] = False
            return
        over = book.depth and any(len(levels) > book.depth for levels in shadow.sides.values())
        if over and max(book.count(1), book.count(-1)) <= book.depth:  # a venue that tells no more than its best levels
            shadow.keep_best(book.depth)
        self._changes += 1
        for side in (1, -1):
            levels = shadow.sides[side]
            assert book.count(side) == len(levels), (
                f"half applied? {book.count(side)} levels, not {len(levels)}: {frame[:200]!r}"
            )
            if self._changes % WHOLE_EVERY == 0:
                ticks, lots = book.levels(side)
                assert dict(zip(ticks.tolist(), lots.tolist(), strict=True)) == levels, (
                    f"not the rows of {frame[:200]!r}"
                )
