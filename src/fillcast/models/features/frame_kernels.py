"""One frame of messages, and the book after it, taken into the rolling state that `layout_kernels` describes."""

# mypy: allow-untyped-calls
from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.core import events
from fillcast.core import layout_kernels as book_at
from fillcast.core.jit import inlined, kernel
from fillcast.models.features import layout_kernels as at
from fillcast.models.features.series_kernels import sample_mid, sample_volume
from fillcast.models.features.touch_kernels import count_flow, follow_sweeps, read_levels
from fillcast.models.features.windows_kernels import expire, next_place, push


@inlined
def forget_touch(marks: NDArray[np.int64]) -> None:
    """Start the flow anew: the change from a book that was not followed to the next is no event."""
    marks[at.HAS_TOUCH] = 0
    marks[at.SWEEPS : at.MARKS] = 0


@inlined
def advance(
    marks: NDArray[np.int64],
    floats: NDArray[np.float64],
    flow: NDArray[np.int64],
    flow_sums: NDArray[np.int64],
    trades: NDArray[np.int64],
    trade_sums: NDArray[np.int64],
    stated_ns: int,
) -> None:
    """Move the clock to the time of a message; one stamped before the latest time seen counts as of that time."""
    if 0 < stated_ns < marks[at.CLOCK_NS] - at.STEP_BACK_NS:
        restarts, seen = marks[at.RESTARTS] + 1, marks[at.VERSION_SEEN]
        flow_dropped = marks[at.FLOW_MARKS + at.DROPPED]
        trades_dropped = marks[at.TRADE_MARKS + at.DROPPED]
        marks[:] = 0
        floats[:] = 0.0
        flow_sums[:] = 0
        trade_sums[:] = 0
        marks[at.RESTARTS], marks[at.VERSION_SEEN] = restarts, seen
        marks[at.FLOW_MARKS + at.DROPPED] = flow_dropped
        marks[at.TRADE_MARKS + at.DROPPED] = trades_dropped
    if stated_ns > marks[at.CLOCK_NS]:
        marks[at.CLOCK_NS] = stated_ns
        if marks[at.FIRST_NS] == 0:
            marks[at.FIRST_NS] = stated_ns
        expire(flow, marks, at.FLOW_MARKS, flow_sums, stated_ns)
        expire(trades, marks, at.TRADE_MARKS, trade_sums, stated_ns)


@inlined
def take_trade(
    marks: NDArray[np.int64],
    floats: NDArray[np.float64],
    trades: NDArray[np.int64],
    trade_sums: NDArray[np.int64],
    signed_lots: int,
) -> None:
    """Take one trade in, as of the clock."""
    now_ns = marks[at.CLOCK_NS]
    place = next_place(trades, marks, at.TRADE_MARKS)
    trades[place, at.SIGNED], trades[place, at.TRADED] = signed_lots, abs(signed_lots)
    push(trades, marks, at.TRADE_MARKS, trade_sums, now_ns)
    sample_volume(marks, floats, now_ns, signed_lots)
    marks[at.TRADED_NS] = now_ns


@inlined
def take_book(
    marks: NDArray[np.int64],
    floats: NDArray[np.float64],
    levels: NDArray[np.int64],
    flow: NDArray[np.int64],
    flow_sums: NDArray[np.int64],
    row: NDArray[np.int64],
) -> None:
    """Take in a book that has changed, as of the clock."""
    now_ns = marks[at.CLOCK_NS]
    marks[at.CHANGED_NS] = now_ns
    read_levels(row, levels)
    bid, ask = levels[at.AFTER + at.BIDS, 0], levels[at.AFTER + at.ASKS, 0]
    if bid == book_at.NO_KEY or ask == book_at.NO_KEY:
        forget_touch(marks)
        return
    middle = bid - ask
    if middle > 0:
        if middle != marks[at.MID_SUM] and marks[at.MID_SUM] > 0:
            marks[at.MOVED_NS] = now_ns
        marks[at.MID_SUM] = middle
        sample_mid(marks, floats, now_ns, math.log(middle / 2))
    if marks[at.HAS_TOUCH] == 1:
        if count_flow(levels, flow[next_place(flow, marks, at.FLOW_MARKS)]):
            push(flow, marks, at.FLOW_MARKS, flow_sums, now_ns)
        follow_sweeps(marks, levels, now_ns)
    levels[: at.AFTER] = levels[at.AFTER :]
    marks[at.HAS_TOUCH] = 1


@kernel(
    "void(int64[::1], float64[::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1],"
    " int64[:,::1], int64[:,::1], int64, int64, int64[::1])"
)
def take_frame(
    marks: NDArray[np.int64],
    floats: NDArray[np.float64],
    levels: NDArray[np.int64],
    flow: NDArray[np.int64],
    flow_sums: NDArray[np.int64],
    trades: NDArray[np.int64],
    trade_sums: NDArray[np.int64],
    messages: NDArray[np.int64],
    rows: NDArray[np.int64],
    count: int,
    index: int,
    row: NDArray[np.int64],
) -> None:
    """Take in the messages of one book in their order, then the book as it is after them.

    Parameters
    ----------
    marks, floats, levels
        (MARKS,), (FLOATS,), (LEVEL_ROWS, LEVELS).
    flow, trades
        (n, FLOW_COLUMNS) and (n, TRADE_COLUMNS): rings.
    flow_sums, trade_sums
        (windows, FLOW_COLUMNS) and (windows, TRADE_COLUMNS).
    messages, rows, count
        Of an `EventBuffer`.
    index
        Whose messages: column BOOK.
    row
        The book's words; empty where only trades come.
    """
    for number in range(count):
        kind = messages[number, events.KIND]
        if messages[number, events.BOOK] != index or kind == events.TOUCH:
            continue
        stated_ns = messages[number, events.EVENT_NS]
        if stated_ns <= 0:
            stated_ns = messages[number, events.SENT_NS]
        if stated_ns <= 0:
            stated_ns = messages[number, events.RECV_NS]
        advance(marks, floats, flow, flow_sums, trades, trade_sums, stated_ns)
        if marks[at.CLOCK_NS] == 0:
            continue
        if kind == events.TRADES:
            for place in range(messages[number, events.START], messages[number, events.END]):
                signed_lots = rows[place, events.SIDE] * rows[place, events.LOTS]
                take_trade(marks, floats, trades, trade_sums, signed_lots)
            continue
        if kind == events.SNAPSHOT and messages[number, events.FLAGS] & events.FULL_STATE == 0:
            forget_touch(marks)
        received_ns, event_ns = messages[number, events.RECV_NS], messages[number, events.EVENT_NS]
        if received_ns > 0 and event_ns > 0:
            marks[at.LAG_NS], marks[at.HAS_LAG] = received_ns - event_ns, 1
    if len(row) == 0 or marks[at.CLOCK_NS] == 0:
        return
    if row[book_at.STATE] != book_at.LIVE:
        forget_touch(marks)
    elif row[book_at.VERSION] != marks[at.VERSION_SEEN]:
        marks[at.VERSION_SEEN] = row[book_at.VERSION]
        take_book(marks, floats, levels, flow, flow_sums, row)
