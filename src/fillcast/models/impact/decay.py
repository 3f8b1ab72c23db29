"""Kernels of transient impact: how much of a trade's impact is left after a lag.

Every kernel here is finite at lag zero, so the trades are blocks at times 0, tau, 2 tau, ..., and `carried` gives
the sum over earlier trades `sum_{j<k} G((k-j) tau) n_j` just before trade k. Each is positive definite, which is
checked when it is built: see `fillcast.models.impact.manipulation`.

`ExponentialSum` is Markov: its memory is one number per rate, so `carried` takes O(N) rather than O(N^2), and a sum
with positive weights approximates any completely monotone kernel, power laws among them (Bernstein's theorem).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.impact.manipulation import require_positive_definite

# How far a lag may be from a multiple of a table's step, in steps.
GRID_ROUNDING = 1e-9


class Kernel(Protocol):
    """The part of an impact that is left after a lag; lags in the kernel's own unit of time, >= 0."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def at(self, lags: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the kernel at lags of any shape."""
        ...

    def carried(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        """Return what earlier trades have left just before each trade.

        Parameters
        ----------
        trades
            float64 (..., N), signed, one every `interval`.
        interval
            Time between trades, > 0.

        Returns
        -------
        float64 (..., N)
        """
        ...


def kernel_matrix(kernel: Kernel, count: int, interval: float) -> NDArray[np.float64]:
    """Return the symmetric matrix G(|i - j| interval), float64 (count, count)."""
    places = np.arange(count)
    values = kernel.at(places.astype(np.float64) * interval)
    matrix: NDArray[np.float64] = values[np.abs(places[:, None] - places)]
    return matrix


def carried_by_matrix(kernel: Kernel, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
    """Return what `Kernel.carried` returns, from the matrix of all lags: O(N^2), for any kernel."""
    below = np.tril(kernel_matrix(kernel, trades.shape[-1], interval), -1)
    carried: NDArray[np.float64] = trades @ below.T
    return carried


@dataclass(frozen=True, slots=True)
class PowerLawKernel:
    """The kernel (1 + t / time_scale)^-decay: a power law that is rounded off at short lags.

    Attributes
    ----------
    decay
        Exponent gamma, > 0.
    time_scale
        The lag below which little has decayed, in the unit of the lags, > 0.
    """

    decay: float
    time_scale: float

    def __post_init__(self) -> None:
        positive("decay", self.decay)
        positive("time_scale", self.time_scale)

    @property
    def name(self) -> str:
        return "power-law"

    def at(self, lags: NDArray[np.float64]) -> NDArray[np.float64]:
        not_negative("lags", lags)
        values: NDArray[np.float64] = (1.0 + lags / self.time_scale) ** -self.decay
        return values

    def carried(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        return carried_by_matrix(self, trades, interval)


@dataclass(frozen=True, slots=True)
class ExponentialSum:
    """The kernel `sum_i weight_i exp(-rate_i t)`; one weight of 1 is the exponential kernel.

    Attributes
    ----------
    weights
        Positive; their sum is the kernel at lag zero.
    rates
        Positive, per unit of time; as many as weights.
    """

    weights: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.rates or len(self.weights) != len(self.rates):
            raise ParameterError(
                f"weights has {len(self.weights)} values and rates has {len(self.rates)}: "
                "equal numbers of at least one are allowed"
            )
        positive("weights", np.array(self.weights))
        positive("rates", np.array(self.rates))

    @classmethod
    def single(cls, rate: float) -> ExponentialSum:
        """Return the kernel exp(-rate t)."""
        return cls((1.0,), (float(rate),))

    @property
    def name(self) -> str:
        return "exponential" if len(self.rates) == 1 else "sum-of-exponentials"

    def at(self, lags: NDArray[np.float64]) -> NDArray[np.float64]:
        not_negative("lags", lags)
        values: NDArray[np.float64] = np.exp(-np.asarray(lags)[..., None] * np.array(self.rates)) @ np.array(
            self.weights
        )
        return values

    def carried(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        weights, kept = np.array(self.weights), np.exp(-np.array(self.rates) * interval)
        left = np.zeros((*trades.shape[:-1], len(weights)))
        carried = np.empty(trades.shape)
        for index in range(trades.shape[-1]):
            carried[..., index] = left @ weights
            left = (left + trades[..., index, None]) * kept
        return carried


@dataclass(frozen=True, slots=True)
class TabulatedKernel:
    """A kernel measured on a grid of lags 0, step, 2 step, ...; only those lags can be asked for.

    Attributes
    ----------
    values
        The kernel at each lag of the grid, finite, the first > 0.
    step
        Distance of the lags, in their unit of time, > 0.
    """

    values: tuple[float, ...]
    step: float

    def __post_init__(self) -> None:
        positive("step", self.step)
        if not self.values:
            raise ParameterError("values is empty: the kernel at lag 0 at least is needed")
        values = np.array(self.values)
        finite("values", values)
        positive("values[0]", self.values[0])
        require_positive_definite(values)

    @property
    def name(self) -> str:
        return "tabulated"

    def at(self, lags: NDArray[np.float64]) -> NDArray[np.float64]:
        not_negative("lags", lags)
        positions = np.asarray(lags) / self.step
        nearest = np.rint(positions)
        if (np.abs(positions - nearest) > GRID_ROUNDING * (1.0 + nearest)).any():
            raise ParameterError(f"a lag is no multiple of {self.step:g}, the step of the tabulated kernel")
        if (nearest >= len(self.values)).any():
            raise ParameterError(
                f"a lag of {float(np.max(lags)):g} is beyond the tabulated kernel, which ends at "
                f"{(len(self.values) - 1) * self.step:g}"
            )
        values: NDArray[np.float64] = np.array(self.values)[nearest.astype(np.int64)]
        return values

    def carried(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        return carried_by_matrix(self, trades, interval)
