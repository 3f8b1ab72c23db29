"""Almgren-Chriss for several instruments at once: a plan that keeps hedges while it trades.

With x_k the vector of units left after slice k, n_k the trades, C the covariance of prices per unit of time, Gamma
permanent and H temporary impact (symmetric matrices),

    E = eps' sum |n_k| + X' Gamma X / 2 + sum n_k' H~ n_k / tau,   H~ = H - tau Gamma / 2,   V = tau sum x_k' C x_k

The plan of least E + lambda V solves `(x_(k-1) - 2 x_k + x_(k+1)) / tau^2 = lambda H~^-1 C x_k`. With
`H~^(-1/2) C H~^(-1/2) = U diag(d) U'` the coordinates z = U' H~^(1/2) x are apart, and each is the plan of one
instrument with s = lambda tau^2 d: `sinh_profile`. The half spread does not enter: it is the same for every plan that
trades each instrument one way.

Source: Almgren and Chriss, "Optimal execution of portfolio transactions", J. Risk 3(2) 5-39 (2000), appendix. Valid as
for one instrument; cross impact must be symmetric, or trading one instrument against another would make money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.impact.almgren_chriss import Frontier
from fillcast.models.impact.sinh_profile import require_count, steps_of, traded

FloatArray = NDArray[np.float64]

# Of the largest element or eigenvalue: what rounding may leave of symmetry and of eigenvalues that are 0.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class PortfolioImpact:
    """The model for m instruments. Any unit of time that covariance, temporary impact and the intervals share.

    Attributes
    ----------
    covariance
        C, float64 (m, m), quote currency squared per base unit of either per unit of time; symmetric, none of its
        eigenvalues negative.
    permanent
        Gamma, float64 (m, m), quote currency per base unit, per base unit traded; symmetric.
    temporary
        H, float64 (m, m), quote currency per base unit, per base unit traded in a unit of time; symmetric.
    half_spread
        eps, float64 (m,), quote currency per base unit, >= 0.
    """

    covariance: FloatArray
    permanent: FloatArray
    temporary: FloatArray
    half_spread: FloatArray

    def __post_init__(self) -> None:
        not_negative("half_spread", self.half_spread)
        half_spread = _kept(self, "half_spread")
        if half_spread.ndim != 1 or half_spread.size == 0:
            raise ParameterError(f"half_spread must be one number an instrument, not of shape {half_spread.shape}")
        for name in ("covariance", "permanent", "temporary"):
            finite(name, getattr(self, name))
            matrix = _kept(self, name)
            if matrix.shape != (half_spread.size, half_spread.size):
                raise ParameterError(f"{name} must have a row and a column an instrument, not shape {matrix.shape}")
            if np.abs(matrix - matrix.T).max() > ROUNDING * np.abs(matrix).max():
                raise ParameterError(
                    f"{name} must be symmetric: with cross impact that is not, trading one instrument against another "
                    "makes money"
                )
        lowest, largest = np.linalg.eigvalsh(self.covariance)[[0, -1]]
        if lowest < -ROUNDING * largest or largest < 0.0:
            raise ParameterError(f"covariance must have no negative eigenvalue, not {lowest:g}")

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        """Expected cost of impact and half the spread, quote currency, of any trades.

        Parameters
        ----------
        trades
            float64 (..., N, m) base units, signed: > 0 reduces a position that is > 0.
        interval
            tau, > 0 and short enough that H~ is positive definite.

        Returns
        -------
        float64 (...)

        Raises
        ------
        ParameterError
            Also for an interval at which a round trip would make money.
        """
        finite("trades", trades)
        slope = self._slope(interval)
        total = trades.sum(axis=-2)
        spread = (np.abs(trades) @ self.half_spread).sum(axis=-1)
        permanent = 0.5 * np.einsum("...i,ij,...j->...", total, self.permanent, total)
        temporary = np.einsum("...ki,ij,...kj->...", trades, slope, trades)
        cost: FloatArray = spread + permanent + temporary
        return cost

    def variance(self, trades: FloatArray, interval: float) -> FloatArray:
        """Return V of any trades, quote currency squared, (...); parameters as for `impact_cost`."""
        finite("trades", trades)
        positive("interval", interval)
        left = np.cumsum(trades[..., :0:-1, :], axis=-2)
        variance: FloatArray = interval * np.einsum("...ki,ij,...kj->...", left, self.covariance, left)
        return variance

    def optimal_trades(self, sizes: ArrayLike, count: int, interval: float, risk_aversion: ArrayLike) -> FloatArray:
        """Return the plans of least E + lambda V, float64 (..., N, m), base units, signed as the sizes.

        Parameters
        ----------
        sizes
            X, (..., m) base units, signed: positions to close.
        count
            N, the number of slices.
        interval
            tau, as for `impact_cost`.
        risk_aversion
            lambda >= 0, finite; its shape and the leading axes of the sizes broadcast to (...).
        """
        finite("sizes", sizes)
        require_count(count)
        not_negative("risk_aversion", risk_aversion)
        units = np.asarray(sizes, dtype=np.float64)
        if units.ndim == 0 or units.shape[-1] != self.half_spread.size:
            raise ParameterError(f"sizes must be one number an instrument, not of shape {units.shape}")
        values, vectors = np.linalg.eigh(interval * self._slope(interval))
        root, inverse = ((vectors * values**power) @ vectors.T for power in (0.5, -0.5))
        rates, modes = np.linalg.eigh(inverse @ self.covariance @ inverse)
        with np.errstate(over="ignore"):
            aversion = np.asarray(risk_aversion, dtype=np.float64)[..., np.newaxis]
            urgency = np.minimum(aversion * np.maximum(rates, 0.0) * interval**2, np.finfo(np.float64).max)
        coordinates = units @ (root @ modes)
        planned = coordinates[..., np.newaxis] * traded(steps_of(urgency, count), count)
        trades: FloatArray = np.swapaxes(planned, -1, -2) @ (inverse @ modes).T
        return trades

    def frontier(self, sizes: ArrayLike, count: int, interval: float, risk_aversion: ArrayLike) -> Frontier:
        """Return E and V of `optimal_trades`; the parameters are the same."""
        trades = self.optimal_trades(sizes, count, interval, risk_aversion)
        expected, variance = self.impact_cost(trades, interval), self.variance(trades, interval)
        aversion = np.broadcast_to(np.asarray(risk_aversion, dtype=np.float64), expected.shape)
        return Frontier(aversion, expected, variance)

    def _slope(self, interval: float) -> FloatArray:
        """Return H~ / tau, quote currency per base unit squared."""
        positive("interval", interval)
        slope: FloatArray = self.temporary / interval - 0.5 * self.permanent
        lowest = float(np.linalg.eigvalsh(slope)[0])
        if lowest <= 0.0:
            raise ParameterError(
                f"temporary / interval - permanent / 2 must have positive eigenvalues only, not {lowest:g}: a round "
                "trip in two slices along its eigenvector would make money"
            )
        return slope


def _kept(model: PortfolioImpact, name: str) -> FloatArray:
    """Replace an attribute by a copy that cannot be written to, and return it."""
    array = np.array(getattr(model, name), dtype=np.float64)
    array.flags.writeable = False
    object.__setattr__(model, name, array)
    return array
