"""An order worked in market slices: what the slices cost, and what they cost one another.

With X the order, n_k its slices, x_k what is left after slice k, tau their distance and m the arrival mid, in bps of m
on X:

- half-spread and slippage: the walk of each slice through the book of now, weighted by its size;
- transient impact: what earlier slices have left displaced, kappa sum_(j<k) n_j exp(-rho (k - j) tau) for slice k;
- permanent impact: gamma sum_(j<k) n_j for slice k, together gamma (X^2 - sum n_k^2) / 2;
- timing: 0 +- sigma sqrt(tau sum_(k>=1) x_k^2) / X, the mid's moves while the rest waits;
- latency: 0 +- sigma sqrt(d), the move before the first slice meets the book; the slices share it.

A slice's own walk is its temporary impact, so that nothing is counted twice. What is not known of rho and gamma is a
range of each; the upper end of the transient part is no lower than where the square-root law of the total size lies.

Sources: Obizhaeva and Wang (2013) for displacement and resilience, with the depth that the book shows now; Almgren and
Chriss (2000) for permanent impact and timing. The book is taken to be, on average, as it is now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS
from fillcast.core.view import BookView, Walk
from fillcast.forecast.components import (
    HALF_SPREAD,
    LATENCY,
    PERMANENT,
    SLIPPAGE,
    TIMING,
    TRANSIENT,
    Part,
    assemble,
)
from fillcast.forecast.conditions import Conditions, describe
from fillcast.forecast.distribution import CostDistribution
from fillcast.forecast.interval import student_half_width
from fillcast.forecast.order import Order
from fillcast.forecast.planning import Plan, displaced_book, make_plan
from fillcast.forecast.pricing import Basis, Fill, Priced, Slice, WalkCost, fee_part, walk_cost
from fillcast.forecast.size import lots_at
from fillcast.forecast.square_root import Readings, read_square_root
from fillcast.models.calibration.age import until
from fillcast.models.estimate import Estimate
from fillcast.models.impact import ObizhaevaWang
from fillcast.models.schedule import Schedule

FloatArray = NDArray[np.float64]

LARGEST_SHARE = 0.25  # of all volume: the range of Almgren and Chriss's model (docs/models/impact.md)
BELOW_ZERO = "what the slices displace would take the price below zero: far more than models of impact hold for"
NO_VOLUME = "permanent impact needs the market's volume, and no trade has been seen yet: observe longer"


@dataclass(frozen=True, slots=True)
class _Walked:
    """The slices as the book of now meets them; (N,) arrays over those that trade."""

    starts_s: FloatArray
    bases: FloatArray
    walks: list[Walk]
    costs: list[WalkCost]
    unfilled_lots: int

    def mean(self, values: list[float]) -> float:
        """Return a mean over slices, weighted by what they fill."""
        return math.fsum(base * value for base, value in zip(self.bases.tolist(), values, strict=True)) / self.total

    @property
    def total(self) -> float:
        """Base units of all slices."""
        return math.fsum(self.bases.tolist())


def price_worked(order: Order, view: BookView, basis: Basis) -> Priced | str:
    """Return what a worked order costs, or why that cannot be told."""
    conditions, level = basis.conditions, basis.level
    sigma = basis.volatility.sigma_per_sqrt_s
    permanent = conditions.permanent(sigma, level)
    if permanent is None:
        return f"{view.instrument.key}: {NO_VOLUME}"
    resilience = conditions.resilience()
    lots, note = lots_at(order.size, view.instrument, view.mid)
    displaced = displaced_book(view, order.side, lots, resilience.known().value, permanent.known().value)
    plan = make_plan(order, view, lots, displaced, sigma, conditions, basis.now_ns)
    if not plan.lots.any():
        return f"{view.instrument.key}: {plan.note}"
    walked = _walk(view, order.side, plan)
    readings = read_square_root(view, walked.bases, plan.interval_s, sigma, conditions)
    carried = _carried(walked, displaced.resilience)
    parts = (
        Part(
            HALF_SPREAD,
            walked.mean([cost.half_spread_bps for cost in walked.costs]),
            walked.mean([cost.half_spread_less_bps for cost in walked.costs]),
        ),
        Part(
            SLIPPAGE,
            walked.mean([cost.slippage_bps for cost in walked.costs]),
            walked.mean([cost.slippage_less_bps for cost in walked.costs]),
        ),
        *_impact_parts(walked, carried, displaced, resilience.known(), permanent.known(), readings, view.mid),
        *_chance_parts(walked, plan, basis),
        fee_part(basis.fee, walked.mean([cost.fee_per_bps for cost in walked.costs])),
    )
    at_most = any(walk.unproven_lots for walk in walked.walks)
    components, net = assemble(parts, walked.total * view.mid, level, at_most=at_most)
    price = view.mid + order.side * (net.quote - components[-1].quote) / walked.total
    unfilled_lots = plan.unplaced_lots + walked.unfilled_lots
    moved = _moved_bps(walked, carried, displaced, view.mid)
    worst = _worst_price(walked, moved, view, order.side)
    if worst <= 0:
        return f"{view.instrument.key}: {BELOW_ZERO}"
    fill = Fill(
        sum(walk.filled_lots for walk in walked.walks),
        walked.total,
        walked.total * price,
        view.instrument.amounts(unfilled_lots, view.mid)[0],
        math.fsum(cost.unproven_base for cost in walked.costs),
        price,
        view.mid + order.side * net.quote / walked.total,
        worst,
        max(walk.levels for walk in walked.walks),
    )
    scale = BPS * sigma * math.sqrt(basis.wait_s + _waiting_s(walked, plan))
    left = displaced.permanent * walked.total + displaced.transient * float(carried[-1] + walked.bases[-1])
    return Priced(
        fill,
        components,
        net,
        CostDistribution(net.bps, scale, basis.volatility.degrees_of_freedom),
        walked.walks[0].filled_lots,
        note="; ".join(text for text in (note, plan.note) if text),
        slices=_slices(walked, moved, view, order.side),
        footprint_bps=BPS * left / view.mid,
        square_root=readings,
        rests_on=(
            describe(resilience, basis.now_ns),
            describe(permanent, basis.now_ns),
            *_beyond_models(walked.total, order, conditions),
            *((f"slices by a volume curve {until(conditions.curve_as_of_ns, basis.now_ns)}",) if plan.curved else ()),
        ),
    )


def _beyond_models(base: float, order: Order, conditions: Conditions) -> tuple[str, ...]:
    """Say so where an order is a larger part of all volume than models of impact are valid for."""
    if conditions.volume is None:
        return ()
    share = base / (base + conditions.volume.base_per_s * order.horizon_s)
    if share <= LARGEST_SHARE:
        return ()
    return (f"{share:.0%} of all volume in that time: models of impact hold for up to {LARGEST_SHARE:.0%}",)


def _walk(view: BookView, side: int, plan: Plan) -> _Walked:
    """Walk every slice that trades; slices of one size meet the same levels."""
    trading = np.flatnonzero(plan.lots)
    met = {lots: view.walk(side, lots) for lots in set(plan.lots[trading].tolist())}
    split = {lots: walk_cost(view, side, walk) for lots, walk in met.items()}
    asked = plan.lots[trading].tolist()
    walks = [met[lots] for lots in asked]
    return _Walked(
        np.multiply(trading, plan.interval_s, dtype=np.float64),
        np.array([walk.base for walk in walks]),
        walks,
        [split[lots] for lots in asked],
        sum(walk.unfilled_lots for walk in walks),
    )


def _carried(walked: _Walked, resilience: float) -> FloatArray:
    """Return (N,) base units of earlier slices whose displacement is left when each trades, for rho up to infinity."""
    left = np.zeros(len(walked.bases))
    with np.errstate(over="ignore"):
        kept = np.exp(-resilience * np.diff(walked.starts_s))
    for index, share in enumerate(kept.tolist(), start=1):
        left[index] = (left[index - 1] + walked.bases[index - 1]) * share
    return left


def _impact_parts(
    walked: _Walked,
    carried: FloatArray,
    displaced: ObizhaevaWang,
    resilience: Estimate,
    permanent: Estimate,
    readings: Readings | None,
    mid: float,
) -> tuple[Part, Part]:
    """Return the transient and the permanent part, each with the range of what is not known of its parameter."""
    to_bps = BPS / mid / walked.total
    before = np.concatenate(([0.0], np.cumsum(walked.bases)[:-1]))
    staying = to_bps * float(walked.bases @ before)
    transient = displaced.transient * to_bps * float(walked.bases @ carried)
    ends = [
        displaced.transient * to_bps * float(walked.bases @ _carried(walked, rate))
        for rate in (resilience.high, resilience.low)
    ]
    gammas = [min(gamma / BPS * mid, 1.0 / displaced.depth) for gamma in (permanent.low, permanent.high)]
    stays = displaced.permanent * staying
    more = max(ends[1] - transient, 0.0)
    if readings is not None:
        slippage = walked.mean([cost.slippage_bps for cost in walked.costs])
        more = max(more, readings.total_size_bps - slippage - transient - stays)
    return (
        Part(TRANSIENT, transient, min(ends[0] - transient, 0.0), more),
        Part(PERMANENT, stays, min(gammas[0] * staying - stays, 0.0), max(gammas[1] * staying - stays, 0.0)),
    )


def _waiting_s(walked: _Walked, plan: Plan) -> float:
    """Return the seconds for which the whole order would have to wait to be at the same risk: tau sum x_k^2 / X^2."""
    sizes = np.zeros(len(plan.lots))
    sizes[np.flatnonzero(plan.lots)] = walked.bases
    return float(Schedule(sizes, plan.interval_s).variance(1.0)) / walked.total**2


def _chance_parts(walked: _Walked, plan: Plan, basis: Basis) -> tuple[Part, Part]:
    wide = student_half_width(basis.volatility, basis.level)
    before, during = wide * math.sqrt(basis.wait_s), wide * math.sqrt(_waiting_s(walked, plan))
    return (
        Part(LATENCY, 0.0, -before, before, is_chance=True),
        Part(TIMING, 0.0, -during, during, is_chance=True),
    )


def _moved_bps(walked: _Walked, carried: FloatArray, displaced: ObizhaevaWang, mid: float) -> list[float]:
    """Return (N,) how far earlier slices have moved the price when each one trades."""
    before = np.concatenate(([0.0], np.cumsum(walked.bases)[:-1]))
    moved: list[float] = (BPS / mid * (displaced.transient * carried + displaced.permanent * before)).tolist()
    return moved


def _worst_price(walked: _Walked, moved: list[float], view: BookView, side: int) -> float:
    """Return the worst price that any slice touches, where the earlier ones have moved the book."""
    return side * max(
        side * float(view.instrument.price(walk.worst_ticks)) + view.mid * move / BPS
        for walk, move in zip(walked.walks, moved, strict=True)
        if walk.worst_ticks is not None
    )


def _slices(walked: _Walked, moved: list[float], view: BookView, side: int) -> tuple[Slice, ...]:
    return tuple(
        Slice(
            start,
            walk.filled_lots,
            walk.base,
            cost.half_spread_bps + cost.slippage_bps + move,
            view.mid * (1 + side * (cost.half_spread_bps + cost.slippage_bps + move) / BPS),
        )
        for start, walk, cost, move in zip(walked.starts_s.tolist(), walked.walks, walked.costs, moved, strict=True)
    )
