"""Checks of series of observations: long enough, of one length, finite."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError


def series(name: str, values: ArrayLike, least: int = 1) -> NDArray[np.float64]:
    """Return a series as float64, checked.

    Parameters
    ----------
    name
        What the caller calls it, for the message.
    values
        (..., n): the last axis is the series.
    least
        The smallest n that the estimator is defined for.

    Raises
    ------
    ParameterError
        When there are fewer values, or one is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    length = array.shape[-1] if array.ndim else 0
    if length < least:
        raise ParameterError(f"{name} must have at least {least} values, not {length}")
    if not np.isfinite(array).all():
        raise ParameterError(f"{name} must be finite, not {_first(array, ~np.isfinite(array))}")
    return array


def positive_series(name: str, values: ArrayLike, least: int = 1) -> NDArray[np.float64]:
    """Return a series of positive numbers as float64, checked as `series` does."""
    array = series(name, values, least)
    if not (array > 0).all():
        raise ParameterError(f"{name} must be positive, not {_first(array, array <= 0)}")
    return array


def same_length(**arrays: NDArray[np.generic]) -> None:
    """Refuse series of different shapes, and name them with their shapes.

    Raises
    ------
    ParameterError
        When two shapes differ.
    """
    if len({array.shape for array in arrays.values()}) > 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ParameterError(f"series must have the same shape: {shapes}")


def whole(name: str, value: object, least: int, most: int) -> None:
    """Refuse a count that is no whole number from `least` to `most`.

    Raises
    ------
    ParameterError
        It names the parameter, its value and what is allowed.
    """
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not least <= value <= most:
        raise ParameterError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


def _first(array: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    return float(array[wrong][0])
