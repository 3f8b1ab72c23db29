"""The shape of the optimal plan for linear impact, per unit of size, from urgency zero to any urgency.

With x_0 = 1, x_N = 0 and n_j = x_(j-1) - x_j, the minimum of `sum_j n_j^2 + s sum_j x_j^2` solves
`x_(j-1) - 2 x_j + x_(j+1) = s x_j`, and with `2 (cosh a - 1) = s`

    x_j = sinh(a (N - j)) / sinh(a N),   n_j = 2 sinh(a/2) cosh(a (N - j + 1/2)) / sinh(a N)
    sum n^2 = tanh(a/2) (sinh(2 a N) + 2 N sinh a) / (2 sinh^2(a N))
    sum x^2 = (sinh(a N) cosh(a (N - 1)) - N sinh a) / (2 sinh^2(a N) sinh a)

Almgren and Chriss, "Optimal execution of portfolio transactions", J. Risk 3(2) 5-39 (2000), equations (18) to (20),
in steps: a = kappa tau. Here every quotient is written in exp(-a), so that nothing overflows, and in limits that are
exact at a = 0. For s < 0, which rewards risk, a is imaginary and sinh becomes sin; such a step is passed as -|a|.
All functions take steps of any shape (...).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.samples import whole

FloatArray = NDArray[np.float64]

# Slices of one plan: more than the seconds of a week.
MAX_COUNT = 1 << 20

# (2N - 1) |a| up to which sum x^2 is summed as a series: its closed form cancels below, and at pi it loses no digit.
SERIES_REACH = np.pi

# Terms of that series; the next is pi^33 / 33!, below 1e-20.
SERIES_TERMS = 15


def require_count(count: int) -> None:
    """Refuse a number of slices that is no whole number from 1 to `MAX_COUNT`."""
    whole("count", count, 1, MAX_COUNT)


def lowest_urgency(count: int) -> float:
    """Return the least s that is allowed: below it the first slice trades against the order; -inf for one slice."""
    return -4.0 * float(np.sin(np.pi / (2 * (2 * count - 1)))) ** 2 if count > 1 else -np.inf


def steps_of(urgency: ArrayLike, count: int) -> FloatArray:
    """Return the steps a for urgencies s = 2 (cosh a - 1), negative ones as -|a|; 0 for one slice, which has no choice.

    Raises
    ------
    ParameterError
        For an urgency below `lowest_urgency`.
    """
    values = np.asarray(urgency, dtype=np.float64)
    if count == 1:
        return np.zeros(values.shape)
    lowest = lowest_urgency(count)
    if np.any(values < lowest):
        raise ParameterError(
            f"risk_aversion * sigma^2 * interval^2 / temporary must be at least {lowest:.6g} for {count} slices, not "
            f"{float(values.min()):.6g}: the first slice would trade against the order to gain risk"
        )
    roots = 0.5 * np.sqrt(np.abs(values))
    steps: FloatArray = np.where(values < 0.0, -2.0 * np.arcsin(np.minimum(roots, 1.0)), 2.0 * np.arcsinh(roots))
    return steps


def held(steps: FloatArray, count: int) -> FloatArray:
    """Return x_0 .. x_N, float64 (..., N + 1)."""
    a = steps[..., np.newaxis]
    left = np.arange(count, -1, -1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        decaying = np.exp(-a * (count - left)) * np.expm1(-2.0 * a * left) / np.expm1(-2.0 * a * count)
        turning = np.sin(a * left) / np.sin(a * count)
    return _chosen(a, decaying, turning, left / count)


def traded(steps: FloatArray, count: int) -> FloatArray:
    """Return n_1 .. n_N, float64 (..., N), not as differences: small slices keep their digits."""
    a = steps[..., np.newaxis]
    before = np.arange(0.0, count)
    middle = count - before - 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.expm1(-a) / np.expm1(-2.0 * a * count)
        decaying = np.exp(-a * before) * (1.0 + np.exp(-2.0 * a * middle)) * share
        turning = 2.0 * np.sin(0.5 * a) * np.cos(a * middle) / np.sin(a * count)
    return _chosen(a, decaying, turning, np.full(count, 1.0 / count))


def traded_squares(steps: FloatArray, count: int) -> FloatArray:
    """Return sum n^2, float64 (...), in closed form."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ended = np.exp(-2.0 * count * steps)
        once = np.tanh(0.5 * steps) * (1.0 + ended) / -np.expm1(-2.0 * count * steps)
        mixed = (np.expm1(-steps) / np.expm1(-2.0 * count * steps)) ** 2 * np.exp(-(2.0 * count - 1.0) * steps)
        decaying = once + 2.0 * count * mixed
        sines = np.sin(2.0 * count * steps) + 2.0 * count * np.sin(steps)
        turning = np.tan(0.5 * steps) * sines / (2.0 * np.sin(count * steps) ** 2)
    return _chosen(steps, decaying, turning, np.full(steps.shape, 1.0 / count))


def held_squares(steps: FloatArray, count: int) -> FloatArray:
    """Return sum of x_1^2 .. x_N^2, float64 (...), in closed form."""
    odd = 2.0 * count - 1.0
    near = odd * np.abs(steps) <= SERIES_REACH
    inside = np.where(near, steps, 0.0)
    outside = np.where(near, 1.0, steps)
    square = inside * np.abs(inside)
    term = np.full(steps.shape, odd / 6.0)
    power = odd * odd
    total = np.zeros(steps.shape)
    for order in range(1, SERIES_TERMS + 1):
        total += term * (power - 1.0)
        term = term * square / ((2.0 * order + 2.0) * (2.0 * order + 3.0))
        power *= odd * odd
    small = total / (4.0 * count**2 * _over_argument(inside) * _over_argument(count * inside) ** 2)
    ended = np.exp(-2.0 * count * outside)
    sloped = np.exp(-2.0 * outside) * np.expm1(-2.0 * odd * outside) / np.expm1(-2.0 * outside)
    large = (sloped - odd * ended) / (1.0 - ended) ** 2
    squares: FloatArray = np.where(near, small, large)
    return squares


def drift_traded(steps: FloatArray, count: int) -> FloatArray:
    """Return what drift shifts, `sinh(a (2j - N - 1) / 2) / (sinh(a/2) cosh(a N/2))`, j = 1 .. N, float64 (..., N)."""
    a = steps[..., np.newaxis]
    place = np.arange(1.0 - count, count, 2.0)
    distance = np.abs(place)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.expm1(-a * distance) / (np.expm1(-a) * (1.0 + np.exp(-a * count)))
        decaying = 2.0 * np.sign(place) * np.exp(-0.5 * a * (count + 1.0 - distance)) * share
        turning = np.sin(0.5 * a * place) / (np.sin(0.5 * a) * np.cos(0.5 * a * count))
    return _chosen(a, decaying, turning, place)


def _chosen(a: FloatArray, decaying: FloatArray, turning: FloatArray, limit: FloatArray) -> FloatArray:
    chosen: FloatArray = np.where(a > 0.0, decaying, np.where(a < 0.0, turning, limit))
    return chosen


def _over_argument(steps: FloatArray) -> FloatArray:
    """Return sinh(a)/a, or sin(a)/a for a negative step; 1 at 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient = np.where(steps > 0.0, np.sinh(steps), np.sin(steps)) / steps
    whole_range: FloatArray = np.where(steps == 0.0, 1.0, quotient)
    return whole_range
