"""One pass over a Binance depth update: spot, USD-M and COIN-M, raw or in a combined stream.

Known form: [{"stream":"...","data":]{"e":"depthUpdate","E":ms[,"T":ms],"s":"SYMBOL"[,"ps":"PAIR"],"U":n,"u":n
[,"pu":n],"b":[["price","size"],...],"a":[...]}[}]. Source: Binance's market stream pages for the three products.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

import numpy as np

from fillcast.core.bits_kernels import load_word
from fillcast.core.events import FIRST_ROW, UPDATE
from fillcast.core.jit import inlined, kernel
from fillcast.core.layout_kernels import LOT_MANTISSA, PRICE_DECIMALS, SIZE_DECIMALS, TICK_MANTISSA
from fillcast.venues.json_kernels import INDEX, RULE, match, read_decimal, read_symbol, read_whole, skip_text
from fillcast.venues.update_kernels import UNREAD, apply_update, fill_message, follows


def _word(text: str) -> int:
    """Return up to eight characters as `load_word` reads them."""
    return int.from_bytes(text.encode(), "little")


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8).copy()


STREAM: Final = _bytes('{"stream":"')
DATA: Final = _bytes(',"data":')
EVENT: Final = _bytes('{"e":"depthUpdate","E":')
MATCHED: Final = _bytes(',"T":')
NAME: Final = _bytes(',"s":"')
PAIR: Final = _bytes(',"ps":"')
FIRST_ID: Final = _bytes(',"U":')
LAST_ID: Final = _bytes(',"u":')
PREVIOUS_ID: Final = _bytes(',"pu":')
BIDS: Final = _bytes(',"b":[')
ASKS: Final = _bytes(',"a":[')

SPOT: Final = 0  # U is one more than the last u
FUTURES: Final = 1  # pu is the last u

BETWEEN: Final = _word('","')
NEXT_LEVEL: Final = _word('"],["')
LAST_LEVEL: Final = _word('"]]')

NS_PER_MS: Final = 1_000_000


@inlined
def read_levels(frame, at, side, book, words, row):
    """Read `["price","size"],...]` into the rows from `row` on; return (next row, position)."""
    price_decimals, tick = book[PRICE_DECIMALS], book[TICK_MANTISSA]
    size_decimals, lot = book[SIZE_DECIMALS], book[LOT_MANTISSA]
    if frame[at] == 93:  # "]"
        return row, at + 1
    if frame[at] != 91 or frame[at + 1] != 34:  # [ "
        return row, -1
    at += 2
    while True:
        ticks, at = read_decimal(frame, at, price_decimals, tick)
        if at < 0 or ticks == 0 or row >= len(words) or load_word(frame, at) & 0xFFFFFF != BETWEEN:
            return row, -1
        lots, at = read_decimal(frame, at + 3, size_decimals, lot)
        if at < 0:
            return row, -1
        words[row, 0] = side
        words[row, 1] = ticks
        words[row, 2] = lots
        words[row, 3] = 0
        row += 1
        end = load_word(frame, at)
        if end & 0xFFFFFFFFFF == NEXT_LEVEL:
            at += 5
        elif end & 0xFFFFFF == LAST_LEVEL:
            return row, at + 3
        else:
            return row, -1


@kernel("int64(uint8[::1], int64, int64, int64, int64[:, ::1], int64[:, ::1])")
def advance(frame, length, wall_ns, mono_ns, words, books):
    """Read one frame; apply it when it is a plain update that follows a LIVE book; see `update_kernels`.

    Parameters
    ----------
    frame, length
        The bytes, and how many.
    wall_ns, mono_ns
        When it was received.
    words
        The event buffer.
    books
        One row per book of the connection, and the control row behind them.
    """
    control = books[len(books) - 1]
    frame[length] = 0
    at = match(frame, 0, STREAM)
    wrapped = at > 0
    if wrapped:
        at = skip_text(frame, at)
        if at < 0:
            return UNREAD
        at = match(frame, at, DATA)
        if at < 0:
            return UNREAD
    else:
        at = 0
    at = match(frame, at, EVENT)
    if at < 0:
        return UNREAD
    sent_ms, at = read_whole(frame, at)
    if at < 0:
        return UNREAD
    event_ms = sent_ms
    then = match(frame, at, MATCHED)
    if then > 0:
        event_ms, at = read_whole(frame, then)
        if at < 0:
            return UNREAD
    at = match(frame, at, NAME)
    if at < 0:
        return UNREAD
    index, at = read_symbol(frame, at, control, books)
    if at < 0:
        return UNREAD
    then = match(frame, at, PAIR)
    if then > 0:
        at = skip_text(frame, then)
        if at < 0:
            return UNREAD
    at = match(frame, at, FIRST_ID)
    if at < 0:
        return UNREAD
    first, at = read_whole(frame, at)
    if at < 0:
        return UNREAD
    at = match(frame, at, LAST_ID)
    if at < 0:
        return UNREAD
    last, at = read_whole(frame, at)
    if at < 0:
        return UNREAD
    link = first - 1
    then = match(frame, at, PREVIOUS_ID)
    if (then > 0) != (control[RULE] == FUTURES):
        return UNREAD
    if then > 0:
        link, at = read_whole(frame, then)
        if at < 0:
            return UNREAD
    book = books[index]
    if not follows(book, link) or last < first or last < link or max(event_ms, sent_ms) > 1 << 43:
        return UNREAD
    at = match(frame, at, BIDS)
    if at < 0:
        return UNREAD
    row, at = read_levels(frame, at, 1, book, words, FIRST_ROW)
    if at < 0:
        return UNREAD
    at = match(frame, at, ASKS)
    if at < 0:
        return UNREAD
    row, at = read_levels(frame, at, -1, book, words, row)
    if at < 0 or frame[at] != 125:  # "}"
        return UNREAD
    if wrapped:
        at += 1
        if frame[at] != 125:
            return UNREAD
    if at + 1 != length:
        return UNREAD
    control[INDEX] = index
    rows, event_ns, sent_ns = row - FIRST_ROW, event_ms * NS_PER_MS, sent_ms * NS_PER_MS
    fill_message(words, UPDATE, index, link, first, last, event_ns, sent_ns, wall_ns, rows, 0, 0)
    return apply_update(words, book, last, event_ns, wall_ns, mono_ns, rows)
