"""One moment of a session as a screen of a given size."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from fillcast.cli import words
from fillcast.cli.ladder import ladder
from fillcast.cli.observe import BookFacts, Moment
from fillcast.cli.quote_tables import cost_table
from fillcast.cli.split_words import plain_line, split_lines
from fillcast.forecast.book_report import ages_ms
from fillcast.forecast.forecast import Forecast

WIDE = 110  # columns from which every figure of a book has room
SIDE_BY_SIDE = 80  # columns from which ladder and forecast stand beside each other
NARROW = 54  # columns below which the age of a book has no room
PANEL_WIDTH = 46
MOST_LEVELS = 20
LEAST_LEVELS = 2
FORECAST_LINES = 14
MOST_LINKS = 2
SPREAD_AND_HEADER = 2
FIXED_LINES = 4  # title, header of the books, an empty line before and after the body


def render(moment: Moment, width: int, height: int) -> RenderableType:
    """Return the screen; what does not fit is left out, least important first."""
    chosen = moment.books[0]
    head: list[RenderableType] = [_title(moment), _books(moment, width)]
    foot = [*([] if moment.split is None else split_lines(moment.split, width)), *_footer(moment)]
    left = height - FIXED_LINES - len(moment.books) - len(foot)
    body: list[RenderableType] = []
    if width >= SIDE_BY_SIDE:
        rows = min(MOST_LEVELS, (left - SPREAD_AND_HEADER) // 2)
        if left >= FORECAST_LINES // 2 and rows >= LEAST_LEVELS:
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(no_wrap=True)
            grid.add_column(min_width=PANEL_WIDTH)
            grid.add_row(ladder(chosen, rows, with_sums=width >= WIDE), forecast_panel(chosen))
            body = [Text(), grid]
    else:
        if left >= FORECAST_LINES // 2:
            body = [Text(), forecast_panel(chosen)]
        rows = min(MOST_LEVELS, (left - FORECAST_LINES - SPREAD_AND_HEADER - 1) // 2)
        if rows >= LEAST_LEVELS:
            body += [Text(), ladder(chosen, rows, with_sums=False)]
    return Cropped(Group(*head, Cropped(Group(*body), max(left + 1, 0)), Text(), *foot), height)


class Cropped:
    """The first lines of something."""

    def __init__(self, inner: RenderableType, height: int) -> None:
        self._inner = inner
        self._height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self._inner, options, pad=False)[: self._height]:
            yield from line
            yield Segment.line()


def _title(moment: Moment) -> Text:
    order = moment.books[0].order
    words_of_it = (
        f"fillcast {moment.title} · {order.side_name} {order.size.text} {order.type} · {moment.elapsed_s:.0f} s"
    )
    return Text(words_of_it, "bold", no_wrap=True, overflow="ellipsis", end="\n")


def _books(moment: Moment, width: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("state", no_wrap=True)
    table.add_column("instrument", no_wrap=True)
    wide, medium = width >= WIDE, width >= SIDE_BY_SIDE
    if medium:
        table.add_column("proof", no_wrap=True)
    with_age = width >= NARROW
    if with_age:
        table.add_column("age", justify="right", no_wrap=True)
    if wide:
        table.add_column("changed", justify="right", no_wrap=True)
    if medium:
        table.add_column("bid", justify="right", no_wrap=True)
        table.add_column("ask", justify="right", no_wrap=True)
    if wide:
        table.add_column("updates/s", justify="right", no_wrap=True)
    table.add_column("net, bps", justify="right", no_wrap=True)
    versus = wide and moment.split is not None
    if versus:
        table.add_column("vs common", justify="right", no_wrap=True)
    for facts in moment.books:
        cells = [words.state_text(facts.health.state.name), escape(facts.instrument.key)]
        if medium:
            cells.append(str(facts.health.proof))
        age_ms, changed_ms = ages_ms(facts.view, facts.health)
        if with_age:
            cells.append(words.duration(age_ms))
        if wide:
            cells.append(words.duration(changed_ms))
        if medium:
            cells += _touch(facts)
        if wide:
            cells.append(f"{facts.updates_per_s:.1f}")
        cells.append(_net(facts))
        if versus:
            cells.append(_versus(facts))
        table.add_row(*cells)
    return table


def _touch(facts: BookFacts) -> list[str]:
    view = facts.view
    sides = ((view.bids, words.BID_STYLE), (view.asks, words.ASK_STYLE))
    return [
        f"[{style}]{words.price(facts.instrument, int(side.ticks[0]))}[/]" if len(side) else "-"
        for side, style in sides
    ]


def _net(facts: BookFacts) -> str:
    net = facts.answer.current.net
    if net is not None:
        return f"[bold]{words.net_bps(net, short=True)}[/]"
    last = facts.answer.last
    if last is None or last.net is None:
        return "none"
    return f"[dim]{words.net_bps(last.net, short=True)} old[/]"


def _versus(facts: BookFacts) -> str:
    net, versus = facts.answer.current.net, facts.net_vs_common_bps
    if net is None or versus is None:
        return "-"
    return f"{'≤ ' if net.at_most else ''}{words.bps(versus)}"


def forecast_panel(facts: BookFacts) -> RenderableType:
    """Return the forecast of now; without one, why, and the last one marked as old."""
    answer = facts.answer
    if answer.current.net is not None:
        return Group(*_figures(answer.current))
    lines: list[RenderableType] = [Text(f"no forecast: {answer.reason}", "bold #d55e00")]
    if answer.last is not None:
        lines.append(Text(f"OLD: what follows is {words.age(answer.age_ns)} old", "bold"))
        grid = Table.grid()
        grid.add_row(Group(*_figures(answer.last)), style="dim")
        lines.append(grid)
    return Group(*lines)


def _figures(forecast: Forecast) -> list[RenderableType]:
    fill, net, instrument = forecast.fill, forecast.net, forecast.instrument
    if fill is None or net is None or forecast.arrival_mid is None:
        return []
    money, base = forecast.cost_currency, instrument.base
    grid = Table.grid(padding=(0, 1))
    grid.add_row("filled", f"{words.amount(fill.base)} {base} over {words.count(fill.levels, 'level')}")
    grid.add_row("unfilled", _left(fill.unfilled_base, base, "not shown"))
    grid.add_row("unproven", _left(fill.unproven_base, base, "beyond the proven edge"))
    grid.add_row(
        "average",
        f"{words.near_price(instrument, fill.average_price)}  worst {words.near_price(instrument, fill.worst_price)}",
    )
    grid.add_row("mid", words.near_price(instrument, forecast.arrival_mid))
    fee = forecast.fee
    return [
        Text(f"{instrument.key}: {words.net_bps(net)} bps, {words.money(net.quote)} {money}", "bold"),
        Text(f"{net.level:.0%}: {words.bps(net.low_bps)} … {words.bps(net.high_bps)} bps · positive: you pay"),
        cost_table(forecast),
        grid,
        Text(f"latency {forecast.latency_s * 1e3:g} ms, taker fee {fee.taker_bps:g} bps (tier {fee.tier})", "dim"),
    ]


def _left(base: float, currency: str, meaning: str) -> str:
    return "none" if base == 0 else f"[bold]{words.amount(base)} {currency}[/] {meaning}"


def _footer(moment: Moment) -> list[Text]:
    statistics = moment.statistics
    updates = sum(facts.updates_per_s for facts in moment.books)
    rates = (
        f"{statistics.frames_per_s:.0f} frames/s · {updates:.0f} updates/s · gaps {statistics.gaps} · "
        f"reconnects {statistics.reconnects} · rejected {statistics.rejected} · queue {statistics.queue}"
    )
    lines = [Text(sentence, "bold #d55e00") for sentence in moment.links[:MOST_LINKS]]
    more = len(moment.links) - MOST_LINKS
    if more > 0:
        lines.append(
            Text(f"and {more} more {'connection is' if more == 1 else 'connections are'} not open", "bold #d55e00")
        )
    lines.append(Text(rates))
    if moment.last_gap:
        lines.append(Text(f"last gap: {moment.last_gap}", "bold #d55e00" if moment.gap_is_open else ""))
    else:
        lines.append(Text("no gap so far", "dim"))
    lines.append(Text("Ctrl-C ends", "dim"))
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def plain_lines(moment: Moment) -> list[str]:
    """Return one line per book, and one for the split over several, for output that is not a terminal."""
    statistics = moment.statistics
    feed = f"{statistics.frames_per_s:.0f} frames/s, gaps {statistics.gaps}, reconnects {statistics.reconnects}"
    lines = []
    for facts in moment.books:
        answer, instrument, health = facts.answer, facts.instrument, facts.health
        age = words.duration(ages_ms(facts.view, health)[0])
        start = f"{instrument.key} {health.state.name} proof {health.proof} age {age}"
        net = answer.current.net
        if net is None:
            old = ""
            if answer.last is not None and answer.last.net is not None:
                old = f" (OLD, {words.age(answer.age_ns)}: {words.net_bps(answer.last.net)} bps)"
            lines.append(f"{start}, no forecast: {answer.reason}{old} | {feed}")
            continue
        fill = answer.current.fill
        touch = " / ".join(words.price(instrument, int(side.ticks[0])) for side in (facts.view.bids, facts.view.asks))
        rest = f", unfilled {words.amount(fill.unfilled_base)}" if fill is not None and fill.unfilled_base else ""
        interval = f"{words.bps(net.low_bps)} … {words.bps(net.high_bps)}"
        versus = "" if facts.net_vs_common_bps is None else f", {_versus(facts)} vs common"
        lines.append(
            f"{start}, {touch}, {facts.order.side_name} {facts.order.size.text}: net {words.net_bps(net)} bps "
            f"({interval}), {words.money(net.quote)} {answer.current.cost_currency}{versus}{rest} | {feed}"
        )
    if moment.split is not None:
        told = {facts.instrument.key for facts in moment.books if facts.answer.current.net is None}
        lines.append(plain_line(moment.split, told))
    return lines
