"""Kernels that read a ring ladder: walks, both-side costs and listings. Layout: `ladder_kernels`.

Notionals are in lots × ticks; float64 holds every product of a walk to a relative error of 2^-53 per level.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np

from fillcast.core.bits_kernels import leading_zeros
from fillcast.core.jit import inlined, kernel
from fillcast.core.ladder_kernels import (
    BEST,
    EDGE,
    FAR,
    LIVE,
    LOW,
    NEAR,
    NO_KEY,
    SIDE_HEADER,
    SLOTS,
    STATE,
    WINDOW,
    next_below,
    side_offset,
    sort_far,
    table_slot,
)

# What a walk is to fill.
IN_LOTS: Final = 0
IN_NOTIONAL: Final = 1  # lots × ticks: quote of a linear contract
IN_INVERSE: Final = 2  # lots ÷ ticks: base of an inverse contract

SUM_LIMIT: Final = 1 << 62


@inlined
def far_lots(row, offset, rank):
    """Return (key, lots) of the far level of a rank, best first; the far keys must be sorted."""
    window, slots = row[WINDOW], row[SLOTS]
    keys = offset + SIDE_HEADER + window + (window >> 6)
    key = row[keys + 2 * slots + rank]
    return key, row[keys + slots + table_slot(row, offset, key)]


@inlined
def fill(row, offset, target):
    """Walk one side of the book for `target` lots and return (filled lots, notional)."""
    window = row[WINDOW]
    ring = offset + SIDE_HEADER
    bitmap = ring + window
    left = target
    notional = 0.0
    best = row[offset + BEST]
    if best != NO_KEY:
        low_block = row[offset + LOW] >> 6
        block = best >> 6
        while block >= low_block:
            position = block & ((window >> 6) - 1)
            bits = row[bitmap + position]
            base = (block << 6) + 63
            place = ring + (position << 6) + 63
            while bits != 0:
                skip = leading_zeros(bits)
                lots = row[place - skip]
                taken = min(lots, left)
                notional += np.float64(taken) * np.float64(base - skip)
                left -= taken
                if left == 0:
                    return target, abs(notional)
                bits &= ~(1 << (63 - skip))
            block -= 1
    if row[offset + FAR] > 0:
        sort_far(row, offset)
        for rank in range(row[offset + FAR]):
            key, lots = far_lots(row, offset, rank)
            taken = min(lots, left)
            notional += np.float64(taken) * np.float64(key)
            left -= taken
            if left == 0:
                break
    return target - left, abs(notional)


@kernel("Tuple((int64, float64, int64, float64))(int64[::1], int64)")
def cost_both(row, lots):
    """Return (filled lots, notional) of buying, then of selling, the same number of lots.

    The first is -1 when the book is not LIVE: asking here costs nothing at every frame.
    """
    if row[STATE] != LIVE:
        return -1, 0.0, 0, 0.0
    bought, paid = fill(row, side_offset(row, -1), lots)
    sold, received = fill(row, side_offset(row, 1), lots)
    return bought, paid, sold, received


@inlined
def take(mode, lots, ticks, left):
    """Return (lots taken from a level, what is then left of the target) under one of the three targets."""
    if mode == IN_LOTS:
        taken = np.int64(min(np.float64(lots), left))
        return taken, left - taken
    unit = np.float64(ticks) if mode == IN_NOTIONAL else 1.0 / np.float64(ticks)
    taken = min(lots, np.int64(left / unit)) if left / unit < np.float64(SUM_LIMIT) else lots
    return taken, (left - taken * unit) if taken == lots else 0.0


@kernel("Tuple((int64, float64, float64, int64, int64, int64, int64))(int64[::1], int64, int64, int64, float64)")
def walk(row, side, mode, lots_target, target):
    """Walk one side of the book (side +1: bids, -1: asks).

    Parameters
    ----------
    mode
        IN_LOTS fills `lots_target` lots; IN_NOTIONAL and IN_INVERSE fill `target` (lots × ticks, lots ÷ ticks),
        rounding the last level down to a whole lot.

    Returns
    -------
    tuple
        Filled lots (-1: the sum of lots would leave int64), notional (lots × ticks), inverse notional (lots ÷ ticks),
        key of the worst level touched, levels touched, lots filled beyond the proven edge, 1 when the side ran out.
    """
    offset = side_offset(row, side)
    edge = row[offset + EDGE]
    filled, beyond, levels, worst = 0, 0, 0, NO_KEY
    notional, inverse = 0.0, 0.0
    left_lots, left = lots_target, target
    key = row[offset + BEST]
    window = row[WINDOW]
    ring = offset + SIDE_HEADER
    far, rank = row[offset + FAR], 0
    if key == NO_KEY and far > 0:
        sort_far(row, offset)
    while True:
        if key != NO_KEY:
            lots = row[ring + (key & (window - 1))]
            here = key
            key = next_below(row, offset, key)
            if key == NO_KEY and far > 0:
                sort_far(row, offset)
        elif rank < far:
            here, lots = far_lots(row, offset, rank)
            rank += 1
        else:
            return filled, notional, inverse, worst, levels, beyond, 1
        ticks = abs(here)
        if mode == IN_LOTS:
            taken = min(lots, left_lots)
            left_lots -= taken
            done = left_lots == 0
        else:
            taken, left = take(mode, lots, ticks, left)
            done = taken < lots
        if taken > 0:
            if filled > SUM_LIMIT - taken:
                return -1, notional, inverse, worst, levels, beyond, 0
            filled += taken
            levels += 1
            worst = here
            notional += np.float64(taken) * np.float64(ticks)
            inverse += np.float64(taken) / np.float64(ticks)
            if here < edge:
                beyond += taken
        if done:
            return filled, notional, inverse, worst, levels, beyond, 0


@kernel("int64(int64[::1], int64, int64[::1], int64[::1])")
def list_levels(row, side, ticks, lots):
    """List levels of a side (+1 bids, -1 asks), best first, until an output is full; return how many."""
    offset = side_offset(row, side)
    window, limit = row[WINDOW], len(ticks)
    count = 0
    key = row[offset + BEST]
    while key != NO_KEY and count < limit:
        ticks[count] = side * key
        lots[count] = row[offset + SIDE_HEADER + (key & (window - 1))]
        count += 1
        key = next_below(row, offset, key)
    if count < limit and row[offset + FAR] > 0:
        sort_far(row, offset)
        for rank in range(min(row[offset + FAR], limit - count)):
            far_key, far_size = far_lots(row, offset, rank)
            ticks[count] = side * far_key
            lots[count] = far_size
            count += 1
    return count


@kernel("int64(int64[::1], int64)")
def count_levels(row, side):
    """Return how many levels a side (+1 bids, -1 asks) holds."""
    offset = side_offset(row, side)
    return row[offset + NEAR] + row[offset + FAR]


@kernel("int64(int64[::1], int64, int64)")
def size_at(row, side, ticks):
    """Return the lots at one price of a side (+1 bids, -1 asks); 0 where there is no level."""
    offset, key = side_offset(row, side), side * ticks
    window = row[WINDOW]
    if row[offset + LOW] <= key < row[offset + LOW] + window:
        return row[offset + SIDE_HEADER + (key & (window - 1))]
    return row[offset + SIDE_HEADER + window + (window >> 6) + row[SLOTS] + table_slot(row, offset, key)]
