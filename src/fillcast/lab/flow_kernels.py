"""The order flow of the lab: who sends what, when. The model and its sources are told in docs/lab.md.

Ten kinds of event compete: market orders (0 buy, 1 sell), limit orders at or behind the best (2, 3), quotes
inside a wide spread (4, 5), cancels anywhere (6) and near the touch (7), and withdrawals of a best price that
the fundamental has passed (8 bid, 9 ask).
"""

from __future__ import annotations

import math

import numpy as np

from fillcast.core.jit import inlined, kernel
from fillcast.lab.agents_kernels import (
    cancel_near,
    excite_limits,
    place,
    quote_inside,
    refill,
    take,
    withdraw,
)
from fillcast.lab.draws_kernels import (
    ADVERSE_RATE,
    ADVERSE_SCALE,
    ASSET,
    CANCEL_RATE,
    DWELL_CALM,
    EXCITED_BUY,
    EXCITED_LIMIT,
    EXCITED_SELL,
    IMBALANCE_TILT,
    INSIDE_CAP,
    INSIDE_RATE,
    LEVEL_FLOOR,
    LEVEL_TARGET,
    LIMIT_DECAY,
    LIMIT_RATE,
    LIMIT_SELF,
    LIMIT_SIZE,
    LIMIT_SIZE_EXPONENT,
    LOG_FUNDAMENTAL,
    MARKET_DECAY,
    MARKET_RATE,
    NEAR_CANCEL_RATE,
    OWN,
    PENDING_BOUND,
    QUOTING_CALM,
    RATE_CALM,
    REGIME,
    REVERSION,
    SIZE_CAP,
    START_TICKS,
    TILT,
    VOLATILITY,
    VOLATILITY_CALM,
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
    LEVEL_LOTS,
    LIVE,
    LOW,
    MARKET,
    NOW_NS,
    ORDER_SIDE,
    SELL,
    Int64Array,
    cancel,
    limit,
    recentre,
)

STATE_NS = 17  # words: time at which the excited parts were last decayed
PENDING_NS = 18  # words: time of the pending candidate event, 0 when none is drawn
GRID_NS = 19  # words: next step of the asset's own clock
EVENTS = 20  # words: accepted events, ever

GRID_STEP_NS = 100_000_000
NS = 1e-9
MAX_RATE_FACTOR = 4.0
MIN_RATE_FACTOR = 0.25
MAX_GAP = 3.0


@inlined
def _asset_step(flow: FloatArray, generator: GeneratorArray) -> None:
    """Move regime and fundamental by one grid step: Markov chain, and a mean-reverting log price."""
    seconds = GRID_STEP_NS * NS
    regime = int(flow[REGIME])
    leave = uniform(generator, ASSET)
    where = uniform(generator, ASSET)
    if leave < seconds / flow[DWELL_CALM + regime]:
        if regime == 0:
            regime = 1 if where < 0.9 else 2
        elif regime == 1:
            regime = 0 if where < 0.6 else 2
        else:
            regime = 1
        flow[REGIME] = regime
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(generator, ASSET)))
    normal = radius * math.cos(2.0 * math.pi * uniform(generator, ASSET))
    deviation = flow[VOLATILITY] * flow[VOLATILITY_CALM + regime] * math.sqrt(seconds)
    flow[LOG_FUNDAMENTAL] += deviation * normal - flow[REVERSION] * seconds * flow[LOG_FUNDAMENTAL]


@inlined
def _rates(words: Int64Array, levels: Int64Array, flow: FloatArray, rates: FloatArray) -> float:
    """Fill the ten intensities in 1/s from the book and the excited parts; return their sum."""
    mask = levels.shape[0] - 1
    bid, ask = words[BEST_BID], words[BEST_ASK]
    regime = int(flow[REGIME])
    speed = flow[RATE_CALM + regime]
    fundamental = flow[START_TICKS] * math.exp(flow[LOG_FUNDAMENTAL])
    gap = (fundamental - 0.5 * (bid + ask)) / flow[ADVERSE_SCALE]
    gap = max(-MAX_GAP, min(MAX_GAP, gap))
    bid_lots, ask_lots = (
        np.float64(levels[bid & mask, LEVEL_LOTS]),
        np.float64(levels[ask & mask, LEVEL_LOTS]),
    )
    imbalance = (bid_lots - ask_lots) / (bid_lots + ask_lots)
    lean = math.exp(flow[TILT] * gap + flow[IMBALANCE_TILT] * imbalance)
    rates[0] = flow[MARKET_RATE] * speed * lean + flow[EXCITED_BUY]
    rates[1] = flow[MARKET_RATE] * speed / lean + flow[EXCITED_SELL]
    placing = 0.5 * flow[LIMIT_RATE] * speed * (1.0 + flow[EXCITED_LIMIT])
    short_bids = flow[LEVEL_TARGET] / max(1, words[BID_LEVELS])
    short_asks = flow[LEVEL_TARGET] / max(1, words[ASK_LEVELS])
    rates[2] = placing * max(MIN_RATE_FACTOR, min(MAX_RATE_FACTOR, short_bids * short_bids))
    rates[3] = placing * max(MIN_RATE_FACTOR, min(MAX_RATE_FACTOR, short_asks * short_asks))
    quoting = flow[INSIDE_RATE] * flow[QUOTING_CALM + regime] * min(flow[INSIDE_CAP], np.float64(ask - bid - 1))
    towards_bid = 1.0 / (1.0 + math.exp(-gap))
    rates[4] = quoting * towards_bid
    rates[5] = quoting * (1.0 - towards_bid)
    rates[6] = flow[CANCEL_RATE] * speed * words[LIVE]
    rates[7] = flow[NEAR_CANCEL_RATE] * speed * (1.0 + flow[EXCITED_LIMIT])
    rates[8] = flow[ADVERSE_RATE] * max(0.0, min(MAX_GAP, (bid - fundamental) / flow[ADVERSE_SCALE]))
    rates[9] = flow[ADVERSE_RATE] * max(0.0, min(MAX_GAP, (fundamental - ask) / flow[ADVERSE_SCALE]))
    total = 0.0
    for kind in range(10):
        total += rates[kind]
    return total


