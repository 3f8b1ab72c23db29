"""Forecasts as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fillcast.cli import words
from fillcast.cli.plot import plot
from fillcast.core.instrument import Instrument
from fillcast.forecast.curve import Curve, LargestSize
from fillcast.forecast.forecast import Forecast
from fillcast.forecast.order import MARKET
from fillcast.forecast.report import provenance
from fillcast.forecast.size import order_step_text

CURVE_ROWS = 12


def show_forecast(forecast: Forecast, console: Console) -> None:
    """Print one forecast, or why there is none."""
    order, instrument = forecast.order, forecast.instrument
    console.print(
        f"[bold]{order.side_name} {escape(order.size.text)} on {escape(instrument.key)}[/], {order.type} order",
        highlight=False,
    )
    console.print(book_line(forecast), highlight=False)
    fill, net = forecast.fill, forecast.net
    if fill is None or net is None or forecast.arrival_mid is None:
        console.print(f"[bold #d55e00]no forecast:[/] {escape(forecast.reason)}", highlight=False, soft_wrap=True)
        return
    base, money = instrument.base, forecast.cost_currency
    facts = Table.grid(padding=(0, 2))
    facts.add_row("filled", f"{words.amount(fill.base)} {base} {how_filled(forecast)}")
    facts.add_row("unfilled", _part(fill.unfilled_base, base, f"{why_unfilled(forecast)}; net is for the filled part"))
    facts.add_row(
        "unproven", _part(fill.unproven_base, base, "beyond the proven edge: the cost is at most what is shown")
    )
    average, worst, all_in, mid = (
        words.near_price(instrument, value)
        for value in (fill.average_price, fill.worst_price, fill.all_in_price, forecast.arrival_mid)
    )
    facts.add_row("prices", f"average {average}, worst {worst}, all-in {all_in}")
    for name, fact in worked_facts(forecast):
        facts.add_row(name, fact)
    console.print(facts, highlight=False)
    console.print(cost_table(forecast), highlight=False)
    console.print(
        f"Positive: you pay. bps of the arrival mid {mid}; amounts in {money}.",
        style="dim",
        highlight=False,
    )
    show_assumed([forecast], console)
    for line in provenance(forecast):
        console.print(f"· {escape(line)}", style="dim", highlight=False, soft_wrap=not console.is_terminal)


def how_filled(forecast: Forecast) -> str:
    """Return over what an order is filled: levels of the book, or slices of its schedule."""
    priced = forecast.priced
    if priced is None or not priced.slices:
        return "" if priced is None else f"over {words.count(priced.fill.levels, 'level')}"
    last_s = priced.slices[-1].at_s
    if last_s == 0:
        return "in 1 slice, at once"
    return f"in {words.count(len(priced.slices), 'slice')} over {words.duration(last_s * 1e3)}"


def why_unfilled(forecast: Forecast) -> str:
    """Return why a part of an order is not filled."""
    worked = forecast.priced is not None and bool(forecast.priced.slices)
    return "left when the horizon ends, or not in the visible book" if worked else "not in the visible book"


def worked_facts(forecast: Forecast) -> list[tuple[str, str]]:
    """Return what is to be known of an order that is not done at once, by name; nothing of a market order."""
    priced = forecast.priced
    if priced is None or forecast.order.type == MARKET:
        return []
    facts = []
    if priced.slices:
        sizes = [one.base for one in priced.slices]
        base = forecast.instrument.base
        facts.append(("slices", f"{words.amount(min(sizes))} to {words.amount(max(sizes))} {base}"))
    maker, fills = priced.maker_share, priced.fill_probability
    if maker is not None:
        facts.append(("maker", f"{maker.value:.0%} of the order ({maker.low:.0%} to {maker.high:.0%})"))
    if fills is not None:
        within = words.duration(forecast.order.horizon_s * 1e3)
        facts.append(("fills", f"all of it within {within}: {fills.value:.0%} ({fills.low:.0%} to {fills.high:.0%})"))
    chance = priced.distribution
    tail = f"95 % {words.bps(chance.quantile(0.95))}, 99 % {words.bps(chance.quantile(0.99))} bps"
    facts.append(("not above", tail))
    if priced.footprint_bps is not None:
        facts.append(("leaves", f"{words.bps(priced.footprint_bps)} bps displaced, outside net"))
    if priced.square_root is not None:
        law, rated = priced.square_root.total_size_bps, priced.square_root.rate_based_bps
        by_rate = "" if rated is None else f", by rate {words.bps(rated)}"
        facts.append(("square root", f"impact by size {words.bps(law)}{by_rate} bps; a check, not a part of net"))
    return facts


def show_assumed(forecasts: Sequence[Forecast], console: Console) -> None:
    """Say whose interval rests on the prior of the volatility alone, and what to do about it."""
    priced = [one for one in forecasts if one.net is not None]
    assumed = [one.instrument.key for one in priced if one.horizon_s and not one.volatility.is_measured]
    if assumed:
        whose = "" if len(assumed) == len(priced) else f" for {escape(', '.join(assumed))}"
        console.print(
            f"Interval: volatility only assumed{whose}; observe longer: --observe 30s",
            highlight=False,
            soft_wrap=not console.is_terminal,
        )


def book_line(forecast: Forecast) -> str:
    """Return what is known of the forecast's book, as markup."""
    book = forecast.book
    parts = [f"{words.state_text(book.state)} proof {book.proof}"]
    if book.age_ms is not None:
        parts.append(f"age {words.duration(book.age_ms)}")
    if book.last_change_ms is not None:
        parts.append(f"last change {words.duration(book.last_change_ms)} ago")
    if book.proven_bps is not None:
        parts.append(f"proven to {words.bps(book.proven_bps)} bps from the mid")
    return " · ".join(parts)


