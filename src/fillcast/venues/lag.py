"""How late frames arrive: receive minus event time over its rolling minimum; clocks that run apart cancel."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.layout_kernels import LAG_FLOOR_NS, LAG_NS, RIGHT_NS

BUCKETS: Final = 10  # of a window: a minimum is forgotten at most a tenth of the window late
NOTHING_SEEN: Final = (1 << 63) - 1  # of LAG_NS and LAG_FLOOR_NS


class LagMeter:
    """The lag of one connection, from the figures that its books keep of their last frames.

    Frames of one connection arrive in order, so the book with the latest update speaks for all of them. Snapshots and
    keep-alives do not count: their time may be that of the last change (3 s old for a quiet option in a capture).

    Parameters
    ----------
    rows
        int64 (books, words): the arrays of the books; their words LAG_NS, LAG_FLOOR_NS and RIGHT_NS are read, and
        LAG_FLOOR_NS is started over with every bucket.
    window_ns
        Length of the rolling window.
    """

    __slots__ = ("_bucket_ns", "_due_ns", "_figures", "_floor", "_floors", "_rows", "_window_ns")

    def __init__(self, rows: NDArray[np.int64], window_ns: int) -> None:
        self._rows = rows
        self._figures = rows[:, RIGHT_NS : LAG_FLOOR_NS + 1]  # RIGHT_NS, LAG_NS, LAG_FLOOR_NS
        self._window_ns = window_ns
        self._bucket_ns = window_ns // BUCKETS
        self._due_ns = 0  # when the current bucket is over
        self._floors: deque[tuple[int, int]] = deque()  # (when its bucket was over, minimum), oldest first
        self._floor = NOTHING_SEEN  # the least of them
        rows[:, LAG_FLOOR_NS] = rows[:, LAG_NS] = NOTHING_SEEN

    @staticmethod
    def forget(row: NDArray[np.int64]) -> None:
        """Take in a frame that tells nothing of the lag."""
        row[LAG_NS] = NOTHING_SEEN

    @staticmethod
    def observe(row: NDArray[np.int64], wall_ns: int, event_ns: int) -> None:
        """Take in one frame of a book."""
        lag_ns = wall_ns - event_ns
        row[LAG_NS] = lag_ns
        if lag_ns < row[LAG_FLOOR_NS]:
            row[LAG_FLOOR_NS] = lag_ns

    def turn(self, mono_ns: int) -> None:
        """Start a new bucket when the current one is over, and forget those that are older than the window."""
        if mono_ns < self._due_ns or not len(self._rows):
            return
        floor = int(self._rows[:, LAG_FLOOR_NS].min())
        if floor != NOTHING_SEEN:
            self._floors.append((self._due_ns, floor))
            self._rows[:, LAG_FLOOR_NS] = NOTHING_SEEN
        while self._floors and mono_ns - self._floors[0][0] >= self._window_ns:
            self._floors.popleft()
        self._floor = min((floor for _, floor in self._floors), default=NOTHING_SEEN)
        self._due_ns = mono_ns + self._bucket_ns

    def lag_ns(self) -> int:
        """Return the lag of the latest frame, >= 0; 0 before the first."""
        floor, latest_ns, lag_ns = self._floor, -1, NOTHING_SEEN
        for right_ns, book_lag_ns, book_floor_ns in self._figures.tolist():  # few books: quicker than array operations
            floor = min(floor, book_floor_ns)
            if book_lag_ns != NOTHING_SEEN and right_ns > latest_ns:
                latest_ns, lag_ns = right_ns, book_lag_ns
        return 0 if NOTHING_SEEN in (floor, lag_ns) else max(0, lag_ns - floor)
