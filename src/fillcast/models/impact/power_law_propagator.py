"""Propagator with nonlinear impact and a power-law kernel, trading at a constant rate within each interval.

    price moved at t = eta sigma ∫_0^t sign(v_s) (|v_s| / V)^delta (t - s)^-gamma ds

At a constant rate X / T this gives, with v = X / T,

    peak (at T)        = eta sigma (v/V)^delta T^(1-gamma) / (1-gamma)
    cost per unit      = peak / (2-gamma)
    left at z T, z > 1 = peak * (z^(1-gamma) - (z-1)^(1-gamma))

With gamma = delta = 1/2 the cost per unit is (4/3) eta sigma sqrt(X/V) for every T: the square-root law, with two
thirds of the peak paid on average and a decay of sqrt(z) - sqrt(z-1).

Source: Gatheral, "No-dynamic-arbitrage and market impact", Quantitative Finance 10(7) 749-759 (2010). His conditions
are enforced when the model is built, and orders are of one direction: `fillcast.models.impact.manipulation`.
Valid for horizons of seconds to hours; a model of parent orders, not of a single sweep, whose cost is the book's walk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, fraction, not_negative, positive
from fillcast.models.impact.manipulation import LINEAR, require_one_direction, require_power_law

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PowerLawPropagator:
    """Transient impact f(v) = sign(v) (|v|/V)^delta with the kernel t^-gamma.

    Attributes
    ----------
    eta
        Prefactor, of order 1, in (unit of time)^(gamma - 1/2), > 0.
    sigma
        Volatility, price per sqrt(unit of time), > 0.
    volume
        Market volume V, base units per unit of time, > 0.
    decay, exponent
        gamma and delta. Refused where a round trip of two constant rates makes money.
    """

    eta: float
    sigma: float
    volume: float
    decay: float
    exponent: float

    def __post_init__(self) -> None:
        positive("eta", self.eta)
        positive("sigma", self.sigma)
        positive("volume", self.volume)
        require_power_law(self.decay, self.exponent)

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost of impact, quote currency.

        Parameters
        ----------
        trades
            float64 (..., N) base units, each traded at a constant rate over its interval; of one direction unless
            the exponent is 1. At most all of the market's volume.
        interval
            Length of an interval, > 0.

        Returns
        -------
        float64 (...)
        """
        finite("trades", trades)
        positive("interval", interval)
        if self.exponent != LINEAR:
            require_one_direction(trades)
        rates = trades / interval
        fraction("participation", np.abs(rates) / self.volume)
        return self.eta * self.sigma * power_law_cost(rates, interval, self.volume, self.decay, self.exponent)

    def cost(self, size: ArrayLike, horizon: ArrayLike) -> FloatArray:
        """Return the cost of trading sizes at a constant rate, quote currency.

        Parameters
        ----------
        size
            Base units, >= 0.
        horizon
            Duration, > 0. Broadcast with `size`.
        """
        cost: FloatArray = np.asarray(size, dtype=np.float64) * self.peak(size, horizon) / (2.0 - self.decay)
        return cost

    def peak(self, size: ArrayLike, horizon: ArrayLike) -> FloatArray:
        """Return how far the price has moved at the end of what `cost` describes, quote per base unit."""
        not_negative("size", size)
        positive("horizon", horizon)
        duration = np.asarray(horizon, dtype=np.float64)
        participation = np.asarray(size, dtype=np.float64) / duration / self.volume
        fraction("participation", participation)
        moved = participation**self.exponent * duration ** (1.0 - self.decay) / (1.0 - self.decay)
        peak: FloatArray = self.eta * self.sigma * moved
        return peak

    def left_after(self, elapsed: ArrayLike) -> FloatArray:
        """Return the part of the peak that is left.

        Parameters
        ----------
        elapsed
            Time since the start over the duration of the order, z >= 1.
        """
        finite("elapsed", elapsed)
        ratio = np.asarray(elapsed, dtype=np.float64)
        if (ratio < 1.0).any():
            raise ParameterError(f"elapsed must be at least 1, the end of the order, not {float(ratio.min())!r}")
        left: FloatArray = ratio ** (1.0 - self.decay) - (ratio - 1.0) ** (1.0 - self.decay)
        return left

    def round_trip_cost(self, size: ArrayLike, horizon: ArrayLike, opening: ArrayLike) -> FloatArray:
        """Return the cost of opening a position at one constant rate and closing it at another, quote currency.

        Never negative: that is what the conditions on gamma and delta are for.

        Parameters
        ----------
        size
            Base units, >= 0.
        horizon
            Duration of opening and closing together, > 0.
        opening
            Part of the horizon taken by opening, strictly between 0 and 1.
        """
        not_negative("size", size)
        positive("horizon", horizon)
        part = np.asarray(opening, dtype=np.float64)
        if not ((part > 0.0) & (part < 1.0)).all():
            raise ParameterError(f"opening must be strictly between 0 and 1, not {opening!r}")
        duration = np.asarray(horizon, dtype=np.float64)
        traded = np.asarray(size, dtype=np.float64)
        fraction("participation", traded / (duration * np.minimum(part, 1.0 - part)) / self.volume)
        unit = two_rate_round_trip(part, self.decay, self.exponent)
        scale = (traded / duration / self.volume) ** self.exponent * traded * duration ** (1.0 - self.decay)
        cost: FloatArray = self.eta * self.sigma * scale * unit
        return cost


def power_law_cost(rates: FloatArray, interval: float, volume: float, decay: float, exponent: float) -> FloatArray:
    """Return `∫∫_{s<t} v_t f(v_s) (t-s)^-decay ds dt` of rates that are constant within intervals.

    It asks no condition of the exponents and takes any signs, so that what the conditions prevent can be shown.

    Parameters
    ----------
    rates
        float64 (..., N) base units per unit of time, signed.
    interval
        Length of an interval.
    volume, decay, exponent
        V, gamma and delta.

    Returns
    -------
    float64 (...)
    """
    power = 2.0 - decay
    lags = np.arange(rates.shape[-1], dtype=np.float64)
    between = (lags + 1.0) ** power - 2.0 * lags**power + np.abs(lags - 1.0) ** power
    between[:1] = 1.0
    places = np.subtract.outer(np.arange(len(lags)), np.arange(len(lags)))
    memory = np.tril(between[np.abs(places)]) * interval**power / ((1.0 - decay) * power)
    pushed = np.sign(rates) * (np.abs(rates) / volume) ** exponent
    cost: FloatArray = (rates * (pushed @ memory.T)).sum(axis=-1)
    return cost


def two_rate_round_trip(opening: FloatArray, decay: float, exponent: float) -> FloatArray:
    """Return the cost of a round trip of size 1 over a horizon of 1 with eta sigma = V = 1.

    As `power_law_cost` it asks no condition of the exponents.

    Parameters
    ----------
    opening
        Part of the horizon taken by opening, strictly between 0 and 1.
    decay, exponent
        gamma and delta.
    """
    power = 2.0 - decay
    closing = 1.0 - opening
    pushed, pulled = opening**-exponent, closing**-exponent
    alone = pushed * opening ** (power - 1.0) + pulled * closing ** (power - 1.0)
    across = pushed * (1.0 - opening**power - closing**power) / closing
    cost: FloatArray = (alone - across) / ((1.0 - decay) * power)
    return cost
