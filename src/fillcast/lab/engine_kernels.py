"""The matching engine of the lab: price-time priority over preallocated arrays, no object per order.

One market is six arrays. `words` int64[WORD_COUNT] holds the scalars named below. `levels` int64[W, 4] is a
ring ladder: tick t lives in row t & (W − 1), and every resting order is inside the window [LOW, LOW + W).
`orders` int64[N, 7] is the pool; each price level is a doubly linked first-in first-out queue through
PREVIOUS and NEXT. `live` int64[N] lists the resting orders densely (for a uniform draw) and, past LIVE, the
free ones. `journal` int64[J, 2] and `fills` int64[F, 6] are rings: every change of a level's size, and every
execution, one row per taker order and price.

`tests/lab/twin.py` is the same engine in plain Python.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined, kernel

Int64Array = NDArray[np.int64]

NONE = -1
BUY, SELL = 1, -1

BEST_BID = 0  # tick, or LOW - 1 when there is no bid
BEST_ASK = 1  # tick, or LOW + W when there is no ask
LOW = 2  # lowest tick of the window
LIVE = 3  # resting orders
UPDATE_ID = 4  # id of the last change of a level; steps are irregular, as on a venue
TRADE_ID = 5  # id of the last match
CHANGES = 6  # journal rows ever written
FILLS = 7  # fill rows ever written
BID_LEVELS = 8
ASK_LEVELS = 9
NOW_NS = 10  # time stamped on changes and fills
LIMIT_LOTS = 11  # lots that came to rest, ever
CANCELLED_LOTS = 12
MATCHED_LOTS = 13  # lots executed, counted once per match
ORDER_ID = 14  # id of the last order that came to rest
STEP_SEED = 15  # state of the small generator of update id steps
CHANGED_NS = 16  # time of the last change of a level
WORD_COUNT = 24

LEVEL_HEAD, LEVEL_TAIL, LEVEL_LOTS, LEVEL_ORDERS = 0, 1, 2, 3
LEVEL_WIDTH = 4
ORDER_TICK, ORDER_SIDE, ORDER_LOTS, ORDER_PREVIOUS, ORDER_NEXT, ORDER_POSITION, ORDER_NUMBER = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
)
ORDER_WIDTH = 7
CHANGE_KEY, CHANGE_ID = 0, 1  # key = 2 * tick + (1 for an ask)
JOURNAL_WIDTH = 2
FILL_TICK, FILL_LOTS, FILL_SIDE, FILL_TRADE_ID, FILL_MATCHES, FILL_NS = 0, 1, 2, 3, 4, 5
FILL_WIDTH = 6

STEP_MULTIPLIER = 1103515245  # C's example generator: the steps only have to look irregular
STEP_INCREMENT = 12345
STEP_MASK = 0x7FFFFFFF
STEP_SHIFT = 24  # leaves 0..127, squashed below
STEP_RANGE = 13

MARKET = "int64[::1], int64[:, ::1], int64[:, ::1], int64[::1], int64[:, ::1], int64[:, ::1]"


@inlined
def _changed(words: Int64Array, journal: Int64Array, side: int, tick: int) -> None:
    seed = (words[STEP_SEED] * STEP_MULTIPLIER + STEP_INCREMENT) & STEP_MASK
    words[STEP_SEED] = seed
    words[UPDATE_ID] += 1 + (seed >> STEP_SHIFT) % STEP_RANGE
    row = words[CHANGES] & (journal.shape[0] - 1)
    journal[row, CHANGE_KEY] = 2 * tick + (1 if side == SELL else 0)
    journal[row, CHANGE_ID] = words[UPDATE_ID]
    words[CHANGES] += 1
    words[CHANGED_NS] = words[NOW_NS]


@inlined
def _level_gone(words: Int64Array, levels: Int64Array, side: int, tick: int) -> None:
    mask = levels.shape[0] - 1
    if side == BUY:
        words[BID_LEVELS] -= 1
        if tick == words[BEST_BID]:
            floor = words[LOW] - 1
            best = tick - 1
            while best > floor and levels[best & mask, LEVEL_LOTS] == 0:
                best -= 1
            words[BEST_BID] = best
    else:
        words[ASK_LEVELS] -= 1
        if tick == words[BEST_ASK]:
            ceiling = words[LOW] + levels.shape[0]
            best = tick + 1
            while best < ceiling and levels[best & mask, LEVEL_LOTS] == 0:
                best += 1
            words[BEST_ASK] = best


@inlined
def _remove(words: Int64Array, levels: Int64Array, orders: Int64Array, live: Int64Array, order: int) -> None:
    """Unlink an order from its queue and give its slot back; the level's lots are already reduced."""
    tick, side = orders[order, ORDER_TICK], orders[order, ORDER_SIDE]
    row = tick & (levels.shape[0] - 1)
    previous, following = orders[order, ORDER_PREVIOUS], orders[order, ORDER_NEXT]
    if previous == NONE:
        levels[row, LEVEL_HEAD] = following
    else:
        orders[previous, ORDER_NEXT] = following
    if following == NONE:
        levels[row, LEVEL_TAIL] = previous
    else:
        orders[following, ORDER_PREVIOUS] = previous
    levels[row, LEVEL_ORDERS] -= 1
    last = words[LIVE] - 1
    position = orders[order, ORDER_POSITION]
    moved = live[last]
    live[position] = moved
    orders[moved, ORDER_POSITION] = position
    live[last] = order
    words[LIVE] = last
    orders[order, ORDER_LOTS] = 0
    orders[order, ORDER_POSITION] = NONE
    if levels[row, LEVEL_ORDERS] == 0:
        _level_gone(words, levels, side, tick)


