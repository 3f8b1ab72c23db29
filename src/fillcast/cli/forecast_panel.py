"""The forecast of one book as a panel of the live view, whole at every width."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fillcast.cli import words
from fillcast.cli.layout import least_width, natural_width, packed
from fillcast.cli.observe import BookFacts
from fillcast.cli.quote_tables import cost_table, how_filled, worked_facts
from fillcast.forecast.forecast import Forecast

PANEL_WIDTH = 46  # columns that a panel has at least where it stands beside something


def panel_width(facts: BookFacts) -> int:
    """Return the columns from which the panel has its table of costs and breaks no number."""
    shown = facts.answer.current if facts.answer.current.net is not None else facts.answer.last
    if shown is None or shown.net is None:
        return PANEL_WIDTH
    return max(PANEL_WIDTH, natural_width(cost_table(shown)), least_width(_fill_facts(shown)))


def forecast_panel(facts: BookFacts, width: int) -> RenderableType:
    """Return the forecast of now; without one, why, and the last one marked as old."""
    answer = facts.answer
    if answer.current.net is not None:
        return Group(*_figures(answer.current, width))
    lines: list[RenderableType] = [Text(f"no forecast: {answer.reason}", "bold #d55e00")]
    if answer.last is not None:
        lines.append(Text(f"OLD: what follows is {words.age(answer.age_ns)} old", "bold"))
        grid = Table.grid()
        grid.add_row(Group(*_figures(answer.last, width)), style="dim")
        lines.append(grid)
    return Group(*lines)


def _figures(forecast: Forecast, width: int) -> list[RenderableType]:
    net, instrument = forecast.net, forecast.instrument
    if forecast.fill is None or net is None:
        return []
    money, fee = forecast.cost_currency, forecast.fee
    return [
        Text(f"{instrument.key}: {words.net_bps(net)} bps, {words.money(net.quote)} {money}", "bold"),
        Text(f"{net.level:.0%}: {words.bps(net.low_bps)} … {words.bps(net.high_bps)} bps · positive: you pay"),
        *_costs(forecast, width),
        _fill_facts(forecast),
        Text(f"latency {forecast.latency_s * 1e3:g} ms, taker fee {fee.taker_bps:g} bps (tier {fee.tier})", "dim"),
    ]


def _costs(forecast: Forecast, width: int) -> list[RenderableType]:
    """Return the components as a table, or in lines of whole entries where it has no room."""
    table = cost_table(forecast)
    if natural_width(table) <= width:
        return [table]
    lines: list[RenderableType] = []
    scale = 0.0 if forecast.net is None else forecast.net.quote
    for part in forecast.components:
        entries = [f"{part.name.replace('_', ' ')} {words.bps(part.bps)} bps"]
        entries.append(f"{words.money(part.quote, scale)} {forecast.cost_currency}")
        if part.low_bps != part.high_bps:
            entries.append(f"{words.bps(part.low_bps)} … {words.bps(part.high_bps)}")
        lines += [Text(line) for line in packed(entries, width)]
    return lines


def _fill_facts(forecast: Forecast) -> Table:
    fill, instrument = forecast.fill, forecast.instrument
    grid = Table.grid(padding=(0, 1))
    if fill is None or forecast.arrival_mid is None:
        return grid
    base = instrument.base
    grid.add_row("filled", f"{words.amount(fill.base)} {base} {how_filled(forecast)}")
    grid.add_row("unfilled", _left(fill.unfilled_base, base, "not shown"))
    grid.add_row("unproven", _left(fill.unproven_base, base, "beyond the proven edge"))
    grid.add_row(
        "average",
        f"{words.near_price(instrument, fill.average_price)}  worst {words.near_price(instrument, fill.worst_price)}",
    )
    grid.add_row("mid", words.near_price(instrument, forecast.arrival_mid))
    for name, fact in worked_facts(forecast):
        grid.add_row(name, fact)
    return grid


def _left(base: float, currency: str, meaning: str) -> str:
    return "none" if base == 0 else f"[bold]{words.amount(base)} {currency}[/] {meaning}"
