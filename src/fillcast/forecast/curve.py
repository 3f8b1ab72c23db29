"""Cost against size: a whole curve, and the largest size within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from fillcast.core.instrument import ContractKind
from fillcast.core.units import BPS
from fillcast.core.view import BookView, Walk
from fillcast.errors import NotLiveError, UsageError
from fillcast.forecast.book_report import BookReport, report_book, why_no_price
from fillcast.forecast.interval import DEFAULT_LEVEL, mid_move_bps
from fillcast.forecast.pricing import price_walk
from fillcast.forecast.size import order_step_text
from fillcast.models.fees import FeeRate
from fillcast.models.volatility import VolatilityEstimate

if TYPE_CHECKING:
    from fillcast.venues.protocol import Health

Number = TypeVar("Number", np.int64, np.float64)

CURVE_POINTS = 60
SMALLEST_SHARE = 1e-4  # of what is shown: where a curve starts
# Float noise of one net, in bps: a budget that is meant to admit a level exactly must not miss it by a last
# bit.
BUDGET_TOLERANCE_BPS = 1e-9


@dataclass(frozen=True, slots=True)
class Curve:
    """Net cost and its parts for many sizes on one side of one book; float64 arrays of one length, read-only.

    Attributes
    ----------
    lots
        int64, rising, whole order steps; no size is larger than the visible side.
    base, quote, average_price
        What each size fills.
    half_spread_bps, slippage_bps, fee_bps, net_bps
        Points, in bps of the arrival mid. The latency part's point is 0.
    low_bps, high_bps
        Joint interval of net.
    proven
        False where the size reaches beyond the proven edge: its net is "at most".
    """

    side: int
    arrival_mid: float
    level: float
    lots: NDArray[np.int64]
    base: NDArray[np.float64]
    quote: NDArray[np.float64]
    average_price: NDArray[np.float64]
    half_spread_bps: NDArray[np.float64]
    slippage_bps: NDArray[np.float64]
    fee_bps: NDArray[np.float64]
    net_bps: NDArray[np.float64]
    low_bps: NDArray[np.float64]
    high_bps: NDArray[np.float64]
    proven: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LargestSize:
    """The largest order whose expected net cost stays within a budget.

    Attributes
    ----------
    lots
        A whole number of order steps; 0 when even one costs more, or is not shown.
    base, quote, net_bps
        What it fills and costs; 0, 0 and the cost of one order step (of what is shown of it) when there is none.
    at_most
        The size reaches beyond the proven edge, so `net_bps` is an upper bound.
    limited_by
        "budget", or "depth": the whole visible side is within the budget, and what lies beyond is not known.
    """

    lots: int
    base: float
    quote: float
    net_bps: float
    at_most: bool
    limited_by: str


def curve(
    view: BookView,
    side: int,
    lots: NDArray[np.int64] | None = None,
    *,
    fee: FeeRate,
    volatility: VolatilityEstimate,
    latency_s: float,
    level: float = DEFAULT_LEVEL,
    health: Health | None = None,
) -> Curve:
    """Return the cost of many sizes at once, from the sums that the view already holds.

    Parameters
    ----------
    side
        +1 buy, -1 sell.
    lots
        int64 (n,), sizes of at least one order step, rounded down to whole ones. None: up to 60 sizes, evenly
        spaced in their logarithm, from a ten-thousandth of what is shown to all of it. Sizes beyond what is
        shown are left out; nothing is left where less than one order step is shown.
    fee, volatility, latency_s, level, health
        As for `forecast`.

    Raises
    ------
    NotLiveError
        When the book cannot be priced.
    UsageError
        When a size is less than one order step, or the level cannot be used.
    """
    book = _require_price(view, health)
    instrument = view.instrument
    shown = int(view.opposite(side).cumulative_lots[-1])
    if lots is None:
        lots = _spread_sizes(shown // instrument.order_lots) * instrument.order_lots
    elif lots.size and lots.min() < instrument.order_lots:
        smallest = order_step_text(instrument)
        raise UsageError(f"{instrument.key}: every size of a curve must be at least one order step ({smallest})")
    lots = np.unique(lots[lots <= shown] // instrument.order_lots) * instrument.order_lots
    mid = view.mid
    touch = view.best_ask if side > 0 else view.best_bid
    base, quote = _filled(view, side, lots)
    average = quote / base
    half_spread = np.full(len(lots), BPS * side * (touch - mid) / mid)
    first_level = lots <= view.opposite(side).lots[0]
    slippage = np.where(first_level, 0.0, BPS * side * (average - touch) / mid)
    traded = base * mid if instrument.kind is ContractKind.INVERSE else quote
    per_fee_bps = traded / (base * mid)
    net = half_spread + slippage + fee.taker_bps * per_fee_bps
    best_walk, proven = _best_walk(view, side, lots, half_spread + slippage)
    fee_low, fee_high = fee.taker_range_bps
    move = mid_move_bps(volatility, latency_s + book.age_s, level)
    low = best_walk + fee_low * per_fee_bps - move
    high = half_spread + slippage + fee_high * per_fee_bps + move
    arrays = (
        lots,
        base,
        quote,
        average,
        half_spread,
        slippage,
        fee.taker_bps * per_fee_bps,
        net,
        low,
        high,
        proven,
    )
    for array in arrays:
        array.flags.writeable = False
    return Curve(side, mid, level, *arrays)


def _spread_sizes(largest: int) -> NDArray[np.int64]:
    """Return sizes from `SMALLEST_SHARE` of the largest to it, evenly spaced in their logarithm; none up to 0."""
    if largest < 1:
        return np.zeros(0, np.int64)
    sizes = np.geomspace(max(1.0, largest * SMALLEST_SHARE), float(largest), CURVE_POINTS)
    return np.minimum(np.rint(sizes).astype(np.int64), largest)


def _filled(view: BookView, side: int, lots: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (base, quote) of each size, all within what is shown; sizes of 0 fill nothing."""
    levels = view.opposite(side)
    index = np.searchsorted(levels.cumulative_lots, lots)
    base, quote = _worth(view, lots - _before(levels.cumulative_lots, index), levels.price[index])
    return _before(levels.cumulative_base, index) + base, _before(levels.cumulative_quote, index) + quote