def cost_table(forecast: Forecast) -> Table:
    """Return the components and net of a forecast that has them."""
    money, net = forecast.cost_currency, forecast.net
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("component", no_wrap=True)
    table.add_column("bps", justify="right", no_wrap=True)
    table.add_column(money, justify="right", no_wrap=True)
    table.add_column("interval" if net is None else f"{net.level:.0%}, bps", justify="right", no_wrap=True)
    scale = 0.0 if net is None else net.quote
    for part in forecast.components:
        exact = part.low_bps == part.high_bps
        interval = "known" if exact else f"{words.bps(part.low_bps)} … {words.bps(part.high_bps)}"
        table.add_row(part.name.replace("_", " "), words.bps(part.bps), words.money(part.quote, scale), interval)
    if net is not None:
        at_most = "at most " if net.at_most else ""
        interval = f"{words.bps(net.low_bps)} … {words.bps(net.high_bps)}"
        table.add_row(
            f"[bold]{at_most}net[/]",
            f"[bold]{words.bps(net.bps)}[/]",
            f"[bold]{words.money(net.quote, scale)}[/]",
            f"[bold]{interval}[/]",
        )
    return table


def _part(base: float, currency: str, meaning: str) -> str:
    return "none" if base == 0 else f"[bold]{words.amount(base)} {currency}[/] ({meaning})"


def show_curve(curve: Curve, forecast: Forecast, console: Console) -> None:
    """Print cost against size: some rows and a plot."""
    instrument = forecast.instrument
    if len(curve.lots) == 0:
        console.print(f"no curve: {_too_thin(instrument)}", highlight=False, soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    headings = (instrument.base, instrument.quote, "average", "slippage", "net, bps", f"{curve.level:.0%} interval")
    for name in headings:
        table.add_column(name, justify="right", no_wrap=True)
    step = max(1, (len(curve.base) - 1) // (CURVE_ROWS - 1))
    for index in sorted({*range(0, len(curve.base), step), len(curve.base) - 1}):
        table.add_row(
            f"{curve.base[index]:,.6g}",
            f"{curve.quote[index]:,.0f}",
            words.near_price(instrument, float(curve.average_price[index])),
            words.bps(float(curve.slippage_bps[index])),
            ("" if curve.proven[index] else "≤ ") + words.bps(float(curve.net_bps[index])),
            f"{words.bps(float(curve.low_bps[index]))} … {words.bps(float(curve.high_bps[index]))}",
        )
    console.print(table, highlight=False)
    for line in plot(curve, width=max(20, min(60, console.width - 12))):
        console.print(line, markup=False, highlight=False)
    console.print(
        f"net cost against size in {instrument.base}; · the interval, ○ beyond what is proven (at most)",
        style="dim",
        highlight=False,
    )


def _too_thin(instrument: Instrument) -> str:
    return f"the visible book holds less than one order step ({order_step_text(instrument)})"


def show_largest(largest: LargestSize, budget_bps: float, forecast: Forecast, console: Console) -> None:
    """Print the largest size within a budget."""
    instrument = forecast.instrument
    at_most = "at most " if largest.at_most else ""
    if largest.lots == 0:
        why = _too_thin(instrument)
        if largest.limited_by == "budget":
            one_step = f"even one order step ({order_step_text(instrument)})"
            why = f"{one_step} costs {at_most}{words.bps(largest.net_bps)} bps, the budget is {budget_bps:g} bps"
        console.print(f"[bold]none[/]: {why}", highlight=False)
        return
    limit = "" if largest.limited_by == "budget" else "; the visible book ends there, not the budget"
    console.print(
        f"largest size within {budget_bps:g} bps: [bold]{words.amount(largest.base)} {instrument.base}[/] "
        f"({words.money(largest.quote)} {instrument.quote}) at {at_most}{words.bps(largest.net_bps)} bps{limit}",
        highlight=False,
    )
