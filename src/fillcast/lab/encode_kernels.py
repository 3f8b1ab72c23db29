"""From integers to the decimal text of a frame, and from two views of a book to the levels between them.

A text form is int64[6]: price decimals, price mantissa, size decimals, size mantissa (see `core.decimals.Grid`), then
the decimals that a price and a size keep even where they are zeros.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined, kernel
from fillcast.lab.engine_kernels import (
    ASK_LEVELS,
    BEST_ASK,
    BEST_BID,
    BID_LEVELS,
    BUY,
    CHANGE_ID,
    CHANGE_KEY,
    CHANGES,
    LEVEL_LOTS,
    LEVEL_ORDERS,
    LOW,
    Int64Array,
)

Bytes = NDArray[np.uint8]

PRICE_DECIMALS, PRICE_MANTISSA, SIZE_DECIMALS, SIZE_MANTISSA, PRICE_KEPT, SIZE_KEPT = 0, 1, 2, 3, 4, 5
TICKS, LOTS, ORDERS = 0, 1, 2  # columns of a view of one side
MARK = ORDERS  # where orders are not told, the column says by which head a row begins
ZERO, POINT, QUOTE, COMMA, OPEN, CLOSE = 48, 46, 34, 44, 91, 93
LEVEL_BYTES = 80  # more than any level's text: two int64 of 19 digits, a point each, the count and the punctuation


@inlined
def _digits(out: Bytes, at: int, value: int) -> int:
    """Write a whole number >= 0; return the position after it."""
    length = 1
    power = value
    while power >= 10:
        power //= 10
        length += 1
    for place in range(at + length - 1, at - 1, -1):
        out[place] = ZERO + value % 10
        value //= 10
    return at + length


@inlined
def _decimal(out: Bytes, at: int, units: int, decimals: int, kept: int) -> int:
    """Write units × 10^-decimals without trailing zeros beyond the first `kept` decimals."""
    while decimals > kept and units % 10 == 0:
        units //= 10
        decimals -= 1
    scale = 1
    for _ in range(decimals):
        scale *= 10
    at = _digits(out, at, units // scale)
    if decimals > 0:
        out[at] = POINT
        rest = units % scale
        for place in range(at + decimals, at, -1):
            out[place] = ZERO + rest % 10
            rest //= 10
        at += decimals + 1
    return at


@kernel("int64(uint8[::1], int64, int64[:, ::1], int64, int64[::1], boolean)")
def write_levels(out: Bytes, at: int, view: Int64Array, count: int, form: Int64Array, counted: bool) -> int:
    """Write `[["price","size"],...]`, or with OKX's two further fields (`counted`); return the end.

    A level of no lots has no orders either: that is how the venues write a deletion.
    """
    out[at] = OPEN
    at += 1
    for row in range(count):
        if row:
            out[at] = COMMA
            at += 1
        out[at] = OPEN
        out[at + 1] = QUOTE
        price = view[row, TICKS] * form[PRICE_MANTISSA]
        at = _decimal(out, at + 2, price, form[PRICE_DECIMALS], form[PRICE_KEPT])
        out[at] = QUOTE
        out[at + 1] = COMMA
        out[at + 2] = QUOTE
        size = view[row, LOTS] * form[SIZE_MANTISSA]
        at = _decimal(out, at + 3, size, form[SIZE_DECIMALS], form[SIZE_KEPT])
        out[at] = QUOTE
        at += 1
        if counted:
            out[at] = COMMA
            out[at + 1] = QUOTE
            out[at + 2] = ZERO
            out[at + 3] = QUOTE
            out[at + 4] = COMMA
            out[at + 5] = QUOTE
            at = _digits(out, at + 6, view[row, ORDERS])
            out[at] = QUOTE
            at += 1
        out[at] = CLOSE
        at += 1
    out[at] = CLOSE
    return at + 1


@kernel("int64(uint8[::1], int64, int64[:, ::1], int64, int64[::1], uint8[:, ::1], uint8[::1], uint8[::1])")
def write_rows(
    out: Bytes, at: int, view: Int64Array, count: int, form: Int64Array, heads: Bytes, middle: Bytes, tail: Bytes
) -> int:
    """Write `head price middle size tail` for each row, with commas between; return the end.

    `heads` holds one head a line, filled up with zeros; a row's MARK says which it begins with.
    """
    for row in range(count):
        if row:
            out[at] = COMMA
            at += 1
        mark = view[row, MARK]
        for place in range(heads.shape[1]):
            if heads[mark, place] == 0:
                break
            out[at] = heads[mark, place]
            at += 1
        at = _decimal(out, at, view[row, TICKS] * form[PRICE_MANTISSA], form[PRICE_DECIMALS], form[PRICE_KEPT])
        for place in range(middle.shape[0]):
            out[at] = middle[place]
            at += 1
        at = _decimal(out, at, view[row, LOTS] * form[SIZE_MANTISSA], form[SIZE_DECIMALS], form[SIZE_KEPT])
        for place in range(tail.shape[0]):
            out[at] = tail[place]
            at += 1
    return at


@kernel("int64(int64[::1], int64[:, ::1], int64, int64[:, ::1])")
def read_top(words: Int64Array, levels: Int64Array, side: int, view: Int64Array) -> int:
    """Fill a view with the best levels of a side, best first; return how many of its rows are filled."""
    mask = levels.shape[0] - 1
    tick = words[BEST_BID] if side == BUY else words[BEST_ASK]
    wanted = min(view.shape[0], words[BID_LEVELS] if side == BUY else words[ASK_LEVELS])
    found = 0
    while found < wanted:
        row = tick & mask
        if levels[row, LEVEL_ORDERS] > 0:
            view[found, TICKS] = tick
            view[found, LOTS] = levels[row, LEVEL_LOTS]
            view[found, ORDERS] = levels[row, LEVEL_ORDERS]
            found += 1
        tick -= side
    return found


@kernel("int64(int64, int64[:, ::1], int64, int64[:, ::1], int64, int64[:, ::1])")
def difference(side: int, old: Int64Array, old_count: int, new: Int64Array, new_count: int, out: Int64Array) -> int:
    """Write the levels that turn one view of a side into another, best first; return how many.

    A deletion has no lots. A change of only the number of orders counts, as it does on the venue.
    """
    written = 0
    i = 0
    j = 0
    while i < old_count or j < new_count:
        if j == new_count or (i < old_count and (old[i, TICKS] - new[j, TICKS]) * side > 0):
            out[written, TICKS] = old[i, TICKS]
            out[written, LOTS] = 0
            out[written, ORDERS] = 0
            written += 1
            i += 1
        elif i == old_count or old[i, TICKS] != new[j, TICKS]:
            out[written, :] = new[j, :]
            written += 1
            j += 1
        else:
            if old[i, LOTS] != new[j, LOTS] or old[i, ORDERS] != new[j, ORDERS]:
                out[written, :] = new[j, :]
                written += 1
            i += 1
            j += 1
    return written


@kernel("void(int64, int64[:, ::1], int64, int64[:, ::1], int64)")
def mark_changes(side: int, old: Int64Array, old_count: int, changes: Int64Array, count: int) -> None:
    """Mark each of a difference's rows: 0 a new level, 1 another size, 2 a deletion."""
    i = 0
    for row in range(count):
        while i < old_count and (old[i, TICKS] - changes[row, TICKS]) * side > 0:
            i += 1
        if changes[row, LOTS] == 0:
            changes[row, MARK] = 2
        elif i < old_count and old[i, TICKS] == changes[row, TICKS]:
            changes[row, MARK] = 1
        else:
            changes[row, MARK] = 0


