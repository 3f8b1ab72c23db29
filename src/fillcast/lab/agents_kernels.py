"""What each kind of order does when its turn has come. When that is: `flow_kernels`."""

from __future__ import annotations

import math

from fillcast.core.jit import inlined
from fillcast.lab.draws_kernels import (
    EXCITED_BUY,
    EXCITED_LIMIT,
    EXCITED_SELL,
    JOIN_SHARE,
    LEVEL_FLOOR,
    LIMIT_DECAY,
    LIMIT_FROM_MARKET,
    LIMIT_RATE,
    LIMIT_SIZE,
    LIMIT_SIZE_EXPONENT,
    LOG_FUNDAMENTAL,
    MARKET_CROSS,
    MARKET_DECAY,
    MARKET_SELF,
    MARKET_SIZE,
    MARKET_SIZE_EXPONENT,
    NEAR_CANCEL_ORDERS,
    NEAR_CANCEL_RANGE,
    OWN,
    RATE_CALM,
    REGIME,
    SELECTIVE_SHARE,
    SIZE_CAP,
    START_TICKS,
    TOUCH_SIZE_FACTOR,
    FloatArray,
    GeneratorArray,
    distance_ticks,
    exponential,
    pareto_lots,
    uniform,
)
from fillcast.lab.engine_kernels import (
    ASK_LEVELS,
    BEST_ASK,
    BEST_BID,
    BID_LEVELS,
    BUY,
    LEVEL_HEAD,
    LEVEL_LOTS,
    LEVEL_ORDERS,
    LOW,
    ORDER_NEXT,
    SELL,
    Int64Array,
    cancel,
    limit,
    market,
)

MAX_EXCITED = 8.0  # keeps a shortage of levels, which raises the rate too, from running away


@inlined
def excite_limits(flow: FloatArray, offspring: float) -> None:
    """Raise the limit intensity by what an event with so many expected offspring adds."""
    speed = flow[RATE_CALM + int(flow[REGIME])]
    raised = flow[EXCITED_LIMIT] + offspring * flow[LIMIT_DECAY] / (flow[LIMIT_RATE] * speed)
    flow[EXCITED_LIMIT] = min(MAX_EXCITED, raised)


@inlined
def place(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
    side: int,
) -> None:
    """A limit order at or behind the own best."""
    distance = 0
    factor = flow[TOUCH_SIZE_FACTOR]
    if uniform(generator, OWN) >= flow[JOIN_SHARE]:
        distance = distance_ticks(flow, generator)
        factor = 1.0
    lots = pareto_lots(generator, factor * flow[LIMIT_SIZE], flow[LIMIT_SIZE_EXPONENT], flow[SIZE_CAP])
    tick = words[BEST_BID] - distance if side == BUY else words[BEST_ASK] + distance
    limit(words, levels, orders, live, journal, fills, side, tick, lots)


@inlined
def refill(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
) -> None:
    """Keep the promise of LEVEL_FLOOR levels a side: place orders behind the best until it holds."""
    floor = int(flow[LEVEL_FLOOR])
    for _ in range(64 * floor):
        if words[BID_LEVELS] >= floor and words[ASK_LEVELS] >= floor:
            break
        side = BUY if words[BID_LEVELS] < words[ASK_LEVELS] else SELL
        distance = distance_ticks(flow, generator) + 1
        tick = words[BEST_BID] - distance if side == BUY else words[BEST_ASK] + distance
        lots = pareto_lots(generator, flow[LIMIT_SIZE], flow[LIMIT_SIZE_EXPONENT], flow[SIZE_CAP])
        limit(words, levels, orders, live, journal, fills, side, tick, lots)


@inlined
def quote_inside(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
    side: int,
) -> None:
    """A maker closes a wide spread, up to the fundamental price and never across the other side."""
    bid, ask = words[BEST_BID], words[BEST_ASK]
    if ask - bid <= 1:
        return
    fundamental = int(flow[START_TICKS] * math.exp(flow[LOG_FUNDAMENTAL]))
    if side == BUY:
        tick = max(bid + 1, min(ask - 1, fundamental))
    else:
        tick = min(ask - 1, max(bid + 1, fundamental + 1))
    size = flow[TOUCH_SIZE_FACTOR] * flow[LIMIT_SIZE]
    lots = pareto_lots(generator, size, flow[LIMIT_SIZE_EXPONENT], flow[SIZE_CAP])
    limit(words, levels, orders, live, journal, fills, side, tick, lots)


@inlined
def cancel_near(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
) -> None:
    """Cancel near the touch, likelier where more orders wait (Cont, Stoikov & Talreja: rate x queue)."""
    side = BUY if uniform(generator, OWN) < 0.5 else SELL
    distance = int(flow[NEAR_CANCEL_RANGE] * exponential(generator))
    tick = words[BEST_BID] - distance if side == BUY else words[BEST_ASK] + distance
    if tick < words[LOW] or tick >= words[LOW] + levels.shape[0]:
        return
    row = tick & (levels.shape[0] - 1)
    count = levels[row, LEVEL_ORDERS]
    if count == 0 or uniform(generator, OWN) * flow[NEAR_CANCEL_ORDERS] >= count:
        return
    order = levels[row, LEVEL_HEAD]
    for _ in range(int(uniform(generator, OWN) * count)):
        order = orders[order, ORDER_NEXT]
    cancel(words, levels, orders, live, journal, fills, order)


@inlined
def withdraw(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    side: int,
) -> None:
    """Makers pull the best price, and what stands in the first half of the way to the fundamental that passed it."""
    mask = levels.shape[0] - 1
    best = words[BEST_BID] if side == BUY else words[BEST_ASK]
    fundamental = int(flow[START_TICKS] * math.exp(flow[LOG_FUNDAMENTAL]))
    last = best - side * (abs(best - fundamental) // 2)
    while (best - last) * side >= 0:
        if (words[BID_LEVELS] if side == BUY else words[ASK_LEVELS]) <= flow[LEVEL_FLOOR]:
            break
        row = best & mask
        while levels[row, LEVEL_ORDERS] > 0:
            cancel(words, levels, orders, live, journal, fills, levels[row, LEVEL_HEAD])
        best = words[BEST_BID] if side == BUY else words[BEST_ASK]


@inlined
def take(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
    side: int,
) -> None:
    """A market order; a share of the takers cut theirs to what waits at the touch."""
    lots = pareto_lots(generator, flow[MARKET_SIZE], flow[MARKET_SIZE_EXPONENT], flow[SIZE_CAP])
    best = words[BEST_ASK] if side == BUY else words[BEST_BID]
    waiting = levels[best & (levels.shape[0] - 1), LEVEL_LOTS]
    if lots > waiting and uniform(generator, OWN) < flow[SELECTIVE_SHARE]:
        lots = waiting
    market(words, levels, orders, live, journal, fills, side, lots)
    excited = flow[MARKET_DECAY]
    if side == BUY:
        flow[EXCITED_BUY] += flow[MARKET_SELF] * excited
        flow[EXCITED_SELL] += flow[MARKET_CROSS] * excited
    else:
        flow[EXCITED_SELL] += flow[MARKET_SELF] * excited
        flow[EXCITED_BUY] += flow[MARKET_CROSS] * excited
    excite_limits(flow, flow[LIMIT_FROM_MARKET])
