"""Studies of an order on one version of its book: cost against size, its schedule, and cost against risk.

Each is some dozens of forecasts. They are generators that yield between two of them, so that frames go out meanwhile,
and return the part.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from decimal import Decimal

import numpy as np

from fillcast.core.units import BPS
from fillcast.dashboard.answering import Live, ask, deviation_bps
from fillcast.dashboard.asking import Question
from fillcast.dashboard.seen import Seen
from fillcast.dashboard.wire_studies import Curve, Frontier, Line, Path, Schedule
from fillcast.errors import FillcastError
from fillcast.forecast.curve import curve as market_curve
from fillcast.forecast.forecast import Forecast
from fillcast.forecast.order import DEFAULT_PARTICIPATION, MARKET, POV, SHORTFALL, TWAP, WORKED, Order
from fillcast.forecast.planning import displaced_book, slice_count
from fillcast.forecast.size import Size, SizeUnit

WORKED_SIZES = 12  # of a line over a horizon: each is a forecast of its own
FRONTIER_POINTS = 16
BAND_POINTS = 25
# How the frontier's risk aversions lie about the one at which risk weighs as much as impact: below the first the
# schedule no longer changes, above the last all is traded at once.
AVERSION_RANGE = (1e-4, 1e2)
SMALLEST_SHARE = 1e-3  # of what is shown: where the worked lines start

CurveSteps = Generator[None, None, Curve]
LineSteps = Generator[None, None, Line]
ScheduleSteps = Generator[None, None, Schedule]
FrontierSteps = Generator[None, None, Frontier]


def study_curve(live: Live) -> CurveSteps:
    """Return the cost of many sizes: at once, in even slices, and in the best ones."""
    question, seen = live.question, live.seen
    order, fill, net = question.order, live.forecast.fill, live.forecast.net
    why = live.answer.reason
    if why:
        empty = _empty(why)
        return Curve(seen.view.version, order.side, question.level, empty, empty, empty, None, None)
    now = _now(question, seen)
    yield
    twap = yield from _over_horizon(question, seen, TWAP)
    optimal = yield from _over_horizon(question, seen, SHORTFALL)
    return Curve(
        seen.view.version,
        order.side,
        question.level,
        now,
        twap,
        optimal,
        None if fill is None else fill.base,
        None if net is None else net.bps,
    )


def _now(question: Question, seen: Seen) -> Line:
    order = question.order
    many = market_curve(
        seen.view,
        order.side,
        fee=question.fee,
        volatility=question.volatility(seen.volatility),
        latency_s=order.latency_s,
        level=question.level,
        health=seen.health,
    )
    return Line(
        many.base.tolist(),
        many.net_bps.tolist(),
        many.low_bps.tolist(),
        many.high_bps.tolist(),
        (~many.proven).tolist(),
        "" if many.base.size else "less than one order step is shown",
    )


def _over_horizon(question: Question, seen: Seen, kind: str) -> LineSteps:
    """Return the cost of a few sizes, worked over the horizon."""
    view, instrument = seen.view, seen.instrument
    shown = float(view.opposite(question.order.side).cumulative_base[-1])
    columns: list[tuple[float, float, float, float, bool]] = []
    why = ""
    for base in np.geomspace(shown * SMALLEST_SHARE, shown, WORKED_SIZES).tolist():
        yield
        size = Size(Decimal(base), SizeUnit.BASE, f"{base:.6g}{instrument.base.lower()}")
        try:
            worked = ask(_worked(question, kind, size), seen)
        except FillcastError as error:  # less than an order step
            why = str(error)
            continue
        if worked.net is None or worked.fill is None:
            why = worked.reason
            continue
        net = worked.net
        columns.append((worked.fill.base, net.bps, net.low_bps, net.high_bps, net.at_most))
    if not columns:
        return _empty(why)
    bases, points, lows, highs, at_most = (list(column) for column in zip(*columns, strict=True))
    return Line(bases, points, lows, highs, at_most, "")


def _worked(question: Question, kind: str, size: Size, aversion: float | None = None) -> Question:
    """Return the question with another way to trade, over the same horizon."""
    order = question.order
    other = Order(
        order.instrument,
        order.side,
        size,
        kind,
        order.tier,
        order.latency_s,
        horizon_s=question.horizon_s,
        participation=DEFAULT_PARTICIPATION if kind == POV else None,
        risk_aversion=(question.risk_aversion if aversion is None else aversion) if kind == SHORTFALL else None,
    )
    return replace(question, order=other)


def study_schedule(live: Live) -> ScheduleSteps:
    """Return how the order is traded over its horizon, beside even slices and the best ones."""
    question, seen = live.question, live.seen
    paths = []
    if question.order.type in WORKED or not live.is_priced:
        paths.append(_path("order", live.forecast, live.answer.reason))
    else:
        paths.append(_at_once(live))
    for name, kind in (("twap", TWAP), ("optimal", SHORTFALL)):
        if live.answer.reason:
            paths.append(_path(name, live.forecast, live.answer.reason))
            continue
        yield
        worked = ask(_worked(question, kind, question.order.size), seen)
        paths.append(_path(name, worked, worked.reason))
    times = np.linspace(0.0, question.horizon_s, BAND_POINTS)
    sigma = question.volatility(seen.volatility).sigma_per_sqrt_s
    return Schedule(
        seen.view.version, question.horizon_s, paths, times.tolist(), (BPS * sigma * np.sqrt(times)).tolist()
    )


def _at_once(live: Live) -> Path:
    """Return an order that is not cut into slices as one trade; one that rests is shown as done when it started."""
    fill, net = live.forecast.fill, live.forecast.net
    if fill is None or net is None:
        return _path("order", live.forecast, live.answer.reason)
    return Path("order", [0.0], [fill.base], [0.0], [fill.average_price], net.bps, deviation_bps(live.forecast), "")


def _path(name: str, forecast: Forecast, reason: str) -> Path:
    priced, net = forecast.priced, forecast.net
    if priced is None or net is None:
        return Path(name, [], [], [], [], None, None, reason)
    bases = np.array([one.base for one in priced.slices])
    left = bases.sum() - np.cumsum(bases)
    return Path(
        name,
        [one.at_s for one in priced.slices],
        bases.tolist(),
        np.maximum(left, 0.0).tolist(),
        [one.price for one in priced.slices],
        net.bps,
        deviation_bps(forecast),
        "",
    )


def study_frontier(live: Live) -> FrontierSteps:
    """Return expected cost against its standard deviation over risk aversions, each what type `is` would cost."""
    question, seen, version = live.question, live.seen, live.seen.view.version
    if live.answer.reason:
        return Frontier(version, question.horizon_s, [], [], [], None, None, None, live.answer.reason)
    now = ask(replace(question, order=_market(question.order)), seen)
    aversions = _aversions(question, seen, live)
    told, costs, risks = [], [], []
    why = ""
    for aversion in aversions:
        yield
        worked = ask(_worked(question, SHORTFALL, question.order.size, aversion), seen)
        risk = deviation_bps(worked)
        if worked.net is None or risk is None:
            why = worked.reason
            break
        told.append(aversion)
        costs.append(worked.net.bps)
        risks.append(risk)
    chosen = told.index(question.risk_aversion) if question.risk_aversion in told else None
    return Frontier(
        version,
        question.horizon_s,
        told,
        costs,
        risks,
        chosen,
        None if now.net is None else now.net.bps,
        deviation_bps(now),
        "" if told else why,
    )


def _market(order: Order) -> Order:
    return Order(order.instrument, order.side, order.size, MARKET, order.tier, order.latency_s)


def _aversions(question: Question, seen: Seen, live: Live) -> list[float]:
    """Return risk aversions about the one at which the risk of an interval weighs as much as the impact that decays."""
    fill = live.forecast.fill
    sigma = question.volatility(seen.volatility).sigma_per_sqrt_s * seen.view.mid
    permanent = seen.conditions.permanent(sigma / seen.view.mid, question.level)
    if fill is None or fill.lots == 0 or permanent is None or sigma == 0:
        return [question.risk_aversion]
    displaced = displaced_book(
        seen.view,
        question.order.side,
        fill.lots,
        seen.conditions.resilience().known().value,
        permanent.known().value,
    )
    interval_s = question.horizon_s / slice_count(question.horizon_s, fill.lots // seen.instrument.order_lots or 1)
    level = displaced.transient / (2.0 * sigma**2 * interval_s)
    if level <= 0:
        return [question.risk_aversion]
    # Steps that stand still while the market moves a little: powers of ten and their halves.
    low, high = (round(2 * float(np.log10(level * share))) / 2 for share in AVERSION_RANGE)
    grid = np.logspace(low, high, FRONTIER_POINTS).tolist()
    return sorted({0.0, *grid, question.risk_aversion})


def _empty(reason: str) -> Line:
    return Line([], [], [], [], [], reason)
