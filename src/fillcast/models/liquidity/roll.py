"""The spread that the bounce of trades between bid and ask gives away.

`spread = 2 sqrt(max(-cov(dP_t, dP_(t-1)), 0))` (Roll, J. Finance 39, 1984), in the unit of the prices; of log prices
it is relative. Valid for trade prices whose side is independent from trade to trade and does not move the mid. Where
signs persist, as they do in these markets, it reads too low; a covariance that is not negative gives 0, which means
that nothing can be told.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from fillcast.models.liquidity.comoments import Comoments
from fillcast.models.samples import series

LEAST_CHANGES = 3  # two pairs of neighbours, the fewest with a sample covariance


def roll_covariance(changes: ArrayLike) -> float:
    """Return the sample covariance of neighbouring price changes, n >= 3 of them, over the n - 2 of n - 1 pairs."""
    checked = series("changes", changes, LEAST_CHANGES)
    return float(np.cov(checked[1:], checked[:-1])[0, 1])


def roll_spread(changes: ArrayLike) -> float:
    """Return Roll's spread of (n >= 3,) changes of trade prices."""
    return spread_of_covariance(roll_covariance(changes))


def spread_of_covariance(covariance: float) -> float:
    """Return the spread that a covariance of neighbouring changes implies; 0.0 when it is not negative."""
    return 2 * math.sqrt(max(-covariance, 0.0))


class OnlineRoll:
    """Roll's spread of a stream of trade prices (or their logs), O(1) per trade.

    A price that is not finite is no observation.
    """

    __slots__ = ("_change", "_pairs", "_price")

    def __init__(self) -> None:
        self._price = math.nan
        self._change = math.nan
        self._pairs = Comoments()

    def update(self, price: float) -> None:
        """Take the price of the next trade in."""
        if not math.isfinite(price):
            return
        change = price - self._price
        if not math.isnan(self._change):
            self._pairs.update(change, self._change)
        self._price, self._change = price, change

    @property
    def covariance(self) -> float | None:
        """The sample covariance of neighbouring changes; None before the fourth price."""
        return self._pairs.covariance

    @property
    def spread(self) -> float | None:
        """Roll's spread, in the unit of the prices; None before the fourth price."""
        covariance = self.covariance
        return None if covariance is None else spread_of_covariance(covariance)
