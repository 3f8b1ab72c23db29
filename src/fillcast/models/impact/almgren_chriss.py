"""Almgren-Chriss: linear permanent and temporary impact, and the plan that weighs its cost against price risk.

An order of X units in N slices n_k, one an interval tau, with x_k units left after slice k:

    S_k = S_(k-1) + sigma sqrt(tau) xi_k - gamma n_k,   paid for slice k: S_(k-1) - eps sgn(n_k) - eta n_k / tau
    E = gamma X^2 / 2 + eps sum |n_k| + (eta~ / tau) sum n_k^2,   eta~ = eta - gamma tau / 2
    V = sigma^2 tau sum x_k^2

The plan of least E + lambda V is that of `sinh_profile` with s = lambda sigma^2 tau^2 / eta~: TWAP at lambda = 0, all
in the first slice as lambda -> infinity. Its E and V have closed forms, so a frontier needs no plan. A drift alpha
adds what `drift_trades` says, and E loses `alpha tau sum x_k`. Least E + lambda_v sqrt(V), the L-VaR plan, is that
of lambda = lambda_v / (2 sqrt V), or the whole order at once where no lambda fits.

Source: Almgren and Chriss, "Optimal execution of portfolio transactions", J. Risk 3(2) 5-39 (2000). Valid for slices of
0.1 to 10 % of the volume of their time, over minutes to days in which volatility and liquidity stay what they are; not
for more than a quarter of the volume, nor below a second. sigma is measured on the mid, eps is half the spread and
the fee, eta comes from walks beyond the touch at the size of a slice, gamma from the response to signed volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.impact.sinh_profile import (
    drift_traded,
    held,
    held_squares,
    lowest_urgency,
    require_count,
    steps_of,
    traded,
    traded_squares,
)

FloatArray = NDArray[np.float64]

# Steps a beyond which the plan is the whole order at once to the last bit: exp(-40) is below 2^-53.
LARGEST_STEP = 40.0

# Halvings of [0, LARGEST_STEP] that leave less than a unit of the last bit.
HALVINGS = 70


@dataclass(frozen=True, slots=True)
class Frontier:
    """Expected cost and variance of optimal plans; arrays of one shape.

    Attributes
    ----------
    risk_aversion
        lambda, per unit of quote currency; infinite where an L-VaR plan is the whole order at once.
    expected
        E, quote currency, positive = bad for the order.
    variance
        V, quote currency squared.
    """

    risk_aversion: FloatArray
    expected: FloatArray
    variance: FloatArray


@dataclass(frozen=True, slots=True)
class LvarPlan:
    """The plan of least E + lambda_v sqrt(V): trades, float64 (..., N) base units, and their place on the frontier."""

    trades: FloatArray
    place: Frontier


@dataclass(frozen=True, slots=True)
class AlmgrenChriss:
    """The model for one instrument. Any unit of time that sigma, eta and the intervals share.

    Attributes
    ----------
    sigma
        Volatility, quote currency per base unit per root of the unit of time, >= 0.
    permanent
        gamma, quote currency per base unit, per base unit traded, >= 0.
    temporary
        eta, quote currency per base unit, per base unit traded in a unit of time, > 0.
    half_spread
        eps, quote currency per base unit, >= 0: half the spread and what else every unit pays.
    """

    sigma: float
    permanent: float
    temporary: float
    half_spread: float

    def __post_init__(self) -> None:
        not_negative("sigma", self.sigma)
        not_negative("permanent", self.permanent)
        positive("temporary", self.temporary)
        not_negative("half_spread", self.half_spread)

    def impact_cost(self, trades: FloatArray, interval: ArrayLike) -> FloatArray:
        """Expected cost of impact and half the spread, quote currency, of any trades.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed.
        interval
            tau, > 0 and short enough that eta > gamma tau / 2; one, or one for each order.

        Returns
        -------
        float64 (...)

        Raises
        ------
        ParameterError
            Also for an interval at which a round trip would make money.
        """
        finite("trades", trades)
        size = trades.sum(axis=-1)
        paid = np.abs(trades).sum(axis=-1)
        return self._cost(size, paid, self._slope(interval) * (trades**2).sum(axis=-1))

    def optimal_trades(self, size: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        """Return the plans of least E + lambda V, float64 (..., N), base units.

        Parameters
        ----------
        size, interval, risk_aversion
            X >= 0, tau and lambda, finite; broadcast together to (...). A negative lambda prefers risk, down to
            `lowest_risk_aversion`.
        count
            N, the number of slices.
        """
        sizes = _sizes(size)
        trades: FloatArray = sizes[..., np.newaxis] * traded(self._steps(count, interval, risk_aversion), count)
        return trades

    def optimal_holdings(
        self, size: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike
    ) -> FloatArray:
        """Return what `optimal_trades` leaves to trade, x_0 .. x_N, float64 (..., N + 1), base units."""
        sizes = _sizes(size)
        left: FloatArray = sizes[..., np.newaxis] * held(self._steps(count, interval, risk_aversion), count)
        return left

    def frontier(self, size: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> Frontier:
        """Return E and V of `optimal_trades`, in closed form; the parameters are the same."""
        sizes = _sizes(size)
        steps = self._steps(count, interval, risk_aversion)
        return self._place(sizes, count, interval, steps, np.asarray(risk_aversion, dtype=np.float64))

    def lvar_plan(self, size: ArrayLike, count: int, interval: ArrayLike, quantile: ArrayLike) -> LvarPlan:
        """Return the plans of least E + lambda_v sqrt(V).

        Parameters
        ----------
        size, count, interval
            As for `optimal_trades`.
        quantile
            lambda_v >= 0, without unit: 1.645 weighs the cost that is exceeded once in twenty times.
        """
        not_negative("quantile", quantile)
        require_count(count)
        sizes, tau, weights = np.broadcast_arrays(_sizes(size), _numbers(interval), _numbers(quantile))
        slope = self._slope(tau)
        # With y = sqrt(sum x^2) / X the optimum has s(a) y(a) = w, and s y rises from 0 to 1 as a does.
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = np.where(sizes > 0.0, weights * self.sigma * np.sqrt(tau) / (2.0 * slope * sizes), 0.0)
        low, high = np.zeros(wanted.shape), np.full(wanted.shape, LARGEST_STEP)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            above = 4.0 * np.sinh(0.5 * middle) ** 2 * np.sqrt(held_squares(middle, count)) > wanted
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        steps = np.asarray(0.5 * (low + high))
        once = (wanted >= 1.0) | (count == 1)
        profile = np.where(once[..., np.newaxis], np.arange(count) == 0, traded(steps, count))
        left = np.where(once, 0.0, held_squares(steps, count))
        variance = self.sigma**2 * tau * sizes**2 * left
        with np.errstate(divide="ignore", invalid="ignore"):
            aversion = np.where((weights > 0.0) & (once | (variance > 0.0)), 0.5 * weights / np.sqrt(variance), 0.0)
        trades = sizes[..., np.newaxis] * profile
        return LvarPlan(trades, Frontier(aversion, self.impact_cost(trades, tau), variance))

    def half_life(self, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        """Return 1 / kappa, the time in which a long plan trades all but 1/e of the order; infinite at lambda = 0.

        Raises
        ------
        ParameterError
            Also for a negative lambda, whose plan does not decay.
        """
        not_negative("risk_aversion", risk_aversion)
        steps = self._steps(count, interval, risk_aversion)
        with np.errstate(divide="ignore"):
            time: FloatArray = _numbers(interval) / steps
        return time

    def lowest_risk_aversion(self, count: int, interval: ArrayLike) -> FloatArray:
        """Return the least lambda that `optimal_trades` allows: below it the first slice would trade backwards."""
        require_count(count)
        with np.errstate(divide="ignore"):
            lowest: FloatArray = lowest_urgency(count) / self._urgency(interval, 1.0)
        return lowest

    def drift_trades(self, drift: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        """Return what an expected price move adds to `optimal_trades`, whatever the size: float64 (..., N), sums to 0.

        The sum is the optimum while no slice changes sign, since the half spread is then the same for all plans.

        Parameters
        ----------
        drift
            alpha, quote currency per base unit per unit of time, in favour of waiting (a rise for a sell) where > 0.
        count, interval, risk_aversion
            As for `optimal_trades`.
        """
        finite("drift", drift)
        steps = self._steps(count, interval, risk_aversion)
        scale = _numbers(drift) * _numbers(interval) / (4.0 * self._slope(interval))
        added: FloatArray = scale[..., np.newaxis] * drift_traded(steps, count)
        return added

    def _place(
        self, sizes: FloatArray, count: int, interval: ArrayLike, steps: FloatArray, aversion: FloatArray
    ) -> Frontier:
        squares = sizes**2 * traded_squares(steps, count)
        expected = self._cost(sizes, sizes, self._slope(interval) * squares)
        variance = self.sigma**2 * _numbers(interval) * sizes**2 * held_squares(steps, count)
        return Frontier(np.broadcast_to(aversion, expected.shape), expected, variance)

    def _cost(self, size: FloatArray, paid: FloatArray, temporary: FloatArray) -> FloatArray:
        cost: FloatArray = 0.5 * self.permanent * size**2 + self.half_spread * paid + temporary
        return cost

    def _steps(self, count: int, interval: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        require_count(count)
        finite("risk_aversion", risk_aversion)
        return steps_of(self._urgency(interval, risk_aversion), count)

    def _urgency(self, interval: ArrayLike, risk_aversion: ArrayLike) -> FloatArray:
        """Return s = lambda sigma^2 tau^2 / eta~, at most the largest double."""
        with np.errstate(over="ignore"):
            urgency = _numbers(risk_aversion) * (self.sigma**2 * _numbers(interval) / self._slope(interval))
        limited: FloatArray = np.clip(urgency, -np.finfo(np.float64).max, np.finfo(np.float64).max)
        return limited

    def _slope(self, interval: ArrayLike) -> FloatArray:
        """Return eta~ / tau, quote currency per base unit squared."""
        positive("interval", interval)
        tau = _numbers(interval)
        slope: FloatArray = self.temporary / tau - 0.5 * self.permanent
        if np.any(slope <= 0.0):
            raise ParameterError(
                f"temporary is {self.temporary:g}, and more than permanent * interval / 2 = "
                f"{0.5 * self.permanent * float(tau.max()):g} is needed: a round trip in two slices would make money"
            )
        return slope


def _numbers(values: ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _sizes(size: ArrayLike) -> FloatArray:
    not_negative("size", size)
    return _numbers(size)
