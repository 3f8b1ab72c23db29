"""Parameters of the lab's order flow. What each means, its unit and its source: docs/lab.md."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from enum import IntEnum

import numpy as np

from fillcast.lab.draws_kernels import FLOW_COUNT, PARAMETER_COUNT, REGIME, FloatArray


class Regime(IntEnum):
    """The state of an asset's market; it switches by the seed."""

    CALM = 0
    BUSY = 1
    STRESSED = 2


@dataclass(frozen=True, slots=True)
class FlowParameters:
    """One instrument's order flow. Rates are per second, distances in ticks, sizes in lots.

    Attributes
    ----------
    market_rate
        Base intensity of market orders on each side.
    market_self, market_cross, market_decay
        Offspring of one market order on its own and on the other side (Hawkes branching), and the kernel's
        decay in 1/s.
    limit_rate
        Base intensity of limit orders, both sides together.
    limit_self, limit_from_market, limit_decay
        Limit orders set off by one limit and by one market order, and the decay in 1/s.
    join_share
        Share of limit orders that join the best price; the others fall behind it by a truncated power law
        with `placement_scale`, `placement_exponent` and `placement_max`.
    inside_rate, inside_cap
        Intensity of quotes inside the spread per tick of excess spread, and the excess at which it stops
        growing.
    cancel_rate
        Intensity of cancellation per resting order.
    near_cancel_rate, near_cancel_range, near_cancel_orders
        Further cancels near the touch: intensity, mean distance, and the orders in a queue at which all of
        them succeed.
    adverse_rate, adverse_scale
        Withdrawals of the prices that the fundamental has passed, per `adverse_scale` ticks of overhang.
    tilt, imbalance_tilt
        How strongly the fundamental gap and the imbalance of the touch lean market orders (exponents).
    limit_size, limit_size_exponent, touch_size_factor, market_size, market_size_exponent, size_cap
        Lomax scale and tail exponent of sizes; quotes at the touch are larger by a factor; the cap in lots.
    selective_share
        Share of takers that cut their order to what waits at the best price.
    level_floor, level_target
        Levels a side never fall below the floor; below the target limit orders arrive faster, above it
        slower.
    volatility, reversion
        Of the log fundamental price: per square root of a second, and the pull back to its start in 1/s.
    rate_*, volatility_*, quoting_*
        Multiples by regime of arrival rates, of volatility and of the speed at which spreads are closed.
    dwell_*
        Mean seconds in each regime.
    start_ticks
        The price at the start.
    """

    market_rate: float
    market_self: float
    market_cross: float
    market_decay: float
    limit_rate: float
    limit_self: float
    limit_from_market: float
    limit_decay: float
    join_share: float
    placement_scale: float
    placement_exponent: float
    placement_max: float
    inside_rate: float
    inside_cap: float
    cancel_rate: float
    near_cancel_rate: float
    near_cancel_range: float
    near_cancel_orders: float
    adverse_rate: float
    adverse_scale: float
    tilt: float
    imbalance_tilt: float
    limit_size: float
    limit_size_exponent: float
    touch_size_factor: float
    market_size: float
    market_size_exponent: float
    size_cap: float
    selective_share: float
    level_floor: float
    level_target: float
    volatility: float
    reversion: float
    rate_calm: float
    rate_busy: float
    rate_stressed: float
    volatility_calm: float
    volatility_busy: float
    volatility_stressed: float
    quoting_calm: float
    quoting_busy: float
    quoting_stressed: float
    dwell_calm: float
    dwell_busy: float
    dwell_stressed: float
    start_ticks: float

    def array(self, regime: Regime) -> FloatArray:
        """Return the kernel's float64[FLOW_COUNT]: these parameters, then a fresh state in a regime."""
        values = astuple(self)
        assert len(values) == PARAMETER_COUNT
        flow = np.zeros(FLOW_COUNT)
        flow[:PARAMETER_COUNT] = values
        flow[REGIME] = regime
        return flow


def order_flow(*, start_ticks: int, unit_lots: float, pace: float = 1.0) -> FlowParameters:
    """Return the lab's standard flow for an instrument.

    Parameters
    ----------
    start_ticks
        Start price in ticks; distances are given in ticks, so instruments should have some 10^5 of them.
    unit_lots
        Lots of one base unit (1 BTC, 1 ETH times a few): the scale of all sizes.
    pace
        Multiple of every arrival rate.
    """
    return FlowParameters(
        market_rate=1.2 * pace,
        market_self=0.5,
        market_cross=0.12,
        market_decay=6.0,
        limit_rate=260.0 * pace,
        limit_self=0.35,
        limit_from_market=6.0,
        limit_decay=3.0,
        join_share=0.2,
        placement_scale=2500.0,
        placement_exponent=1.3,
        placement_max=7000.0,
        inside_rate=30.0 * pace,
        inside_cap=6.0,
        cancel_rate=0.07 * pace,
        near_cancel_rate=40.0 * pace,
        near_cancel_range=30.0,
        near_cancel_orders=6.0,
        adverse_rate=5.0 * pace,
        adverse_scale=15.0,
        tilt=0.5,
        imbalance_tilt=0.6,
        limit_size=0.06 * unit_lots,
        limit_size_exponent=1.7,
        touch_size_factor=4.0,
        market_size=0.05 * unit_lots,
        market_size_exponent=1.5,
        size_cap=80.0 * unit_lots,
        selective_share=0.4,
        level_floor=450.0,
        level_target=1250.0,
        volatility=4.0e-5,
        reversion=1.0e-3,
        rate_calm=0.5,
        rate_busy=1.0,
        rate_stressed=2.0,
        volatility_calm=0.3,
        volatility_busy=1.0,
        volatility_stressed=2.2,
        quoting_calm=1.5,
        quoting_busy=1.0,
        quoting_stressed=0.4,
        dwell_calm=60.0,
        dwell_busy=45.0,
        dwell_stressed=12.0,
        start_ticks=float(start_ticks),
    )


SMALL_SHARE = 0.1  # of the standard orders, levels and distances


def small_flow(*, start_ticks: int, unit_lots: float, pace: float = 1.0) -> FlowParameters:
    """Return the flow of a small market: a tenth of the standard orders in a book a tenth as deep."""
    whole = order_flow(start_ticks=start_ticks, unit_lots=unit_lots, pace=pace)
    return replace(
        whole,
        market_rate=0.3 * pace,
        limit_rate=SMALL_SHARE * whole.limit_rate,
        near_cancel_rate=SMALL_SHARE * whole.near_cancel_rate,
        placement_scale=SMALL_SHARE * whole.placement_scale,
        placement_max=SMALL_SHARE * whole.placement_max,
        level_floor=SMALL_SHARE * whole.level_floor,
        level_target=SMALL_SHARE * whole.level_target,
    )
