"""`fillcast quote`: one forecast, printed, then exit."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fillcast.cli import options

if TYPE_CHECKING:
    from fillcast.cli.asked import Asked
    from fillcast.forecast.curve import Curve, LargestSize
    from fillcast.forecast.forecast import Forecast
    from fillcast.forecast.split import NoSplit, Split
    from fillcast.session.session import Session

DEFAULT_WAIT_S = 10.0
VOLUME_WAIT_S = 10.0  # some trades come in any market that an order is worked in


def quote(
    instruments: options.Instruments,
    side: options.Side,
    size: options.Size,
    order_type: options.OrderType = "market",
    price: options.Price = None,
    post_only: options.PostOnly = False,
    horizon: options.Horizon = None,
    participation: options.Participation = None,
    risk_aversion: options.RiskAversion = None,
    model: options.Model = None,
    tier: options.Tier = None,
    latency: options.Latency = None,
    fee_maker: options.FeeMaker = None,
    fee_taker: options.FeeTaker = None,
    max_cost: Annotated[
        str | None,
        typer.Option(
            "--max-cost",
            metavar="5bps",
            help="Also how likely the cost is above this, and the largest market order whose net is within it.",
        ),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="Also cost against size, up to the whole visible book.")
    ] = False,
    level: Annotated[float, typer.Option("--level", help="Probability of the intervals.")] = 0.9,
    usd_rate: options.UsdRates = None,
    require_fill: Annotated[
        bool, typer.Option("--require-fill", help="Exit 1 unless the visible, proven book fills the whole size.")
    ] = False,
    endpoint: options.Endpoints = None,
    proxy: options.Proxy = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for a proven book.")
    ] = DEFAULT_WAIT_S,
    observe: Annotated[
        str | None,
        typer.Option(
            "--observe",
            metavar="DURATION",
            help="Watch the books so long first, such as 30s, so that the interval rests on their own volatility. "
            "[default: 0s; 10s for other than market orders, which need the market's volume]",
            show_default=False,
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Forecast what an order costs: half-spread, slippage, latency, fee and net, each with an interval.

    Orders that take time (--type) are told their schedule, impact, timing risk and chance of filling too.

    Several instruments give a comparison at one common reference, and the best split of the order over them. Without
    a proven book there is no number but the reason; the exit code is 1 when there is none for any instrument.
    """
    import asyncio
    import sys

    import msgspec

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.asked import OrderFlags, ReachFlags, ask
    from fillcast.cli.output import harmless
    from fillcast.cli.terms import Terms
    from fillcast.forecast.interval import check_level
    from fillcast.forecast.report import with_split

    flags = OrderFlags(
        side,
        size,
        Terms(order_type, price, post_only, horizon, participation, risk_aversion),
        tier or (),
        latency or (),
        fee_maker or (),
        fee_taker or (),
        usd_rate or (),
        model,
    )
    asked = ask(instruments, flags, ReachFlags(endpoint or (), proxy))
    budget_bps = None if max_cost is None else parse_bps(max_cost)
    check_level(level)
    check_timeout(timeout)
    waits = _Waits(timeout, _observed_s(observe, flags.terms.kind))
    found = asyncio.run(_quotes(asked, level, waits, budget_bps, with_curve=curve))
    if json:
        reports = found.reports(asked)
        print(msgspec.json.encode(reports[0] if found.split is None else with_split(reports, found.split)).decode())
    else:
        _show(found, budget_bps)
    forecasts = [one.forecast for one in found.quotes]
    if all(one.net is None for one in forecasts):
        raise typer.Exit(ANSWER_IS_NO)
    missing = [*map(not_filled, forecasts), *found.unanswered.values()] if require_fill else []
    if any(missing):
        print(f"fillcast: --require-fill: {harmless('; '.join(filter(None, missing)))}", file=sys.stderr)
        raise typer.Exit(ANSWER_IS_NO)


def _observed_s(observe: str | None, order_type: str) -> float:
    from fillcast.forecast.order import MARKET
    from fillcast.forecast.size import parse_duration

    if observe is not None:
        return parse_duration(observe)
    return 0.0 if order_type == MARKET else VOLUME_WAIT_S


@dataclass(frozen=True, slots=True)
class _Waits:
    """Seconds until a book must be proven, and for which the books are watched from then on."""

    live_s: float
    observe_s: float


class _Quote:
    """A forecast with what else was asked of the same book."""

    def __init__(
        self, forecast: Forecast, curve: Curve | None, largest: LargestSize | None, above: float | None
    ) -> None:
        self.forecast = forecast
        self.above = above
        self.curve = curve
        self.largest = largest

    def report(self) -> dict[str, Any]:
        """Return the JSON object."""
        from fillcast.forecast.report import report, report_curve, report_largest

        extra: dict[str, Any] = {}
        if self.curve is not None:
            extra["curve"] = report_curve(self.curve)
        if self.largest is not None:
            extra["max_size"] = report_largest(self.largest)
        if self.above is not None:
            extra["probability_above_budget"] = self.above
        return {**report(self.forecast), **extra}


@dataclass(frozen=True, slots=True)
class _Found:
    """Quotes of the instruments that are known, how the order is best split, and why others are not known, by key."""

    quotes: list[_Quote]
    split: Split | NoSplit | None
    unanswered: dict[str, str]

    def reports(self, asked: Asked) -> list[dict[str, Any]]:
        """Return a JSON object for each instrument, in the order asked."""
        import time

        from fillcast.forecast.report import report_unanswered

        flags = asked.flags
        order = {"side": flags.side.strip().lower(), "type": flags.terms.kind, "size": flags.size.strip()}
        known = {one.forecast.instrument.key: one.report() for one in self.quotes}
        now_ns = time.time_ns()
        return [
            known[key] if key in known else report_unanswered(key, order, self.unanswered[key], now_ns)
            for key in asked.keys
        ]


