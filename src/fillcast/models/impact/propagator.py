"""Discrete propagator: each trade moves the price at once, and the move decays by a kernel.

Trades n_k at times k tau, k = 0 ... N - 1, move the price by `level * n` each, of which `G(lag)` is left later:

    cost(n) = level * sum_k n_k (G(0) n_k / 2 + sum_{j<k} G((k-j) tau) n_j) = level/2 * n' G n
    optimum for a size X: n = X G^-1 1 / (1' G^-1 1), cost level/2 * X^2 / (1' G^-1 1)

With G(t) = exp(-rho t) and a = exp(-rho tau) the optimum of N trades has the closed form

    n_0 = n_{N-1} = X / ((N - 2)(1 - a) + 2), every trade between (1 - a) n_0

Sources: Bouchaud, Gefen, Potters and Wyart, Quantitative Finance 4(2) 176-190 (2004), for the propagator; Alfonsi,
Fruth and Schied, "Optimal execution strategies in limit order books with general shape functions", Quantitative
Finance 10(2) 143-157 (2010), for the closed form. Valid for horizons of seconds to hours and impact linear in size;
nonlinear impact needs a kernel that is singular at lag zero: `fillcast.models.impact.power_law_propagator`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.impact.decay import Kernel, kernel_matrix
from fillcast.models.impact.manipulation import LINEAR, require_linear_impact
from fillcast.models.impact.sinh_profile import require_count


@dataclass(frozen=True, slots=True)
class DiscretePropagator:
    """Transient impact of block trades under any kernel of `fillcast.models.impact.decay`.

    Attributes
    ----------
    kernel
        What is left of an impact after a lag.
    level
        Price moved at once by one base unit where the kernel is 1, quote per base unit squared, > 0.
    exponent
        Impact ~ quantity^exponent. The kernels are finite at lag zero and so admit 1 only: a fit that found another
        exponent is refused here, with the reason.
    """

    kernel: Kernel
    level: float
    exponent: float = LINEAR

    def __post_init__(self) -> None:
        positive("level", self.level)
        require_linear_impact(self.exponent, self.kernel.name)

    def impact_cost(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        """Expected cost of impact, quote currency.

        Parameters
        ----------
        trades
            float64 (..., N) base units, signed, one at the start of each interval.
        interval
            Length of an interval in the kernel's unit of time, > 0.

        Returns
        -------
        float64 (...)
        """
        finite("trades", trades)
        positive("interval", interval)
        own = 0.5 * float(self.kernel.at(np.zeros(()))) * trades
        cost: NDArray[np.float64] = self.level * (trades * (own + self.kernel.carried(trades, interval))).sum(axis=-1)
        return cost

    def optimal_trades(self, size: ArrayLike, count: int, interval: float) -> NDArray[np.float64]:
        """Return the trades of least expected cost for each size.

        They are symmetric in time. For a kernel that is not convex some of them may have the opposite sign.

        Parameters
        ----------
        size
            Base units, signed, of any shape (...).
        count
            Number N of trades, >= 1.
        interval
            Time between them in the kernel's unit, > 0.

        Returns
        -------
        float64 (..., N)
        """
        finite("size", size)
        unit = self._solved(count, interval)
        trades: NDArray[np.float64] = np.asarray(size, dtype=np.float64)[..., None] * (unit / unit.sum())
        return trades

    def optimal_cost(self, size: ArrayLike, count: int, interval: float) -> NDArray[np.float64]:
        """Return the cost of `optimal_trades`, quote currency, in the shape of `size`."""
        finite("size", size)
        per_square = 0.5 * self.level / float(self._solved(count, interval).sum())
        cost: NDArray[np.float64] = per_square * np.asarray(size, dtype=np.float64) ** 2
        return cost

    def _solved(self, count: int, interval: float) -> NDArray[np.float64]:
        require_count(count)
        positive("interval", interval)
        matrix = kernel_matrix(self.kernel, count, interval)
        return np.asarray(np.linalg.solve(matrix, np.ones(count)), dtype=np.float64)


def exponential_optimal_trades(
    size: ArrayLike, count: int, interval: ArrayLike, resilience: ArrayLike
) -> NDArray[np.float64]:
    """Return the optimal trades under the kernel exp(-resilience t), in closed form.

    A resilience of 0 is allowed: half of the size at each end.

    Parameters
    ----------
    size, interval, resilience
        Base units, signed; time between trades, > 0; decay rate per unit of that time, >= 0. Broadcast together to a
        shape (...).
    count
        Number N of trades, >= 1.

    Returns
    -------
    float64 (..., N)
    """
    finite("size", size)
    positive("interval", interval)
    not_negative("resilience", resilience)
    require_count(count)
    decayed = -np.expm1(-np.asarray(resilience, dtype=np.float64) * np.asarray(interval, dtype=np.float64))
    sizes, decayed = np.broadcast_arrays(np.asarray(size, dtype=np.float64), decayed)
    if count == 1:
        return sizes[..., None].copy()
    ends = sizes / ((count - 2) * decayed + 2.0)
    trades = np.empty((*ends.shape, count))
    trades[...] = (decayed * ends)[..., None]
    trades[..., 0] = trades[..., -1] = ends
    return trades
