"""The ring ladder: the kernels that find and change the levels of one book. Its layout: `layout_kernels`."""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

import numpy as np

from fillcast.core.bits_kernels import leading_zeros
from fillcast.core.far_kernels import set_far, sort_far, table_remove, table_slot
from fillcast.core.jit import inlined, kernel
from fillcast.core.layout_kernels import (
    ABOVE,
    BEST,
    EDGE,
    FAR,
    HEADER,
    LEVELS,
    LOW,
    NEAR,
    NO_KEY,
    REANCHORED,
    SIDE_HEADER,
    SLOTS,
    SORTED,
    VERSION,
    WINDOW,
    far_keys,
    side_offset,
)


@inlined
def block_below(row, offset, block):
    """Return the next occupied block (64 keys) of the window below `block`, or NO_KEY.

    Mostly it is the very next. Else the summary is searched downwards from the block's place, round the ring: what
    lies behind the end of the window is its upper part, so that the first place found is either the answer or says
    that there is none.
    """
    window = row[WINDOW]
    blocks = window >> 6
    bitmap = offset + SIDE_HEADER + window
    low_block = row[offset + LOW] >> 6
    if block > low_block and row[bitmap + ((block - 1) & (blocks - 1))] != 0:
        return block - 1
    summary = bitmap + blocks
    words = max(blocks >> 6, 1)
    place = block & (blocks - 1)
    word = place >> 6
    bits = row[summary + word] & ((1 << (place & 63)) - 1)
    for _ in range(words + 1):
        if bits != 0:
            distance = (place - ((word << 6) + 63 - leading_zeros(bits))) & (blocks - 1)
            if distance == 0 or block - distance < low_block:
                return NO_KEY
            return block - distance
        word = (word - 1) & (words - 1)
        bits = row[summary + word]
    return NO_KEY


@inlined
def next_below(row, offset, key):
    """Return the highest occupied ring key below `key`, or NO_KEY."""
    key -= 1
    if key < row[offset + LOW]:
        return NO_KEY
    window = row[WINDOW]
    bitmap = offset + SIDE_HEADER + window
    block = key >> 6
    bits = row[bitmap + (block & ((window >> 6) - 1))] << (63 - (key & 63))
    if bits != 0:
        return key - leading_zeros(bits)
    block = block_below(row, offset, block)
    if block == NO_KEY:
        return NO_KEY
    return (block << 6) + 63 - leading_zeros(row[bitmap + (block & ((window >> 6) - 1))])


@inlined
def top_block(row, offset):
    """Return the highest occupied block of the window, or NO_KEY."""
    best = next_below(row, offset, row[offset + LOW] + row[WINDOW])
    return NO_KEY if best == NO_KEY else best >> 6


@inlined
def worst_near(row, offset):
    """Return the lowest occupied ring key, or NO_KEY."""
    window = row[WINDOW]
    blocks = window >> 6
    bitmap = offset + SIDE_HEADER + window
    low_block = row[offset + LOW] >> 6
    for block in range(low_block, low_block + blocks):
        bits = row[bitmap + (block & (blocks - 1))]
        if bits != 0:
            return (block << 6) + 63 - leading_zeros(bits & -bits)
    return NO_KEY


@inlined
def set_level(row, offset, key, lots):
    """Set the size at one key; 0 lots remove the level, and removing what is not there is normal.

    Whether a level appears, changes or goes is anybody's guess, to the processor too: what follows from it is
    arithmetic, and the branches are on what is rare.
    """
    low, window = row[offset + LOW], row[WINDOW]
    if not low <= key < low + window:
        set_far(row, offset, key, lots)
        return
    index = key & (window - 1)
    place = offset + SIDE_HEADER + index
    was, now = np.int64(row[place] != 0), np.int64(lots != 0)
    row[place] = lots
    row[offset + NEAR] += now - was
    block = index >> 6
    bitmap = offset + SIDE_HEADER + window
    before = row[bitmap + block]
    after = before ^ ((was ^ now) << (index & 63))
    row[bitmap + block] = after
    if (before == 0) != (after == 0):
        row[bitmap + (window >> 6) + (block >> 6)] ^= 1 << (block & 63)
    if key >= row[offset + BEST]:
        if now != 0:
            row[offset + BEST] = key
        elif key == row[offset + BEST]:
            row[offset + BEST] = next_below(row, offset, key)


