"""How a worked order is cut: lots for each slice, and the displacement of the book that the slices share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.core.view import ROUNDING, BookView
from fillcast.errors import ParameterError
from fillcast.forecast.conditions import Conditions
from fillcast.forecast.order import POV, SHORTFALL, VWAP, Order
from fillcast.models.impact import ObizhaevaWang
from fillcast.models.schedule import largest_remainder, participation_lots, within_caps

MAX_SLICES = 50  # a smaller slice costs less, and less and less less: beyond 50 the figures stand still
LEAST_INTERVAL_S = 5.0  # between slices: half of the time in which depth at least refills
LARGEST_CAP = math.nextafter(2.0**63, 0.0)  # order steps: the largest float that an int64 holds
SECONDS_A_MINUTE = 60
NS_PER_MINUTE = SECONDS_A_MINUTE * NS_PER_S


@dataclass(frozen=True, slots=True)
class Plan:
    """Slices of an order.

    Attributes
    ----------
    lots
        int64 (N,), whole order steps, one trade at the start of each interval; some may be 0.
    interval_s
        Between slices.
    unplaced_lots
        What a limit of participation or the end of the horizon leaves.
    note
        What is to be known of the plan, or empty.
    curved
        Whether the slices follow a volume curve.
    """

    lots: NDArray[np.int64]
    interval_s: float
    unplaced_lots: int
    note: str = ""
    curved: bool = False


def make_plan(
    order: Order,
    view: BookView,
    lots: int,
    displaced: ObizhaevaWang,
    sigma_per_sqrt_s: float,
    conditions: Conditions,
    now_ns: int,
) -> Plan:
    """Cut a worked order of `lots` into slices.

    Parameters
    ----------
    displaced
        The book as a block with resilience: what the optimum of an `is` order weighs against risk.
    sigma_per_sqrt_s
        Volatility of the mid, a fraction.
    conditions
        Its volume limits and paces the slices, its curve shapes those of a `vwap` order.
    """
    instrument = view.instrument
    steps = lots // instrument.order_lots
    count = slice_count(order.horizon_s, steps)
    interval_s = order.horizon_s / count
    step_base = instrument.amounts(instrument.order_lots, view.mid)[0]
    volumes, curved = _volumes(conditions, count, interval_s, now_ns)
    curved = curved and order.type == VWAP and volumes is not None and bool(volumes.any())
    note = "" if curved or order.type != VWAP else _why_even(conditions, volumes)
    share = order.participation
    if order.type == POV:
        if volumes is None or share is None:
            raise ParameterError("volume must be seen before a share of it can be traded")
        placed = participation_lots(volumes / step_base, share, steps)
    else:
        weights = np.ones(count)
        if curved and volumes is not None:
            weights = volumes
        elif order.type == SHORTFALL:
            weights = displaced.risk_averse_trades(
                steps * step_base,
                count,
                interval_s,
                volatility=sigma_per_sqrt_s * view.mid,
                risk_aversion=order.risk_aversion or 0.0,
            )
        if share is None:
            placed = largest_remainder(weights, steps)
        else:
            if volumes is None:
                raise ParameterError("volume must be seen before participation can be limited")
            shares = np.minimum(volumes * (share / (1 - share)) / step_base * ROUNDING, LARGEST_CAP)
            caps = np.floor(shares).astype(np.int64)
            placed = within_caps(weights, steps, caps)
    left = steps - int(placed.sum())
    if left:
        limited = f"{share:.3g} of the volume" if share is not None else "the horizon"
        leaves = f"{limited} leaves {instrument.size_text(left * instrument.order_lots)} untraded at the end"
        note = f"{note}; {leaves}" if note else leaves
    return Plan(placed * instrument.order_lots, interval_s, left * instrument.order_lots, note, curved)


def slice_count(horizon_s: float, steps: int) -> int:
    """Return in how many slices an order of whole order steps is cut."""
    return max(1, min(MAX_SLICES, int(horizon_s // LEAST_INTERVAL_S), steps))


def _volumes(
    conditions: Conditions, count: int, interval_s: float, now_ns: int
) -> tuple[NDArray[np.float64] | None, bool]:
    """Return the others' volume expected in each interval, base units, and whether a curve says so."""
    if conditions.curve is not None:
        edges = now_ns / NS_PER_MINUTE + np.arange(count + 1) * (interval_s * NS_PER_S / NS_PER_MINUTE)
        minutes = np.arange(math.floor(edges[0]), math.ceil(edges[-1]))
        try:
            per_minute = conditions.curve.expected(minutes)
        except ParameterError:  # it has not seen this hour of the week
            pass
        else:
            if conditions.volume is not None and per_minute[0] > 0:
                # The curve knows how volume changes over the day; how much there is, the last minute knows better.
                per_minute = per_minute * (conditions.volume.base_per_s * SECONDS_A_MINUTE / per_minute[0])
            running = np.concatenate(([0.0], np.cumsum(per_minute)))
            return np.diff(np.interp(edges, np.append(minutes, minutes[-1] + 1), running)), True
    if conditions.volume is None:
        return None, False
    return np.full(count, conditions.volume.base_per_s * interval_s), False


def _why_even(conditions: Conditions, volumes: NDArray[np.float64] | None) -> str:
    if conditions.curve is None:
        return "volume curve not calibrated: even slices"
    if volumes is not None and not volumes.any():
        return "by the volume curve nothing trades at these minutes of the week: even slices"
    return "volume curve not calibrated at these minutes of the week: even slices"


def displaced_book(
    view: BookView, side: int, lots: int, resilience_per_s: float, permanent_bps: float
) -> ObizhaevaWang:
    """Return the book as a block whose walk costs what a walk of `lots` through it costs; seconds, quote per base.

    Parameters
    ----------
    lots
        The whole order, so that the block is as deep as what the order may reach. At least twice what the touch holds
        is walked, since the touch alone has no slope; where the book shows one level alone, the next one is taken to
        lie a tick behind it.
    resilience_per_s
        rho.
    permanent_bps
        gamma, bps of the mid per base unit; no more stays than the walk displaces.
    """
    taken = view.opposite(side)
    shown = int(taken.cumulative_lots[-1])
    walk = view.walk(side, min(max(lots, 2 * int(taken.lots[0])), shown))
    touch = float(taken.price[0])
    slipped = side * (walk.quote / walk.base - touch) if walk.levels > 1 else view.instrument.tick_value / 2
    depth = walk.base / (2 * slipped)
    permanent = min(permanent_bps / BPS * view.mid, 1.0 / depth)
    return ObizhaevaWang(depth, permanent, resilience_per_s, 0.0)
