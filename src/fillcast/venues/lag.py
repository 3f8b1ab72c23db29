"""How late frames arrive: receive minus event time over its rolling minimum; clocks that run apart cancel."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.layout_kernels import LAG_NS, RIGHT_NS
from fillcast.venues.json_kernels import LAG_BOOK, LAG_FLOOR_NS

BUCKETS: Final = 10  # of a window: a minimum is forgotten at most a tenth of the window late
NOTHING_SEEN: Final = (1 << 63) - 1  # of LAG_NS and LAG_FLOOR_NS
NO_BOOK: Final = -1


class LagMeter:
    """The lag of one connection, asked for after every batch: it costs the same for one book and for hundreds.

    Frames of one connection arrive in order, so the book of the latest update speaks for all of them. Snapshots and
    keep-alives do not count: their time may be that of the last change (3 s old for a quiet option in a capture).

    Parameters
    ----------
    memory
        int64 (books + 1, words): the arrays of the books, of which LAG_NS and RIGHT_NS are read, and the connection's
        control row with LAG_BOOK and LAG_FLOOR_NS, which is started over with every bucket. Compiled code writes
        the same words.
    window_ns
        Length of the rolling window.
    """

    __slots__ = ("_bucket_ns", "_control", "_due_ns", "_floor", "_floors", "_rows", "_window_ns")

    def __init__(self, memory: NDArray[np.int64], window_ns: int) -> None:
        self._rows, self._control = memory[:-1], memory[-1]
        self._window_ns = window_ns
        self._bucket_ns = window_ns // BUCKETS
        self._due_ns = 0  # when the current bucket is over
        self._floors: deque[tuple[int, int]] = deque()  # (when its bucket was over, minimum), oldest first
        self._floor = NOTHING_SEEN  # the least of them
        self._rows[:, LAG_NS] = self._control[LAG_FLOOR_NS] = NOTHING_SEEN
        self._control[LAG_BOOK] = NO_BOOK

    def forget(self, index: int) -> None:
        """Take in a message of a book that tells nothing of the lag, and takes what its last one told with it."""
        self._rows[index, LAG_NS] = NOTHING_SEEN
        if self._control[LAG_BOOK] != index:
            return
        telling = np.flatnonzero(self._rows[:, LAG_NS] != NOTHING_SEEN)
        latest = telling[np.argmax(self._rows[telling, RIGHT_NS])] if len(telling) else NO_BOOK
        self._control[LAG_BOOK] = latest

    def observe(self, index: int, wall_ns: int, event_ns: int) -> None:
        """Take in one update of a book."""
        lag_ns = wall_ns - event_ns
        self._rows[index, LAG_NS] = lag_ns
        self._control[LAG_BOOK] = index
        if lag_ns < self._control[LAG_FLOOR_NS]:
            self._control[LAG_FLOOR_NS] = lag_ns

    def turn(self, mono_ns: int) -> None:
        """Start a new bucket when the current one is over, and forget those that are older than the window."""
        if mono_ns < self._due_ns:
            return
        floor = self._control.item(LAG_FLOOR_NS)
        if floor != NOTHING_SEEN:
            self._floors.append((self._due_ns, floor))
            self._control[LAG_FLOOR_NS] = NOTHING_SEEN
        while self._floors and mono_ns - self._floors[0][0] >= self._window_ns:
            self._floors.popleft()
        self._floor = min((floor for _, floor in self._floors), default=NOTHING_SEEN)
        self._due_ns = mono_ns + self._bucket_ns

    def lag_ns(self) -> int:
        """Return the lag of the latest update, >= 0; 0 before the first."""
        index = self._control.item(LAG_BOOK)
        if index == NO_BOOK:
            return 0
        floor: int = min(self._floor, self._control.item(LAG_FLOOR_NS))
        return max(0, int(self._rows[index, LAG_NS]) - floor)
