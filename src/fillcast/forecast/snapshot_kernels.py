"""The kernel that walks many sizes through many snapshots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import kernel


@kernel(
    "void(Array(float64, 2, 'C', True), Array(float64, 2, 'C', True), Array(float64, 2, 'A', True), float64,"
    " float64[:, ::1], float64[:, ::1])"
)
def walk_rows(
    prices: NDArray[np.float64],
    sizes: NDArray[np.float64],
    wanted: NDArray[np.float64],
    side: float,
    filled: NDArray[np.float64],
    excess: NDArray[np.float64],
) -> None:
    """Walk every wanted size through its snapshot.

    Summing distances from the touch, and not prices, leaves a slippage that is small beside the price its digits.

    Parameters
    ----------
    prices, sizes
        (S, L), best first, NaN after the last level.
    wanted
        (S, M), base units > 0.
    side
        +1 buy, -1 sell.
    filled, excess
        (S, M), written: base units met, and what they cost beyond the touch, quote currency >= 0.
    """
    levels = prices.shape[1]
    shown, beyond = np.empty(levels), np.empty(levels)
    for row in range(prices.shape[0]):
        touch = prices[row, 0]
        count, size_sum, cost_sum = 0, 0.0, 0.0
        while count < levels and not np.isnan(prices[row, count]):
            size_sum += sizes[row, count]
            cost_sum += sizes[row, count] * side * (prices[row, count] - touch)
            shown[count], beyond[count] = size_sum, cost_sum
            count += 1
        for column in range(wanted.shape[1]):
            target = wanted[row, column]
            low, high = 0, count
            while low < high:
                middle = (low + high) // 2
                if shown[middle] < target:
                    low = middle + 1
                else:
                    high = middle
            if low == count:
                filled[row, column], excess[row, column] = size_sum, cost_sum
            elif low == 0:
                filled[row, column], excess[row, column] = target, 0.0
            else:
                rest = target - shown[low - 1]
                filled[row, column] = target
                excess[row, column] = beyond[low - 1] + rest * side * (prices[row, low] - touch)
