"""How far a unit of traded value moves the price, whatever its sign.

`mean(|r| / value traded)` over bars with trades (Amihud, J. Financial Markets 5, 2002), per unit of quote currency.
Bars without a trade have no ratio and are left out; their number is worth a look. Valid to compare instruments and
days; it does not tell flow from news, and depends on the length of the bars (about its square root): report that with
it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative
from fillcast.models.samples import same_length, series


def amihud_illiquidity(returns: ArrayLike, traded_values: ArrayLike) -> float:
    """Return Amihud's illiquidity, per unit of quote currency.

    Parameters
    ----------
    returns
        (n,): relative moves of each bar.
    traded_values
        (n,): value traded in each bar, quote currency, >= 0.

    Raises
    ------
    ParameterError
        When no bar has a trade.
    """
    moves, values = series("returns", returns), series("traded_values", traded_values)
    same_length(returns=moves, traded_values=values)
    not_negative("traded_values", values)
    traded = values > 0
    if not traded.any():
        raise ParameterError("traded_values must be positive in at least one bar")
    return float((np.abs(moves[traded]) / values[traded]).mean())


class OnlineAmihud:
    """Amihud's illiquidity of a stream of bars, O(1) per bar."""

    __slots__ = ("_sum", "bars", "empty_bars")

    def __init__(self) -> None:
        self._sum = 0.0
        self.bars = 0
        self.empty_bars = 0

    def update(self, bar_return: float, traded_value: float) -> None:
        """Take the next bar in: its relative move and the value traded in it, quote currency."""
        if traded_value > 0 and math.isfinite(traded_value) and math.isfinite(bar_return):
            self._sum += abs(bar_return) / traded_value
            self.bars += 1
        else:
            self.empty_bars += 1

    @property
    def illiquidity(self) -> float | None:
        """Mean |return| per unit of quote currency; None before a bar with a trade."""
        return self._sum / self.bars if self.bars else None
