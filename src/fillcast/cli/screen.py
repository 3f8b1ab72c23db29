"""One moment of a session as a screen of a given size."""

from __future__ import annotations

from textwrap import wrap

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markup import escape
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from fillcast.cli import words
from fillcast.cli.forecast_panel import forecast_panel, panel_width
from fillcast.cli.ladder import ladder
from fillcast.cli.layout import natural_width, packed, packed_within, table_within
from fillcast.cli.observe import BookFacts, Moment
from fillcast.cli.split_words import plain_line, split_lines
from fillcast.core.state import BookState
from fillcast.forecast.book_report import ages_ms

MOST_LEVELS = 20
LEAST_LEVELS = 2
FORECAST_LINES = 14
MOST_LINKS = 2
SPREAD_AND_HEADER = 2
FIXED_LINES = 3  # title, an empty line before and after the body
GAP = 2  # columns between the ladder and the forecast
AGE_WIDTH = 6  # so that a column does not come and go with the digits of an age
ALERT_STYLE = "bold #d55e00"
LEFT, RIGHT = ("state", "instrument", "proof"), ("age", "changed", "bid", "ask", "updates/s", "net, bps")
VERSUS = "vs common"
SPARE = ("changed", "updates/s", VERSUS, "proof", "age", ("bid", "ask"))  # the first to go where there is no room
LADDERS = ((True, True), (False, True), (False, False))  # with sums, with what the order takes; the widest first


def render(moment: Moment, width: int, height: int) -> RenderableType:
    """Return the screen; what does not fit is laid out otherwise or left out whole, least important first."""
    books, lines_of_books = _books(moment, width)
    foot = [*_split(moment, width), *_footer(moment, width)]
    left = height - FIXED_LINES - lines_of_books - len(foot)
    body = Cropped(Group(*_body(moment.books[0], width, left)), max(left + 1, 0))
    return Cropped(Group(_title(moment, width), *books, body, Text(), *foot), height)


