"""The ring ladder: one book as one flat int64 array, and the kernels that change it.

A row is a header of HEADER words, two side blocks, bids then asks, and TEXT_WORDS that checksums work in. Prices are
keys: the tick for a bid, minus the tick for an ask, so that on both sides a better price is a larger key and one piece
of code serves both.

A side block is SIDE_HEADER words, then `window` sizes (the ring: the size of key k lies at k & (window - 1) while
LOW <= k < LOW + window), then `window / 64` words of occupancy bits, then the table of far levels: `slots` keys,
`slots` sizes (0 marks a free slot), and `slots` keys in falling order that a walk fills when it gets that far.
LOW is a multiple of 64, so that a word of bits never spans both ends of the window.

Sizes are lots > 0; keys and lots are below 2^60 in magnitude (decoders see to it), so that no sum of two overflows.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np

from fillcast.core.bits_kernels import leading_zeros
from fillcast.core.jit import inlined, kernel

# Header words.
STATE: Final = 0  # a BookState
LIVE: Final = 2  # BookState.LIVE
HELD: Final = 1  # 1: frames of this book go through the reference path
VERSION: Final = 2
LAST_ID: Final = 3
EVENT_NS: Final = 4
DEPTH: Final = 5  # levels a side that the venue states; 0: none stated
CHANGED_NS: Final = 6  # monotonic time of the last change
RIGHT_NS: Final = 7  # wall time of the last frame that was right
LAG_NS: Final = 8  # receive minus event time of the last frame
LAG_FLOOR_NS: Final = 9  # smallest of this rolling window
WINDOW: Final = 10
SLOTS: Final = 11
PRICE_DECIMALS: Final = 12
TICK_MANTISSA: Final = 13
SIZE_DECIMALS: Final = 14
LOT_MANTISSA: Final = 15
FIXED_TEXT: Final = 16
EVICTED: Final = 17  # far levels given up so far
REANCHORED: Final = 18  # times a window has moved
SYMBOL: Final = 24  # 8 words: the symbol's bytes
SYMBOL_WORDS: Final = 8
HEADER: Final = 64

# Side words, from the start of the block.
BEST: Final = 0
LOW: Final = 1
NEAR: Final = 2  # levels in the ring
FAR: Final = 3  # levels in the table
EDGE: Final = 4  # lowest key that is proven; NO_KEY: the whole side is
ABOVE: Final = 5  # 1: the table holds a key above the window
SORTED: Final = 6  # 1: the sorted far keys are current
SIDE_HEADER: Final = 8

NO_KEY: Final = -(1 << 62)
DEFAULT_WINDOW: Final = 1 << 15
DEFAULT_SLOTS: Final = 1 << 13

TEXT_WORDS: Final = 512 + 512 * 9  # the checksum text, and the texts of 512 levels, see `checksum_kernels`

HASH: Final = -7046029254386353131  # 2^64 / golden ratio, odd: Fibonacci hashing


def side_words(window: int, slots: int) -> int:
    """Return the words of one side block."""
    return SIDE_HEADER + window + window // 64 + 3 * slots


def row_words(window: int = DEFAULT_WINDOW, slots: int = DEFAULT_SLOTS) -> int:
    """Return the words of one book."""
    return HEADER + 2 * side_words(window, slots) + TEXT_WORDS


@inlined
def side_offset(row, side):
    """Return where the block of a side (+1 bids, -1 asks) starts."""
    if side > 0:
        return HEADER
    window = row[WINDOW]
    return HEADER + SIDE_HEADER + window + (window >> 6) + 3 * row[SLOTS]


@inlined
def next_below(row, offset, key):
    """Return the highest occupied ring key below `key`, or NO_KEY."""
    low = row[offset + LOW]
    key -= 1
    if key < low:
        return NO_KEY
    window = row[WINDOW]
    bitmap = offset + SIDE_HEADER + window
    blocks = (window >> 6) - 1
    block = key >> 6
    bits = row[bitmap + (block & blocks)] << (63 - (key & 63))
    if bits != 0:
        return key - leading_zeros(bits)
    for lower in range(block - 1, (low >> 6) - 1, -1):
        bits = row[bitmap + (lower & blocks)]
        if bits != 0:
            return (lower << 6) + 63 - leading_zeros(bits)
    return NO_KEY


@inlined
def table_slot(row, offset, key):
    """Return the table slot that holds `key`, or the free slot where it belongs."""
    window, slots = row[WINDOW], row[SLOTS]
    keys = offset + SIDE_HEADER + window + (window >> 6)
    sizes = keys + slots
    slot = ((key * HASH) >> 20) & (slots - 1)
    while row[sizes + slot] != 0 and row[keys + slot] != key:
        slot = (slot + 1) & (slots - 1)
    return slot


@inlined
def table_remove(row, offset, slot):
    """Free a table slot and close the hole behind it, so that no search stops short."""
    window, slots = row[WINDOW], row[SLOTS]
    keys = offset + SIDE_HEADER + window + (window >> 6)
    sizes = keys + slots
    hole, probe = slot, slot
    while True:
        probe = (probe + 1) & (slots - 1)
        if row[sizes + probe] == 0:
            break
        home = ((row[keys + probe] * HASH) >> 20) & (slots - 1)
        if ((probe - home) & (slots - 1)) >= ((probe - hole) & (slots - 1)):
            row[keys + hole] = row[keys + probe]
            row[sizes + hole] = row[sizes + probe]
            hole = probe
    row[sizes + hole] = 0
    row[offset + FAR] -= 1
    row[offset + SORTED] = 0


@kernel("void(int64[::1], int64)")
def sort_far(row, offset):
    """Fill the sorted far keys, best first."""
    if row[offset + SORTED] == 1:
        return
    window, slots = row[WINDOW], row[SLOTS]
    keys = offset + SIDE_HEADER + window + (window >> 6)
    ranked = keys + 2 * slots
    count = 0
    for slot in range(slots):
        if row[keys + slots + slot] != 0:
            row[ranked + count] = -row[keys + slot]
            count += 1
    row[ranked : ranked + count].sort()
    for index in range(count):
        row[ranked + index] = -row[ranked + index]
    row[offset + SORTED] = 1


@kernel("void(int64[::1], int64)")
def evict(row, offset):
    """Give up the worst eighth of a full table; what is proven ends above it."""
    sort_far(row, offset)
    window, slots, count = row[WINDOW], row[SLOTS], row[offset + FAR]
    ranked = offset + SIDE_HEADER + window + (window >> 6) + 2 * slots
    keep = count - max(count >> 3, 1)
    best_given_up = row[ranked + keep]
    for index in range(keep, count):
        table_remove(row, offset, table_slot(row, offset, row[ranked + index]))
        row[EVICTED] += 1
    row[offset + EDGE] = max(row[offset + EDGE], best_given_up + 1)


@inlined
def set_far(row, offset, key, lots):
    """Set one level of the table; 0 lots remove it."""
    window, slots = row[WINDOW], row[SLOTS]
    keys = offset + SIDE_HEADER + window + (window >> 6)
    slot = table_slot(row, offset, key)
    if row[keys + slots + slot] != 0:
        if lots != 0:
            row[keys + slots + slot] = lots
        else:
            table_remove(row, offset, slot)
        return
    if lots == 0:
        return
    if row[offset + FAR] >= slots - (slots >> 3):
        evict(row, offset)
        slot = table_slot(row, offset, key)
    row[keys + slot] = key
    row[keys + slots + slot] = lots
    row[offset + FAR] += 1
    row[offset + SORTED] = 0
    if key >= row[offset + LOW] + window:
        row[offset + ABOVE] = 1


@inlined
def set_level(row, offset, key, lots):
    """Set the size at one key; 0 lots remove the level, and removing what is not there is normal."""
    low, window = row[offset + LOW], row[WINDOW]
    if low <= key < low + window:
        index = key & (window - 1)
        place = offset + SIDE_HEADER + index
        old = row[place]
        row[place] = lots
        if lots != 0:
            if old == 0:
                row[offset + SIDE_HEADER + window + (index >> 6)] |= 1 << (index & 63)
                row[offset + NEAR] += 1
                if key > row[offset + BEST]:
                    row[offset + BEST] = key
        elif old != 0:
            row[offset + SIDE_HEADER + window + (index >> 6)] &= ~(1 << (index & 63))
            row[offset + NEAR] -= 1
            if key == row[offset + BEST]:
                row[offset + BEST] = next_below(row, offset, key)
    else:
        set_far(row, offset, key, lots)


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
    for block in range(start >> 6, end >> 6):
        word = bitmap + (block & ((window >> 6) - 1))
        bits = row[word]
        while bits != 0:
            bit = 63 - leading_zeros(bits)
            bits &= ~(1 << bit)
            place = ring + (((block << 6) + bit) & (window - 1))
            leaving[left, 0] = (block << 6) + bit
            leaving[left, 1] = row[place]
            row[place] = 0
            left += 1
        row[word] = 0
    row[offset + NEAR] -= left
    row[offset + LOW] = low
    row[offset + ABOVE] = 0
    row[REANCHORED] += 1
    # Levels that enter: taken out of the table in a second pass, because a removal moves its neighbours.
    if row[offset + FAR] > 0:
        keys = bitmap + (window >> 6)
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
        far_best = row[offset + SIDE_HEADER + window + (window >> 6) + 2 * slots]
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
    return 1 if row[bids + BEST] + row[asks + BEST] >= 0 else 0


@kernel("int64(int64[::1], int64[:, ::1], int64, int64)")
def apply_message(row, rows, start, end):
    """Apply one whole message of levels; see `apply_rows`."""
    return apply_rows(row, rows, start, end)


@kernel("void(int64[::1])")
def clear(row):
    """Empty both sides. Only what is occupied is touched."""
    window, slots = row[WINDOW], row[SLOTS]
    for side in (1, -1):
        offset = side_offset(row, side)
        bitmap = offset + SIDE_HEADER + window
        for word in range(window >> 6):
            if row[bitmap + word] != 0:
                row[bitmap + word] = 0
                start = offset + SIDE_HEADER + (word << 6)
                row[start : start + 64] = 0
        sizes = bitmap + (window >> 6) + slots
        if row[offset + FAR] > 0:
            row[sizes : sizes + slots] = 0
        row[offset : offset + SIDE_HEADER] = 0
        row[offset + BEST] = NO_KEY
        row[offset + EDGE] = NO_KEY
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
