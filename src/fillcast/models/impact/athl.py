"""Almgren-Thum-Hauptmann-Li: permanent and temporary impact of a parent order, from its share of the day's volume.

For X units traded at a constant rate over T days, with daily volume V, daily volatility sigma (a fraction) and Theta
units outstanding, the move after the order and the average price paid, both over the arrival price, are

    I = gamma sigma (X/V) (Theta/V)^delta          permanent, seen 30 minutes after the end
    K = eta sigma |X / (V T)|^beta                  temporary
    J = I/2 + K                                     cost

Time is the day's volume time. Source: Almgren, Thum, Hauptmann and Li, "Direct estimation of equity market impact",
Risk 18(7) 57-62 (2005). The paper's example is an order of 10 % of a day's volume; larger ones extrapolate. Volatility
swamps the impact of a single order: give the cost with its timing risk.

Where nothing is outstanding in the sense of shares (most crypto markets), Theta is left out: (Theta/V)^delta = 1, and
gamma and eta must be fitted per market, for example by robust regression of J on proxy metaorders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, fraction, not_negative, positive
from fillcast.models.impact.manipulation import require_linear_permanent

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AthlCoefficients:
    """The numbers that a fit gives; all without unit.

    Attributes
    ----------
    gamma, eta
        Prefactors of permanent and temporary impact, >= 0.
    alpha
        Exponent of X/V in permanent impact; only 1 is allowed.
    beta
        Exponent of the participation rate in temporary impact, above 0 up to 1.
    delta
        Exponent of Theta/V.
    """

    gamma: float
    eta: float
    alpha: float
    beta: float
    delta: float

    def __post_init__(self) -> None:
        not_negative("gamma", self.gamma)
        not_negative("eta", self.eta)
        finite("alpha", self.alpha)
        require_linear_permanent(self.alpha)
        positive("beta", self.beta)
        fraction("beta", self.beta)
        finite("delta", self.delta)


# Almgren et al. (2005): about 29,500 orders in US shares, December 2001 to June 2003, with the exponents fixed at
# 1, 3/5 and 1/4; standard errors 0.041 (gamma) and 0.0062 (eta). Without unit. For another market they are a prior.
US_SHARES_2003 = AthlCoefficients(gamma=0.314, eta=0.142, alpha=1.0, beta=0.6, delta=0.25)


@dataclass(frozen=True, slots=True)
class AthlImpact:
    """The model for one instrument on one day.

    Attributes
    ----------
    coefficients
        From a fit.
    sigma
        Daily volatility, a fraction of the price, >= 0.
    volume
        Daily volume V, base units, > 0.
    price
        Arrival price, quote per base unit, > 0.
    outstanding
        Theta, base units, > 0; None where there is no such number.
    """

    coefficients: AthlCoefficients
    sigma: float
    volume: float
    price: float
    outstanding: float | None

    def __post_init__(self) -> None:
        not_negative("sigma", self.sigma)
        positive("volume", self.volume)
        positive("price", self.price)
        if self.outstanding is not None:
            positive("outstanding", self.outstanding)

    def permanent(self, size: ArrayLike) -> FloatArray:
        """Return I, a fraction of the price with the sign of the size.

        Parameters
        ----------
        size
            Base units, signed.
        """
        finite("size", size)
        turnover = 1.0 if self.outstanding is None else (self.outstanding / self.volume) ** self.coefficients.delta
        moved: FloatArray = (
            self.coefficients.gamma * self.sigma * turnover * (np.asarray(size, dtype=np.float64) / self.volume)
        )
        return moved

    def temporary(self, size: ArrayLike, days: ArrayLike) -> FloatArray:
        """Return K, a fraction of the price with the sign of the size.

        Parameters
        ----------
        size, days
            Base units, signed, and the part of a day's volume time that the order takes, > 0. Broadcast together; at
            most all of the market's volume.
        """
        finite("size", size)
        positive("days", days)
        participation = np.asarray(size, dtype=np.float64) / (self.volume * np.asarray(days, dtype=np.float64))
        fraction("participation", np.abs(participation))
        moved: FloatArray = (
            self.coefficients.eta
            * self.sigma
            * np.sign(participation)
            * np.abs(participation) ** self.coefficients.beta
        )
        return moved

    def cost_fraction(self, size: ArrayLike, days: ArrayLike) -> FloatArray:
        """Return J = I/2 + K, a fraction of the price with the sign of the size; parameters as for `temporary`."""
        cost: FloatArray = 0.5 * self.permanent(size) + self.temporary(size, days)
        return cost

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost of impact, quote currency; at a constant rate the size times the price times J.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed, each traded at a constant rate over its interval.
        interval
            Length of an interval in days of volume time, > 0.

        Returns
        -------
        float64 (...)
        """
        temporary = (trades * self.temporary(trades, interval)).sum(axis=-1)
        total = trades.sum(axis=-1)
        cost: FloatArray = self.price * (0.5 * self.permanent(total) * total + temporary)
        return cost
