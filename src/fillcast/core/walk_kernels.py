"""Kernels that read a ring ladder: walks, both-side costs and listings. Layout: `layout_kernels`.

Notionals are in lots × ticks; float64 holds every product of a walk to a relative error of 2^-53 per level.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np

from fillcast.core.bits_kernels import leading_zeros
from fillcast.core.far_kernels import sort_far, table_slot
from fillcast.core.jit import inlined, kernel
from fillcast.core.ladder_kernels import block_below, next_below
from fillcast.core.layout_kernels import (
    BEST,
    FAR,
    LIVE,
    LOW,
    NEAR,
    NO_KEY,
    SIDE_HEADER,
    SLOTS,
    STATE,
    WINDOW,
    far_keys,
    side_offset,
)

# What a walk is to fill.
IN_LOTS: Final = 0
IN_NOTIONAL: Final = 1  # lots × ticks: quote of a linear contract
IN_INVERSE: Final = 2  # lots ÷ ticks: base of an inverse contract

SUM_LIMIT: Final = 1 << 62


@inlined
def far_lots(row, offset, rank):
    """Return (key, lots) of the far level of a rank, best first; the far keys must be sorted."""
    slots = row[SLOTS]
    keys = far_keys(row, offset)
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
        block = best >> 6
        while block != NO_KEY:
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
            block = block_below(row, offset, block)
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
def take_notional(lots, ticks, notional, limit):
    """Return the lots of a level that keep lots × ticks within a limit. `BookView` takes the same steps."""
    if notional + np.float64(lots) * ticks <= limit:
        return lots
    return min(lots, np.int64((limit - notional) / ticks))


@inlined
def take_inverse(lots, ticks, inverse, limit):
    """Return the lots of a level that keep lots ÷ ticks within a limit. `BookView` takes the same steps."""
    if inverse + np.float64(lots) / ticks <= limit:
        return lots
    return min(lots, np.int64((limit - inverse) * ticks))


@kernel("Tuple((int64, float64, float64, int64, int64, int64, int64))(int64[::1], int64, int64, int64, float64, int64)")
def walk(row, side, mode, lots_target, limit, edge):
    """Walk one side of the book (side +1: bids, -1: asks).

    Parameters
    ----------
    mode
        IN_LOTS fills `lots_target` lots; IN_NOTIONAL and IN_INVERSE fill up to `limit` (lots × ticks, lots ÷ ticks),
        rounding the last level down to a whole lot.
    edge
        Lowest key that is proven; NO_KEY: the whole side is.

    Returns
    -------
    tuple
        Filled lots (-1: the sum of lots would leave int64), notional (lots × ticks), inverse notional (lots ÷ ticks),
        key of the worst level touched, levels touched, lots filled beyond the proven edge, 1 when the side ran out.
    """
    offset = side_offset(row, side)
    filled, beyond, levels, worst = 0, 0, 0, NO_KEY
    notional, inverse = 0.0, 0.0
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
        ticks = np.float64(abs(here))
        if mode == IN_LOTS:
            taken = min(lots, lots_target - filled)
            done = taken == lots_target - filled
        else:
            taken = (
                take_notional(lots, ticks, notional, limit)
                if mode == IN_NOTIONAL
                else take_inverse(lots, ticks, inverse, limit)
            )
            done = taken < lots
        if taken > 0:
            if filled > SUM_LIMIT - taken:
                return -1, notional, inverse, worst, levels, beyond, 0
            filled += taken
            levels += 1
            worst = here
            notional += np.float64(taken) * ticks
            inverse += np.float64(taken) / ticks
            if here < edge:
                beyond += taken
        if done:
            exhausted = taken == lots and key == NO_KEY and rank >= far
            return filled, notional, inverse, worst, levels, beyond, 1 if exhausted else 0


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
    return row[far_keys(row, offset) + row[SLOTS] + table_slot(row, offset, key)]
