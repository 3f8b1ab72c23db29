"""The walk of an order, split into the parts of its cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fillcast.core.instrument import ContractKind
from fillcast.core.units import BPS
from fillcast.core.view import BookView, Walk
from fillcast.forecast.components import FEE, HALF_SPREAD, LATENCY, SLIPPAGE, Component, Net, on_common_grid
from fillcast.models.fees import FeeRate


@dataclass(frozen=True, slots=True)
class Fill:
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


def price_walk(
    view: BookView, side: int, walk: Walk, unfilled_base: float, fee: FeeRate, move_bps: float, level: float
) -> tuple[Fill, tuple[Component, ...], Net]:
    """Split the cost of a walk that filled something into its parts.

    With s the side, m the mid, t the touch, P = quote / base of the walk and N = base × m, in bps of m:
    half-spread s (t - m) / m; slippage s (P - t) / m; latency 0 ± `move_bps`; fee rate × value / N, where the
    value traded is the walk's quote, or N for an inverse contract, whose fee is paid in base.
    """
    instrument, mid = view.instrument, view.mid
    touch = view.best_ask if side > 0 else view.best_bid
    notional = walk.base * mid
    price = walk.quote / walk.base
    half_spread = BPS * side * (touch - mid) / mid
    # On one level the average is the touch; the division may be off in its last bit.
    slippage = BPS * side * (price - touch) / mid if walk.levels > 1 else 0.0
    unproven_base, walk_less = 0.0, 0.0
    if walk.unproven_lots:
        unproven_base, best_price = _unproven(view, side, walk)
        walk_less = max(min(BPS * side * (best_price - price) / mid, 0.0), -slippage - half_spread)
    slippage_less = max(walk_less, -slippage)
    traded = notional if instrument.kind is ContractKind.INVERSE else walk.quote
    per_fee_bps = traded / notional
    fee_low, fee_high = fee.taker_range_bps
    points = on_common_grid((half_spread, slippage, 0.0, fee.taker_bps * per_fee_bps))
    amounts = on_common_grid(tuple(point * notional / BPS for point in points))
    # How far below and above its point each part may lie.
    ranges = (
        (HALF_SPREAD, walk_less - slippage_less, 0.0),
        (SLIPPAGE, slippage_less, 0.0),
        (LATENCY, -move_bps, move_bps),
        (FEE, (fee_low - fee.taker_bps) * per_fee_bps, (fee_high - fee.taker_bps) * per_fee_bps),
    )
    to_quote = notional / BPS
    components = tuple(
        Component(
            name,
            point,
            amount,
            point + less,
            point + more,
            amount + less * to_quote,
            amount + more * to_quote,
        )
        for (name, less, more), point, amount in zip(ranges, points, amounts, strict=True)
    )
    # Only the mid's move is chance; what is unproven or disputed is a range that is passed on whole.
    net_bps, net_quote = sum(points), sum(amounts)
    less, more = sum(entry[1] for entry in ranges), sum(entry[2] for entry in ranges)
    at_most = walk.unproven_lots > 0
    net = Net(
        net_bps,
        net_quote,
        net_bps + less,
        net_bps + more,
        net_quote + less * to_quote,
        net_quote + more * to_quote,
        level,
        at_most,
    )
    worst = float(instrument.price(walk.worst_ticks)) if walk.worst_ticks is not None else math.nan
    all_in = price + side * amounts[3] / walk.base
    fill = Fill(
        walk.filled_lots,
        walk.base,
        walk.quote,
        unfilled_base,
        unproven_base,
        price,
        all_in,
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
