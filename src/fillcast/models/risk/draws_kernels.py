"""Random draws by counter: draw j of path p depends on seed, p and j alone, whoever computes it and when.

Word c of a seed is the output function of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
generators", OOPSLA 2014) at `key + c * 0x9E3779B97F4A7C15`. Path p owns the counters from p * 2^20 on: no two paths
share one.

Normals: the ziggurat of 256 layers of Marsaglia and Tsang, J. Statistical Software 5(8), 2000, in the form of Doornik
(2005): 8 bits of a word choose the layer, one the sign, and 53 others the place, which are independent.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined

COUNTER_BITS: Final = 20
WEYL: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, 2^64 over the golden ratio
MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
MIX_2: Final = np.uint64(0x94D049BB133111EB)
SHIFT_1: Final = np.uint64(30)
SHIFT_2: Final = np.uint64(27)
SHIFT_3: Final = np.uint64(31)

LAYERS: Final = 256
TAIL: Final = 3.6541528853610088  # where the lowest layer's tail begins: the paper's r for 256 layers
UNIT: Final = 2.0**-53
PLACE_SHIFT: Final = np.uint64(11)
LAYER_MASK: Final = np.uint64(LAYERS - 1)
SIGN_BIT: Final = np.uint64(LAYERS)


def ziggurat_edges() -> NDArray[np.float64]:
    """Return float64 (257,): the right edges of the layers, widest first, 0 last; all layers have the same area."""
    area = TAIL * math.exp(-0.5 * TAIL**2) + math.sqrt(math.pi / 2) * math.erfc(TAIL / math.sqrt(2))
    edges = [area / math.exp(-0.5 * TAIL**2), TAIL]
    while len(edges) < LAYERS:
        edges.append(math.sqrt(-2.0 * math.log(area / edges[-1] + math.exp(-0.5 * edges[-1] ** 2))))
    return np.array([*edges, 0.0])


EDGES: Final = ziggurat_edges()
HEIGHTS: Final = np.exp(-0.5 * EDGES**2)
STEPS: Final = EDGES[:-1] * UNIT  # a place of 53 bits -> a distance in its layer


@inlined
def mixed(word: np.uint64) -> np.uint64:
    """Return SplitMix64's output for a state."""
    word = (word ^ (word >> SHIFT_1)) * MIX_1
    word = (word ^ (word >> SHIFT_2)) * MIX_2
    return word ^ (word >> SHIFT_3)


@inlined
def unit(word: np.uint64) -> float:
    """Return a uniform number above 0, at most 1, from the upper 53 bits."""
    return (np.float64(word >> PLACE_SHIFT) + 0.5) * UNIT


@inlined
def rejected_normal(state: np.uint64, word: np.uint64) -> tuple[float, np.uint64]:
    """Return a normal number and the next state, after a word whose place was not in the inner part of its layer."""
    while True:
        layer = np.int64(word & LAYER_MASK)
        sign = -1.0 if word & SIGN_BIT else 1.0
        distance = np.float64(word >> PLACE_SHIFT) * STEPS[layer]
        if distance < EDGES[layer + 1]:
            return sign * distance, state
        if layer == 0:
            while True:
                beyond = -math.log(unit(mixed(state))) / TAIL
                state += WEYL
                height = -math.log(unit(mixed(state)))
                state += WEYL
                if height + height > beyond * beyond:
                    return sign * (TAIL + beyond), state
        above = HEIGHTS[layer] + unit(mixed(state)) * (HEIGHTS[layer + 1] - HEIGHTS[layer])
        state += WEYL
        if above < math.exp(-0.5 * distance * distance):
            return sign * distance, state
        word = mixed(state)
        state += WEYL
