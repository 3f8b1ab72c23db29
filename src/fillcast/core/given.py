"""Levels that a caller hands in: numbers of any kind to exact ticks and lots, on grids that are stated or inferred.

A float stands for the shortest decimal that reads back as it, so that 0.1 is one tenth and not the binary number next
to it. Nothing is rounded: a number that is not on a stated grid is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

from fillcast.core.decimals import MAX_TEXT, NUMBER
from fillcast.core.events import ROW_COLUMNS
from fillcast.core.instrument import Instrument
from fillcast.core.view import MAX_LOTS
from fillcast.errors import InstrumentError, OffGridError

Number = str | Decimal | int | float | np.floating | np.integer
Levels = Iterable[Sequence[Number]] | NDArray[np.generic]
Edges = tuple[Number | None, Number | None]

CALLER = "caller"
"""The venue's name where a caller names a symbol alone."""


@dataclass(frozen=True, slots=True)
class GivenLevels:
    """Checked levels.

    Attributes
    ----------
    rows
        int64 (n, 4): side, ticks, lots and 0, as an event buffer holds them; bids first, each side best first.
    edges
        Worst proven bid and ask in ticks, None where the whole side is known; None: the last levels.
    """

    instrument: Instrument
    rows: NDArray[np.int64]
    edges: tuple[int | None, int | None] | None


def read_levels(
    instrument: Instrument | str,
    bids: Levels,
    asks: Levels,
    tick: Number | None,
    lot: Number | None,
    edges: Edges | None,
) -> GivenLevels:
    """Read the levels of both sides; parameters and errors are those of `Book.from_levels`."""
    key = instrument if isinstance(instrument, str) else instrument.key
    sides = [_decimals(levels, f"{key}: {name}") for name, levels in (("bids", bids), ("asks", asks))]
    if isinstance(instrument, Instrument):
        if tick is not None or lot is not None:
            raise InstrumentError(f"{key}: the instrument has a tick and a lot; state others in it, not beside it")
    else:
        instrument = _named(instrument, sides, tick, lot)
    rows: list[tuple[int, int, int, int]] = []
    for side, name, levels in ((1, "bids", sides[0]), (-1, "asks", sides[1])):
        rows += _on_grid(instrument, side, f"{instrument.key}: {name}", levels)
    worst = None if edges is None else (_edge(instrument, edges[0]), _edge(instrument, edges[1]))
    return GivenLevels(instrument, np.array(rows, np.int64).reshape(-1, ROW_COLUMNS), worst)


def exact(value: Number) -> Decimal:
    """Return the decimal that a caller means: text and decimals as they stand, a float by its shortest text.

    Raises
    ------
    OffGridError
        When it is no finite number.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, str | Decimal | int | float | np.number):
        raise OffGridError(f"{value!r} is not a number")
    text = str(value)
    if isinstance(value, str) and (len(text) > MAX_TEXT or not NUMBER.fullmatch(text)):
        raise OffGridError(f"{text[:40]!r} is not a decimal number")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise OffGridError(f"{value!r} is not a decimal number") from None
    if not number.is_finite():
        raise OffGridError(f"{text} is not a finite number")
    if isinstance(value, float | np.floating) and number == number.to_integral_value():
        return Decimal(int(number))  # 100.0 of a float has no digit after the point
    return number


def _decimals(levels: Levels, where: str) -> list[tuple[Decimal, Decimal]]:
    found = []
    for index, level in enumerate(levels):
        if isinstance(level, str) or np.ndim(level) != 1 or len(level) != 2:
            raise InstrumentError(f"{where}: level {index} is not a pair of price and size")
        try:
            found.append((exact(level[0]), exact(level[1])))
        except OffGridError as error:
            raise OffGridError(f"{where}: level {index}: {error}") from None
    return found


def _named(
    name: str, sides: list[list[tuple[Decimal, Decimal]]], tick: Number | None, lot: Number | None
) -> Instrument:
    """Return the instrument that a name and the digits of its levels stand for."""
    venue, _, symbol = name.rpartition(":")
    base, _, quote = symbol.replace("/", "-").partition("-")
    if not (base and quote):
        raise InstrumentError(
            f"{name}: write BASE-QUOTE, such as BTC-USDT, so that the currencies are known, or hand in an Instrument"
        )
    prices, sizes = ([level[part] for side in sides for level in side] for part in (0, 1))
    steps = [_finest(numbers) if step is None else exact(step) for step, numbers in ((tick, prices), (lot, sizes))]
    inferred = tick is None or lot is None
    return Instrument(venue or CALLER, symbol, base, quote, steps[0], steps[1], scale_inferred=inferred)


def _finest(numbers: list[Decimal]) -> Decimal:
    """Return the power of ten that the longest of some decimals ends in, at most 1."""
    exponents = [int(number.as_tuple().exponent) for number in numbers]
    return Decimal(1).scaleb(min(0, *exponents)) if exponents else Decimal(1)


def _on_grid(
    instrument: Instrument, side: int, where: str, levels: list[tuple[Decimal, Decimal]]
) -> list[tuple[int, int, int, int]]:
    rows: list[tuple[int, int, int, int]] = []
    for index, (price, size) in enumerate(levels):
        try:
            ticks, lots = instrument.price_ticks(price), instrument.size_lots(size)
        except OffGridError as error:
            raise OffGridError(f"{where}: level {index}: {error}") from None
        if not (0 < ticks < MAX_LOTS and 0 < lots < MAX_LOTS):
            raise InstrumentError(
                f"{where}: level {index}, {size} at {price}: price and size must be positive and below 2^60 steps"
            )
        if rows and rows[-1][1] == ticks:
            raise InstrumentError(f"{where}: level {index}: the price {price} is there twice")
        if rows and side * (rows[-1][1] - ticks) < 0:
            raise InstrumentError(
                f"{where}: level {index} at {price} is better than the one before it: give the best level first"
            )
        rows.append((side, ticks, lots, 0))
    return rows


def _edge(instrument: Instrument, price: Number | None) -> int | None:
    if price is None:
        return None
    ticks = instrument.price_ticks(exact(price))
    if not 0 < ticks < MAX_LOTS:
        raise InstrumentError(f"{instrument.key}: the proven edge {price} must be positive and below 2^60 ticks")
    return ticks
