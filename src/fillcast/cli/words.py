"""Numbers, ages and states as people read them, the same in every table."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from fillcast.cli.output import harmless
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.core.units import NS_PER_MS
from fillcast.forecast.components import Net

# Blue and orange of Okabe and Ito's palette: told apart by eyes of every kind. Each state has a sign of its own too.
BID_STYLE = "#56b4e9"
ASK_STYLE = "#e69f00"
STATE_SIGNS = {
    BookState.EMPTY.name: ("○", "dim"),
    BookState.SYNCING.name: ("◔", "#56b4e9"),
    BookState.LIVE.name: ("●", "bold #009e73"),
    BookState.STALE.name: ("▲", "bold #f0e442"),
    BookState.BROKEN.name: ("✖", "bold #d55e00"),
}
UNBOUND_WIDTH = 160  # columns of output that is no terminal: nothing is cut off


class WordsOnly(Console):
    """A console whose cursor and colours are moved by us alone: a venue's or file's text is shown, never obeyed."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(text), style, control)


def console_for(stream: TextIO | None = None) -> Console:
    """Return a console for standard output or another stream, wide where the stream is no terminal."""
    console = WordsOnly(file=stream or sys.stdout)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = UNBOUND_WIDTH
    return console


def count(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s unless there is one of it."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def state_text(state: str) -> str:
    """Return a state with its sign, as markup."""
    sign, style = STATE_SIGNS[state]
    return f"[{style}]{sign} {state}[/]"


def bps(value: float) -> str:
    """Return basis points with as many decimals everywhere."""
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text


def net_bps(net: Net, *, short: bool = False) -> str:
    """Return a net cost in basis points, as the upper bound that it is where the book is not proven so far."""
    mark = "≤ " if short else "at most "
    return f"{mark if net.at_most else ''}{bps(net.bps)}"


def money(value: float, scale: float | None = None) -> str:
    """Return an amount of money: cents from one on, more digits below; `scale` sets the digits for a column."""
    largest = abs(value if scale is None else scale)
    return f"{value:,.2f}" if largest >= 1 or value == 0 else f"{value:,.6f}"


def amount(value: float) -> str:
    """Return a size with its significant digits."""
    return f"{value:,.8f}".rstrip("0").rstrip(".")


def duration(milliseconds: float | None) -> str:
    """Return a time span in the unit that suits it; `-` where there is none."""
    if milliseconds is None:
        return "-"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def age(nanoseconds: int) -> str:
    """Return an age in the unit that suits it."""
    return duration(nanoseconds / NS_PER_MS)


def price(instrument: Instrument, ticks: int) -> str:
    """Return a price with the decimals of its tick and thousands set off."""
    return f"{instrument.price(ticks):,.{instrument.price_grid.decimals}f}"


def near_price(instrument: Instrument, value: float) -> str:
    """Return a price between ticks, with one decimal more than the tick has."""
    return f"{value:,.{instrument.price_grid.decimals + 1}f}"


def price_within(instrument: Instrument, value: float, width: float) -> str:
    """Return a price that is known to within `width`: to two digits of that, and no finer than its ticks."""
    finest = instrument.price_grid.decimals
    decimals = finest if width <= 0 else min(max(1 - math.floor(math.log10(width)), 0), finest)
    return f"{value:,.{decimals}f}"


def size_unit(instrument: Instrument) -> str:
    """Return what a book's sizes count."""
    return instrument.base if instrument.sized_in == "base" else "contracts"


def named(key: str, why: str) -> str:
    """Return why something is so of an instrument, with its key where the reason does not name it."""
    return why if key in why else f"{key}: {why}"
