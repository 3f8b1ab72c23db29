"""One mid, or one trade, taken into decaying sums: volatility at several half-lives, autocorrelation of volume."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined
from fillcast.models.features import layout_kernels as at


@inlined
def sample_mid(marks: NDArray[np.int64], floats: NDArray[np.float64], now_ns: int, log_mid: float) -> None:
    """Take the logarithm of a mid in, as `EwmaVolatility.update` does; times never go back here.

    A second mid of the time stamp of a sample takes the sample's place.
    """
    anchor = marks[at.ANCHOR_NS]
    if anchor == 0 or (now_ns == anchor and marks[at.BEFORE_NS] == 0):
        marks[at.ANCHOR_NS] = now_ns
        floats[at.ANCHOR_LOG] = log_mid
        return
    if anchor < now_ns < anchor + at.SAMPLING_FLOOR_NS:
        return
    if now_ns > anchor:
        marks[at.BEFORE_NS], floats[at.BEFORE_LOG] = anchor, floats[at.ANCHOR_LOG]
        for index in range(len(at.HALF_LIVES_S)):
            place = at.SIGMAS + index * at.SIGMA_WORDS
            floats[place + at.VARIANCE_BEFORE] = floats[place + at.VARIANCE]
            floats[place + at.WEIGHT_BEFORE] = floats[place + at.WEIGHT]
    step_s = (now_ns - marks[at.BEFORE_NS]) / at.NS_PER_S
    change = log_mid - floats[at.BEFORE_LOG]
    for index in range(len(at.HALF_LIVES_S)):
        place = at.SIGMAS + index * at.SIGMA_WORDS
        lives = step_s / at.HALF_LIVES_S[index]
        decay = 2.0**-lives
        weight = -math.expm1(-lives * math.log(2.0))
        floats[place + at.VARIANCE] = decay * floats[place + at.VARIANCE_BEFORE] + weight * change * change / step_s
        floats[place + at.WEIGHT] = decay * floats[place + at.WEIGHT_BEFORE] + weight
    marks[at.ANCHOR_NS], floats[at.ANCHOR_LOG] = now_ns, log_mid


@inlined
def sample_volume(marks: NDArray[np.int64], floats: NDArray[np.float64], now_ns: int, signed_lots: int) -> None:
    """Take a trade in: those of one time stamp are one observation, complete once a later one has come."""
    opened = marks[at.OPEN_NS]
    if opened == now_ns:
        floats[at.OPEN_LOTS] += signed_lots
        return
    if opened > 0:
        if marks[at.CLOSED_NS] > 0:
            decay = 2.0 ** ((marks[at.CLOSED_NS] - opened) / at.NS_PER_S / at.AUTOCORRELATION_HALF_LIFE_S)
            last, lots = floats[at.CLOSED_LOTS], floats[at.OPEN_LOTS]
            floats[at.PRODUCTS] = decay * floats[at.PRODUCTS] + lots * last
            floats[at.SQUARES] = decay * floats[at.SQUARES] + lots * lots
            floats[at.SQUARES_BEFORE] = decay * floats[at.SQUARES_BEFORE] + last * last
        marks[at.CLOSED_NS], floats[at.CLOSED_LOTS] = opened, floats[at.OPEN_LOTS]
    marks[at.OPEN_NS], floats[at.OPEN_LOTS] = now_ns, float(signed_lots)
