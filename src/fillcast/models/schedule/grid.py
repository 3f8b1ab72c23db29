"""Cost, variance and tails of an order over sizes, horizons and aversions to risk, computed once for each content.

For each size X, horizon T and risk aversion lambda a plan gives N trades, one every T/N; a model of impact their
expected cost E, and V is the variance of `Schedule.variance`. The tails are those of the normal cost (E, V).

The caller passes the cache: any mutable mapping of texts, a `dict`, a `LastUsed` of so many grids, or one that other
processes share. Its keys are the content of everything that a grid depends on, so that a grid is never that of other
parameters, and grids of several models live in one cache. Two threads that miss together compute the same grid twice.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.content import content_key
from fillcast.models.risk.monte_carlo import MAX_SLICES
from fillcast.models.samples import series, whole
from fillcast.models.schedule.slices import ImpactModel, Schedule

FloatArray = NDArray[np.float64]

KIND: Final = "scenario grid, 1"
"""Named in every key; the number changes when the same parameters give other numbers."""


class Plan(Protocol):
    """How an order is cut. A dataclass of its parameters, since they are part of a grid's key."""

    def trades(self, size: FloatArray, count: int, interval: float, risk_aversion: FloatArray) -> FloatArray:
        """Return base units >= 0: sizes (A, 1) and aversions (C,) -> (A, C, count), each adding up to its size."""
        ...


class Planner(Protocol):
    """A model that has a best plan for each aversion to risk."""

    def optimal_trades(
        self, size: ArrayLike, count: int, interval: ArrayLike, risk_aversion: ArrayLike, /
    ) -> FloatArray:
        """Return base units, sizes and aversions broadcast together to (...) -> (..., count)."""
        ...


@dataclass(frozen=True, slots=True)
class EvenPlan:
    """TWAP, whatever the aversion to risk."""

    def trades(self, size: FloatArray, count: int, interval: float, risk_aversion: FloatArray) -> FloatArray:
        each = np.broadcast_arrays(size, risk_aversion)[0] / count
        return np.repeat(each[..., np.newaxis], count, axis=-1)


@dataclass(frozen=True, slots=True)
class OptimalPlan:
    """The plan of least E + lambda V of a model, which need not be the model that its cost is computed with."""

    planner: Planner

    def trades(self, size: FloatArray, count: int, interval: float, risk_aversion: FloatArray) -> FloatArray:
        return self.planner.optimal_trades(size, count, interval, risk_aversion)


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioGrid:
    """Arrays over sizes, horizons and risk aversions, (A, B, C), float64, read-only.

    Attributes
    ----------
    sizes, horizons, risk_aversions
        The axes: base units, the unit of time of the models, and per unit of quote currency.
    expected, variance
        E, quote currency, positive = bad for the order, and V, quote currency squared.
    value_at_risk, conditional_value_at_risk
        The cost that is exceeded with probability 1 - `level`, and the mean cost where it is; quote currency.
    """

    sizes: FloatArray
    horizons: FloatArray
    risk_aversions: FloatArray
    level: float
    expected: FloatArray
    variance: FloatArray
    value_at_risk: FloatArray
    conditional_value_at_risk: FloatArray


def scenario_grid(
    model: ImpactModel,
    plan: Plan,
    *,
    sizes: ArrayLike,
    horizons: ArrayLike,
    risk_aversions: ArrayLike,
    count: int,
    volatility: float,
    level: float,
    cache: MutableMapping[str, ScenarioGrid],
) -> ScenarioGrid:
    """Return the grid of a model and a plan, from the cache where it is there.

    Parameters
    ----------
    model, plan
        Dataclasses of their parameters.
    sizes
        (A,), base units >= 0.
    horizons
        (B,), > 0, in the unit of time of the models.
    risk_aversions
        (C,), finite, per unit of quote currency; which of them a plan allows it says itself.
    count
        N, from 1 to `MAX_SLICES`.
    volatility
        sigma, quote currency per base unit per root of the unit of time, >= 0.
    level
        Of the tails, above 0 and below 1.
    cache
        Where grids are kept.

    Raises
    ------
    ParameterError
        For a parameter out of range, or a model or plan whose content cannot be read.
    """
    amounts, durations, aversions = (
        _axis(name, values)
        for name, values in (("sizes", sizes), ("horizons", horizons), ("risk_aversions", risk_aversions))
    )
    not_negative("sizes", amounts)
    positive("horizons", durations)
    finite("risk_aversions", aversions)
    whole("count", count, 1, MAX_SLICES)
    key = content_key(
        KIND,
        model=model,
        plan=plan,
        sizes=amounts,
        horizons=durations,
        risk_aversions=aversions,
        count=count,
        volatility=float(volatility),
        level=float(level),
    )
    kept = cache.get(key)
    if kept is None:
        kept = cache[key] = _computed(model, plan, (amounts, durations, aversions), count, volatility, level)
    return kept


def _computed(
    model: ImpactModel,
    plan: Plan,
    axes: tuple[FloatArray, FloatArray, FloatArray],
    count: int,
    volatility: float,
    level: float,
) -> ScenarioGrid:
    sizes, horizons, aversions = axes
    columns = []
    for horizon in horizons:
        interval = float(horizon) / count
        schedule = Schedule(plan.trades(sizes[:, np.newaxis], count, interval, aversions), interval)
        found = schedule.cost(model, volatility)
        tails = found.value_at_risk(level), found.conditional_value_at_risk(level)
        columns.append((found.mean, found.variance, *tails))
    expected, variance, at_risk, beyond = (np.stack(column, axis=1) for column in zip(*columns, strict=True))
    for array in (expected, variance, at_risk, beyond):
        array.flags.writeable = False
    return ScenarioGrid(sizes, horizons, aversions, level, expected, variance, at_risk, beyond)


def _axis(name: str, values: ArrayLike) -> FloatArray:
    axis = np.array(series(name, np.atleast_1d(np.asarray(values, dtype=np.float64))))
    if axis.ndim != 1:
        raise ParameterError(f"{name} must be one axis, not of shape {axis.shape}")
    axis.flags.writeable = False
    return axis
