"""Checksum text and CRC-32, straight from the integers of a book.

The text of a price or size follows from its integer, its grid and one format flag (trailing zeros or none). Most of
the best levels stand unchanged from one message to the next, so the texts last written are kept beside the book, one
per slot of a small direct-mapped table: [tick, lots, length, 48 bytes `price:size:`].

CRC-32 is the reflected polynomial 0xEDB88320 of IEEE 802.3, eight bytes a step (slicing-by-8; M. Kounavis and
F. Berry, 2005, "A systematic approach to building high performance software-based CRC generators").
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.bits_kernels import load_word, store_word
from fillcast.core.jit import inlined, kernel
from fillcast.core.ladder_kernels import (
    BEST,
    FAR,
    FIXED_TEXT,
    HASH,
    LOT_MANTISSA,
    NO_KEY,
    PRICE_DECIMALS,
    SIDE_HEADER,
    SIZE_DECIMALS,
    TEXT_WORDS,
    TICK_MANTISSA,
    WINDOW,
    next_below,
    side_offset,
    sort_far,
)
from fillcast.core.walk_kernels import far_lots

OKX_LEVELS: Final = 25  # levels a side in the text (OKX v5 documentation, order book checksum)
KEPT: Final = 512  # slots of the table of texts
SLOT_WORDS: Final = 9
SLOT_TEXT: Final = 3  # first word of the text in a slot: two numbers of at most 20 characters and their colons


def _crc_tables() -> NDArray[np.int64]:
    """Return the eight tables of slicing-by-8, (8, 256)."""
    tables = np.zeros((8, 256), np.int64)
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        tables[0, byte] = value
    for row in range(1, 8):
        for byte in range(256):
            value = int(tables[row - 1, byte])
            tables[row, byte] = (value >> 8) ^ int(tables[0, value & 255])
    return tables


CRC: Final = _crc_tables()


@inlined
def crc32(data, start, length):
    """Return the CRC-32 of `length` bytes of an array from byte `start` on, an int64 in [0, 2^32)."""
    value = 0xFFFFFFFF
    at, end = start, start + length
    while at + 8 <= end:
        word = load_word(data, at) ^ value
        value = (
            CRC[7, word & 255]
            ^ CRC[6, (word >> 8) & 255]
            ^ CRC[5, (word >> 16) & 255]
            ^ CRC[4, (word >> 24) & 255]
            ^ CRC[3, (word >> 32) & 255]
            ^ CRC[2, (word >> 40) & 255]
            ^ CRC[1, (word >> 48) & 255]
            ^ CRC[0, (word >> 56) & 255]
        )
        at += 8
    if at < end:
        word = load_word(data, at)  # the text lies in a row with room behind it
        for _ in range(end - at):
            value = CRC[0, (value ^ word) & 255] ^ (value >> 8)
            word >>= 8
    return value ^ 0xFFFFFFFF


@inlined
def write_decimal(text, end, units, mantissa, decimals, fixed):
    """Write the text of units × mantissa × 10^-decimals so that it ends before `end`; return where it starts."""
    value = units * mantissa
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
def keep_text(row, slot, tick, lots):
    """Write `price:size:` of one level into a slot of the table of texts."""
    text = np.zeros(96, np.uint8)
    fixed = row[FIXED_TEXT] == 1
    place = 47
    text[place] = 58  # ":"
    place = write_decimal(text, place, lots, row[LOT_MANTISSA], row[SIZE_DECIMALS], fixed)
    place -= 1
    text[place] = 58
    place = write_decimal(text, place, tick, row[TICK_MANTISSA], row[PRICE_DECIMALS], fixed)
    row[slot], row[slot + 1], row[slot + 2] = tick, lots, 48 - place
    for word in range(SLOT_WORDS - SLOT_TEXT):
        row[slot + SLOT_TEXT + word] = load_word(text, place + 8 * word)


@inlined
def put_level(row, at, tick, lots):
    """Write `price:size:` of one level at byte `at` of the row and return the byte behind it."""
    slot = len(row) - KEPT * SLOT_WORDS + SLOT_WORDS * (((tick * HASH) >> 40) & (KEPT - 1))
    if row[slot] != tick or row[slot + 1] != lots:
        keep_text(row, slot, tick, lots)
    for word in range(SLOT_WORDS - SLOT_TEXT):
        store_word(row, at + 8 * word, row[slot + SLOT_TEXT + word])
    return at + row[slot + 2]


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
def write_okx_text(row):
    """Write the checksum text into the row and return its length in bytes; it starts at `text_start`.

    Best 25 levels a side, bid and ask of each rank in turn, `price:size` joined by colons; what one side has more of
    follows (OKX v5, order book channel).
    """
    bids, asks = side_offset(row, 1), side_offset(row, -1)
    start = 8 * (len(row) - TEXT_WORDS)
    at = start
    bid_key, ask_key, bid_rank, ask_rank = row[bids + BEST], row[asks + BEST], 0, 0
    for _ in range(OKX_LEVELS):
        key, lots, bid_key, bid_rank = level_after(row, bids, bid_key, bid_rank)
        if key != NO_KEY:
            at = put_level(row, at, key, lots)
        key, lots, ask_key, ask_rank = level_after(row, asks, ask_key, ask_rank)
        if key != NO_KEY:
            at = put_level(row, at, -key, lots)
    return max(at - start - 1, 0)


@inlined
def okx_crc(row):
    """Return OKX's checksum of a book, a signed 32-bit number."""
    length = write_okx_text(row)
    value = crc32(row, 8 * (len(row) - TEXT_WORDS), length)
    return value - (1 << 32) if value >= 1 << 31 else value


@kernel("int64(int64[::1])")
def okx_checksum(row):
    """Return OKX's checksum of a book, a signed 32-bit number."""
    return okx_crc(row)


@kernel("int64(int64[::1])")
def okx_text(row):
    """Write OKX's checksum text into the last TEXT_WORDS of the row and return its length in bytes."""
    return write_okx_text(row)
