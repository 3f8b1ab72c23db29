"""The kernel that takes one price into the sums of the realised estimators."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import kernel

# Places in `totals`.
LAST_SIZE: Final = 0  # |last return|
VARIANCE: Final = 1  # sum r_i^2
BIPOWER: Final = 2  # sum |r_i| |r_(i-1)|
SUBGRIDS: Final = 3  # sum (p_i - p_(i-K))^2
TOTALS: Final = 4


@kernel("void(float64, int64[::1], float64[::1], float64[::1], float64[::1], float64[::1])")
def take_price(
    log_price: float,
    seen: NDArray[np.int64],
    totals: NDArray[np.float64],
    logs: NDArray[np.float64],
    recent: NDArray[np.float64],
    autocovariances: NDArray[np.float64],
) -> None:
    """Take one log price in.

    Parameters
    ----------
    log_price
        The price that follows those taken before.
    seen
        (1,): prices taken.
    totals
        (TOTALS,).
    logs
        (K,): ring of the last K log prices.
    recent
        (H,): ring of the last H returns.
    autocovariances
        (H + 1,): sums of r_i r_(i-h).
    """
    count = seen[0]
    seen[0] = count + 1
    grid = len(logs)
    if count == 0:
        logs[0] = log_price
        return
    change = log_price - logs[(count - 1) % grid]
    totals[VARIANCE] += change * change
    totals[BIPOWER] += abs(change) * totals[LAST_SIZE]
    totals[LAST_SIZE] = abs(change)
    place = count % grid
    if count >= grid:
        across = log_price - logs[place]
        totals[SUBGRIDS] += across * across
    logs[place] = log_price
    lags = len(recent)
    autocovariances[0] += change * change
    before = count - 1  # returns seen
    for lag in range(1, min(lags, before) + 1):
        autocovariances[lag] += change * recent[(before - lag) % lags]
    if lags > 0:
        recent[before % lags] = change
