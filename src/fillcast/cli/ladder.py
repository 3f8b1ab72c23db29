"""The price ladder: best levels of both sides, and those that an order would take."""

from __future__ import annotations

from decimal import Decimal

from rich.table import Table
from rich.text import Text

from fillcast.cli import words
from fillcast.cli.observe import BookFacts
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.core.units import BPS
from fillcast.core.view import BookSide

WHOLE = "█"
PART = "▌"
OLD_STYLE = "dim"
MOST_DECIMALS = 4
COLUMNS = (("order takes", 11), ("price", 10), ("size", 9), ("sum", 10))  # name, least width
SIGN_ALONE = ("", 6)  # has room for the word spread


def ladder(facts: BookFacts, rows: int, *, with_sums: bool, with_taken: bool = True) -> Table:
    """Return a table of `rows` levels a side: asks above, bids below, the spread between them.

    Levels that the order takes at once are marked; `with_taken` with what it takes of them.
    """
    view, instrument = facts.view, facts.instrument
    live = facts.answer.state is BookState.LIVE
    priced = facts.answer.current.priced
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    columns = (COLUMNS[0] if with_taken else SIGN_ALONE, *COLUMNS[1 : None if with_sums else -1])
    for name, width in columns:
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    for book_side, style in ((-1, words.ASK_STYLE), (1, words.BID_STYLE)):
        levels = view.bids if book_side > 0 else view.asks
        taken = priced.lots_now if priced is not None and facts.order.side == -book_side else 0
        lines = _levels(facts, levels, rows, taken)
        lines += [("", "", "", "")] * (rows - len(lines))
        for mark, price, size, total in reversed(lines) if book_side < 0 else lines:
            row_style = style if live else f"{style} {OLD_STYLE}"
            shown = mark if with_taken else mark[:1]
            sign = Text(shown, "bold reverse" if shown else "")
            table.add_row(sign, *(price, size, total)[: len(table.columns) - 1], style=row_style)
        if book_side < 0:
            cells = ("spread", _spread(view.best_bid, view.best_ask), words.size_unit(instrument), "")
            table.add_row(*cells[: len(table.columns)], style="bold")
    return table


def _levels(facts: BookFacts, levels: BookSide, rows: int, taken: int) -> list[tuple[str, str, str, str]]:
    instrument = facts.instrument
    lines = []
    total = 0
    for ticks, lots in zip(levels.ticks[:rows].tolist(), levels.lots[:rows].tolist(), strict=True):
        eaten = max(0, min(lots, taken - total))
        total += lots
        sign = (WHOLE if eaten == lots else PART) if eaten else ""
        mark = f"{sign} {_size(instrument, eaten)}" if eaten else ""
        sizes = _size(instrument, lots), _size(instrument, total)
        lines.append((mark, words.price(instrument, ticks), *sizes))
    return lines


def _size(instrument: Instrument, lots: int) -> str:
    """Return a size with the same decimals in every row, so that digits stand still."""
    digits = min(instrument.size_grid.decimals, MOST_DECIMALS)
    size = instrument.size(lots)
    smallest = Decimal(1).scaleb(-digits)
    return f"<{smallest}" if 0 < size < smallest else f"{size:,.{digits}f}"


def _spread(bid: float, ask: float) -> str:
    if not (bid > 0 and ask > 0):
        return "one-sided" if bid > 0 or ask > 0 else "no book"
    return f"{(ask - bid) / (ask + bid) * 2 * BPS:.2f} bps"
