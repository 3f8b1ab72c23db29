"""The kernels that walk price paths: one number out for each path, nothing stored between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import kernel
from fillcast.models.risk.draws_kernels import (
    COUNTER_BITS,
    EDGES,
    LAYER_MASK,
    PLACE_SHIFT,
    SIGN_BIT,
    STEPS,
    UNIT,
    WEYL,
    mixed,
    rejected_normal,
)


@kernel("void(uint64, int64, float64[::1], float64[::1])")
def normal_sums(key: np.uint64, first: int, weights: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write `sum_k weights_k xi_k` of consecutive paths.

    Parameters
    ----------
    key
        Of the seed.
    first
        Number of the first path.
    weights
        (N,), quote currency per standard deviation of a price move.
    out
        (paths,), quote currency.
    """
    for path in range(len(out)):
        state = key + (np.uint64(first + path) << np.uint64(COUNTER_BITS)) * WEYL
        total = 0.0
        for index in range(len(weights)):
            word = mixed(state)
            state += WEYL
            layer = np.int64(word & LAYER_MASK)
            distance = np.float64(word >> PLACE_SHIFT) * STEPS[layer]
            if distance < EDGES[layer + 1]:
                normal = -distance if word & SIGN_BIT else distance
            else:
                normal, state = rejected_normal(state, word)
            total += weights[index] * normal
        out[path] = total


@kernel("void(uint64, int64, float64[::1], float64[::1], int64, float64[::1])")
def bootstrap_sums(
    key: np.uint64,
    first: int,
    held: NDArray[np.float64],
    moves: NDArray[np.float64],
    block: int,
    out: NDArray[np.float64],
) -> None:
    """Write `sum_k held_k move_k` of consecutive paths, moves drawn in blocks from a record that closes in a circle.

    Parameters
    ----------
    key
        Of the seed.
    first
        Number of the first path.
    held
        (N,), base units, signed by the side.
    moves
        (n,), recorded price moves, quote currency per base unit.
    block
        Moves in a row, from 1 to n.
    out
        (paths,), quote currency.
    """
    count = len(moves)
    for path in range(len(out)):
        state = key + (np.uint64(first + path) << np.uint64(COUNTER_BITS)) * WEYL
        total = 0.0
        place = np.int64(0)
        for index in range(len(held)):
            if index % block == 0:
                place = np.int64(np.float64(mixed(state) >> PLACE_SHIFT) * UNIT * count)
                state += WEYL
            total += held[index] * moves[place]
            place += 1
            if place == count:
                place = np.int64(0)
        out[path] = total
