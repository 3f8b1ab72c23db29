"""Reads a ring ladder's raw array without any kernel, and says what is wrong with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core import layout_kernels as at

WORD = 1 << 64


def check_row(row: NDArray[np.int64]) -> dict[int, dict[int, int]]:
    """Return the levels of both sides, {side: {ticks: lots}}; AssertionError where the array contradicts itself."""
    window, slots = int(row[at.WINDOW]), int(row[at.SLOTS])
    start, sides = at.HEADER, {}
    for side in (1, -1):
        block = row[start : start + at.side_words(window, slots)]
        keys = check_side(block, window, slots)
        sides[side] = {side * key: lots for key, lots in keys.items()}
        start += at.side_words(window, slots)
    return sides


def check_side(block: NDArray[np.int64], window: int, slots: int) -> dict[int, int]:
    """Return {key: lots} of one side block."""
    best, low = int(block[at.BEST]), int(block[at.LOW])
    assert low % 64 == 0, "the window does not start at a word of bits"
    ring = block[at.SIDE_HEADER : at.SIDE_HEADER + window]
    bits = block[at.SIDE_HEADER + window :][: window // 64]
    summary = block[at.SIDE_HEADER + window + window // 64 :][: max(window // 4096, 1)]
    table = block[at.SIDE_HEADER + window + window // 64 + len(summary) :]
    table_keys, table_lots, ranked = table[:slots], table[slots : 2 * slots], table[2 * slots : 3 * slots]

    assert (ring >= 0).all(), "a negative size in the ring"
    occupied = np.unpackbits(bits.view(np.uint8), bitorder="little").astype(bool)
    assert (occupied == (ring != 0)).all(), "the occupancy bits are not those of the sizes"
    marked = np.unpackbits(summary.view(np.uint8), bitorder="little").astype(bool)
    assert (marked[: len(bits)] == (bits != 0)).all(), "the summary is not that of the occupancy bits"
    assert not marked[len(bits) :].any(), "the summary knows words that do not exist"
    index = np.flatnonzero(ring)
    near = {low + int(i - low) % window: int(ring[i]) for i in index}
    assert block[at.NEAR] == len(near), "the count of ring levels is wrong"

    far = {}
    for slot in np.flatnonzero(table_lots):
        key = int(table_keys[slot])
        assert table_lots[slot] > 0, "a negative size in the table"
        assert key not in far, "a key twice in the table"
        far[key] = int(table_lots[slot])
        probe = home_slot(key, slots)
        while probe != slot:
            assert table_lots[probe] != 0, "a hole before a key of the table: no search finds it"
            probe = (probe + 1) % slots
    assert block[at.FAR] == len(far), "the count of table levels is wrong"
    assert len(far) <= slots - slots // 8, "the table is fuller than it may be"
    assert all(key < low for key in far), "a far level above the window, or inside it"
    if block[at.SORTED] == 1:
        assert list(ranked[: len(far)]) == sorted(far, reverse=True), "the sorted keys are not those of the table"

    assert best == max(near, default=at.NO_KEY), "the best pointer is not at the best level"
    assert near or not far, "far levels only: the window does not hold the best level"
    if near:
        assert low + window // 2 <= best < low + window - window // 16, "no room around the best level"
    return near | far


def home_slot(key: int, slots: int) -> int:
    """Where the search for a key starts: Fibonacci hashing in 64-bit arithmetic."""
    product = key * at.HASH % WORD
    signed = product - WORD if product >= WORD // 2 else product
    return (signed >> 20) & (slots - 1)
