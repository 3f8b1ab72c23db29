"""Checksums of the best levels, straight from the integers of a book.

The text that a venue takes its CRC-32 over follows from the integers of the levels, their grids and one format flag
(trailing zeros or none). It is never put together. The register of a CRC is linear: taking it over a text A and then
over B gives shift(register of A, length of B) XOR (CRC of B from an empty register), and shift by a given length is
four table look-ups. So each level contributes the CRC of its own text, and since most of the best levels stand
unchanged from one message to the next, those are kept beside the book in a small direct-mapped table whose slots are
[tick, lots, length, crc].

CRC-32 is the reflected polynomial 0xEDB88320 of IEEE 802.3. Its linearity: R. Williams, 1993, "A painless guide to
CRC error detection algorithms".
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.far_kernels import sort_far
from fillcast.core.jit import inlined, kernel
from fillcast.core.ladder_kernels import next_below
from fillcast.core.layout_kernels import (
    BEST,
    FAR,
    FIXED_TEXT,
    HASH,
    KEPT_LEVELS,
    KEPT_WORDS,
    LOT_MANTISSA,
    NO_KEY,
    PRICE_DECIMALS,
    SIDE_HEADER,
    SIZE_DECIMALS,
    TICK_MANTISSA,
    WINDOW,
    side_offset,
)
from fillcast.core.walk_kernels import far_lots

OKX_LEVELS: Final = 25  # levels a side in the text (OKX v5 documentation, order book checksum)
LONGEST_LEVEL: Final = 48  # bytes: two numbers of at most 20 characters and their separators, and room
ALL_ONES: Final = 0xFFFFFFFF
INT64_MAX: Final = (1 << 63) - 1
COLON: Final = 58


def _crc_steps() -> NDArray[np.uint32]:
    """Return the table of one step of the CRC: the register (256,) after one byte from an empty register."""
    steps = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        steps = np.where(steps & 1, (steps >> 1) ^ np.uint32(0xEDB88320), steps >> 1)
    return steps.astype(np.uint32)


def _crc_shifts(steps: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return (length, byte of the register, its value) -> what it becomes after `length` zero bytes."""
    shifts = np.zeros((LONGEST_LEVEL + 1, 4, 256), np.uint32)
    for byte in range(4):
        shifts[0, byte] = np.arange(256, dtype=np.uint32) << np.uint32(8 * byte)
    for length in range(1, LONGEST_LEVEL + 1):
        before = shifts[length - 1]
        shifts[length] = (before >> np.uint32(8)) ^ steps[before & np.uint32(255)]
    return shifts


def _register_before(byte: int, register: int) -> int:
    """Return the register that a step over `byte` turns into `register`."""
    index = next(value for value in range(256) if int(STEPS[value]) >> 24 == register >> 24)
    return (((register ^ int(STEPS[index])) << 8) & ALL_ONES) | (index ^ byte)


STEPS: Final = _crc_steps()
SHIFTS: Final = _crc_shifts(STEPS)
# OKX joins levels with colons. Every level here begins with its own; this start makes the first one of no effect.
OKX_START: Final = _register_before(COLON, ALL_ONES)


@inlined
def step(register, byte):
    """Return the register after one byte."""
    return np.int64(STEPS[(register ^ byte) & 255]) ^ (register >> 8)


@inlined
def shift(register, length):
    """Return the register after `length` zero bytes."""
    return (
        np.int64(SHIFTS[length, 0, register & 255])
        ^ np.int64(SHIFTS[length, 1, (register >> 8) & 255])
        ^ np.int64(SHIFTS[length, 2, (register >> 16) & 255])
        ^ np.int64(SHIFTS[length, 3, register >> 24])
    )


@inlined
def write_decimal(text, end, units, mantissa, decimals, fixed):
    """Write the text of units × mantissa × 10^-decimals so that it ends before `end`; return where it starts."""
    # A product beyond int64 (no decoder lets one in) becomes a wrong text, never a negative number that does not end.
    value = (units * mantissa) & INT64_MAX
    place, places = end, decimals
    if not fixed:
        while places > 0 and value % 10 == 0:
            value //= 10
            places -= 1
    for _ in range(places):
        place -= 1
        text[place] = 48 + value % 10
        value //= 10
    if places > 0:
        place -= 1
        text[place] = 46  # "."
    while True:
        place -= 1
        text[place] = 48 + value % 10
        value //= 10
        if value == 0:
            return place


@kernel("void(int64[::1], int64, int64, int64)")
def keep_level(row, slot, tick, lots):
    """Put the length and CRC of one level's `:price:size` into a slot of the table."""
    text = np.empty(LONGEST_LEVEL, np.uint8)
    fixed = row[FIXED_TEXT] == 1
    place = write_decimal(text, LONGEST_LEVEL, lots, row[LOT_MANTISSA], row[SIZE_DECIMALS], fixed) - 1
    text[place] = COLON
    place = write_decimal(text, place, tick, row[TICK_MANTISSA], row[PRICE_DECIMALS], fixed) - 1
    text[place] = COLON
    register = 0
    for index in range(place, LONGEST_LEVEL):
        register = step(register, np.int64(text[index]))
    row[slot], row[slot + 1], row[slot + 2], row[slot + 3] = tick, lots, LONGEST_LEVEL - place, register


@inlined
def with_level(row, register, tick, lots):
    """Return the register after one more level."""
    slot = len(row) - KEPT_WORDS + 4 * (((tick * HASH) >> 40) & (KEPT_LEVELS - 1))
    if row[slot] != tick or row[slot + 1] != lots:
        keep_level(row, slot, tick, lots)
    return shift(register, row[slot + 2]) ^ row[slot + 3]


@inlined
def level_after(row, offset, key, rank):
    """Return (key, lots, next ring key, next far rank) of the level that a cursor over one side stands on."""
    if key != NO_KEY:
        return key, row[offset + SIDE_HEADER + (key & (row[WINDOW] - 1))], next_below(row, offset, key), rank
    if rank < row[offset + FAR]:
        sort_far(row, offset)
        far_key, lots = far_lots(row, offset, rank)
        return far_key, lots, NO_KEY, rank + 1
    return NO_KEY, 0, NO_KEY, rank


@inlined
def okx_crc(row):
    """Return OKX's checksum of a book, a signed 32-bit number.

    Best 25 levels a side, bid and ask of each rank in turn, `price:size` joined by colons; what one side has more of
    follows (OKX v5, order book channel).
    """
    bids, asks = side_offset(row, 1), side_offset(row, -1)
    bid_key, ask_key, bid_rank, ask_rank = row[bids + BEST], row[asks + BEST], 0, 0
    register = OKX_START
    levels = 0
    for _ in range(OKX_LEVELS):
        key, lots, bid_key, bid_rank = level_after(row, bids, bid_key, bid_rank)
        if key != NO_KEY:
            register = with_level(row, register, key, lots)
            levels += 1
        key, lots, ask_key, ask_rank = level_after(row, asks, ask_key, ask_rank)
        if key != NO_KEY:
            register = with_level(row, register, -key, lots)
            levels += 1
    value = register ^ ALL_ONES if levels > 0 else 0
    return value - (1 << 32) if value >= 1 << 31 else value


@kernel("int64(int64[::1])")
def okx_checksum(row):
    """Return OKX's checksum of a book, a signed 32-bit number."""
    return okx_crc(row)