@inlined
def _match(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    side: int,
    limit_tick: int,
    lots: int,
) -> int:
    """Execute against the other side up to a limit; return the lots left over."""
    mask = levels.shape[0] - 1
    while lots > 0:
        tick = words[BEST_ASK] if side == BUY else words[BEST_BID]
        if side == BUY:
            if tick > limit_tick or words[ASK_LEVELS] == 0:
                break
        elif tick < limit_tick or words[BID_LEVELS] == 0:
            break
        row = tick & mask
        executed = 0
        matches = 0
        while lots > 0 and levels[row, LEVEL_LOTS] > 0:
            order = levels[row, LEVEL_HEAD]
            traded = min(lots, orders[order, ORDER_LOTS])
            lots -= traded
            executed += traded
            matches += 1
            levels[row, LEVEL_LOTS] -= traded
            orders[order, ORDER_LOTS] -= traded
            if orders[order, ORDER_LOTS] == 0:
                _remove(words, levels, orders, live, order)
        words[TRADE_ID] += matches
        words[MATCHED_LOTS] += executed
        fill = words[FILLS] & (fills.shape[0] - 1)
        fills[fill, FILL_TICK] = tick
        fills[fill, FILL_LOTS] = executed
        fills[fill, FILL_SIDE] = side
        fills[fill, FILL_TRADE_ID] = words[TRADE_ID]
        fills[fill, FILL_MATCHES] = matches
        fills[fill, FILL_NS] = words[NOW_NS]
        words[FILLS] += 1
        _changed(words, journal, -side, tick)
    return lots


@kernel(f"int64({MARKET}, int64, int64, int64)")
def limit(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    side: int,
    tick: int,
    lots: int,
) -> int:
    """Enter a limit order: match what crosses, rest what is left.

    Returns
    -------
    int
        The pool slot of the resting order; NONE when nothing rests: it was executed whole, or refused because
        it is outside the window, has no size, or the pool is full (a refused order does not match either).
    """
    if lots <= 0 or tick < words[LOW] or tick >= words[LOW] + levels.shape[0] or words[LIVE] == live.shape[0]:
        return NONE
    rest = _match(words, levels, orders, live, journal, fills, side, tick, lots)
    if rest == 0:
        return NONE
    position = words[LIVE]
    order = live[position]
    words[LIVE] = position + 1
    words[ORDER_ID] += 1
    words[LIMIT_LOTS] += rest
    row = tick & (levels.shape[0] - 1)
    tail = levels[row, LEVEL_TAIL] if levels[row, LEVEL_ORDERS] > 0 else NONE
    orders[order, ORDER_TICK] = tick
    orders[order, ORDER_SIDE] = side
    orders[order, ORDER_LOTS] = rest
    orders[order, ORDER_PREVIOUS] = tail
    orders[order, ORDER_NEXT] = NONE
    orders[order, ORDER_POSITION] = position
    orders[order, ORDER_NUMBER] = words[ORDER_ID]
    if tail == NONE:
        levels[row, LEVEL_HEAD] = order
        if side == BUY:
            words[BID_LEVELS] += 1
            words[BEST_BID] = max(words[BEST_BID], tick)
        else:
            words[ASK_LEVELS] += 1
            words[BEST_ASK] = min(words[BEST_ASK], tick)
    else:
        orders[tail, ORDER_NEXT] = order
    levels[row, LEVEL_TAIL] = order
    levels[row, LEVEL_LOTS] += rest
    levels[row, LEVEL_ORDERS] += 1
    _changed(words, journal, side, tick)
    return int(order)


@kernel(f"int64({MARKET}, int64, int64)")
def market(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    side: int,
    lots: int,
) -> int:
    """Execute a market order; return the lots that found no counterpart."""
    worst = words[LOW] + levels.shape[0] if side == BUY else words[LOW] - 1
    return _match(words, levels, orders, live, journal, fills, side, worst, lots)


@kernel(f"int64({MARKET}, int64)")
def cancel(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    order: int,
) -> int:
    """Cancel a resting order by its pool slot; return its lots, 0 when the slot holds none."""
    if order < 0 or order >= orders.shape[0]:
        return 0
    lots = orders[order, ORDER_LOTS]
    if lots == 0:
        return 0
    tick, side = orders[order, ORDER_TICK], orders[order, ORDER_SIDE]
    levels[tick & (levels.shape[0] - 1), LEVEL_LOTS] -= lots
    words[CANCELLED_LOTS] += lots
    _remove(words, levels, orders, live, order)
    _changed(words, journal, side, tick)
    return int(lots)


@kernel(f"int64({MARKET}, int64)")
def recentre(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    low: int,
) -> int:
    """Move the window to start at `low`, cancelling every order that it leaves behind; return how many.

    A venue's price band does the same to orders that have become absurd. `low` is clipped so that the touch
    stays inside.
    """
    window = levels.shape[0]
    mask = window - 1
    if words[ASK_LEVELS] > 0:
        low = max(low, words[BEST_ASK] - window + 1)
    if words[BID_LEVELS] > 0:
        low = min(low, words[BEST_BID])
    low = max(low, 1)
    old = words[LOW]
    first, end = (old, min(low, old + window)) if low > old else (max(low + window, old), old + window)
    cancelled = 0
    for tick in range(first, end):
        row = tick & mask
        while levels[row, LEVEL_ORDERS] > 0:
            cancel(words, levels, orders, live, journal, fills, levels[row, LEVEL_HEAD])
            cancelled += 1
    if words[BID_LEVELS] == 0:
        words[BEST_BID] = low - 1
    if words[ASK_LEVELS] == 0:
        words[BEST_ASK] = low + window
    words[LOW] = low
    return cancelled
