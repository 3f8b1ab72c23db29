"""How one book lies in one flat int64 array.

A row is a header of HEADER words, two side blocks, bids then asks, and KEPT_WORDS that checksums work in. Prices are
keys: the tick for a bid, minus the tick for an ask, so that on both sides a better price is a larger key and one piece
of code serves both.

A side block is SIDE_HEADER words, then `window` sizes (the ring: the size of key k lies at k & (window - 1) while
LOW <= k < LOW + window), then `window / 64` words of occupancy bits, one bit for each of those words, then the table
of far levels: `slots` keys, `slots` sizes (0 marks a free slot), and `slots` keys in falling order, made when a walk
gets that far and kept while they are few. LOW is a multiple of 64, so that a word of bits never spans both ends of the
window.

Sizes are lots > 0; keys and lots are below 2^60 in magnitude (decoders see to it), so that no sum of two overflows.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

from fillcast.core.jit import inlined

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
LAG_NS: Final = 8  # receive minus event time of the last update
WINDOW: Final = 10
SLOTS: Final = 11
PRICE_DECIMALS: Final = 12
TICK_MANTISSA: Final = 13
SIZE_DECIMALS: Final = 14
LOT_MANTISSA: Final = 15
FIXED_TEXT: Final = 16
EVICTED: Final = 17  # far levels given up so far
REANCHORED: Final = 18  # times a window has moved
LEVELS: Final = 19  # levels applied so far, those of snapshots too
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
LEAST_WINDOW: Final = 512  # the best level lies three quarters up, give or take 64, and must stay inside
MOST_DECIMALS: Final = 18  # digits of an int64
DEFAULT_WINDOW: Final = 1 << 15
DEFAULT_SLOTS: Final = 1 << 13

KEPT_LEVELS: Final = 1024  # levels whose part of a checksum is kept, see `checksum_kernels`
KEPT_WORDS: Final = 128 + 4 * KEPT_LEVELS  # and room for the best levels themselves

KEPT_SORTED: Final = 256  # far keys of a side up to which their order is kept rather than made anew

HASH: Final = -7046029254386353131  # 2^64 / golden ratio, odd: Fibonacci hashing


def side_words(window: int, slots: int) -> int:
    """Return the words of one side block."""
    return SIDE_HEADER + window + window // 64 + max(window // 4096, 1) + 3 * slots


def row_words(window: int = DEFAULT_WINDOW, slots: int = DEFAULT_SLOTS) -> int:
    """Return the words of one book."""
    return HEADER + 2 * side_words(window, slots) + KEPT_WORDS


@inlined
def side_offset(row, side):
    """Return where the block of a side (+1 bids, -1 asks) starts."""
    if side > 0:
        return HEADER
    return far_keys(row, HEADER) + 3 * row[SLOTS]


@inlined
def far_keys(row, offset):
    """Return where the table of far levels of a side starts."""
    window = row[WINDOW]
    return offset + SIDE_HEADER + window + (window >> 6) + max(window >> 12, 1)
