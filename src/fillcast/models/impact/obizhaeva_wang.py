"""Obizhaeva-Wang: a block-shaped book that refills exponentially after each trade.

A book with depth q on each side moves by n/q when n is taken. The part lambda n stays, the rest kappa n with
kappa = 1/q - lambda decays at the resilience rho. Over a horizon T the optimum is a block at each end and a constant
rate between:

    x_0 = x_T = X / (rho T + 2), rate rho X / (rho T + 2)
    cost over fair value = s X / 2 + lambda X^2 / 2 + kappa X^2 / (rho T + 2)

As rho -> infinity it becomes TWAP, as rho -> 0 half of the size at each end. N trades at a distance tau cost
`s/2 sum |n_k| + lambda/2 (sum n_k)^2 + kappa/2 n' G n` with G = exp(-rho |i - j| tau).

Source: Obizhaeva and Wang, "Optimal trading strategy and supply/demand dynamics", Journal of Financial Markets 16(1)
1-32 (2013). Valid for seconds to hours; resilience is fitted to how depth refills after large trades.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.impact.manipulation import require_permanent_within_depth
from fillcast.models.impact.propagator import exponential_optimal_trades
from fillcast.models.impact.sinh_profile import require_count

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BlocksAndRate:
    """A continuous schedule: a block at each end and a constant rate between; arrays of one shape.

    Attributes
    ----------
    block
        Base units traded at the start, and again at the end.
    rate
        Base units per unit of time between.
    """

    block: FloatArray
    rate: FloatArray


@dataclass(frozen=True, slots=True)
class ObizhaevaWang:
    """Impact in a block-shaped book with resilience.

    Attributes
    ----------
    depth
        q, base units per unit of price, > 0.
    permanent
        lambda, price per base unit that stays after a trade, from 0 to 1/q.
    resilience
        rho, rate at which the rest decays, per unit of time, >= 0.
    spread
        s, price, >= 0.
    """

    depth: float
    permanent: float
    resilience: float
    spread: float

    def __post_init__(self) -> None:
        positive("depth", self.depth)
        not_negative("permanent", self.permanent)
        not_negative("resilience", self.resilience)
        not_negative("spread", self.spread)
        require_permanent_within_depth(self.permanent, self.depth)

    @property
    def transient(self) -> float:
        """Kappa = 1/q - lambda: price per base unit that decays after a trade."""
        return 1.0 / self.depth - self.permanent

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost of impact and half the spread, quote currency.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed, one at the start of each interval; each pays half the spread.
        interval
            Length of an interval, > 0.

        Returns
        -------
        float64 (...)
        """
        finite("trades", trades)
        positive("interval", interval)
        kept = np.exp(-self.resilience * interval)
        left = np.zeros(trades.shape[:-1])
        decaying = np.zeros(trades.shape[:-1])
        for index in range(trades.shape[-1]):
            trade = trades[..., index]
            decaying += trade * (left + 0.5 * trade)
            left = (left + trade) * kept
        cost: FloatArray = (
            0.5 * self.spread * np.abs(trades).sum(axis=-1)
            + 0.5 * self.permanent * trades.sum(axis=-1) ** 2
            + self.transient * decaying
        )
        return cost

    def optimal(self, size: ArrayLike, horizon: ArrayLike) -> BlocksAndRate:
        """Return the continuous schedule of least expected cost.

        Parameters
        ----------
        size, horizon
            Base units, signed, and duration T, > 0. Broadcast together.
        """
        sizes, steps = self._size_and_resilient_horizon(size, horizon)
        block = sizes / (steps + 2.0)
        return BlocksAndRate(block, self.resilience * block)

    def optimal_cost(self, size: ArrayLike, horizon: ArrayLike) -> FloatArray:
        """Return the expected cost of `optimal`, quote currency."""
        sizes, steps = self._size_and_resilient_horizon(size, horizon)
        cost: FloatArray = (
            0.5 * self.spread * np.abs(sizes)
            + 0.5 * self.permanent * sizes**2
            + self.transient * sizes**2 / (steps + 2.0)
        )
        return cost

    def optimal_trades(self, size: ArrayLike, count: int, interval: ArrayLike) -> FloatArray:
        """Return the best `count` trades at a distance of `interval`, float64 (..., count); see `impact_cost`."""
        return exponential_optimal_trades(size, count, interval, self.resilience)

    def risk_averse_trades(
        self, size: float, count: int, interval: float, *, volatility: float, risk_aversion: float
    ) -> FloatArray:
        """Return the trades of least expected cost plus aversion times variance, none of them backwards.

        Parameters
        ----------
        size
            Base units, >= 0.
        count
            Number N of trades, >= 1.
        interval
            Time between them, > 0.
        volatility
            sigma, price per root of the unit of time, >= 0.
        risk_aversion
            a, per unit of quote currency, >= 0; 0 gives `optimal_trades`.

        Returns
        -------
        float64 (count,)
        """
        not_negative("size", size)
        positive("interval", interval)
        not_negative("volatility", volatility)
        not_negative("risk_aversion", risk_aversion)
        require_count(count)
        steps = np.arange(count)
        risk = 2.0 * risk_aversion * volatility**2 * interval
        if self.transient == 0.0 or not math.isfinite(risk / self.transient * count):
            # Nothing is saved by waiting, or nothing beside the risk; nor is anything lost where there is none.
            weights = (steps == 0).astype(np.float64) if risk > 0 else np.ones(count)
            even: FloatArray = size * weights / weights.sum()
            return even
        decay = np.exp(-self.resilience * interval * np.abs(steps[:, None] - steps))
        held_together = np.minimum(steps[:, None], steps)  # moves of the price that both trades wait for
        cost = decay + risk / self.transient * held_together
        trading = np.arange(count)
        while True:
            weights = np.linalg.solve(cost[np.ix_(trading, trading)], np.ones(len(trading)))
            forward = weights > 0
            if forward.all():
                break
            trading = trading[forward]
        trades = np.zeros(count)
        trades[trading] = size * weights / weights.sum()
        return trades

    def _size_and_resilient_horizon(self, size: ArrayLike, horizon: ArrayLike) -> tuple[FloatArray, FloatArray]:
        finite("size", size)
        positive("horizon", horizon)
        sizes, horizons = np.broadcast_arrays(np.asarray(size, dtype=np.float64), np.asarray(horizon, dtype=np.float64))
        return sizes, self.resilience * horizons
