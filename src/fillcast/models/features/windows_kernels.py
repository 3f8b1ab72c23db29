"""Sums over several windows of one ring of events; integers, so that nothing drifts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined
from fillcast.models.features import layout_kernels as at


@inlined
def expire(ring: NDArray[np.int64], marks: NDArray[np.int64], first: int, sums: NDArray[np.int64], now_ns: int) -> None:
    """Keep in each window the entries of (now - window, now]; each entry leaves each window once."""
    capacity, columns = ring.shape
    for window in range(len(at.WINDOWS_NS)):
        edge = now_ns - at.WINDOWS_NS[window]
        tail = marks[first + at.TAILS + window]
        while tail < marks[first + at.PUSHED] and ring[tail % capacity, at.AT_NS] <= edge:
            for column in range(1, columns):
                sums[window, column] -= ring[tail % capacity, column]
            tail += 1
        marks[first + at.TAILS + window] = tail


@inlined
def next_place(ring: NDArray[np.int64], marks: NDArray[np.int64], first: int) -> int:
    """Return where the next entry is to be written; no window holds what stands there, see `push`."""
    return int(marks[first + at.PUSHED]) % len(ring)


@inlined
def push(ring: NDArray[np.int64], marks: NDArray[np.int64], first: int, sums: NDArray[np.int64], now_ns: int) -> None:
    """Count the entry that was written at the next place in every window; a full ring gives up its oldest."""
    capacity, columns = ring.shape
    place = next_place(ring, marks, first)
    ring[place, at.AT_NS] = now_ns
    marks[first + at.PUSHED] += 1
    free = next_place(ring, marks, first)
    for window in range(len(at.WINDOWS_NS)):
        for column in range(1, columns):
            sums[window, column] += ring[place, column]
        if marks[first + at.PUSHED] - marks[first + at.TAILS + window] == capacity:
            for column in range(1, columns):
                sums[window, column] -= ring[free, column]
            marks[first + at.TAILS + window] += 1
            marks[first + at.DROPPED] += 1
