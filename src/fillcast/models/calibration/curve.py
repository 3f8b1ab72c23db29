"""A measured curve with its band, and a parameter that is read off it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.blocks import Resampled
from fillcast.models.calibration.parameter import Parameter

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A function of the lag. Arrays are read-only by convention, and empty where nothing could be measured.

    Attributes
    ----------
    name, unit
        What it is, and the unit of value, low and high.
    lags, lag_unit
        (k,) rising, and their unit: "s", or "trades" where time is counted in market orders.
    value, low, high
        (k,) the band holds the truth of one lag at a time in `level` of all samples, not of all lags at once.
    level
        Between 0 and 1.
    n
        Events behind it.
    """

    name: str
    unit: str
    lags: FloatArray
    lag_unit: str
    value: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A parameter and the curve that it is read off; the curve may be known where the parameter is not calibrated."""

    parameter: Parameter
    curve: Curve


def banded(
    name: str, unit: str, lags: FloatArray, resampled: Resampled, level: float, n: int, *, lag_unit: str = "s"
) -> Curve:
    """Return the curve whose points are the components of a resampled estimate; points without data are left out."""
    known = np.isfinite(resampled.value) & np.isfinite(resampled.error)
    value, half = resampled.value[known], resampled.reach(level) * resampled.error[known]
    return Curve(name, unit, lags[known], lag_unit, value, value - half, value + half, level, n)


def no_curve(name: str, unit: str, level: float, *, lag_unit: str = "s") -> Curve:
    """Return the curve of which nothing is known."""
    empty = np.zeros(0)
    return Curve(name, unit, empty, lag_unit, empty, empty, empty, level, 0)