def _body(chosen: BookFacts, width: int, left: int) -> list[RenderableType]:
    """Return ladder and forecast of one book beside each other, or below each other as far as there is room."""
    if left < FORECAST_LINES // 2:
        return []
    rows = min(MOST_LEVELS, (left - SPREAD_AND_HEADER) // 2)
    least = panel_width(chosen)
    for with_sums, with_taken in LADDERS if rows >= LEAST_LEVELS else ():
        drawn = ladder(chosen, rows, with_sums=with_sums, with_taken=with_taken)
        room = width - natural_width(drawn) - GAP
        if room >= least:
            grid = Table.grid(padding=(0, GAP, 0, 0))
            grid.add_column(no_wrap=True)
            grid.add_column(width=room)
            grid.add_row(drawn, forecast_panel(chosen, room))
            return [Text(), grid]
    body: list[RenderableType] = [Text(), forecast_panel(chosen, width)]
    rows = min(MOST_LEVELS, (left - FORECAST_LINES - SPREAD_AND_HEADER - 1) // 2)
    for with_sums, with_taken in LADDERS if rows >= LEAST_LEVELS else ():
        drawn = ladder(chosen, rows, with_sums=with_sums, with_taken=with_taken)
        if natural_width(drawn) <= width:
            return [*body, Text(), drawn]
    return body


class Cropped:
    """The first lines of something."""

    def __init__(self, inner: RenderableType, height: int) -> None:
        self._inner = inner
        self._height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self._inner, options, pad=False)[: self._height]:
            yield from line
            yield Segment.line()


def _title(moment: Moment, width: int) -> Text:
    order = moment.books[0].order
    name = f"fillcast {moment.title}"
    entries = [name, f"{order.side_name} {order.size.text} {order.type}", f"{moment.elapsed_s:.0f} s"]
    said = packed_within(entries, width) if len(name) <= width else name
    return Text(said, "bold", no_wrap=True, overflow="ellipsis", end="\n")


def _books(moment: Moment, width: int) -> tuple[list[RenderableType], int]:
    """Return a row for each book, and how many lines they take."""
    versus = moment.split is not None
    rows = [[Text.from_markup(cell) for cell in _row(facts, versus=versus)] for facts in moment.books]
    empty = Text.from_markup(words.state_text(BookState.EMPTY.name))
    cells = len(LEFT) + len(RIGHT) + versus
    rows += [[empty, Text(key), *[Text("-")] * (cells - 3), Text("none")] for key in moment.unanswered]
    right = [*RIGHT[:-1], *([VERSUS] if versus else []), RIGHT[-1]]
    table = table_within(width, LEFT, right, rows, SPARE)
    if table is not None:
        return [table], 1 + len(rows)
    lines = [line for row in rows for line in packed([row[0].plain, row[1].plain, f"{row[-1].plain} bps"], width)]
    return _folded(lines, width)


def _folded(lines: list[str], width: int) -> tuple[list[RenderableType], int]:
    whole = [Text(part) for line in lines for part in wrap(line, width)]
    return list(whole), len(whole)


def _row(facts: BookFacts, *, versus: bool) -> list[str]:
    age_ms, changed_ms = ages_ms(facts.view, facts.health)
    return [
        words.state_text(facts.health.state.name),
        escape(facts.instrument.key),
        str(facts.health.proof),
        words.duration(age_ms).rjust(AGE_WIDTH),
        words.duration(changed_ms).rjust(AGE_WIDTH),
        *_touch(facts),
        f"{facts.updates_per_s:.1f}",
        *([_versus(facts)] if versus else []),
        _net(facts),
    ]


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


def _split(moment: Moment, width: int) -> list[Text]:
    """Return the split in lines; an entry that is longer than the screen is folded."""
    if moment.split is None:
        return []
    lines: list[Text] = []
    for line in split_lines(moment.split, width):
        fits = natural_width(line) <= width
        lines += [line] if fits else [Text(part, line.style) for part in wrap(line.plain, width)]
    return lines


def _footer(moment: Moment, width: int) -> list[Text]:
    statistics = moment.statistics
    rates = [
        f"{statistics.frames_per_s:.0f} frames/s",
        f"{sum(facts.updates_per_s for facts in moment.books):.0f} updates/s",
        f"gaps {statistics.gaps}",
        f"reconnects {statistics.reconnects}",
        f"rejected {statistics.rejected}",
        f"queue {statistics.queue}",
    ]
    lines = [Text(_shortened(sentence, width), ALERT_STYLE) for sentence in moment.links[:MOST_LINKS]]
    more = len(moment.links) - MOST_LINKS
    if more > 0:
        said = f"and {more} more {'connection is' if more == 1 else 'connections are'} not open"
        lines.append(Text(_shortened(said, width), ALERT_STYLE))
    lines.append(Text(packed_within(rates, width)))
    if moment.last_gap:
        style = ALERT_STYLE if moment.gap_is_open else ""
        lines.append(Text(_shortened(f"last gap: {moment.last_gap}", width), style))
    else:
        lines.append(Text(_shortened("no gap so far", width), "dim"))
    lines.append(Text(_shortened("Ctrl-C ends", width), "dim"))
    return lines


def _shortened(sentence: str, width: int) -> str:
    """Return the whole words of a sentence that one line has room for."""
    return "".join(wrap(sentence, width, max_lines=1, placeholder=" …", break_long_words=False, break_on_hyphens=False))


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
    state = BookState.EMPTY.name
    lines += [f"{key} {state}, no forecast: {reason} | {feed}" for key, reason in moment.unanswered.items()]
    if moment.split is not None:
        told = {facts.instrument.key for facts in moment.books if facts.answer.current.net is None}
        told |= moment.unanswered.keys()
        lines.append(plain_line(moment.split, told))
    return lines
