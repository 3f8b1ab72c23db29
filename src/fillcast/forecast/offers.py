"""What one book offers to an order that is spread over several: levels at all-in prices in one currency."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.units import BPS
from fillcast.core.view import ROUNDING, BookSide, BookView
from fillcast.forecast.allocation import Supply
from fillcast.forecast.forecast import Forecast
from fillcast.forecast.size import whole_steps


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One book, as far as an order could reach into it.

    Attributes
    ----------
    forecast, view
        The compared forecast of the whole order there, and the book that it rests on.
    rate
        What one unit of its quote currency is in the common one.
    prices
        float64, what one unit of base costs at each level that could be reached, fee included, in the common
        currency; negative for a sale. Rising.
    """

    forecast: Forecast
    view: BookView
    rate: float
    prices: NDArray[np.float64]

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self.view.instrument

    @property
    def side(self) -> int:
        """+1 buy, -1 sell."""
        return self.forecast.order.side

    @property
    def levels(self) -> BookSide:
        """The side of the book that the order takes from."""
        return self.view.opposite(self.side)

    @property
    def step_base(self) -> Fraction | None:
        """One order step in base, or None for an inverse contract, whose base depends on the price."""
        return order_step_base(self.instrument)

    def base_of(self, lots: int) -> Fraction:
        """Return the base that the first lots of the book are: exact but for an inverse contract."""
        if lots == 0:
            return Fraction(0)
        if self.step_base is None:
            return Fraction(self.view.walk(self.side, lots).base)
        return self.step_base * lots / self.instrument.order_lots

    def quote_of(self, lots: int) -> float:
        """Return what the first lots are worth in the common currency, before fees."""
        return self.rate * self.view.walk(self.side, lots).quote if lots else 0.0

    def cost_of(self, lots: int) -> float:
        """Return what the first lots cost in the common currency, fee included; negative for a sale."""
        if lots == 0:
            return 0.0
        walk = self.view.walk(self.side, lots)
        inverse = self.instrument.kind is ContractKind.INVERSE
        charged = walk.base * self.view.mid if inverse else walk.quote
        return self.rate * (self.side * walk.quote + self.forecast.fee.taker_bps / BPS * charged)

    def in_lots(self, step: int) -> Supply:
        """Return the offer in steps of so many lots."""
        return Supply(self.levels.lots[: len(self.prices)], self.prices).in_steps(step)

    def in_base(self, unit: Fraction, most: int) -> Supply:
        """Return the offer in units of base, up to `most`; what is left of a level's last unit is left out."""
        ends = self._units(unit, most)
        counts = np.diff(ends, prepend=0)
        used = counts > 0
        return Supply(counts[used], self.prices[used])

    def lots_at(self, units: int, unit: Fraction, most: int) -> int:
        """Return the lots that the first units of `in_base` are, in whole order steps; a level's end is exact."""
        ends, sums = self._units(unit, most), self.levels.cumulative_lots
        index = int(np.searchsorted(ends, units))
        before = (int(ends[index - 1]), int(sums[index - 1])) if index else (0, 0)
        within = (units - before[0]) / (float(self._base_units(unit)[index]) - before[0])
        lots = before[1] + int(within * int(self.levels.lots[index]) * ROUNDING)
        return whole_steps(min(lots, int(sums[index])), self.instrument)

    def _units(self, unit: Fraction, most: int) -> NDArray[np.int64]:
        # A deep book in units of a very fine one is beyond int64: the smaller of the two is taken before the cast.
        return np.minimum(np.minimum(self._base_units(unit), float(most)).astype(np.int64), most)

    def _base_units(self, unit: Fraction) -> NDArray[np.float64]:
        return np.floor(self.levels.cumulative_base[: len(self.prices)] / float(unit))


def order_step_base(instrument: Instrument) -> Fraction | None:
    """Return one order step in base, or None where that depends on the price."""
    if instrument.kind is not ContractKind.LINEAR:
        return None
    return Fraction(instrument.lot) * Fraction(instrument.contract_value) * instrument.order_lots


def offer(forecast: Forecast, view: BookView, rate: float, amount: float, *, quoted: bool) -> Offer:
    """Return what a book offers to an order of an amount of base, or of quote in the common currency.

    A level at price p costs p (1 + s f) per unit of base, with the side s and the taker fee f; of an inverse contract,
    whose fee is paid in base and counted at the mid m, it costs p + s f m.
    """
    side = forecast.order.side
    levels = view.opposite(side)
    sums = levels.cumulative_quote if quoted else levels.cumulative_base
    depth = int(np.searchsorted(sums, amount / rate * ROUNDING if quoted else amount * ROUNDING)) + 1
    price = levels.price[:depth]
    charged = view.mid if view.instrument.kind is ContractKind.INVERSE else price
    return Offer(forecast, view, rate, rate * (side * price + forecast.fee.taker_bps / BPS * charged))
