"""Power-law temporary impact, h(v) = eta v^k: the continuous plan in closed form, the discrete one solved exactly.

With k = 1/2 this is the form "temporary ~ sqrt(quantity), permanent ~ quantity"; k = 1 is Almgren and Chriss. N slices
n_k, one an interval tau, with x_k units left after slice k, sell (or buy) at

    E = eps sum |n_k| + eta tau^-k sum |n_k|^(k+1) + gamma (X^2 - sum n_k^2) / 2,   V = sigma^2 tau sum x_k^2

where the last term of E is what the permanent impact of each slice costs all later ones, exactly. The discrete plan
minimises E + lambda V over n >= 0 with sum X. With `gamma tau^k X^(1-k) < k (k + 1) eta` that is a convex problem,
which `power_law_kernels` solves to rounding; beyond, it is refused.

Without a horizon the continuous plan is, with T* = (k eta X^(k-1) / (lambda sigma^2))^(1/(k+1)),

    x(t) = X (1 + (1 - k) / (1 + k) t / T*)^(-(1 + k) / (1 - k)), for k = 1 X exp(-t / T*)
    E = eps X + gamma X^2 / 2 + E',   E' = (k + 1) / (3k + 1) eta X^(k+1) / T*^k
    V = (k + 1) / (3k + 1) sigma^2 X^2 T*,   lambda V = k E'

and ends at T* (k + 1) / (k - 1) where k > 1. Source: Almgren, "Optimal execution with nonlinear impact functions and
trading-enhanced risk", Applied Mathematical Finance 10(1) 1-18 (2003). Valid as Almgren-Chriss is, for k between
about 0.5 and 0.7; at rates near zero the slope of h is infinite, so half the spread must be there to bound it.
Fit eta and k to book walks beyond the touch, or to proxy metaorders with a prior of 0.55 for k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.impact.almgren_chriss import Frontier
from fillcast.models.impact.power_law_kernels import power_law_plans
from fillcast.models.impact.sinh_profile import require_count

FloatArray = NDArray[np.float64]

LINEAR = 1.0

# Rounding of the terms that are compared before a slice is refused.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class PowerLawImpact:
    """The model for one instrument. Any unit of time that sigma, eta and the intervals share.

    Attributes
    ----------
    sigma
        Volatility, quote currency per base unit per root of the unit of time, >= 0.
    permanent
        gamma, quote currency per base unit, per base unit traded, >= 0; 0 where k > 1.
    temporary
        eta, quote currency per base unit at a rate of one base unit per unit of time, > 0.
    exponent
        k > 0, without unit.
    half_spread
        eps, quote currency per base unit, >= 0: half the spread and what else every unit pays.
    """

    sigma: float
    permanent: float
    temporary: float
    exponent: float
    half_spread: float

    def __post_init__(self) -> None:
        not_negative("sigma", self.sigma)
        not_negative("permanent", self.permanent)
        positive("temporary", self.temporary)
        positive("exponent", self.exponent)
        not_negative("half_spread", self.half_spread)
        if self.exponent > LINEAR and self.permanent > 0.0:
            raise ParameterError(
                f"permanent must be 0 with an exponent above 1, here {self.exponent:g}, not {self.permanent!r}: "
                "temporary impact of small slices would be below their permanent impact, and a round trip of small "
                "slices would make money"
            )

    def impact_cost(self, trades: FloatArray, interval: ArrayLike) -> FloatArray:
        """Expected cost of impact and half the spread, quote currency, of any trades.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed.
        interval
            tau > 0; one, or one for each order.

        Returns
        -------
        float64 (...)

        Raises
        ------
        ParameterError
            Also for a slice so large that a round trip of it would make money.
        """
        finite("trades", trades)
        sizes = np.abs(trades)
        passing = self._scale(interval)[..., np.newaxis] * sizes ** (self.exponent + 1.0)
        staying = 0.5 * self.permanent * sizes**2
        if np.any(staying > passing * (1.0 + ROUNDING)):
            raise ParameterError(
                f"trades hold a slice of {float(sizes[staying > passing].max()):g}, whose permanent impact is above "
                "its temporary one: a round trip in slices like it would make money; cut it or shorten the interval"
            )
        later = 0.5 * self.permanent * trades.sum(axis=-1) ** 2 - staying.sum(axis=-1)
        cost: FloatArray = self.half_spread * sizes.sum(axis=-1) + passing.sum(axis=-1) + later
        return cost

    def optimal_trades(self, size: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        """Return the plans of least E + lambda V, float64 (..., N), base units.

        Parameters
        ----------
        size, interval, risk_aversion
            X >= 0, tau > 0 and lambda >= 0, finite; broadcast together to (...).
        count
            N, the number of slices.

        Raises
        ------
        ParameterError
            Also for an interval so long for the size that the problem is not convex.
        """
        not_negative("size", size)
        require_count(count)
        not_negative("risk_aversion", risk_aversion)
        sizes, tau, aversion = np.broadcast_arrays(_numbers(size), _numbers(interval), _numbers(risk_aversion))
        power = self.exponent + 1.0
        some = sizes > 0.0
        with np.errstate(over="ignore"):
            unit = np.where(some, sizes, 1.0) ** (2.0 - power) / (power * self._scale(tau))
            coupling = np.where(some & (aversion > 0.0), 2.0 * aversion * (self.sigma**2 * tau) * unit, 0.0)
        fold = np.where(some, self.permanent * unit, 0.0)
        if np.any(fold >= self.exponent):
            raise ParameterError(
                f"interval is {float(tau[fold >= self.exponent].max()):g}, too long for the size: with so much "
                "permanent impact in a slice the best plan is not unique; use more slices"
            )
        plans = np.empty((coupling.size, count))
        limited = np.minimum(coupling, np.finfo(np.float64).max)
        power_law_plans(limited.ravel(), fold.ravel(), self.exponent, plans)
        trades: FloatArray = sizes[..., np.newaxis] * plans.reshape(*coupling.shape, count)
        return trades

    def frontier(self, size: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> Frontier:
        """Return E and V of `optimal_trades`; the parameters are the same."""
        trades = self.optimal_trades(size, count, interval, risk_aversion)
        left = np.cumsum(trades[..., :0:-1], axis=-1)
        variance = self.sigma**2 * _numbers(interval) * (left**2).sum(axis=-1)
        aversion = np.broadcast_to(_numbers(risk_aversion), variance.shape)
        return Frontier(aversion, self.impact_cost(trades, interval), np.asarray(variance))

    def time_scale(self, size: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        """Return T* of the continuous plan without a horizon, in units of time, (...).

        Parameters
        ----------
        size, risk_aversion
            X > 0 and lambda > 0; broadcast together. sigma must be > 0 too.
        """
        positive("size", size)
        positive("risk_aversion", risk_aversion)
        positive("sigma", self.sigma)
        k = self.exponent
        base = k * self.temporary * _numbers(size) ** (k - 1.0) / (_numbers(risk_aversion) * self.sigma**2)
        scale: FloatArray = base ** (1.0 / (k + 1.0))
        return scale

    def continuous_holdings(self, size: ArrayLike, risk_aversion: ArrayLike, time: ArrayLike) -> FloatArray:
        """Return x(t) of the continuous plan, base units.

        Parameters
        ----------
        size, risk_aversion
            As for `time_scale`.
        time
            Since the start, >= 0; all three broadcast together.
        """
        not_negative("time", time)
        k = self.exponent
        passed = _numbers(time) / self.time_scale(size, risk_aversion)
        if k == LINEAR:
            part = np.exp(-passed)
        else:
            bent = np.maximum(1.0 + (1.0 - k) / (1.0 + k) * passed, 0.0)
            part = bent ** (-(1.0 + k) / (1.0 - k))
        left: FloatArray = _numbers(size) * part
        return left

    def continuous_frontier(self, size: ArrayLike, risk_aversion: ArrayLike) -> Frontier:
        """Return E and V of the continuous plan without a horizon; the parameters are those of `time_scale`."""
        k, sizes, scale = self.exponent, _numbers(size), self.time_scale(size, risk_aversion)
        part = (k + 1.0) / (3.0 * k + 1.0)
        temporary = part * self.temporary * sizes ** (k + 1.0) / scale**k
        expected = self.half_spread * sizes + 0.5 * self.permanent * sizes**2 + temporary
        variance = part * self.sigma**2 * sizes**2 * scale
        return Frontier(np.broadcast_to(_numbers(risk_aversion), variance.shape), expected, variance)

    def _scale(self, interval: ArrayLike) -> FloatArray:
        """Return eta tau^-k, quote currency per base unit to the power k + 1."""
        positive("interval", interval)
        scale: FloatArray = self.temporary * _numbers(interval) ** -self.exponent
        return scale


def _numbers(values: ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)
