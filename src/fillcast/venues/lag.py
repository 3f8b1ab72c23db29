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

    __slots__ = ("_bucket_ns", "_floors", "_next_ns", "_rows")

    def __init__(self, rows: NDArray[np.int64], window_ns: int) -> None:
        self._rows = rows
        self._bucket_ns = window_ns // BUCKETS
        self._next_ns = 0
        self._floors: deque[int] = deque(maxlen=BUCKETS)
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
        """Start a new bucket when the current one is over."""
        if mono_ns < self._next_ns or not len(self._rows):
            return
        floor = int(self._rows[:, LAG_FLOOR_NS].min())
        if floor != NOTHING_SEEN:
            self._floors.append(floor)
            self._rows[:, LAG_FLOOR_NS] = NOTHING_SEEN
        self._next_ns = mono_ns + self._bucket_ns

    def lag_ns(self) -> int:
        """Return the lag of the latest frame, >= 0; 0 before the first."""
        rows = self._rows
        if not len(rows):
            return 0
        floor = min(int(rows[:, LAG_FLOOR_NS].min()), *self._floors, NOTHING_SEEN)
        told = rows[:, LAG_NS] != NOTHING_SEEN
        if floor == NOTHING_SEEN or not told.any():
            return 0
        latest = np.where(told, rows[:, RIGHT_NS], -1).argmax()
        return max(0, int(rows[latest, LAG_NS]) - floor)