@inlined
def _decay(words: Int64Array, flow: FloatArray, now_ns: int) -> None:
    seconds = (now_ns - words[STATE_NS]) * NS
    if seconds > 0.0:
        market_factor = math.exp(-flow[MARKET_DECAY] * seconds)
        flow[EXCITED_BUY] *= market_factor
        flow[EXCITED_SELL] *= market_factor
        flow[EXCITED_LIMIT] *= math.exp(-flow[LIMIT_DECAY] * seconds)
        words[STATE_NS] = now_ns


@kernel(f"int64({MARKET}, float64[::1], uint64[::1], int64)")
def populate(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
    count: int,
) -> int:
    """Fill an empty book with `count` orders a side around the start price; return the resting orders."""
    start = int(flow[START_TICKS])
    for _ in range(count):
        for side in (BUY, SELL):
            lots = pareto_lots(generator, flow[LIMIT_SIZE], flow[LIMIT_SIZE_EXPONENT], flow[SIZE_CAP])
            distance = distance_ticks(flow, generator)
            tick = start - distance if side == BUY else start + 1 + distance
            limit(words, levels, orders, live, journal, fills, side, tick, lots)
    refill(words, levels, orders, live, journal, fills, flow, generator)
    return int(words[LIVE])


@kernel(f"int64({MARKET}, float64[::1], uint64[::1], int64)")
def advance(
    words: Int64Array,
    levels: Int64Array,
    orders: Int64Array,
    live: Int64Array,
    journal: Int64Array,
    fills: Int64Array,
    flow: FloatArray,
    generator: GeneratorArray,
    until_ns: int,
) -> int:
    """Run the market up to a time; return the events that happened.

    Ogata's thinning: between events every intensity only falls, so the sum at the last change bounds it. The
    candidate that lies beyond `until_ns` is kept, so the result does not depend on how a span is cut into
    calls.
    """
    rates = np.zeros(10)
    before = words[EVENTS]
    window = levels.shape[0]
    while True:
        if words[PENDING_NS] == 0:
            bound = _rates(words, levels, flow, rates)
            flow[PENDING_BOUND] = bound
            words[PENDING_NS] = words[STATE_NS] + 1 + int(exponential(generator) / bound / NS)
        if words[PENDING_NS] >= words[GRID_NS]:
            if words[GRID_NS] > until_ns:
                break
            _decay(words, flow, words[GRID_NS])
            _asset_step(flow, generator)
            words[GRID_NS] += GRID_STEP_NS
            words[PENDING_NS] = 0
            continue
        if words[PENDING_NS] > until_ns:
            break
        now = words[PENDING_NS]
        words[PENDING_NS] = 0
        _decay(words, flow, now)
        chosen = uniform(generator, OWN) * flow[PENDING_BOUND]
        if chosen >= _rates(words, levels, flow, rates):
            continue
        kind = 0
        while kind < 9 and chosen >= rates[kind]:
            chosen -= rates[kind]
            kind += 1
        words[NOW_NS] = now
        words[EVENTS] += 1
        side = BUY if kind % 2 == 0 else SELL
        if kind <= 1:
            take(words, levels, orders, live, journal, fills, flow, generator, side)
            refill(words, levels, orders, live, journal, fills, flow, generator)
        elif kind <= 3:
            place(words, levels, orders, live, journal, fills, flow, generator, side)
            excite_limits(flow, flow[LIMIT_SELF])
        elif kind <= 5:
            quote_inside(words, levels, orders, live, journal, fills, flow, generator, side)
        elif kind == 6:
            order = live[int(uniform(generator, OWN) * words[LIVE])]
            count = words[BID_LEVELS] if orders[order, ORDER_SIDE] == BUY else words[ASK_LEVELS]
            if count > flow[LEVEL_FLOOR]:
                cancel(words, levels, orders, live, journal, fills, order)
        elif kind == 7:
            if min(words[BID_LEVELS], words[ASK_LEVELS]) > flow[LEVEL_FLOOR]:
                cancel_near(words, levels, orders, live, journal, fills, flow, generator)
        else:
            withdraw(words, levels, orders, live, journal, fills, flow, side)
        centre = words[LOW] + window // 2
        middle = (words[BEST_BID] + words[BEST_ASK]) // 2
        if middle - centre > window // 8 or centre - middle > window // 8:
            recentre(words, levels, orders, live, journal, fills, middle - window // 2)
            refill(words, levels, orders, live, journal, fills, flow, generator)
    return int(words[EVENTS] - before)
