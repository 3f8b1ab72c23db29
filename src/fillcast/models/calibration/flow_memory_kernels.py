"""The kernel that carries fading sums of a flow of trades from one trade to the next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import kernel


@kernel("void(float64[::1], float64[::1], float64[::1], float64[:, ::1])")
def fading_sums(
    times: NDArray[np.float64], weights: NDArray[np.float64], rates: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write `sum over i <= k of weights_i exp(-rate (t_k - t_i))` just after each trade.

    Parameters
    ----------
    times
        (n,) s, not decreasing.
    weights
        (n,) what each trade adds.
    rates
        (j,) 1 / s, >= 0.
    out
        (n, j).
    """
    for place in range(len(rates)):
        held = 0.0
        for index in range(len(times)):
            if index > 0:
                held *= math.exp(-rates[place] * (times[index] - times[index - 1]))
            held += weights[index]
            out[index, place] = held
