"""The kernel that solves the discrete plan for power-law temporary impact, exactly, many risk aversions at a call.

Per unit of size the plan minimises `sum_i m_i^p + c sum_j y_j^2 - b sum_i m_i^2`, p = k + 1, where y_j is what slices
j + 1 .. N trade and m sums to 1. The last term is what slices save on their own permanent impact; 2 b < k p keeps the
problem convex. All m of its plan are positive, so the first-order conditions hold as equations,

    f(m_i) = f(m_(i+1)) + (2 c / p) y_i,   y_(i-1) = y_i + m_i,   y_(N-1) = m_N,   f(m) = m^k - (2 b / p) m

and the last slice gives all others, from the end to the start. What is left is the one m_N for which y_0 = 1. Every
y_i rises with m_N, so the root is the only one; Newton's method finds it from nearby, in logs, in which y is convex
where b = 0, and halving an interval that holds it comes near.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined, kernel

# log of the smallest m_N, and of the smallest m_N^k where that is less: of slices below it the order has none.
LOG_NEGLIGIBLE = -250.0 * math.log(10.0)

# |log y_0| from which one Newton step, whose error is its square, ends the search.
NEAR = 1e-8

# More steps than the halvings that close an interval of logs, and the Newton steps between them, can take.
MAX_STEPS = 200

# y or m^k, in orders, at which a walk ends early, before it can overflow.
EXCESS = 1e10

# k for which f is inverted by a square root.
ROOT = 0.5

# Part of m below which a Newton step for it is rounding.
SETTLED = 4e-16


@inlined
def rooted(value: float, exponent: float, fold: float) -> float:
    """Return the m of f(m) = value, without a power where none is needed; `fold` is 2 b / p, and m at most 1 if > 0."""
    if exponent == 1.0:
        return value / (1.0 - fold)
    if exponent == ROOT and fold == 0.0:
        return value * value
    if exponent == ROOT:
        root = 2.0 * value / (1.0 + math.sqrt(max(1.0 - 4.0 * fold * value, 0.0)))
        return root * root
    part = float(value ** (1.0 / exponent))
    if fold > 0.0:
        # f is concave: from below, where this starts, Newton's method rises to the root and never passes it.
        for _ in range(MAX_STEPS):
            power = part**exponent
            step = (value - power + fold * part) / (exponent * power / part - fold)
            part = min(part + step, 1.0)
            if abs(step) <= SETTLED * part:
                break
    return part


@inlined
def walked(
    log_last: float, coupling: float, exponent: float, fold: float, count: int, most: float
) -> tuple[float, float, int]:
    """Walk from the last of `count` slices towards the first, or until more than `most` orders are traded.

    Returns
    -------
    log, slope, slices
        log y where the walk ended, its derivative by log m_N, and the slices walked. Where one slice alone is above
        `most`, or above the order and f has no inverse there, the logs stand for a bound below y.
    """
    total = math.exp(log_last)
    total_slope = total
    power = total**exponent - fold * total
    power_slope = exponent * total**exponent - fold * total
    highest = most if fold == 0.0 else 1.0 - fold
    for index in range(1, count):
        power += coupling * total
        power_slope += coupling * total_slope
        if power > highest:
            bound = max(power, 1.0 + NEAR)
            return math.log(bound) / exponent, power_slope / (power * exponent), index + 1
        traded = rooted(power, exponent, fold)
        total += traded
        total_slope += power_slope / (exponent * (power / traded + fold) - fold)
        if total > most:
            return math.log(total), total_slope / total, index + 1
    return math.log(total), total_slope / total, count


@inlined
def searched(coupling: float, exponent: float, fold: float, count: int) -> tuple[int, float]:
    """Return how many slices are not negligible, and log m of the last of them."""
    low = LOG_NEGLIGIBLE / max(exponent, 1.0)
    log_total, slope, slices = walked(low, coupling, exponent, fold, count, 1.0)
    if log_total > 0.0:
        count = slices - 1
    # No slice is larger than the one before, and none larger than the order.
    high = -math.log(count)
    if coupling > 1.0 and count > 1:
        high = min(high, -math.log(coupling))
    log_last = high
    moved = high - low
    for _ in range(MAX_STEPS):
        log_total, slope, slices = walked(log_last, coupling, exponent, fold, count, EXCESS)
        newton = log_last - log_total / slope
        if slices == count and abs(log_total) < NEAR:
            return count, newton
        if log_total > 0.0:
            high = log_last
        else:
            low = log_last
        inside = slices == count and low < newton < high
        if inside and abs(newton - log_last) < 0.5 * abs(moved):
            moved = newton - log_last
        else:
            moved = 0.5 * (low + high) - log_last
            if low == log_last + moved or high == log_last + moved:
                break
        log_last += moved
    return count, high


@kernel("void(float64[::1], float64[::1], float64, float64[:,::1])")
def power_law_plans(
    couplings: NDArray[np.float64], folds: NDArray[np.float64], exponent: float, plans: NDArray[np.float64]
) -> None:
    """Write the plans of given couplings and folds.

    Parameters
    ----------
    couplings
        (M,), 2 c / p >= 0.
    folds
        (M,), 2 b / p >= 0, below k; 0 where k > 1.
    exponent
        k > 0.
    plans
        (M, N), parts of the order, each row with sum 1.
    """
    for row in range(len(couplings)):
        coupling, fold = couplings[row], folds[row]
        plan = plans[row]
        plan[:] = 0.0
        count, log_last = searched(coupling, exponent, fold, plans.shape[1])
        total = math.exp(log_last)
        power = total**exponent - fold * total
        plan[count - 1] = total
        for index in range(count - 2, -1, -1):
            power += coupling * total
            plan[index] = rooted(power, exponent, fold)
            total += plan[index]
        plan /= total
