"""Checks of a model's parameters: each refuses what is not allowed, by name, value and rule."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError


def finite(name: str, value: ArrayLike) -> None:
    """Refuse NaN and infinity.

    Parameters
    ----------
    name
        The parameter's name.
    value
        A number or an array of any shape, whose every element must pass.

    Raises
    ------
    ParameterError
        It names the parameter, the first value that fails, and what is allowed.
    """
    if -math.inf < _scalar(value) < math.inf:
        return
    array = _numbers(name, value)
    _refuse(name, array, ~np.isfinite(array), "finite")


def positive(name: str, value: ArrayLike) -> None:
    """Refuse what is not a finite number > 0; as `finite`."""
    if 0.0 < _scalar(value) < math.inf:
        return
    array = _numbers(name, value)
    _refuse(name, array, ~(np.isfinite(array) & (array > 0)), "positive and finite")


def not_negative(name: str, value: ArrayLike) -> None:
    """Refuse what is not a finite number >= 0; as `finite`."""
    if 0.0 <= _scalar(value) < math.inf:
        return
    array = _numbers(name, value)
    _refuse(name, array, ~(np.isfinite(array) & (array >= 0)), "finite and not negative")


def fraction(name: str, value: ArrayLike) -> None:
    """Refuse what is not in [0, 1]; as `finite`."""
    array = _numbers(name, value)
    _refuse(name, array, ~((array >= 0) & (array <= 1)), "between 0 and 1")


def _scalar(value: object) -> float:
    """Return a float as it is and NaN for all else: the common case, a hundred times as fast as by way of an array."""
    return value if isinstance(value, float) else math.nan


def _numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} must be a number or an array of numbers, not {value!r}") from None


def _refuse(name: str, array: NDArray[np.float64], wrong: NDArray[np.bool_], allowed: str) -> None:
    if np.any(wrong):
        raise ParameterError(f"{name} must be {allowed}, not {float(array[wrong][0])!r}")
