"""The features of one version of a book and one order, in one pass over the levels that they look at."""

# mypy: allow-untyped-calls
from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined, kernel
from fillcast.models.features.layout_kernels import BANDS_BPS, BPS, IMBALANCE_LEVELS

BANDS: Final = len(BANDS_BPS)
BANDS_SQUARED: Final = float(sum(band * band for band in BANDS_BPS))

# Places in the vector, in the order of `names.BOOK_FEATURES`.
SPREAD_TICKS: Final = 0
SPREAD_BPS: Final = 1
MICRO: Final = 2
DEPTH_BID: Final = 3
DEPTH_ASK: Final = DEPTH_BID + BANDS + 1  # the slope of the bids lies between
IMBALANCE: Final = DEPTH_ASK + BANDS + 1
RATIO: Final = IMBALANCE + len(IMBALANCE_LEVELS)
CONSUMED: Final = RATIO + BANDS
COUNT: Final = CONSUMED + 1


@inlined
def depths(
    ticks: NDArray[np.int64],
    lots: NDArray[np.int64],
    sign: int,
    mid: float,
    unit: float,
    inverse: bool,
    out: NDArray[np.float64],
    first: int,
) -> None:
    """Write the base within each band of a side (sign +1 bids, -1 asks) and the line through it."""
    index, total, worth, slope = 0, 0, 0.0, 0.0
    for band in range(BANDS):
        limit = mid - sign * (mid * BANDS_BPS[band] / BPS)
        while index < len(ticks) and sign * (ticks[index] - limit) >= 0:
            total += lots[index]
            if inverse:
                worth += lots[index] / ticks[index]
            index += 1
        out[first + band] = unit * worth if inverse else unit * total
        slope += BANDS_BPS[band] * out[first + band]
    out[first + BANDS] = slope / BANDS_SQUARED


@kernel(
    "void(Array(int64, 1, 'C', True), Array(int64, 1, 'C', True), Array(int64, 1, 'C', True), "
    "Array(int64, 1, 'C', True), int64, float64, float64, boolean, float64[::1])"
)
def book_answer(
    bid_ticks: NDArray[np.int64],
    bid_lots: NDArray[np.int64],
    ask_ticks: NDArray[np.int64],
    ask_lots: NDArray[np.int64],
    side: int,
    size: float,
    unit: float,
    inverse: bool,
    out: NDArray[np.float64],
) -> None:
    """Write all but `levels_consumed`; both sides hold a level at least.

    `size` is in base; `unit` is the base of one lot, or of one lot a tick of an inverse contract.
    """
    bid, ask = bid_ticks[0], ask_ticks[0]
    mid = (bid + ask) / 2
    out[SPREAD_TICKS] = ask - bid
    out[SPREAD_BPS] = (ask - bid) / mid * BPS
    bids, asks = float(bid_lots[0]), float(ask_lots[0])
    out[MICRO] = (ask * bids + bid * asks) / (bids + asks) - mid
    depths(bid_ticks, bid_lots, 1, mid, unit, inverse, out, DEPTH_BID)
    depths(ask_ticks, ask_lots, -1, mid, unit, inverse, out, DEPTH_ASK)
    for place in range(len(IMBALANCE_LEVELS)):
        bids, asks = 0.0, 0.0
        for index in range(min(IMBALANCE_LEVELS[place], len(bid_lots))):
            bids += bid_lots[index]
        for index in range(min(IMBALANCE_LEVELS[place], len(ask_lots))):
            asks += ask_lots[index]
        out[IMBALANCE + place] = (bids - asks) / (bids + asks)
    taken = DEPTH_ASK if side > 0 else DEPTH_BID
    for band in range(BANDS):
        depth = out[taken + band]
        out[RATIO + band] = size / depth if depth > 0 else math.inf
