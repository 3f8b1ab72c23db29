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

from fillcast.core.bits_kernels import leading_zeros
from fillcast.core.far_kernels import sort_far
from fillcast.core.jit import inlined, kernel
from fillcast.core.ladder_kernels import block_below
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
KRAKEN_LEVELS: Final = 10  # levels a side in the text, whatever the depth (Kraken documentation, book checksum)
LONGEST_LEVEL: Final = 48  # bytes: two numbers of at most 20 characters and their separators, and room
ALL_ONES: Final = 0xFFFFFFFF
INT64_MAX: Final = (1 << 63) - 1
COLON, POINT, ZERO = 58, 46, 48


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


def _crc_characters(steps: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return (bytes that follow, character) -> the register that the character alone leaves after them."""
    characters = np.zeros((LONGEST_LEVEL, 128), np.uint32)
    characters[0] = steps[:128]
    for length in range(1, LONGEST_LEVEL):
        before = characters[length - 1]
        characters[length] = (before >> np.uint32(8)) ^ steps[before & np.uint32(255)]
    return characters


def _register_before(byte: int, register: int) -> int:
    """Return the register that a step over `byte` turns into `register`."""
    index = next(value for value in range(256) if int(STEPS[value]) >> 24 == register >> 24)
    return (((register ^ int(STEPS[index])) << 8) & ALL_ONES) | (index ^ byte)


STEPS: Final = _crc_steps()
SHIFTS: Final = _crc_shifts(STEPS)
CHARACTERS: Final = _crc_characters(STEPS)
# OKX joins levels with colons. Every level here begins with its own; this start makes the first one of no effect.
OKX_START: Final = _register_before(COLON, ALL_ONES)


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
def decimal_before(register, length, units, mantissa, decimals, fixed):
    """Put the text of units × mantissa × 10^-decimals before a text; return (its register, its length).

    The register of a text from an empty start is the sum (XOR) of what each character gives at its distance from the
    end, so that a number is taken from its last digit on, with nothing written down.
    """
    # A product beyond int64 (no decoder lets one in) becomes a wrong text, never a negative number that does not end.
    value = (units * mantissa) & INT64_MAX
    places = decimals
    if not fixed:
        while places > 0 and value % 10 == 0:
            value //= 10
            places -= 1
    for _ in range(places):
        register ^= np.int64(CHARACTERS[length, ZERO + value % 10])
        value //= 10
        length += 1
    if places > 0:
        register ^= np.int64(CHARACTERS[length, POINT])
        length += 1
    while True:
        register ^= np.int64(CHARACTERS[length, ZERO + value % 10])
        value //= 10
        length += 1
        if value == 0:
            return register, length


@inlined
def keep_level(row, slot, tick, lots):
    """Put the length and CRC of one level's `:price:size` into a slot of the table."""
    fixed = row[FIXED_TEXT] == 1
    register, length = decimal_before(0, 0, lots, row[LOT_MANTISSA], row[SIZE_DECIMALS], fixed)
    register ^= np.int64(CHARACTERS[length, COLON])
    register, length = decimal_before(register, length + 1, tick, row[TICK_MANTISSA], row[PRICE_DECIMALS], fixed)
    register ^= np.int64(CHARACTERS[length, COLON])
    row[slot], row[slot + 1], row[slot + 2], row[slot + 3] = tick, lots, length + 1, register


@inlined
def with_level(row, register, tick, lots):
    """Return the register after one more level."""
    slot = len(row) - 4 * KEPT_LEVELS + 4 * (((tick * HASH) >> 40) & (KEPT_LEVELS - 1))
    if row[slot] != tick or row[slot + 1] != lots:
        keep_level(row, slot, tick, lots)
    return shift(register, row[slot + 2]) ^ row[slot + 3]


@inlined
def gather_best(row, offset, at, limit):
    """Write (key, lots) of up to `limit` best levels of a side into the row from word `at` on; return how many."""
    ring = offset + SIDE_HEADER
    window = row[WINDOW]
    count = 0
    block = row[offset + BEST] >> 6 if row[offset + BEST] != NO_KEY else NO_KEY
    while block != NO_KEY:
        position = block & ((window >> 6) - 1)
        bits = row[ring + window + position]
        while bits != 0:
            bit = 63 - leading_zeros(bits)
            bits &= ~(1 << bit)
            row[at + 2 * count] = (block << 6) + bit
            row[at + 2 * count + 1] = row[ring + (position << 6) + bit]
            count += 1
            if count == limit:
                return count
        block = block_below(row, offset, block)
    if row[offset + FAR] > 0:
        sort_far(row, offset)
        for rank in range(min(row[offset + FAR], limit - count)):
            row[at + 2 * count], row[at + 2 * count + 1] = far_lots(row, offset, rank)
            count += 1
    return count


@inlined
def okx_crc(row):
    """Return OKX's checksum of a book, a signed 32-bit number.

    Best 25 levels a side, bid and ask of each rank in turn, `price:size` joined by colons; what one side has more of
    follows (OKX v5, order book channel).
    """
    bids = len(row) - KEPT_WORDS
    asks = bids + 2 * OKX_LEVELS
    bid_count = gather_best(row, side_offset(row, 1), bids, OKX_LEVELS)
    ask_count = gather_best(row, side_offset(row, -1), asks, OKX_LEVELS)
    register = OKX_START
    for rank in range(max(bid_count, ask_count)):
        if rank < bid_count:
            register = with_level(row, register, row[bids + 2 * rank], row[bids + 2 * rank + 1])
        if rank < ask_count:
            register = with_level(row, register, -row[asks + 2 * rank], row[asks + 2 * rank + 1])
    value = register ^ ALL_ONES if bid_count + ask_count > 0 else 0
    return value - (1 << 32) if value >= 1 << 31 else value


@kernel("int64(int64[::1])")
def okx_checksum(row):
    """Return OKX's checksum of a book, a signed 32-bit number."""
    return okx_crc(row)


@inlined
def digits_before(register, length, value):
    """Put the digits of a whole number before a text; see `decimal_before`."""
    while True:
        register ^= np.int64(CHARACTERS[length, ZERO + value % 10])
        value //= 10
        length += 1
        if value == 0:
            return register, length


@kernel("int64(int64[::1], int64, int64, int64, int64)")
def kraken_checksum(row, price_factor, price_divisor, size_factor, size_divisor):
    """Return Kraken's checksum of a book, an unsigned 32-bit number.

    Best 10 asks, then best 10 bids, price and size of each as whole numbers, nothing between them. Ticks × factor ÷
    divisor is a price in units of the last digit that the venue writes, and so for lots.
    """
    register = ALL_ONES
    for side in (-1, 1):
        best = len(row) - KEPT_WORDS
        for rank in range(gather_best(row, side_offset(row, side), best, KRAKEN_LEVELS)):
            ticks, lots = side * row[best + 2 * rank], row[best + 2 * rank + 1]
            # A product beyond int64 becomes a wrong text, see `decimal_before`.
            crc, length = digits_before(0, 0, ((lots * size_factor) & INT64_MAX) // size_divisor)
            crc, length = digits_before(crc, length, ((ticks * price_factor) & INT64_MAX) // price_divisor)
            register = shift(register, length) ^ crc
    return register ^ ALL_ONES
