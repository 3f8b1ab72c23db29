"""Parameters, state and random draws of the order flow, as the kernels see them.

`flow` float64[FLOW_COUNT] holds the parameters of `fillcast.lab.flow.FlowParameters` in field order, then the
state words below. `generator` uint64[2] holds two random streams: the instrument's own, and the asset's,
which every instrument on the same asset runs through identically (regime and fundamental price), so that
their books move together.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined

FloatArray = NDArray[np.float64]
GeneratorArray = NDArray[np.uint64]

# Parameters, in the order of FlowParameters.
(
    MARKET_RATE,
    MARKET_SELF,
    MARKET_CROSS,
    MARKET_DECAY,
    LIMIT_RATE,
    LIMIT_SELF,
    LIMIT_FROM_MARKET,
    LIMIT_DECAY,
    JOIN_SHARE,
    PLACEMENT_SCALE,
    PLACEMENT_EXPONENT,
    PLACEMENT_MAX,
    INSIDE_RATE,
    INSIDE_CAP,
    CANCEL_RATE,
    NEAR_CANCEL_RATE,
    NEAR_CANCEL_RANGE,
    NEAR_CANCEL_ORDERS,
    ADVERSE_RATE,
    ADVERSE_SCALE,
    TILT,
    IMBALANCE_TILT,
    LIMIT_SIZE,
    LIMIT_SIZE_EXPONENT,
    TOUCH_SIZE_FACTOR,
    MARKET_SIZE,
    MARKET_SIZE_EXPONENT,
    SIZE_CAP,
    SELECTIVE_SHARE,
    LEVEL_FLOOR,
    LEVEL_TARGET,
    VOLATILITY,
    REVERSION,
    RATE_CALM,
    RATE_BUSY,
    RATE_STRESSED,
    VOLATILITY_CALM,
    VOLATILITY_BUSY,
    VOLATILITY_STRESSED,
    QUOTING_CALM,
    QUOTING_BUSY,
    QUOTING_STRESSED,
    DWELL_CALM,
    DWELL_BUSY,
    DWELL_STRESSED,
    START_TICKS,
) = range(46)
PARAMETER_COUNT = 46

# State.
EXCITED_BUY = 46  # 1/s, the excited part of the buy intensity
EXCITED_SELL = 47
EXCITED_LIMIT = 48  # multiple of the base limit rate
LOG_FUNDAMENTAL = 49  # log of fundamental price over start price
REGIME = 50
PENDING_BOUND = 51  # 1/s, the bound under which the pending event was drawn
FLOW_COUNT = 56

OWN, ASSET = 0, 1
GAMMA = np.uint64(0x9E3779B97F4A7C15)  # SplitMix64, Steele, Lea & Flood 2014
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SHIFT_30, SHIFT_27, SHIFT_31, SHIFT_11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
TWO_POW_MINUS_53 = 1.0 / 9007199254740992.0


@inlined
def uniform(generator: GeneratorArray, stream: int) -> float:
    """Return a number in [0, 1) from 53 bits of SplitMix64."""
    state = generator[stream] + GAMMA
    generator[stream] = state
    state = (state ^ (state >> SHIFT_30)) * MIX_1
    state = (state ^ (state >> SHIFT_27)) * MIX_2
    state = state ^ (state >> SHIFT_31)
    return np.float64(state >> SHIFT_11) * TWO_POW_MINUS_53


@inlined
def exponential(generator: GeneratorArray) -> float:
    """Return an exponential number of mean 1."""
    return -math.log(1.0 - uniform(generator, OWN))


@inlined
def pareto_lots(generator: GeneratorArray, scale: float, exponent: float, cap: float) -> int:
    """Lomax size: median near 0.6 scale, tail P(size > s) ~ s^-exponent, at least one lot."""
    drawn = scale * ((1.0 - uniform(generator, OWN)) ** (-1.0 / exponent) - 1.0)
    return 1 + int(min(drawn, cap))


@inlined
def distance_ticks(flow: FloatArray, generator: GeneratorArray) -> int:
    """Power-law distance from the own best, in ticks, truncated at PLACEMENT_MAX."""
    exponent, scale, longest = flow[PLACEMENT_EXPONENT], flow[PLACEMENT_SCALE], flow[PLACEMENT_MAX]
    whole = 1.0 - (1.0 + longest / scale) ** (-exponent)
    u = uniform(generator, OWN) * whole
    return int(scale * ((1.0 - u) ** (-1.0 / exponent) - 1.0))
