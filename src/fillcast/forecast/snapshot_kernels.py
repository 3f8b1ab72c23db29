"""The kernel that prices many sizes in many snapshots."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import kernel

# Rows of what is written.
AVERAGE: Final = 0
HALF_SPREAD: Final = 1
SLIPPAGE: Final = 2
FEE: Final = 3
NET: Final = 4
FILLED: Final = 5
UNFILLED: Final = 6
COLUMNS: Final = 7

FINEST_SHIFT: Final = 1000  # powers of two: a grid finer than 2^-1000 has no double between its steps


@kernel(
    "void(Array(float64, 2, 'C', True), Array(float64, 2, 'C', True), Array(float64, 1, 'A', True),"
    " Array(float64, 1, 'A', True), Array(float64, 2, 'A', True), float64, float64, float64, float64, int64,"
    " float64[:, :, ::1])"
)
def price_walks(
    prices: NDArray[np.float64],
    sizes: NDArray[np.float64],
    mids: NDArray[np.float64],
    references: NDArray[np.float64],
    wanted: NDArray[np.float64],
    side: float,
    fee_bps: float,
    bps: float,
    whole: float,
    grid_bits: int,
    out: NDArray[np.float64],
) -> None:
    """Walk every wanted size through its snapshot and split what it costs.

    Summing distances from the touch, and not prices, keeps the digits of a slippage that is small beside the price.
    The parts are rounded to one binary grid, as `components.on_common_grid` does, so that they add up exactly.

    Parameters
    ----------
    prices, sizes
        (S, L), best first, NaN after the last level.
    mids, references
        (S,), and what bps count from. Where the mid is NaN everything written is.
    wanted
        (S, M), base units > 0.
    side
        +1 buy, -1 sell.
    fee_bps, bps
        The taker fee, and basis points in one.
    whole
        An order within this factor of all that is shown is filled whole.
    grid_bits
        Of the largest part.
    out
        (COLUMNS, S, M), written.
    """
    levels = prices.shape[1]
    shown, beyond = np.empty(levels), np.empty(levels)
    for row in range(prices.shape[0]):
        reference = references[row]
        if np.isnan(mids[row]):
            out[:, row, :] = np.nan
            continue
        touch = prices[row, 0]
        half_spread = bps * side * (touch - reference) / reference
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
            filled, excess = target, 0.0
            if low == count:
                filled, excess = size_sum, cost_sum
            elif low > 0:
                excess = beyond[low - 1] + (target - shown[low - 1]) * side * (prices[row, low] - touch)
            each = excess / filled
            average = touch + side * each
            slippage, fee = bps * each / reference, fee_bps * average / reference
            largest = max(abs(half_spread), slippage, abs(fee))
            scale = math.ldexp(1.0, min(grid_bits - math.frexp(largest)[1], FINEST_SHIFT))
            parts = np.rint(half_spread * scale), np.rint(slippage * scale), np.rint(fee * scale)
            out[AVERAGE, row, column] = average
            out[HALF_SPREAD, row, column] = parts[0] / scale
            out[SLIPPAGE, row, column] = parts[1] / scale
            out[FEE, row, column] = parts[2] / scale
            out[NET, row, column] = (parts[0] + parts[1] + parts[2]) / scale
            out[FILLED, row, column] = filled
            out[UNFILLED, row, column] = 0.0 if target <= filled * whole else target - filled
