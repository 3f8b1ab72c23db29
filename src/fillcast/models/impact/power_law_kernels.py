"""The kernel that solves the discrete plan for power-law temporary impact, exactly, many risk aversions at a call.

Per unit of size the plan minimises `sum_i m_i^p + c sum_j y_j^2`, p = k + 1, where y_j is what slices j + 1 .. N trade
and m sums to 1. All its m are positive, so its first-order conditions hold as equations,

    m_i^k = m_(i+1)^k + (2 c / p) y_i,   y_(i-1) = y_i + m_i,   y_(N-1) = m_N

and the last slice gives all others, from the end to the start, without one subtraction. What is left is the one m_N
for which y_0 = 1. Every log y_i is convex and rising in log m_N (sums, products with constants and positive powers
keep that), so the root is the only one, Newton's method finds it from nearby, and halving an interval that holds it
comes near.
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

SQUARE = 2.0


@inlined
def rooted(value: float, inverse: float) -> float:
    """Return value^(1/k) from 1/k, without a power where none is needed."""
    if inverse == SQUARE:
        return value * value
    if inverse == 1.0:
        return value
    return float(value**inverse)


@inlined
def walked(log_last: float, coupling: float, exponent: float, count: int, most: float) -> tuple[float, float, int]:
    """Walk from the last of `count` slices towards the first, or until more than `most` orders are traded.

    Returns
    -------
    log, slope, slices
        log y where the walk ended, its derivative by log m_N, and the slices walked. Where one slice alone is above
        `most`, its size stands for y.
    """
    inverse = 1.0 / exponent
    total = math.exp(log_last)
    total_slope = total
    power = total**exponent
    power_slope = exponent * power
    for index in range(1, count):
        power += coupling * total
        power_slope += coupling * total_slope
        if power > most:
            return inverse * math.log(power), inverse * power_slope / power, index + 1
        traded = rooted(power, inverse)
        total += traded
        total_slope += traded * (inverse * (power_slope / power))
        if total > most:
            return math.log(total), total_slope / total, index + 1
    return math.log(total), total_slope / total, count


@inlined
def searched(coupling: float, exponent: float, count: int) -> tuple[int, float]:
    """Return how many slices are not negligible, and log m of the last of them."""
    low = LOG_NEGLIGIBLE / max(exponent, 1.0)
    log_total, slope, slices = walked(low, coupling, exponent, count, 1.0)
    if log_total > 0.0:
        count = slices - 1
    # No slice is larger than the one before, and none larger than the order.
    high = -math.log(count)
    if coupling > 1.0 and count > 1:
        high = min(high, -math.log(coupling))
    log_last = high
    moved = high - low
    for _ in range(MAX_STEPS):
        log_total, slope, slices = walked(log_last, coupling, exponent, count, EXCESS)
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


@kernel("void(float64[::1], float64, float64[:,::1])")
def power_law_plans(couplings: NDArray[np.float64], exponent: float, plans: NDArray[np.float64]) -> None:
    """Write the plans of given couplings.

    Parameters
    ----------
    couplings
        (M,), 2 c / p >= 0.
    exponent
        k > 0.
    plans
        (M, N), parts of the order, each row with sum 1.
    """
    inverse = 1.0 / exponent
    for row in range(len(couplings)):
        coupling = couplings[row]
        plan = plans[row]
        plan[:] = 0.0
        count, log_last = searched(coupling, exponent, plans.shape[1])
        total = math.exp(log_last)
        power = total**exponent
        plan[count - 1] = total
        for index in range(count - 2, -1, -1):
            power += coupling * total
            plan[index] = rooted(power, inverse)
            total += plan[index]
        plan /= total
