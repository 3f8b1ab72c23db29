"""How much leaves the front of a queue within a horizon: the distribution that fills are computed from.

The outflow xi is what trades at the price plus what is cancelled ahead of the order, in base units over one horizon.
An order of L behind a queue of Q fills by min(max(xi - Q, 0), L), in the mean by the integral of 1 - F from Q to Q + L.
`EmpiricalOutflow` takes the outflows of past windows of the same length, one regime at a time, and gives intervals;
`ExponentialOutflow` is the case with closed forms. Valid for one horizon at one price: where the price may move away
first, a window that ended early must be counted with the outflow that it had.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import fraction, not_negative, positive
from fillcast.models.estimate import Estimate, exact, share_estimate, two_sided
from fillcast.models.samples import series

FloatArray = NDArray[np.float64]


class Outflow(Protocol):
    """The distribution F of the outflow within the horizon, base units."""

    def cdf(self, size: ArrayLike) -> FloatArray:
        """Return F(size) = P(xi <= size)."""

    def quantile(self, share: float) -> float:
        """Return the smallest size with F(size) >= share, for a share in [0, 1]; infinite where there is none."""

    def expected_fill(self, queue: ArrayLike, size: ArrayLike) -> FloatArray:
        """Return E[min(max(xi - queue, 0), size)], both base units >= 0."""

    def fill_estimate(self, queue: float, size: float, level: float) -> Estimate:
        """Return the expected fill with its interval."""

    def probability_estimate(self, queue: float, size: float, level: float) -> Estimate:
        """Return P(xi >= queue + size), that all of the order fills, with its interval."""


@dataclass(frozen=True, slots=True)
class ExponentialOutflow:
    """Exponential outflow; no estimate, so its intervals are points.

    Attributes
    ----------
    mean
        Mean outflow in the horizon, base units, > 0.
    """

    mean: float

    def __post_init__(self) -> None:
        positive("mean", self.mean)

    def cdf(self, size: ArrayLike) -> FloatArray:
        share: FloatArray = -np.expm1(-np.maximum(np.asarray(size, dtype=np.float64), 0.0) / self.mean)
        return share

    def quantile(self, share: float) -> float:
        fraction("share", share)
        return math.inf if share == 1.0 else -self.mean * math.log1p(-share)

    def expected_fill(self, queue: ArrayLike, size: ArrayLike) -> FloatArray:
        ahead, own = _order(queue, size)
        fill: FloatArray = -self.mean * np.exp(-ahead / self.mean) * np.expm1(-own / self.mean)
        fill = np.minimum(fill, own)  # it may round above
        return fill

    def fill_estimate(self, queue: float, size: float, level: float) -> Estimate:
        two_sided(level)
        return exact(float(self.expected_fill(queue, size)))

    def probability_estimate(self, queue: float, size: float, level: float) -> Estimate:
        two_sided(level)
        ahead, own = _order(queue, size)
        return exact(math.exp(-float(ahead + own) / self.mean))


@dataclass(frozen=True, slots=True)
class EmpiricalOutflow:
    """The outflows of past windows. Their order does not matter; they are taken as independent.

    Attributes
    ----------
    outflows
        (n,) base units >= 0, one a window, n >= 2; kept as a sorted copy.
    """

    outflows: FloatArray

    def __post_init__(self) -> None:
        outflows = np.sort(series("outflows", self.outflows, 2))
        if outflows.ndim != 1:
            raise ParameterError(f"outflows must be one row, not of shape {outflows.shape}")
        not_negative("outflows", outflows)
        outflows.setflags(write=False)
        object.__setattr__(self, "outflows", outflows)

    def cdf(self, size: ArrayLike) -> FloatArray:
        below = np.searchsorted(self.outflows, np.asarray(size, dtype=np.float64), side="right")
        return np.asarray(below / len(self.outflows), dtype=np.float64)

    def quantile(self, share: float) -> float:
        fraction("share", share)
        reached = np.arange(1, len(self.outflows) + 1) / len(self.outflows)
        return float(self.outflows[np.searchsorted(reached, share, side="left")]) if share else 0.0

    def expected_fill(self, queue: ArrayLike, size: ArrayLike) -> FloatArray:
        ahead, own = _order(queue, size)
        fills = np.clip(self.outflows - ahead[..., None], 0.0, own[..., None])
        mean: FloatArray = np.minimum(fills.mean(axis=-1), own)  # a mean of equal numbers may round above them
        return mean

    def fill_estimate(self, queue: float, size: float, level: float) -> Estimate:
        ahead, own = _order(queue, size)
        fills = np.clip(self.outflows - ahead, 0.0, own)
        n, mean = len(fills), float(self.expected_fill(queue, size))
        reach = two_sided(level) * float(fills.std(ddof=1)) / math.sqrt(n)
        # Where no window (or every one) filled, the spread is nothing and the share's own interval bounds the mean.
        filled = share_estimate(int((fills > 0).sum()), n, level)
        whole = share_estimate(int((fills >= own).sum()), n, level)
        low = max(mean - reach, 0.0) if reach else float(own) * whole.low
        high = min(mean + reach, float(own)) if reach else float(own) * filled.high
        return Estimate(mean, min(low, mean), max(high, mean), level, n)

    def probability_estimate(self, queue: float, size: float, level: float) -> Estimate:
        ahead, own = _order(queue, size)
        return share_estimate(int((self.outflows >= ahead + own).sum()), len(self.outflows), level)


def _order(queue: ArrayLike, size: ArrayLike) -> tuple[FloatArray, FloatArray]:
    not_negative("queue", queue)
    not_negative("size", size)
    ahead, own = np.broadcast_arrays(np.asarray(queue, dtype=np.float64), np.asarray(size, dtype=np.float64))
    return ahead, own
