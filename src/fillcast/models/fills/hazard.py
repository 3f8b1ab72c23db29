"""The rate at which resting orders fill, from orders of which many were cancelled or were still resting at the end.

Time since joining is cut at `edges`; in each piece the hazard is the number of fills over the time that all orders
together spent there (the maximum-likelihood estimate of a piecewise-constant hazard, with variance fills / exposure^2:
Friedman, Annals of Statistics 10, 1982). An order that was cancelled, moved or requeued, or still rests, counts with
its exposure until then and as no fill: it is censored, not a failure. Two questions have two answers:

    P(fill within h if it is left there)         1 - exp(-H(h)), H the cumulative hazard
    P(fill within h with cancels as they came)   sum of S(start) f/(f + c) (1 - exp(-(f + c) width)) over the pieces,
                                                 f and c the hazards of fill and cancel

The first takes cancels to say nothing about the fill that they prevented. They often do (an order is pulled when the
price turns towards or away from it): fit per regime, or with the features of `logistic`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.estimate import Estimate, two_sided
from fillcast.models.samples import same_length, series

FloatArray = NDArray[np.float64]


class Outcome(IntEnum):
    """How an order's time in its queue ended."""

    CENSORED = 0  # it still rested when the data ended
    FILLED = 1
    CANCELLED = 2  # cancelled, moved to another price, or sent to the back of the queue


@dataclass(frozen=True, slots=True)
class FillHazard:
    """Hazards per piece of time since joining.

    Attributes
    ----------
    edges
        (k + 1,) rising, from 0, in the caller's time unit. Nothing is known beyond the last.
    fills, cancels, ends
        (k,) how many in each piece were filled, were cancelled, or still rested when the data ended.
    exposure
        (k,) time that all orders spent in each piece.
    """

    edges: FloatArray
    fills: NDArray[np.int64]
    cancels: NDArray[np.int64]
    ends: NDArray[np.int64]
    exposure: FloatArray

    @property
    def hazard(self) -> FloatArray:
        """(k,) fills per order and time unit; NaN where no order ever was."""
        return self._rate(self.fills)

    def fill_probability(self, horizon: ArrayLike) -> FloatArray:
        """Return P(fill within the horizon) of an order that is left there; NaN beyond what was observed.

        Parameters
        ----------
        horizon
            >= 0, the time unit of the edges, any shape.
        """
        probability: FloatArray = -np.expm1(-self._cumulative(self.fills, horizon))
        return probability

    def observed(self, horizon: ArrayLike) -> FloatArray:
        """Return P(an order that does not fill is still observed at the horizon): neither cancelled nor at the end."""
        left: FloatArray = np.exp(-self._cumulative(self.cancels + self.ends, horizon))
        return left

    def fill_incidence(self, horizon: ArrayLike) -> FloatArray:
        """Return P(fill within the horizon) of an order that may be cancelled first, as those of the data were."""
        widths = self._widths(horizon)
        fill, both = self._rate(self.fills), self._rate(self.fills + self.cancels)
        passed = _times(both, widths)
        before = np.exp(-(np.cumsum(passed, axis=-1) - passed))
        share = np.divide(fill, both, out=np.zeros_like(fill), where=both > 0)
        share = np.where(np.isnan(both), np.nan, share)
        incidence: FloatArray = np.where(widths == 0.0, 0.0, before * share * -np.expm1(-passed)).sum(axis=-1)
        return np.minimum(incidence, 1.0)  # the sum may round above

    def estimate(self, horizon: float, level: float) -> Estimate:
        """Return P(fill within the horizon) with its interval.

        The interval is normal in log H; where nothing filled, its upper end is the largest H under which as few fills
        as none have probability 1 - level.

        Raises
        ------
        ParameterError
            When no order was observed so long.
        """
        z, widths = two_sided(level), self._widths(horizon)
        seen = int(self.fills.sum())
        reached = widths > 0
        if horizon > self.edges[-1] or not np.all(self.exposure[reached] > 0):
            raise ParameterError(f"horizon must be one that orders were observed for, not {horizon!r}")
        total = float(self._cumulative(self.fills, horizon))
        per_fill = widths[reached] / self.exposure[reached]
        if total > 0.0:
            spread = math.exp(z * math.sqrt(float(np.sum(per_fill**2 * self.fills[reached]))) / total)
            low, high = total / spread, total * spread
        else:
            low, high = 0.0, -math.log1p(-level) * float(per_fill.max(initial=0.0))
        value, least, most = (-math.expm1(-part) for part in (total, low, high))
        return Estimate(value, least, most, level, seen)

    def _rate(self, counts: NDArray[np.int64]) -> FloatArray:
        rate = np.full(len(counts), np.nan)
        np.divide(counts, self.exposure, out=rate, where=self.exposure > 0)
        return rate

    def _cumulative(self, counts: NDArray[np.int64], horizon: ArrayLike) -> FloatArray:
        total: FloatArray = _times(self._rate(counts), self._widths(horizon)).sum(axis=-1)
        return total

    def _widths(self, horizon: ArrayLike) -> FloatArray:
        """(..., k) how much of each piece lies within the horizon; NaN where it reaches beyond the last edge."""
        not_negative("horizon", horizon)
        until = np.asarray(horizon, dtype=np.float64)[..., None]
        widths = np.clip(until - self.edges[:-1], 0.0, np.diff(self.edges))
        return np.where(until > self.edges[-1], np.nan, widths)


