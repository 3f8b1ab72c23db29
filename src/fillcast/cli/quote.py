"""`fillcast quote`: one forecast, printed, then exit."""

from __future__ import annotations

from contextlib import AsyncExitStack, nullcontext
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


def quote(
    instruments: options.Instruments,
    side: options.Side,
    size: options.Size,
    order_type: options.OrderType = "market",
    tier: options.Tier = None,
    latency: options.Latency = None,
    fee_maker: options.FeeMaker = None,
    fee_taker: options.FeeTaker = None,
    max_cost: Annotated[
        str | None,
        typer.Option("--max-cost", metavar="5bps", help="Also the largest size whose net cost is within this."),
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
        str,
        typer.Option(
            "--observe",
            metavar="DURATION",
            help="Watch the books so long first, such as 30s, so that the interval rests on their own volatility.",
        ),
    ] = "0s",
    json: options.Json = False,
) -> None:
    """Forecast what an order costs now: half-spread, slippage, latency, fee and net, each with an interval.

    Several instruments give a comparison at one common reference, and the best split of the order over them. Without
    a proven book there is no number: the reason is printed and the exit code is 1.
    """
    import asyncio

    import msgspec

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.asked import OrderFlags, ReachFlags, ask
    from fillcast.forecast.interval import check_level
    from fillcast.forecast.report import with_split
    from fillcast.forecast.size import parse_duration

    flags = OrderFlags(side, size, order_type, tier, latency, fee_maker, fee_taker, usd_rate or ())
    asked = ask(instruments, flags, ReachFlags(endpoint or (), proxy))
    budget_bps = None if max_cost is None else parse_bps(max_cost)
    check_level(level)
    check_timeout(timeout)
    waits = _Waits(timeout, parse_duration(observe))
    quotes, split = asyncio.run(_quotes(asked, level, waits, budget_bps, with_curve=curve))
    if json:
        reports = [one.report() for one in quotes]
        print(msgspec.json.encode(reports[0] if split is None else with_split(reports, split)).decode())
    else:
        _show(quotes, split, budget_bps)
    forecasts = [one.forecast for one in quotes]
    if any(one.net is None for one in forecasts) or (require_fill and any(not filled(one) for one in forecasts)):
        raise typer.Exit(ANSWER_IS_NO)


@dataclass(frozen=True, slots=True)
class _Waits:
    """Seconds until a book must be proven, and for which the books are watched from then on."""

    live_s: float
    observe_s: float


class _Quote:
    """A forecast with what else was asked of the same book."""

    def __init__(self, forecast: Forecast, curve: Curve | None, largest: LargestSize | None) -> None:
        self.forecast = forecast
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
        return {**report(self.forecast), **extra}


async def _quotes(
    asked: Asked, level: float, waits: _Waits, budget_bps: float | None, *, with_curve: bool
) -> tuple[list[_Quote], Split | NoSplit | None]:
    """Return a quote for each instrument, and how the order is best split; None where there is one instrument."""
    from fillcast.cli.observe import with_reason
    from fillcast.forecast.comparison import compare
    from fillcast.forecast.curve import curve, max_size
    from fillcast.forecast.split import best_split

    async with AsyncExitStack() as stack:
        session = await _entered(stack, asked, waits.live_s)
        orders = {key: asked.order(session.instruments[key]) for key in asked.keys}
        fees = {key: asked.fee(order, session.instruments[key]) for key, order in orders.items()}
        if await _any_live(session, asked, waits.live_s) and waits.observe_s:
            await _observe(waits.observe_s)
            await _any_live(session, asked, waits.live_s)
        answers = [session.forecast(orders[key], fee=fees[key], level=level) for key in asked.keys]
        forecasts = [with_reason(answer) for answer in answers]
        split = None
        if len(forecasts) > 1:
            forecasts = list(compare(forecasts, asked.usd_rates))
            split = best_split(forecasts, [session.view(key) for key in asked.keys])
        found = []
        for key, one in zip(asked.keys, forecasts, strict=True):
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
            largest = (
                max_size(view, order.side, budget_bps, fee=fees[key], health=health)
                if priced and budget_bps is not None
                else None
            )
            found.append(_Quote(one, drawn, largest))
        return found, split


async def _entered(stack: AsyncExitStack, asked: Asked, timeout_s: float) -> Session:
    """Enter a session in the time that is given for a proven book; `ConnectError` when the venues take longer."""
    import asyncio

    from fillcast.errors import ConnectError

    try:
        async with asyncio.timeout(timeout_s):
            return await stack.enter_async_context(asked.session())
    except TimeoutError:
        keys = ", ".join(asked.keys)
        raise ConnectError(f"no answer about {keys} within {timeout_s:g} s; to wait longer: --timeout") from None


async def _any_live(session: Session, asked: Asked, timeout_s: float) -> bool:
    """Wait until every book is LIVE or the time is over; return whether any is."""
    import asyncio

    from fillcast.errors import NotLiveError

    outcomes = await asyncio.gather(*(session.live(key, timeout_s) for key in asked.keys), return_exceptions=True)
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


def _show(quotes: list[_Quote], split: Split | NoSplit | None, budget_bps: float | None) -> None:
    from fillcast.cli import quote_tables
    from fillcast.cli.words import console_for

    console = console_for()
    if split is not None:
        quote_tables.show_comparison([one.forecast for one in quotes], split, console)
    for one in quotes:
        if len(quotes) == 1:
            quote_tables.show_forecast(one.forecast, console)
        elif one.curve is not None or one.largest is not None:
            console.print(f"\n[bold]{one.forecast.instrument.key}[/]", highlight=False)
        if one.largest is not None and budget_bps is not None:
            quote_tables.show_largest(one.largest, budget_bps, one.forecast, console)
        if one.curve is not None:
            quote_tables.show_curve(one.curve, one.forecast, console)


def filled(forecast: Forecast) -> bool:
    """Whether the visible, proven book fills the whole size."""
    fill = forecast.fill
    return fill is not None and fill.unfilled_base == 0 and fill.unproven_base == 0


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
