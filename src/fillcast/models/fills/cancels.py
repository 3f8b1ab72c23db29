"""Where in a queue a cancelled size stood: the published rules, each as the share that lay behind the order.

Aggregate depth says that size left a price, not whose. With `front` ahead of the order and `back` behind it, each rule
gives p = P(the size that left stood behind):

    f(back) / (f(back) + f(front))     f(x) = x^n or log(1 + x)     `PowerShare`, `LogShare`; n = 1: in proportion
    f(back) / f(back + front)          the same two f               `PowerOfTotal`, `LogOfTotal`
    1 - (front / (front + back))^n                                  `PowerOfFront`
    1                                                               `RiskAverse`, every cancel is behind
    0                                                               `FrontOptimistic`, every cancel is ahead

Source: the queue models of hftbacktest 2.x (queue.rs), after Rigtorp, "Estimating order queue position" (2013). With
n = 1 the three power rules are the same. The log rules depend on the unit of size: use lots, for which they were meant.
Valid for first-in-first-out venues; not where fills are in proportion to size, where orders may be hidden, or where
cancels are sequenced before takers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import not_negative, positive

FloatArray = NDArray[np.float64]


class CancelRule(Protocol):
    """P(a cancelled size stood behind the order), from the sizes ahead of it and behind it."""

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        """Return p in [0, 1].

        Parameters
        ----------
        front, back
            Sizes >= 0 in one unit, broadcast together. Where both are zero p is 1: nothing can be ahead.
        """


@dataclass(frozen=True, slots=True)
class PowerShare:
    """back^n / (back^n + front^n); n > 0, without unit."""

    n: float = 1.0

    def __post_init__(self) -> None:
        positive("n", self.n)

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        ahead, after = _sizes(front, back)
        largest = np.maximum(ahead, after)  # in units of it, so that no power overflows
        behind, before = (_over(part, largest, 0.0) ** self.n for part in (after, ahead))
        return _over(behind, behind + before, 1.0)


@dataclass(frozen=True, slots=True)
class LogShare:
    """log(1 + back) / (log(1 + back) + log(1 + front))."""

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        before, behind = np.log1p(_sizes(front, back))
        return _over(behind, behind + before, 1.0)


@dataclass(frozen=True, slots=True)
class PowerOfTotal:
    """(back / (back + front))^n; n > 0, without unit."""

    n: float = 1.0

    def __post_init__(self) -> None:
        positive("n", self.n)

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        ahead, after = _sizes(front, back)
        share: FloatArray = _over(after, after + ahead, 1.0) ** self.n
        return share


@dataclass(frozen=True, slots=True)
class LogOfTotal:
    """log(1 + back) / log(1 + back + front)."""

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        ahead, after = _sizes(front, back)
        return _over(np.log1p(after), np.log1p(after + ahead), 1.0)


@dataclass(frozen=True, slots=True)
class PowerOfFront:
    """1 - (front / (front + back))^n; n > 0, without unit."""

    n: float = 1.0

    def __post_init__(self) -> None:
        positive("n", self.n)

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        ahead, after = _sizes(front, back)
        share: FloatArray = 1.0 - _over(ahead, after + ahead, 0.0) ** self.n
        return share


@dataclass(frozen=True, slots=True)
class RiskAverse:
    """Every cancel is behind the order: the slowest advance that the depth allows."""

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        return np.ones_like(_sizes(front, back)[0])


@dataclass(frozen=True, slots=True)
class FrontOptimistic:
    """Every cancel is ahead of the order: the fastest advance."""

    def behind(self, front: ArrayLike, back: ArrayLike) -> FloatArray:
        return np.zeros_like(_sizes(front, back)[0])


def _sizes(front: ArrayLike, back: ArrayLike) -> FloatArray:
    not_negative("front", front)
    not_negative("back", back)
    return np.array(np.broadcast_arrays(np.asarray(front, np.float64), np.asarray(back, np.float64)))


def _over(part: FloatArray, whole: FloatArray, empty: float) -> FloatArray:
    """Return part / whole, and `empty` where the whole is nothing."""
    shares = np.full(np.shape(whole), empty, dtype=np.float64)
    np.divide(part, whole, out=shares, where=np.asarray(whole) > 0)
    return shares