def fit_hazard(durations: ArrayLike, outcomes: ArrayLike, edges: ArrayLike) -> FillHazard:
    """Return the hazards of orders that were observed.

    Parameters
    ----------
    durations
        (n,) time from joining to the outcome, >= 0. What lies beyond the last edge counts up to it, as censored.
    outcomes
        (n,) of `Outcome`.
    edges
        (k + 1,) rising from 0; pieces of about equal numbers of fills are steadiest.

    Raises
    ------
    ParameterError
        For edges or orders that are not such.
    """
    times, kinds, cuts = series("durations", durations), np.asarray(outcomes), series("edges", edges, 2)
    same_length(durations=times, outcomes=kinds)
    not_negative("durations", times)
    if cuts[0] != 0.0:
        raise ParameterError(f"edges must start at 0, not {float(cuts[0])!r}")
    positive("differences of edges", np.diff(cuts))
    _known_outcomes(kinds)
    spent = np.clip(times[:, None] - cuts[:-1], 0.0, np.diff(cuts))
    pieces = np.searchsorted(cuts, times, side="left") - 1  # a piece holds its upper edge, not its lower
    pieces = np.maximum(pieces, 0)
    inside = times <= cuts[-1]
    fills, cancels, ends = (
        np.bincount(pieces[inside & (kinds == kind)], minlength=len(cuts) - 1).astype(np.int64)
        for kind in (Outcome.FILLED, Outcome.CANCELLED, Outcome.CENSORED)
    )
    return FillHazard(cuts, fills, cancels, ends, spent.sum(axis=0))


def known_by(
    durations: ArrayLike, outcomes: ArrayLike, horizon: float, hazard: FillHazard
) -> tuple[NDArray[np.bool_], FloatArray]:
    """Return labels "filled within the horizon" and the weights that stand in for those that are not known.

    An order that was cancelled, or at the end of the data, before the horizon has no label: weight 0. Those that have
    one are weighted by one over the probability of having been observed so long (inverse probability of censoring), so
    that a weighted mean over all orders is unbiased where cancels do not depend on what is left out.

    Parameters
    ----------
    durations, outcomes
        (n,) as for `fit_hazard`.
    horizon
        > 0, at most the last edge.
    hazard
        The fit of the same orders.
    """
    positive("horizon", horizon)
    finite("durations", durations)
    times, kinds = np.asarray(durations, dtype=np.float64), np.asarray(outcomes)
    _known_outcomes(kinds)
    filled = (kinds == Outcome.FILLED) & (times <= horizon)
    known = filled | (times >= horizon)
    observed = hazard.observed(np.minimum(times, horizon))
    return filled, np.where(known, 1.0 / observed, 0.0)


def _known_outcomes(kinds: NDArray[np.generic]) -> None:
    wrong = ~np.isin(kinds, [int(outcome) for outcome in Outcome])
    if wrong.any():
        raise ParameterError(f"outcomes must be those of Outcome (0, 1 or 2), not {kinds[wrong][0]!r}")


def _times(rate: FloatArray, widths: FloatArray) -> FloatArray:
    """Return rate x width, where a rate that is not known matters only where it is used."""
    product: FloatArray = np.where(widths == 0.0, 0.0, rate * widths)
    return product