async def _quotes(asked: Asked, level: float, waits: _Waits, budget_bps: float | None, *, with_curve: bool) -> _Found:
    """Return a quote for each instrument, and how the order is best split where several were asked."""
    from dataclasses import replace

    from fillcast.forecast.comparison import compare
    from fillcast.forecast.curve import curve, max_size
    from fillcast.forecast.order import MARKET
    from fillcast.forecast.split import best_split

    async with asked.session(patience_s=waits.live_s) as session:
        keys = [key for key in asked.keys if key in session.instruments]
        unanswered = {key: str(error) for key, error in session.unanswered.items()}
        orders = {key: asked.order(session.instruments[key]) for key in keys}
        fees = {key: asked.fee(order, session.instruments[key]) for key, order in orders.items()}
        if await _any_live(session, keys, waits.live_s) and waits.observe_s:
            await _observe(waits.observe_s)
            await _any_live(session, keys, waits.live_s)
        answers = [session.forecast(orders[key], fee=fees[key], level=level) for key in keys]
        forecasts = [answer.told for answer in answers]
        split = None
        if len(asked.keys) > 1:
            forecasts = list(compare(forecasts, asked.usd_rates))
            split = best_split(forecasts, [session.view(key) for key in keys])
            split = replace(split, left_out=(*split.left_out, *unanswered.items()))
        found = []
        for key, one in zip(keys, forecasts, strict=True):
            view, health, order = session.view(key), session.health(key), orders[key]
            priced = one.net is not None
            drawn = (
                curve(
                    view,
                    order.side,
                    fee=fees[key],
                    volatility=one.volatility,
                    latency_s=one.latency_s,
                    level=level,
                    health=health,
                )
                if priced and with_curve
                else None
            )
            largest, above = None, None
            if one.priced is not None and budget_bps is not None:
                above = one.priced.distribution.probability_above(budget_bps)
                if order.type == MARKET:
                    largest = max_size(view, order.side, budget_bps, fee=fees[key], health=health)
            found.append(_Quote(one, drawn, largest, above))
        return _Found(found, split, unanswered)


async def _any_live(session: Session, keys: list[str], timeout_s: float) -> bool:
    """Wait until every book is LIVE or the time is over; return whether any is."""
    import asyncio

    from fillcast.errors import NotLiveError

    outcomes = await asyncio.gather(*(session.live(key, timeout_s) for key in keys), return_exceptions=True)
    for outcome in outcomes:
        # Without a proven book the forecast itself says why; everything else is not ours to answer.
        if isinstance(outcome, BaseException) and not isinstance(outcome, NotLiveError):
            raise outcome
    return not all(isinstance(outcome, NotLiveError) for outcome in outcomes)


async def _observe(seconds: float) -> None:
    """Let the session watch its books for a while; somebody at a terminal sees why nothing happens."""
    import asyncio

    from rich.console import Console

    errors = Console(stderr=True)
    with errors.status(f"observing for {seconds:g} s") if errors.is_terminal else nullcontext():
        await asyncio.sleep(seconds)


def _show(found: _Found, budget_bps: float | None) -> None:
    from fillcast.cli import comparison_tables, quote_tables
    from fillcast.cli.words import console_for

    console = console_for()
    if found.split is not None:
        comparison_tables.show_comparison(
            [one.forecast for one in found.quotes], found.split, console, found.unanswered
        )
    for one in found.quotes:
        if found.split is None:
            quote_tables.show_forecast(one.forecast, console)
        elif one.curve is not None or one.above is not None:
            console.print(f"\n[bold]{one.forecast.instrument.key}[/]", highlight=False)
        if one.above is not None and budget_bps is not None:
            console.print(f"chance of costing more than {budget_bps:g} bps: {one.above:.1%}", highlight=False)
        if one.largest is not None and budget_bps is not None:
            quote_tables.show_largest(one.largest, budget_bps, one.forecast, console)
        if one.curve is not None:
            quote_tables.show_curve(one.curve, one.forecast, console)


def not_filled(forecast: Forecast) -> str:
    """Return why the visible, proven book does not fill the whole size; empty where it does."""
    from fillcast.cli.words import amount

    key, base, fill = forecast.instrument.key, forecast.instrument.base, forecast.fill
    if fill is None:
        return forecast.reason
    if fill.unfilled_base:
        return f"{key} does not show {amount(fill.unfilled_base)} {base} of the size"
    if fill.unproven_base:
        return f"{key} fills {amount(fill.unproven_base)} {base} of the size beyond the proven edge"
    return ""


def parse_bps(text: str) -> float:
    """Read a budget such as `5bps` or `5`.

    Raises
    ------
    UsageError
        When it is not a finite number of bps.
    """
    import math

    from fillcast.errors import UsageError

    number = text.strip().lower().removesuffix("bps").removesuffix("bp").strip()
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"--max-cost {text!r} is not a number of basis points, such as 5bps")
    return value


def check_timeout(seconds: float) -> None:
    """Raise `UsageError` unless a book can be waited for that long."""
    import math

    from fillcast.errors import UsageError

    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"--timeout must be a positive number of seconds, not {seconds:g}")
