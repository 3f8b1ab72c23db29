"""A limit order that rests: how likely it fills, what that costs, and what the rest costs when the time is over.

What is at or through the touch is taken at once, up to the limit price, and the rest rests at it. With d the distance
of the price from the mid on the order's own side and h the half-spread, both in bps, it fills within the horizon T

or not (`fill_chance`). What does not fill is bought or sold at the market when T is over.

The mid has no drift, so that its moves against what fills and away from what does not are two sides of one sum. With s
the part that fills as maker: s (-d) for the price, s a for adverse selection, (1 - s) (h + walk) for the rest, and
s (d - h) for the way that the mid then goes from an order it had to come to. No maker fill is priced without its a.

Sources: Cont and Kukanov (2017) for the rest taken at the end; Glosten and Milgrom (1985) for the prior of a.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np

from fillcast.core.units import BPS
from fillcast.core.view import BookView, Walk
from fillcast.forecast.components import (
    ADVERSE_SELECTION,
    FEE,
    HALF_SPREAD,
    LATENCY,
    OPPORTUNITY,
    SLIPPAGE,
    TIMING,
    Part,
    assemble,
)
from fillcast.forecast.conditions import Conditions, describe
from fillcast.forecast.distribution import CostDistribution
from fillcast.forecast.fill_chance import Chances, Queue, fill_chances
from fillcast.forecast.interval import student_half_width
from fillcast.forecast.order import Order
from fillcast.forecast.pricing import Basis, Fill, Priced, WalkCost, walk_cost
from fillcast.forecast.size import lots_at
from fillcast.models.estimate import Estimate
from fillcast.models.fees import FeeRate

BELOW_ZERO = "at so low a price, in so wide a book, adverse selection would take the price below zero"
NO_VOLUME = "how a limit order fills needs the market's volume, and no trade has been seen yet: observe longer"


@dataclass(frozen=True, slots=True)
class _Resting:
    """The order as the book of now meets it, sizes as parts of the whole.

    Attributes
    ----------
    taken, walked
        What is taken at once, None for nothing, and the part it is.
    rest_lots, rest_part
        What rests.
    queue_base, rest_base
        Ahead of it, and itself.
    distance_bps, half_spread_bps
        d and h.
    other_bps
        From the price to what is left of the other side: d + h, or more where the touch is taken; infinite where
        nothing is left.
    """

    taken: Walk | None
    taken_part: float
    rest_lots: int
    queue_base: float
    rest_base: float
    distance_bps: float
    half_spread_bps: float
    other_bps: float

    @property
    def rest_part(self) -> float:
        return 1.0 - self.taken_part


def price_limit(order: Order, view: BookView, basis: Basis) -> Priced | str:
    """Return what a limit order costs, or why that cannot be told."""
    fee, volatility, conditions, level = basis.fee, basis.volatility, basis.conditions, basis.level
    key = view.instrument.key
    lots, note = lots_at(order.size, view.instrument, (order.price_ticks or 0) * view.instrument.tick_value)
    resting = _meet(order, view, lots)
    if order.post_only and resting.taken is not None:
        touch = view.best_ask if order.side > 0 else view.best_bid
        return f"{key}: post-only at the touch of the other side ({touch:.10g}) or through it is refused by the venue"
    if resting.rest_lots == 0:
        chances = low = high = Chances(0.0, 1.0)
    elif conditions.volume is None:
        return f"{key}: {NO_VOLUME}"
    else:
        low, chances, high = fill_chances(
            resting.distance_bps - resting.half_spread_bps,
            resting.other_bps,
            BPS * volatility.sigma_per_sqrt_s * math.sqrt(order.horizon_s),
            Queue(resting.queue_base, resting.rest_base),
            conditions.volume.taken_per_s(order.side) * order.horizon_s,
            conditions.volume.spread(level),
        )
    adverse = conditions.adverse_selection(resting.half_spread_bps)
    late = _late(order, view, resting, chances)
    parts = _points(view, order, resting, chances, adverse.known().value, late, fee)
    corners = [
        sum(part.bps for part in _points(view, order, resting, chance, against, late, fee))
        for chance, against in product((low, high), (adverse.known().low, adverse.known().high))
    ]
    net_bps = sum(part.bps for part in parts)
    unproven_less = _unproven_less(view, order, resting, chances, late)
    fee_less, fee_more = _fee_range(fee, resting, chances)
    at_risk = resting.taken_part + resting.rest_part * (1.0 - chances.share)
    wide = student_half_width(volatility, level)
    waiting = wide * at_risk * math.sqrt(basis.wait_s)
    late_s = order.horizon_s * resting.rest_part**2 * (1.0 - chances.whole) * late.part_if_late**2
    moved = wide * math.sqrt(late_s)
    *costs, fees = _with_ranges(view, order, resting, (low, high), adverse.known(), late, fee, parts)
    told = (
        *costs,
        Part(LATENCY, 0.0, -waiting, waiting, is_chance=True),
        Part(TIMING, 0.0, -moved, moved, is_chance=True),
        fees,
    )
    base = view.instrument.amounts(lots - late.unfilled_lots, view.mid)[0]
    components, net = assemble(
        told,
        base * view.mid,
        level,
        at_most=late.at_most or (resting.taken is not None and resting.taken.unproven_lots > 0),
        ranges=(
            min(0.0, min(corners) - net_bps) + fee_less + unproven_less,
            max(0.0, max(corners) - net_bps) + fee_more,
        ),
    )
    price = view.mid + order.side * (net.quote - components[-1].quote) / base
    if price <= 0:
        return f"{key}: {BELOW_ZERO}"
    fill = Fill(
        lots - late.unfilled_lots,
        base,
        base * price,
        view.instrument.amounts(late.unfilled_lots, view.mid)[0],
        late.unproven_base,
        price,
        view.mid + order.side * net.quote / base,
        _worst_price(view, order, resting, chances, late),
        late.levels,
    )
    scale = BPS * volatility.sigma_per_sqrt_s * math.sqrt(at_risk**2 * basis.wait_s + late_s)
    return Priced(
        fill,
        components,
        net,
        CostDistribution(net.bps, scale, volatility.degrees_of_freedom),
        resting.taken.filled_lots if resting.taken else 0,
        note=note,
        maker_share=_estimate(resting.rest_part, low.share, chances.share, high.share, level),
        fill_probability=_estimate(1.0, low.whole, chances.whole, high.whole, level) if resting.rest_lots else None,
        rests_on=(describe(adverse, basis.now_ns), *_told_of_queue(conditions, resting, basis.now_ns)),
    )


def _meet(order: Order, view: BookView, lots: int) -> _Resting:
    """Take what the price reaches, and let the rest stand at it."""
    side, ticks, instrument = order.side, order.price_ticks or 0, view.instrument
    other, own = view.opposite(side), view.opposite(-side)
    reached = int(np.searchsorted(side * other.ticks, side * ticks, side="right"))
    shown = int(other.cumulative_lots[reached - 1]) if reached else 0
    taken_lots = min(lots, shown) - min(lots, shown) % instrument.order_lots
    at_price = np.flatnonzero(own.ticks == ticks)
    queue_lots = int(own.lots[at_price[0]]) if len(at_price) else 0
    price, mid = ticks * instrument.tick_value, view.mid
    touch = view.best_ask if side > 0 else view.best_bid
    left = float(other.price[reached]) if reached < len(other.ticks) else side * math.inf
    return _Resting(
        view.walk(side, taken_lots) if taken_lots else None,
        taken_lots / lots,
        lots - taken_lots,
        instrument.amounts(queue_lots, price)[0],
        instrument.amounts(lots - taken_lots, price)[0],
        BPS * side * (mid - price) / mid,
        BPS * side * (touch - mid) / mid,
        BPS * side * (left - price) / mid,
    )


@dataclass(frozen=True, slots=True)
class _Late:
    """What is taken at the end where the order has not filled, in the book of now.

    Attributes
    ----------
    cost
        Of its walk, None where nothing is left.
    part_if_late
        Part of what rests that is left, given that any is.
    unfilled_lots
        What the book does not show of it.
    """

    cost: WalkCost | None
    part_if_late: float
    unfilled_lots: int
    unproven_base: float
    at_most: bool
    worst_ticks: int | None
    levels: int


def _late(order: Order, view: BookView, resting: _Resting, chances: Chances) -> _Late:
    taken_levels = resting.taken.levels if resting.taken else 0
    if resting.rest_lots == 0 or chances.whole >= 1.0:
        return _Late(None, 0.0, 0, _unproven(view, order.side, resting.taken), False, None, taken_levels)
    left = min((1.0 - chances.share) / (1.0 - chances.whole), 1.0)
    step = view.instrument.order_lots
    lots = max(int(left * resting.rest_lots) // step, 1) * step
    walk = view.walk(order.side, lots)
    cost = walk_cost(view, order.side, walk)
    return _Late(
        cost,
        left,
        walk.unfilled_lots,
        cost.unproven_base + _unproven(view, order.side, resting.taken),
        walk.unproven_lots > 0,
        walk.worst_ticks,
        max(walk.levels, taken_levels),
    )


def _worst_price(view: BookView, order: Order, resting: _Resting, chances: Chances, late: _Late) -> float:
    """Return the worst price that is touched at once, as maker, or at the end."""
    ticks = [late.worst_ticks, None if resting.taken is None else resting.taken.worst_ticks]
    if resting.rest_lots and chances.share > 0:
        ticks.append(order.price_ticks)
    return float(view.instrument.price(order.side * max(order.side * one for one in ticks if one is not None)))


def _unproven(view: BookView, side: int, taken: Walk | None) -> float:
    return 0.0 if taken is None else walk_cost(view, side, taken).unproven_base


def _points(
    view: BookView,
    order: Order,
    resting: _Resting,
    chances: Chances,
    adverse_bps: float,
    late: _Late,
    fee: FeeRate,
) -> tuple[Part, ...]:
    """Return the expectations of all parts but the moves of the mid, in the order in which they are told."""
    taken = None if resting.taken is None else walk_cost(view, order.side, resting.taken)
    made = resting.rest_part * chances.share
    left = resting.rest_part * (1.0 - chances.share)
    spread = made * -resting.distance_bps + (left + resting.taken_part) * resting.half_spread_bps
    slipped = (0.0 if late.cost is None else left * late.cost.slippage_bps) + (
        0.0 if taken is None else resting.taken_part * taken.slippage_bps
    )
    follows = made * max(resting.distance_bps - resting.half_spread_bps, 0.0)
    per_bps = (0.0 if late.cost is None else left * late.cost.fee_per_bps) + (
        0.0 if taken is None else resting.taken_part * taken.fee_per_bps
    )
    return (
        Part(HALF_SPREAD, spread),
        Part(SLIPPAGE, slipped),
        Part(ADVERSE_SELECTION, made * adverse_bps),
        Part(OPPORTUNITY, follows),
        Part(FEE, made * fee.maker_bps + per_bps * fee.taker_bps),
    )


def _with_ranges(
    view: BookView,
    order: Order,
    resting: _Resting,
    ends: tuple[Chances, Chances],
    adverse: Estimate,
    late: _Late,
    fee: FeeRate,
    points: tuple[Part, ...],
) -> tuple[Part, ...]:
    """Return the parts, each with what it may be where share and adverse selection lie at their ends."""
    corners = [
        _points(view, order, resting, chances, against, late, fee)
        for chances, against in product(ends, (adverse.low, adverse.high))
    ]
    return tuple(
        Part(
            point.name,
            point.bps,
            min(0.0, *(corner[index].bps - point.bps for corner in corners)),
            max(0.0, *(corner[index].bps - point.bps for corner in corners)),
        )
        for index, point in enumerate(points)
    )


def _fee_range(fee: FeeRate, resting: _Resting, chances: Chances) -> tuple[float, float]:
    """Return how far below and above its point the fee may be by what sources dispute."""
    made = resting.rest_part * chances.share
    (maker_low, maker_high), (taker_low, taker_high) = fee.maker_range_bps, fee.taker_range_bps
    return (
        made * (maker_low - fee.maker_bps) + (1 - made) * (taker_low - fee.taker_bps),
        made * (maker_high - fee.maker_bps) + (1 - made) * (taker_high - fee.taker_bps),
    )


def _unproven_less(view: BookView, order: Order, resting: _Resting, chances: Chances, late: _Late) -> float:
    """Return how far below its point net may be because part of a walk is not proven."""
    taken = None if resting.taken is None else walk_cost(view, order.side, resting.taken)
    left = resting.rest_part * (1.0 - chances.share)
    weighted = ((resting.taken_part, taken), (left, late.cost))
    return sum(
        part * (cost.half_spread_less_bps + cost.slippage_less_bps) for part, cost in weighted if cost is not None
    )


def _estimate(scale: float, low: float, value: float, high: float, level: float) -> Estimate:
    return Estimate(scale * value, scale * min(low, value), scale * max(high, value), level, 0)


def _told_of_queue(conditions: Conditions, resting: _Resting, now_ns: int) -> tuple[str, ...]:
    if conditions.volume is None or not resting.rest_lots:
        return ()
    queue = f"queue ahead {resting.queue_base:.4g} base, cancellations counted as behind"
    return (f"{queue}; {conditions.volume.describe(now_ns)}",)
