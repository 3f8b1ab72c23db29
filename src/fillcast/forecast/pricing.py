"""The walk of an order, split into the parts of its cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from fillcast.core.instrument import ContractKind
from fillcast.core.units import BPS
from fillcast.core.view import BookView, Walk
from fillcast.forecast.components import FEE, HALF_SPREAD, LATENCY, SLIPPAGE, Component, Net, Part, assemble
from fillcast.forecast.conditions import Conditions
from fillcast.forecast.distribution import CostDistribution
from fillcast.forecast.square_root import Readings
from fillcast.models.estimate import Estimate
from fillcast.models.fees import FeeRate
from fillcast.models.volatility import VolatilityEstimate


class Fill(msgspec.Struct, frozen=True):
    """What the order meets in the book, in the currencies of the instrument.

    Attributes
    ----------
    lots
        Lots filled.
    base, quote
        What is filled.
    unfilled_base
        What was asked for and is not shown.
    unproven_base
        The part of `base` beyond the proven edge.
    average_price, all_in_price, worst_price
        Without and with the fee; the last price touched.
    levels
        Price levels touched.
    """

    lots: int
    base: float
    quote: float
    unfilled_base: float
    unproven_base: float
    average_price: float
    all_in_price: float
    worst_price: float
    levels: int


class Basis(msgspec.Struct, frozen=True):
    """What a price rests on beside the order and the book.

    Attributes
    ----------
    fee, volatility, conditions
        What the account pays, how the mid moves, and what else is known of the market.
    now_ns
        Wall time of the forecast.
    wait_s
        Latency, and the age of the book: for so long the mid moves before the order meets the book.
    level
        Probability of the intervals.
    """

    fee: FeeRate
    volatility: VolatilityEstimate
    conditions: Conditions
    now_ns: int
    wait_s: float
    level: float


class Slice(msgspec.Struct, frozen=True):
    """One slice of a worked order.

    Attributes
    ----------
    at_s
        Seconds from the forecast.
    lots, base
        What it fills.
    cost_bps
        Expected cost without fee, in bps of the arrival mid: its walk, and what earlier slices have left.
    price
        The same as a price.
    """

    at_s: float
    lots: int
    base: float
    cost_bps: float
    price: float


@dataclass(frozen=True, slots=True)
class Priced:
    """What an order costs, with what else is to be known of one that is not done at once.

    Attributes
    ----------
    distribution
        Of the cost, as far as the mid's moves make it uncertain.
    lots_now
        What is taken from the book at once: all of a market order, the first slice of a worked one, of a limit order
        what its price reaches.
    note
        How the size was read, rounded or left, or empty.
    slices
        Of a worked order.
    footprint_bps
        What the order leaves displaced just after its end, outside net.
    maker_share, fill_probability
        Expected part that fills as maker, and the chance that all of what rests does; None where nothing rests.
    square_root
        A check by the square-root law, None where no volume was seen.
    rests_on
        Parameters, one sentence each.
    """

    fill: Fill
    components: tuple[Component, ...]
    net: Net
    distribution: CostDistribution
    lots_now: int
    note: str = ""
    slices: tuple[Slice, ...] = ()
    footprint_bps: float | None = None
    maker_share: Estimate | None = None
    fill_probability: Estimate | None = None
    square_root: Readings | None = None
    rests_on: tuple[str, ...] = ()


class WalkCost(msgspec.Struct, frozen=True):
    """What a walk that filled something costs before fees, in bps of the mid on what it fills.

    Attributes
    ----------
    half_spread_bps, slippage_bps
        To the touch, and beyond it.
    half_spread_less_bps, slippage_less_bps
        How far below these it may be (<= 0) where part of the walk is not proven.
    unproven_base
        The part beyond the proven edge.
    fee_per_bps
        bps that each bps of fee costs: the value the fee is charged on over the notional at the mid.
    """

    half_spread_bps: float
    slippage_bps: float
    half_spread_less_bps: float
    slippage_less_bps: float
    unproven_base: float
    fee_per_bps: float


def walk_cost(view: BookView, side: int, walk: Walk) -> WalkCost:
    """Split a walk's cost at the touch.

    With s the side, m the mid, t the touch, P = quote / base of the walk: half-spread s (t - m) / m; slippage
    s (P - t) / m. A fee is charged on the walk's quote, or on base × m for an inverse contract, whose fee is paid in
    base.
    """
    mid = view.mid
    touch = view.best_ask if side > 0 else view.best_bid
    price = walk.quote / walk.base
    half_spread = BPS * side * (touch - mid) / mid
    # On one level the average is the touch; the division may be off in its last bit.
    slippage = BPS * side * (price - touch) / mid if walk.levels > 1 else 0.0
    unproven_base, walk_less = 0.0, 0.0
    if walk.unproven_lots:
        unproven_base, best_price = _unproven(view, side, walk)
        walk_less = max(min(BPS * side * (best_price - price) / mid, 0.0), -slippage - half_spread)
    slippage_less = max(walk_less, -slippage)
    notional = walk.base * mid
    traded = notional if view.instrument.kind is ContractKind.INVERSE else walk.quote
    return WalkCost(half_spread, slippage, walk_less - slippage_less, slippage_less, unproven_base, traded / notional)


def fee_part(fee: FeeRate, per_bps: float) -> Part:
    """Return the taker fee with the range of what the sources say."""
    low, high = fee.taker_range_bps
    point = fee.taker_bps * per_bps
    return Part(FEE, point, low * per_bps - point, high * per_bps - point)


def price_walk(
    view: BookView, side: int, walk: Walk, unfilled_base: float, fee: FeeRate, move_bps: float, level: float
) -> tuple[Fill, tuple[Component, ...], Net]:
    """Return fill, components and net of a walk that filled something; the latency part is 0 ± `move_bps`."""
    cost = walk_cost(view, side, walk)
    parts = (
        Part(HALF_SPREAD, cost.half_spread_bps, cost.half_spread_less_bps),
        Part(SLIPPAGE, cost.slippage_bps, cost.slippage_less_bps),
        Part(LATENCY, 0.0, -move_bps, move_bps, is_chance=True),
        fee_part(fee, cost.fee_per_bps),
    )
    components, net = assemble(parts, walk.base * view.mid, level, at_most=walk.unproven_lots > 0)
    price = walk.quote / walk.base
    worst = float(view.instrument.price(walk.worst_ticks)) if walk.worst_ticks is not None else math.nan
    fill = Fill(
        walk.filled_lots,
        walk.base,
        walk.quote,
        unfilled_base,
        cost.unproven_base,
        price,
        price + side * components[-1].quote / walk.base,
        worst,
        walk.levels,
    )
    return fill, components, net


def _unproven(view: BookView, side: int, walk: Walk) -> tuple[float, float]:
    """Return the base beyond the proven edge, and the best average price that the whole walk could have had.

    Better prices than the edge are known; a level that is missing lies beyond it, so no unproven lot is
    better than the edge itself.
    """
    edge_ticks = view.proven_ticks(side)
    proven_lots = walk.filled_lots - walk.unproven_lots
    proven_base, proven_quote = 0.0, 0.0
    if proven_lots:
        proven = view.walk(side, proven_lots)
        proven_base, proven_quote = proven.base, proven.quote
    edge = (edge_ticks or 0) * view.instrument.tick_value
    base, quote = view.instrument.amounts(walk.unproven_lots, edge)
    return walk.base - proven_base, (proven_quote + quote) / (proven_base + base)
