"""Tails of a cost: value at risk, conditional value at risk, and the chance that a budget is not enough.

Of a normal cost, with z the quantile of the level a and phi the density:

    VaR_a = E + z sd,   CVaR_a = E + phi(z) / (1 - a) sd,   P(cost > budget) = Phi((E - budget) / sd)

Of a sample, VaR_a is the smallest cost c with at least a share a of the sample at or below it, and

    CVaR_a = VaR_a + mean(max(cost - VaR_a, 0)) / (1 - a)

(Rockafellar and Uryasev, "Conditional value-at-risk for general loss distributions", J. Banking & Finance 26, 2002),
which weights the observation at the edge rightly when n (1 - a) is no whole number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative
from fillcast.models.samples import series

FloatArray = NDArray[np.float64]

_STANDARD = NormalDist()


@dataclass(frozen=True, slots=True)
class NormalCost:
    """A normal cost; arrays of shapes that broadcast.

    Attributes
    ----------
    mean
        Expected cost, quote currency, positive = bad for the order.
    variance
        Quote currency squared, >= 0; 0 is a cost that is known.
    """

    mean: FloatArray
    variance: FloatArray

    def __post_init__(self) -> None:
        finite("mean", self.mean)
        not_negative("variance", self.variance)

    def value_at_risk(self, level: float) -> FloatArray:
        """Return the cost that is not exceeded with probability `level`, 0 < level < 1: also any quantile."""
        _inside("level", level)
        value: FloatArray = self.mean + _STANDARD.inv_cdf(level) * np.sqrt(self.variance)
        return value

    def conditional_value_at_risk(self, level: float) -> FloatArray:
        """Return the mean cost of the worst 1 - `level` of cases, 0 < level < 1."""
        _inside("level", level)
        density = _STANDARD.pdf(_STANDARD.inv_cdf(level))
        value: FloatArray = self.mean + density / (1.0 - level) * np.sqrt(self.variance)
        return value

    def probability_above(self, budget: ArrayLike) -> FloatArray:
        """Return P(cost > budget); 0 or 1 where the variance is 0."""
        finite("budget", budget)
        over, deviation = np.broadcast_arrays(
            self.mean - np.asarray(budget, dtype=np.float64), np.sqrt(np.asarray(self.variance, dtype=np.float64))
        )
        certain = np.where(over > 0, np.inf, -np.inf)
        distance = np.divide(over, deviation, out=certain, where=deviation > 0)
        tail: FloatArray = 0.5 * _complementary_error(-distance / math.sqrt(2.0))
        return tail


def empirical_quantiles(costs: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Return quantiles of sampled costs: (..., n) at (m,) levels -> (m, ...).

    Parameters
    ----------
    costs
        Quote currency, the last axis is the sample.
    levels
        Each above 0 and below 1.
    """
    sample = series("costs", costs)
    _inside("levels", levels)
    found: FloatArray = np.quantile(sample, np.asarray(levels, dtype=np.float64), axis=-1, method="inverted_cdf")
    return found


def empirical_conditional_value_at_risk(costs: ArrayLike, level: float) -> FloatArray:
    """Return the mean of the worst 1 - `level` of sampled costs, (..., n) -> (...)."""
    sample = series("costs", costs)
    edge = empirical_quantiles(sample, level)
    excess = np.maximum(sample - edge[..., np.newaxis], 0.0).mean(axis=-1)
    value: FloatArray = edge + excess / (1.0 - level)
    return value


def empirical_probability_above(costs: ArrayLike, budget: float) -> FloatArray:
    """Return the share of sampled costs above a budget, (..., n) -> (...)."""
    finite("budget", budget)
    share: FloatArray = (series("costs", costs) > budget).mean(axis=-1)
    return share


def _inside(name: str, value: ArrayLike) -> None:
    levels = np.asarray(value, dtype=np.float64)
    wrong = ~((levels > 0) & (levels < 1))
    if np.any(wrong):
        raise ParameterError(f"{name} must be above 0 and below 1, not {float(levels[wrong][0])!r}")


_complementary_error = np.vectorize(math.erfc, otypes=[np.float64])
