"""The square-root law, and the two things that "impact ~ sqrt(quantity) * volatility" can mean.

`RateSquareRoot`, the rate-based reading: each slice moves its own price for as long as it trades, and the schedule
matters. With v the rate of a slice, sigma the volatility and V the volume of one unit of time,

    temporary move = Y sigma (v/V)^(1/2), permanent move = Gamma sigma X/V
    cost = price * sigma * (Y sum_k n_k (n_k / (V tau))^(1/2) + Gamma X^2 / (2V))

`SquareRootLaw`, the total-size reading: the move depends on the size Q alone, so slicing gains nothing in expectation,

    I(Q) = Y sigma (Q/V)^delta for Q >= Q*, below it linear in Q and equal at Q*
    cost = price * ∫_0^Q I(q) dq, which is Q I(Q) / (1 + delta) without crossover: two thirds of the peak at delta = 1/2

Use the first, or a propagator, to choose a schedule and the second as a check of the total; `both_readings` gives both.

Sources: for the law Toth et al., Phys. Rev. X 1, 021006 (2011); bitcoin, Donier and Bonart, arXiv:1412.4503 (2015);
delta = 0.489 over all accounts of the Tokyo exchange, Sato and Kanazawa, arXiv:2411.13965 (2024). For the linear part
Bucci et al., Phys. Rev. Lett. 122, 108302 (2019). Y is of order 1; it, delta and Q*/V are fitted per market on
proxy metaorders. The unit of time is the day, since Y is defined with daily sigma and V. Valid for Q/V of about 1e-4
to 1e-1; a single sweep costs the book's walk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, fraction, not_negative, positive

FloatArray = NDArray[np.float64]

# The exponent that the law's name states, without unit.
SQUARE_ROOT = 0.5


@dataclass(frozen=True, slots=True)
class SquareRootLaw:
    """Impact of the total size, whatever the schedule.

    Attributes
    ----------
    prefactor
        Y, without unit, >= 0.
    exponent
        delta, above 0 up to 1; `SQUARE_ROOT` for the law itself.
    crossover
        Q*/V, the part of a day's volume below which impact is linear, >= 0; 0 for no linear part.
    sigma
        Daily volatility, a fraction of the price, >= 0.
    volume
        Daily volume, base units, > 0.
    price
        Arrival price, quote per base unit, > 0.
    """

    prefactor: float
    exponent: float
    crossover: float
    sigma: float
    volume: float
    price: float

    def __post_init__(self) -> None:
        not_negative("prefactor", self.prefactor)
        positive("exponent", self.exponent)
        fraction("exponent", self.exponent)
        not_negative("crossover", self.crossover)
        not_negative("sigma", self.sigma)
        positive("volume", self.volume)
        positive("price", self.price)

    def peak(self, size: ArrayLike) -> FloatArray:
        """Return the move at the end of the order, a fraction of the price, in the shape of `size`.

        Parameters
        ----------
        size
            Base units, >= 0.
        """
        not_negative("size", size)
        share = np.asarray(size, dtype=np.float64) / self.volume
        large: FloatArray = np.maximum(share, self.crossover) ** self.exponent
        moved: FloatArray = self.prefactor * self.sigma * np.where(share < self.crossover, self._linear(share), large)
        return moved

    def average(self, size: ArrayLike) -> FloatArray:
        """Return the cost per unit, a fraction of the price: the mean of `peak` over all sizes up to this one."""
        not_negative("size", size)
        share = np.asarray(size, dtype=np.float64) / self.volume
        power = 1.0 + self.exponent
        within = np.minimum(share, self.crossover)
        beyond = (np.maximum(share, self.crossover) ** power - self.crossover**power) / power
        paid = 0.5 * within * self._linear(within) + beyond
        average: FloatArray = (
            self.prefactor * self.sigma * np.divide(paid, share, out=np.zeros(np.shape(share)), where=share > 0.0)
        )
        return average

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost of impact, quote currency: that of the sum, so that a round trip costs nothing.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed.
        interval
            Length of an interval in days, > 0. The cost does not depend on it.

        Returns
        -------
        float64 (...)
        """
        finite("trades", trades)
        positive("interval", interval)
        size = np.abs(trades.sum(axis=-1))
        cost: FloatArray = self.price * size * self.average(size)
        return cost

    def _linear(self, share: FloatArray) -> FloatArray:
        slope = self.crossover ** (self.exponent - 1.0) if self.crossover > 0.0 else 0.0
        return slope * share


@dataclass(frozen=True, slots=True)
class RateSquareRoot:
    """Temporary impact of each slice's rate, and linear permanent impact.

    Attributes
    ----------
    temporary
        Y, without unit, >= 0.
    permanent
        Gamma, without unit, >= 0.
    sigma
        Daily volatility, a fraction of the price, >= 0.
    volume
        Daily volume, base units, > 0.
    price
        Arrival price, quote per base unit, > 0.
    """

    temporary: float
    permanent: float
    sigma: float
    volume: float
    price: float

    def __post_init__(self) -> None:
        not_negative("temporary", self.temporary)
        not_negative("permanent", self.permanent)
        not_negative("sigma", self.sigma)
        positive("volume", self.volume)
        positive("price", self.price)

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost of impact, quote currency.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed, each traded at a constant rate over its interval; at most all of the
            market's volume.
        interval
            Length of an interval in days, > 0.

        Returns
        -------
        float64 (...)
        """
        finite("trades", trades)
        positive("interval", interval)
        sizes = np.abs(trades)
        participation = sizes / (self.volume * interval)
        fraction("participation", participation)
        passing = self.temporary * (sizes * participation**SQUARE_ROOT).sum(axis=-1)
        staying = 0.5 * self.permanent * trades.sum(axis=-1) ** 2 / self.volume
        cost: FloatArray = self.price * self.sigma * (passing + staying)
        return cost


@dataclass(frozen=True, slots=True)
class BothReadings:
    """What one schedule costs under either reading, quote currency; arrays of one shape.

    Attributes
    ----------
    rate_based
        By `RateSquareRoot`.
    total_size
        By `SquareRootLaw`.
    """

    rate_based: FloatArray
    total_size: FloatArray


def both_readings(
    trades: FloatArray, interval: float, *, rate_based: RateSquareRoot, total_size: SquareRootLaw
) -> BothReadings:
    """Return the expected cost of impact of one schedule under both readings of the square root.

    Parameters
    ----------
    trades
        float64 (..., N) base units.
    interval
        Length of an interval in days, > 0.
    rate_based, total_size
        The two models of one instrument.
    """
    return BothReadings(rate_based.impact_cost(trades, interval), total_size.impact_cost(trades, interval))
