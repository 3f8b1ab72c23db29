"""Levels outside the ring: an open-addressing table, and the order of its keys when somebody asks for it."""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from fillcast.core.jit import inlined, kernel
from fillcast.core.layout_kernels import (
    ABOVE,
    EDGE,
    EVICTED,
    FAR,
    HASH,
    KEPT_SORTED,
    LOW,
    SLOTS,
    SORTED,
    WINDOW,
    far_keys,
)


@inlined
def table_slot(row, offset, key):
    """Return the table slot that holds `key`, or the free slot where it belongs."""
    slots = row[SLOTS]
    keys = far_keys(row, offset)
    sizes = keys + slots
    slot = ((key * HASH) >> 20) & (slots - 1)
    while row[sizes + slot] != 0 and row[keys + slot] != key:
        slot = (slot + 1) & (slots - 1)
    return slot


@inlined
def rank_of(row, offset, key):
    """Return how many far keys are better than `key`; the sorted far keys must be current."""
    ranked = far_keys(row, offset) + 2 * row[SLOTS]
    first, last = 0, row[offset + FAR]
    while first < last:
        middle = (first + last) >> 1
        if row[ranked + middle] > key:
            first = middle + 1
        else:
            last = middle
    return first


@inlined
def table_remove(row, offset, slot):
    """Free a table slot and close the hole behind it, so that no search stops short."""
    slots = row[SLOTS]
    keys = far_keys(row, offset)
    sizes = keys + slots
    count = row[offset + FAR]
    if row[offset + SORTED] == 1 and count <= KEPT_SORTED:
        ranked = keys + 2 * slots
        for rank in range(rank_of(row, offset, row[keys + slot]), count - 1):
            row[ranked + rank] = row[ranked + rank + 1]
    else:
        row[offset + SORTED] = 0
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
    row[offset + FAR] = count - 1


@inlined
def table_insert(row, offset, slot, key, lots):
    """Fill a free table slot."""
    slots = row[SLOTS]
    keys = far_keys(row, offset)
    count = row[offset + FAR]
    if row[offset + SORTED] == 1 and count < KEPT_SORTED:
        ranked = keys + 2 * slots
        first = rank_of(row, offset, key)
        for rank in range(count, first, -1):
            row[ranked + rank] = row[ranked + rank - 1]
        row[ranked + first] = key
    else:
        row[offset + SORTED] = 0
    row[keys + slot] = key
    row[keys + slots + slot] = lots
    row[offset + FAR] = count + 1


@kernel("void(int64[::1], int64)")
def sort_far(row, offset):
    """Fill the sorted far keys, best first."""
    if row[offset + SORTED] == 1:
        return
    slots = row[SLOTS]
    keys = far_keys(row, offset)
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
    slots, count = row[SLOTS], row[offset + FAR]
    ranked = far_keys(row, offset) + 2 * slots
    keep = count - max(count >> 3, 1)
    best_given_up = row[ranked + keep]
    for index in range(count - 1, keep - 1, -1):  # from the end: nothing that is still to go moves
        table_remove(row, offset, table_slot(row, offset, row[ranked + index]))
        row[EVICTED] += 1
    row[offset + EDGE] = max(row[offset + EDGE], best_given_up + 1)


@inlined
def set_far(row, offset, key, lots):
    """Set one level of the table; 0 lots remove it."""
    window, slots = row[WINDOW], row[SLOTS]
    keys = far_keys(row, offset)
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
    table_insert(row, offset, slot, key, lots)
    if key >= row[offset + LOW] + window:
        row[offset + ABOVE] = 1
