"""One change of a book's best levels: order flow of each level, what was added and removed, sweeps and refills.

A key is the tick of a bid and minus the tick of an ask, so that on both sides a better price is a larger key.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined
from fillcast.core.layout_kernels import NO_KEY
from fillcast.core.walk_kernels import list_levels
from fillcast.models.features import layout_kernels as at


@inlined
def read_levels(row: NDArray[np.int64], levels: NDArray[np.int64]) -> None:
    """Read the best levels of a book into the rows AFTER; no key and no lots where there is no level."""
    for half, side in ((at.BIDS, 1), (at.ASKS, -1)):
        keys, lots = levels[at.AFTER + half], levels[at.AFTER + half + 1]
        count = list_levels(row, side, keys, lots)
        for level in range(at.LEVELS):
            if level < count:
                keys[level] *= side
            else:
                keys[level], lots[level] = NO_KEY, 0


@inlined
def queue_change(levels: NDArray[np.int64], half: int, level: int) -> int:
    """Return what one side adds to e: `1{k >= k'} q - 1{k <= k'} q'`, k' and q' those before the change."""
    before, after = levels[at.BEFORE + half, level], levels[at.AFTER + half, level]
    gained = levels[at.AFTER + half + 1, level] if after >= before else 0
    given = levels[at.BEFORE + half + 1, level] if after <= before else 0
    return gained - given


@inlined
def count_flow(levels: NDArray[np.int64], entry: NDArray[np.int64]) -> bool:
    """Write e of each level, and lots added and removed, into an entry; return whether anything flowed.

    A level that one of the four queues lacks has no e. Added and removed are compared at the prices that both books
    show, to the better of their last levels.
    """
    flowed = False
    for level in range(at.LEVELS):
        entry[at.FLOW + level] = 0
        complete = True
        for row in range(1, len(levels), 2):
            complete = complete and levels[row, level] > 0
        if complete:
            entry[at.FLOW + level] = queue_change(levels, at.BIDS, level) - queue_change(levels, at.ASKS, level)
            flowed = flowed or entry[at.FLOW + level] != 0
    entry[at.ADDED] = entry[at.REMOVED] = 0
    for half in (at.BIDS, at.ASKS):
        floor = max(levels[at.BEFORE + half, at.LEVELS - 1], levels[at.AFTER + half, at.LEVELS - 1])
        old = new = 0
        while old < at.LEVELS or new < at.LEVELS:
            old_key = levels[at.BEFORE + half, old] if old < at.LEVELS else NO_KEY
            new_key = levels[at.AFTER + half, new] if new < at.LEVELS else NO_KEY
            key = max(old_key, new_key)
            if key < floor or key == NO_KEY:
                break
            change = 0
            if new_key == key:
                change += levels[at.AFTER + half + 1, new]
                new += 1
            if old_key == key:
                change -= levels[at.BEFORE + half + 1, old]
                old += 1
            entry[at.ADDED] += max(change, 0)
            entry[at.REMOVED] += max(-change, 0)
    return flowed or entry[at.ADDED] > 0 or entry[at.REMOVED] > 0


@inlined
def lots_above(levels: NDArray[np.int64], half: int, floor: int) -> int:
    """Return the lots of the levels of the present book whose key is `floor` or better."""
    total = 0
    for level in range(at.LEVELS):
        if levels[at.AFTER + half, level] >= floor:
            total += levels[at.AFTER + half + 1, level]
    return total


@inlined
def follow_sweeps(marks: NDArray[np.int64], levels: NDArray[np.int64], now_ns: int) -> None:
    """Note a sweep of a side, or what has come back since the last.

    A sweep is one change that takes the best price of a side and at least half of the lots of its best levels. What
    came back is counted at the prices that the sweep was counted at, until half of the loss has.
    """
    for index, half in ((0, at.BIDS), (1, at.ASKS)):
        sweep = at.SWEEPS + index * at.SWEEP_WORDS
        floor, total = NO_KEY, 0
        for level in range(at.LEVELS):
            if levels[at.BEFORE + half + 1, level] > 0:
                floor = levels[at.BEFORE + half, level]
                total += levels[at.BEFORE + half + 1, level]
        left = lots_above(levels, half, floor)
        if levels[at.AFTER + half, 0] < levels[at.BEFORE + half, 0] and 2 * left <= total:
            marks[sweep + at.SWEPT_NS], marks[sweep + at.FLOOR_KEY] = now_ns, floor
            marks[sweep + at.LEFT], marks[sweep + at.LOST] = left, total - left
            marks[sweep + at.BACK] = marks[sweep + at.HALF_NS] = 0
        elif marks[sweep + at.SWEPT_NS] > 0 and marks[sweep + at.HALF_NS] == 0:
            back = lots_above(levels, half, marks[sweep + at.FLOOR_KEY]) - marks[sweep + at.LEFT]
            marks[sweep + at.BACK] = back
            if 2 * back >= marks[sweep + at.LOST]:
                marks[sweep + at.HALF_NS] = now_ns