def _before(sums: NDArray[Number], index: NDArray[np.intp]) -> NDArray[Number]:
    """Return the sum over the levels before each index."""
    return np.concatenate((np.zeros(1, sums.dtype), sums))[index]


def _worth(
    view: BookView, lots: NDArray[np.int64], price: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what lots at a price are in (base, quote)."""
    value: NDArray[np.float64] = np.multiply(lots, view.instrument.lot_value, dtype=np.float64)
    if view.instrument.kind is ContractKind.INVERSE:
        return value / price, value
    return value, value * price


def _best_walk(
    view: BookView, side: int, lots: NDArray[np.int64], walked: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the least that each walk may cost, in bps from the mid, and which walks are proven throughout.

    No lot beyond the proven edge is better than the edge itself.
    """
    edge = view.proven_ticks(side)
    levels = view.opposite(side)
    if edge is None:
        return walked, np.ones(len(lots), np.bool_)
    inside = int(np.searchsorted(side * levels.ticks, side * edge, side="right"))
    proven_lots = np.minimum(lots, levels.cumulative_lots[inside - 1] if inside else 0)
    base, quote = _filled(view, side, proven_lots)
    base_beyond, quote_beyond = _worth(view, lots - proven_lots, edge * view.instrument.tick_value)
    price = (quote + quote_beyond) / (base + base_beyond)
    best = np.maximum(BPS * side * (price - view.mid) / view.mid, 0.0)
    proven = proven_lots == lots
    return np.where(proven, walked, np.minimum(best, walked)), proven


def max_size(
    view: BookView, side: int, max_cost_bps: float, *, fee: FeeRate, health: Health | None = None
) -> LargestSize:
    """Return the largest order whose expected net cost, fee included, is within a budget.

    The net rises with size, so the largest size is found by bisection over order steps, on the very walk that a
    forecast takes: exact to the step. Beyond the proven edge the net is an upper bound, so the size is safe
    there too.

    Parameters
    ----------
    side
        +1 buy, -1 sell.
    max_cost_bps
        Budget in bps of the arrival mid; it may be negative where a rebate could pay for the spread.
    fee, health
        As for `forecast`.

    Raises
    ------
    NotLiveError
        When the book cannot be priced.
    UsageError
        When the budget is not a finite number.
    """
    _require_price(view, health)
    if not np.isfinite(max_cost_bps):
        raise UsageError(f"{view.instrument.key}: a cost budget must be a finite number of bps, not {max_cost_bps}")
    shown = int(view.opposite(side).cumulative_lots[-1])

    def cost(lots: int) -> tuple[float, Walk]:
        walk = view.walk(side, lots)
        return price_walk(view, side, walk, 0.0, fee, 0.0, DEFAULT_LEVEL)[2].bps, walk

    step, budget_bps = view.instrument.order_lots, max_cost_bps + BUDGET_TOLERANCE_BPS
    within, beyond = 0, shown // step + 1
    while beyond - within > 1:
        middle = (within + beyond) // 2
        if cost(middle * step)[0] <= budget_bps:
            within = middle
        else:
            beyond = middle
    limited_by = "depth" if cost(shown)[0] <= budget_bps else "budget"
    net_bps, walk = cost(max(within, 1) * step)
    base, quote = (walk.base, walk.quote) if within else (0.0, 0.0)
    return LargestSize(within * step, base, quote, net_bps, walk.unproven_lots > 0, limited_by)


def _require_price(view: BookView, health: Health | None) -> BookReport:
    book = report_book(view, health)
    reason = why_no_price(view, book)
    if reason:
        raise NotLiveError(reason)
    return book
