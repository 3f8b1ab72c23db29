"""Decimal text of prices and sizes to integers, exactly: the reference of every compiled reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.decimals import INT64_MAX, Grid
from fillcast.core.events import ROW_COLUMNS
from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import MOST_DECIMALS
from fillcast.core.units import NS_PER_MS
from fillcast.errors import FrameError, OffGridError

NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
UNITS_LIMIT: Final = 1 << 60  # what a book's ladder holds: no sum of two overflows
PLAIN_DIGITS: Final = 18  # any number of so many digits fits an int64
LATEST_MS: Final = 1 << 43  # year 2248: what is later is not milliseconds, and would not fit an int64 of ns

Level = Sequence[str]  # price, size, and what else the venue sends
Side = tuple[int, Sequence[Level]]  # +1 bids, -1 asks


def parse_units(text: str, grid: Grid) -> int:
    """Return how many steps of a grid a decimal text is.

    Raises
    ------
    FrameError
        When it is not an unsigned decimal number, or 2^60 steps or more.
    OffGridError
        When it is a number between two steps.
    """
    whole, point, fraction = text.partition(".")
    digits = whole + fraction
    if digits.isdigit() and digits.isascii() and whole and bool(point) == bool(fraction):
        if len(fraction) > grid.decimals:
            fraction = fraction.rstrip("0")
        if grid.mantissa == 1 and len(fraction) <= grid.decimals and len(whole) + grid.decimals <= PLAIN_DIGITS:
            power: int = 10 ** (grid.decimals - len(fraction))
            return int(whole + fraction) * power
    # The long way: exponents, grids such as 0.25, and numbers that do not fit.
    decimals_of(text)
    if Decimal(text) >= UNITS_LIMIT * grid.step:
        raise FrameError(f"{text[:40]} does not fit a book in steps of {grid.step}")
    return grid.units(text)


def level_rows(sides: Iterable[Side], instrument: Instrument) -> NDArray[np.int64]:
    """Return the levels of one message as rows (side, ticks, lots, 0), in the order given.

    Parameters
    ----------
    sides
        (+1 bids or -1 asks, levels), in the order in which the venue sends them.

    Raises
    ------
    FrameError
        When a price or size is not a number that a book can hold, or a price is zero.
    OffGridError
        When one is not on the instrument's grids.
    """
    prices, sizes = instrument.price_grid, instrument.size_grid
    return checked_rows(
        [
            (side, parse_units(level[0], prices), parse_units(level[1], sizes), 0)
            for side, levels in sides
            for level in levels
        ]
    )


def trade_row(side: int, price: str, size: str, trade_id: int, instrument: Instrument) -> NDArray[np.int64]:
    """Return one trade as a row; `side` is the aggressor's (+1 bought, -1 sold).

    An id that no int64 holds is kept as 0, as one that is no number is. `FrameError` when price or size is no number
    or off the grid: unlike a level, a trade changes no book that would have to be built anew.
    """
    try:
        ticks, lots = parse_units(price, instrument.price_grid), parse_units(size, instrument.size_grid)
    except OffGridError as error:
        raise FrameError(f"a trade of {instrument.symbol}: {error}") from None
    return checked_rows([(side, ticks, lots, trade_id if 0 <= trade_id <= INT64_MAX else 0)])


def trade_number(text: str) -> int:
    """Return the id of a trade where it is a number that an int64 holds, 0 where it is none (a UUID, say)."""
    number = int(text) if text.isdigit() and text.isascii() and len(text) <= len(str(INT64_MAX)) else 0
    return number if number <= INT64_MAX else 0


def checked_rows(rows: list[tuple[int, int, int, int]]) -> NDArray[np.int64]:
    """Return rows as an array (n, 4); `FrameError` when a price is zero."""
    if any(row[1] == 0 for row in rows):
        raise FrameError("a price of zero")
    return np.array(rows, np.int64).reshape(-1, ROW_COLUMNS)


def time_ns(milliseconds: int) -> int:
    """Return a venue time in nanoseconds; `FrameError` when it cannot be milliseconds."""
    if not 0 <= milliseconds <= LATEST_MS:
        raise FrameError(f"{milliseconds} is not a time in milliseconds: it lies beyond the year 2248 or before 1970")
    return milliseconds * NS_PER_MS


def text_time_ns(text: str) -> int:
    """Return a venue time in nanoseconds out of milliseconds as text; `FrameError` when it is not one."""
    if not (text.isdigit() and text.isascii() and len(text) <= PLAIN_DIGITS):
        raise FrameError(f"{text[:40]!r} is not a time in milliseconds")
    return time_ns(int(text))


def decimals_of(text: str) -> int:
    """Return the digits after the point that a decimal text needs.

    Raises
    ------
    FrameError
        When it is no number, or needs more digits than any book counts in.
    """
    if not NUMBER.fullmatch(text):
        raise FrameError(f"{text[:40]!r} is not a decimal number")
    exponent = Decimal(text).normalize().as_tuple().exponent
    digits = max(0, -int(exponent))
    if digits > MOST_DECIMALS:
        raise FrameError(f"{text[:40]} has more digits after the point than a book holds ({MOST_DECIMALS})")
    return digits


def finest_decimals(sides: Iterable[Side]) -> tuple[int, int]:
    """Return the most digits after the point of any price and any size; raises as `decimals_of`."""
    prices = sizes = 0
    for _, levels in sides:
        for level in levels:
            prices, sizes = max(prices, decimals_of(level[0])), max(sizes, decimals_of(level[1]))
    return prices, sizes