@kernel("int64(int64[::1], int64[:, ::1], int64[:, ::1], int64, int64[:, ::1], int64[:, ::1], int64[::1])")
def touched(
    words: Int64Array,
    levels: Int64Array,
    journal: Int64Array,
    since: int,
    bids: Int64Array,
    asks: Int64Array,
    counts: Int64Array,
) -> int:
    """Collect the levels changed since a journal row, each once with its size now, in rising price.

    `counts` receives how many bids and asks. A level that went and came back is listed too: a client that
    took a snapshot in between needs it. A tick that changed sides is listed on both, deleted on the one it
    left.

    Returns
    -------
    int
        The id of the first change; -1 when nothing changed; -2 when the journal or a view is too short.
    """
    counts[0] = counts[1] = 0
    changes = words[CHANGES] - since
    if changes == 0:
        return -1
    if changes > journal.shape[0]:
        return -2
    ring = journal.shape[0] - 1
    mask = levels.shape[0] - 1
    keys = np.empty(changes, np.int64)
    for offset in range(changes):
        keys[offset] = journal[(since + offset) & ring, CHANGE_KEY]
    keys.sort()
    previous = np.int64(-1)
    for offset in range(changes):
        key = keys[offset]
        if key == previous:
            continue
        previous = key
        tick = key >> 1
        is_ask = key & 1
        lots = np.int64(0)
        inside = tick >= words[LOW] and tick < words[LOW] + levels.shape[0]
        if inside and ((is_ask and tick >= words[BEST_ASK]) or (not is_ask and tick <= words[BEST_BID])):
            lots = levels[tick & mask, LEVEL_LOTS]
        view = asks if is_ask else bids
        row = counts[is_ask]
        if row == view.shape[0]:
            return -2
        view[row, TICKS] = tick
        view[row, LOTS] = lots
        counts[is_ask] = row + 1
    return int(journal[since & ring, CHANGE_ID])
