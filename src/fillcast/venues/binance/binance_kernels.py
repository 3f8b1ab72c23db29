"""One pass over a Binance depth update: spot, USD-M and COIN-M, raw or in a combined stream.

Known form: [{"stream":"...","data":]{"e":"depthUpdate","E":ms[,"T":ms],"s":"SYMBOL"[,"ps":"PAIR"],"U":n,"u":n
[,"pu":n],"b":[["price","size"],...],"a":[...]}[}]. Source: Binance's market stream pages for the three products.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

from fillcast.core.events import FIRST_ROW, UPDATE
from fillcast.core.jit import kernel
from fillcast.venues.json_kernels import INDEX, NS_PER_MS, RULE, bytes_of, match, read_symbol, read_whole, skip_text
from fillcast.venues.levels_kernels import PRICE_SIZE, read_levels
from fillcast.venues.update_kernels import UNREAD, apply_update, fill_message, follows

STREAM: Final = bytes_of('{"stream":"')
DATA: Final = bytes_of(',"data":')
EVENT: Final = bytes_of('{"e":"depthUpdate","E":')
MATCHED: Final = bytes_of(',"T":')
NAME: Final = bytes_of(',"s":"')
PAIR: Final = bytes_of(',"ps":"')
FIRST_ID: Final = bytes_of(',"U":')
LAST_ID: Final = bytes_of(',"u":')
PREVIOUS_ID: Final = bytes_of(',"pu":')
BIDS: Final = bytes_of(',"b":[')
ASKS: Final = bytes_of(',"a":[')

SPOT: Final = 0  # U is one more than the last u
FUTURES: Final = 1  # pu is the last u


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
        named = frame[at] != 34
        at = skip_text(frame, at)
        if at < 0 or not named:
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
    row, at = read_levels(frame, at, 1, PRICE_SIZE, book, words, FIRST_ROW)
    if at < 0:
        return UNREAD
    at = match(frame, at, ASKS)
    if at < 0:
        return UNREAD
    row, at = read_levels(frame, at, -1, PRICE_SIZE, book, words, row)
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
    return apply_update(words, control, book, last, event_ns, wall_ns, mono_ns, rows, 0)