@kernel("void(int64[::1], int64, int64)")
def reanchor(row, offset, best):
    """Move the window so that `best` lies three quarters up, moving only what enters or leaves it."""
    window, slots = row[WINDOW], row[SLOTS]
    old_low = row[offset + LOW]
    low = ((best - 3 * (window >> 2)) >> 6) << 6
    ring = offset + SIDE_HEADER
    bitmap = ring + window
    # Levels that leave: walk the occupied words of the strips outside the new window.
    leaving = np.empty((row[offset + NEAR], 2), np.int64)
    left = 0
    if low > old_low:
        start, end = old_low, min(low, old_low + window)
    else:
        start, end = max(low + window, old_low), old_low + window
    block = block_below(row, offset, end >> 6) if end < old_low + window else top_block(row, offset)
    while block != NO_KEY and block >= start >> 6:
        place = block & ((window >> 6) - 1)
        bits = row[bitmap + place]
        while bits != 0:
            bit = 63 - leading_zeros(bits)
            bits &= ~(1 << bit)
            leaving[left, 0] = (block << 6) + bit
            leaving[left, 1] = row[ring + (place << 6) + bit]
            row[ring + (place << 6) + bit] = 0
            left += 1
        row[bitmap + place] = 0
        row[bitmap + (window >> 6) + (place >> 6)] &= ~(1 << (place & 63))
        block = block_below(row, offset, block)
    row[offset + NEAR] -= left
    row[offset + LOW] = low
    row[offset + ABOVE] = 0
    row[REANCHORED] += 1
    # Levels that enter: taken out of the table in a second pass, because a removal moves its neighbours.
    if row[offset + FAR] > 0:
        keys = far_keys(row, offset)
        entering = np.empty((row[offset + FAR], 2), np.int64)
        count = 0
        for slot in range(slots):
            key = row[keys + slot]
            if row[keys + slots + slot] != 0 and low <= key < low + window:
                entering[count, 0] = key
                entering[count, 1] = row[keys + slots + slot]
                count += 1
        for index in range(count):
            table_remove(row, offset, table_slot(row, offset, entering[index, 0]))
        for index in range(count):
            set_level(row, offset, entering[index, 0], entering[index, 1])
    for index in range(left):
        set_far(row, offset, leaving[index, 0], leaving[index, 1])
    row[offset + BEST] = next_below(row, offset, low + window)


@inlined
def settle(row, offset):
    """After a whole frame: keep the best level inside the window with room on both sides."""
    best = row[offset + BEST]
    if row[offset + FAR] > 0 and (row[offset + ABOVE] == 1 or best == NO_KEY):
        sort_far(row, offset)
        window, slots = row[WINDOW], row[SLOTS]
        far_best = row[far_keys(row, offset) + 2 * slots]
        reanchor(row, offset, max(best, far_best))
    elif best != NO_KEY:
        above_low, window = best - row[offset + LOW], row[WINDOW]
        if above_low < window >> 1 or above_low >= window - (window >> 4):
            reanchor(row, offset, best)


@inlined
def apply_rows(row, rows, start, end):
    """Apply the levels rows[start:end] of one whole message and return 1 when the book is crossed after it."""
    bids, asks = HEADER, side_offset(row, -1)
    for index in range(start, end):
        if rows[index, 0] > 0:
            set_level(row, bids, rows[index, 1], rows[index, 2])
        else:
            set_level(row, asks, -rows[index, 1], rows[index, 2])
    settle(row, bids)
    settle(row, asks)
    row[VERSION] += 1
    row[LEVELS] += end - start
    return 1 if row[bids + BEST] + row[asks + BEST] >= 0 else 0


@kernel("int64(int64[::1], int64[:, ::1], int64, int64)")
def apply_message(row, rows, start, end):
    """Apply one whole message of levels; see `apply_rows`."""
    return apply_rows(row, rows, start, end)


@kernel("int64(int64[::1], int64)")
def truncate(row, depth):
    """Drop what lies beyond the best `depth` levels of each side; return how many levels that were.

    Between messages every far level is worse than every level of the ring (see `settle`), so far ones go first.
    """
    dropped = 0
    for side in (1, -1):
        offset = side_offset(row, side)
        over = row[offset + NEAR] + row[offset + FAR] - depth
        if over <= 0:
            continue
        dropped += over
        far = row[offset + FAR]
        if far > 0:
            sort_far(row, offset)
            ranked = far_keys(row, offset) + 2 * row[SLOTS]
            for rank in range(far - 1, max(far - over, 0) - 1, -1):  # from the end: nothing that is still to go moves
                table_remove(row, offset, table_slot(row, offset, row[ranked + rank]))
        for _ in range(over - far):
            set_level(row, offset, worst_near(row, offset), 0)
    if dropped > 0:
        row[VERSION] += 1
    return dropped


@kernel("void(int64[::1])")
def clear(row):
    """Empty both sides. Only what is occupied is touched."""
    window, slots = row[WINDOW], row[SLOTS]
    for side in (1, -1):
        offset = side_offset(row, side)
        ring = offset + SIDE_HEADER
        block = top_block(row, offset)
        while block != NO_KEY:
            place = block & ((window >> 6) - 1)
            row[ring + (place << 6) : ring + (place << 6) + 64] = 0
            row[ring + window + place] = 0
            block = block_below(row, offset, block)
        summary = ring + window + (window >> 6)
        row[summary : summary + max(window >> 12, 1)] = 0
        sizes = far_keys(row, offset) + slots
        if row[offset + FAR] > 0:
            row[sizes : sizes + slots] = 0
        row[offset : offset + SIDE_HEADER] = 0
        row[offset + BEST] = NO_KEY
        row[offset + EDGE] = NO_KEY
        row[offset + SORTED] = 1
    row[VERSION] += 1


@kernel("int64(int64[::1], int64[:, ::1], int64, int64, int64)")
def replace(row, rows, start, end, complete):
    """Make the book exactly the levels rows[start:end]; see `apply_rows` for what is returned.

    Unless the snapshot is `complete`, what is proven ends at its worst level of each side.
    """
    clear(row)
    for side in (1, -1):
        offset = side_offset(row, side)
        best, worst = NO_KEY, -NO_KEY
        for index in range(start, end):
            if rows[index, 0] == side and rows[index, 2] != 0:
                key = side * rows[index, 1]
                best, worst = max(best, key), min(worst, key)
        if best == NO_KEY:
            continue
        row[offset + LOW] = ((best - 3 * (row[WINDOW] >> 2)) >> 6) << 6
        if not complete:
            row[offset + EDGE] = worst
    return apply_rows(row, rows, start, end)
