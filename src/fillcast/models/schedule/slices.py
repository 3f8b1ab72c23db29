"""An order in slices: what is traded in each interval, what is still held after it, and what that costs.

With x_0 = X and `x_k = x_(k-1) - n_k`, price moves of variance sigma^2 per unit of time between slices give the cost
the variance `sigma^2 tau sum_(k=1..N) x_k^2` about the expected cost of impact: Almgren and Chriss, "Optimal execution
of portfolio transactions", J. Risk 3(2) 5-39 (2000), equation (5). Slice k trades before the k-th price move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fillcast.models.bounds import not_negative, positive
from fillcast.models.risk.tails import NormalCost
from fillcast.models.samples import series

FloatArray = NDArray[np.float64]


class ImpactModel(Protocol):
    """What a schedule asks of a model of impact."""

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost, quote currency: (..., N) base units, one trade an interval -> (...)."""
        ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """Slices of an order; leading axes are orders of their own.

    Attributes
    ----------
    sizes
        float64 (..., N), base units >= 0, in the order's own direction.
    interval
        Time between slices, > 0, in the unit of the models that the schedule is given to.

    Raises
    ------
    ParameterError
        For no slices, a size that is negative or not finite, or an interval that is not positive.
    """

    sizes: FloatArray
    interval: float

    def __post_init__(self) -> None:
        sizes = series("sizes", self.sizes).copy()
        not_negative("sizes", sizes)
        positive("interval", self.interval)
        sizes.flags.writeable = False
        object.__setattr__(self, "sizes", sizes)

    @property
    def count(self) -> int:
        """N, the number of slices."""
        return int(self.sizes.shape[-1])

    @property
    def total(self) -> FloatArray:
        """Base units over all slices, (...)."""
        total: FloatArray = self.sizes.sum(axis=-1)
        return total

    @property
    def holdings(self) -> FloatArray:
        """x_0 .. x_N, base units still to trade: (..., N + 1); sums from the end, so that x_N is 0 exactly."""
        left = np.cumsum(self.sizes[..., ::-1], axis=-1)[..., ::-1]
        return np.concatenate((left, np.zeros((*left.shape[:-1], 1))), axis=-1)

    def variance(self, volatility: float) -> FloatArray:
        """Return the variance of the cost, quote currency squared, (...).

        Parameters
        ----------
        volatility
            sigma, quote currency per base unit per root of the interval's time unit, >= 0.
        """
        not_negative("volatility", volatility)
        held = self.holdings[..., 1:]
        variance: FloatArray = volatility**2 * self.interval * (held**2).sum(axis=-1)
        return variance

    def cost(self, model: ImpactModel, volatility: float) -> NormalCost:
        """Return expected cost and variance under a model of impact, as the normal distribution they define."""
        return NormalCost(model.impact_cost(self.sizes, self.interval), self.variance(volatility))
