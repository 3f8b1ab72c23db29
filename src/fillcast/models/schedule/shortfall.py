"""Implementation shortfall: the optimum of an impact model, once for all slices or again before each.

For linear impact and exponential utility the static optimum stays the optimum as prices move (Almgren and Chriss
2000; Lorenz and Almgren, "Mean-variance optimal adaptive execution", Applied Mathematical Finance 18(5), 2011, treat
what is gained otherwise). Planning again before every slice gives then the same trades while nothing changes, and
follows new parameters and missed fills when something does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import fraction, not_negative, positive
from fillcast.models.risk.monte_carlo import MAX_SLICES
from fillcast.models.samples import series, whole
from fillcast.models.schedule.slices import Schedule

FloatArray = NDArray[np.float64]


class Optimum(Protocol):
    """A model's best trades, its parameters and the aversion to risk bound already."""

    def __call__(self, size: float, count: int, interval: float, /) -> FloatArray:
        """Return float64 (count,) base units that add up to `size`, one trade an interval."""
        ...


def shortfall(optimum: Optimum, size: float, count: int, horizon: float) -> Schedule:
    """Return a model's best schedule.

    Parameters
    ----------
    optimum
        The model's best trades, for example
        ``lambda size, count, interval: model.optimal_trades(size, count, interval)``.
    size
        X, base units >= 0.
    count
        N, from 1 to `MAX_SLICES`.
    horizon
        N intervals, > 0.

    Raises
    ------
    ParameterError
        For a parameter out of range, or an optimum that sells back or does not add up to the size.
    """
    _order(size, count, horizon)
    interval = horizon / count
    return Schedule(_planned(optimum, size, count, interval), interval)


def receding_horizon(
    optima: Sequence[Optimum], size: float, horizon: float, filled: ArrayLike | None = None
) -> Schedule:
    """Return what is traded when the rest is planned again before each slice.

    Parameters
    ----------
    optima
        One for each slice: the model as it was known just before that slice.
    size
        X, base units >= 0.
    horizon
        As many intervals as there are optima, > 0.
    filled
        (N,), part of each slice that was filled, 0 to 1; all of it if left out. What a slice misses is planned again;
        what the last one misses stays untraded, and the schedule's total says so.
    """
    count = len(optima)
    _order(size, count, horizon)
    parts = np.ones(count) if filled is None else series("filled", filled)
    fraction("filled", parts)
    if parts.shape != (count,):
        raise ParameterError(f"filled must have one value for each of {count} slices, not shape {parts.shape}")
    interval = horizon / count
    left = float(size)
    sizes = np.zeros(count)
    for index, optimum in enumerate(optima):
        planned = _planned(optimum, left, count - index, interval)
        sizes[index] = parts[index] * (left if index == count - 1 else min(float(planned[0]), left))
        left -= sizes[index]
    return Schedule(sizes, interval)


# Of the size: what a solver may leave over, and what rounding may sell back.
SUM_TOLERANCE = 1e-9


def _order(size: float, count: int, horizon: float) -> None:
    not_negative("size", size)
    whole("count", count, 1, MAX_SLICES)
    positive("horizon", horizon)


def _planned(optimum: Optimum, size: float, count: int, interval: float) -> FloatArray:
    trades = series("optimum", optimum(size, count, interval))
    allowed = SUM_TOLERANCE * size
    if trades.shape != (count,) or abs(float(trades.sum()) - size) > allowed:
        raise ParameterError(f"optimum must be {count} trades that add up to {size!r}, not {trades!r}")
    if np.any(trades < -allowed):
        raise ParameterError(f"optimum must not trade back, not {float(trades.min())!r}")
    return np.maximum(trades, 0.0)
