"""Variance of a bar from its open, high, low and close.

Per bar, dimension 1 (squared log return over the bar):

- Parkinson (J. Business 53, 1980) `ln(H/L)^2 / (4 ln 2)`: no drift, no gap;
- Garman and Klass (J. Business 53, 1980) `ln(H/L)^2 / 2 - (2 ln 2 - 1) ln(C/O)^2`: no drift, no gap;
- Rogers and Satchell (Annals of Applied Probability 1, 1991) `ln(H/C) ln(H/O) + ln(L/C) ln(L/O)`: any drift, no gap;
- Yang and Zhang (J. Business 73, 2000) `s_o^2 + k s_c^2 + (1-k) s_rs^2` over n bars,
  `k = 0.34 / (1.34 + (n+1)/(n-1))`: any drift, and gaps between bars (s_o^2 is the variance of open against the close
  before, s_c^2 of close against open).

They suppose a continuous path: a bar of few trades has too small a range and reads too low.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.samples import positive_series, same_length, whole

# Yang and Zhang, section III: the weight of least variance, at the alpha = 1.34 that they recommend.
YANG_ZHANG_NUMERATOR = 0.34
YANG_ZHANG_ALPHA = 1.34


def parkinson(high: ArrayLike, low: ArrayLike) -> NDArray[np.float64]:
    """Return Parkinson's variance of each bar."""
    highs, lows = positive_series("high", high), positive_series("low", low)
    same_length(high=highs, low=lows)
    _ordered(low=lows, high=highs)
    estimate: NDArray[np.float64] = np.log(highs / lows) ** 2 / (4 * math.log(2))
    return estimate


def garman_klass(open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike) -> NDArray[np.float64]:
    """Return Garman and Klass's variance of each bar."""
    opens, highs, lows, closes = _bars(open_, high, low, close)
    body_weight = 2 * math.log(2) - 1
    estimate: NDArray[np.float64] = np.log(highs / lows) ** 2 / 2 - body_weight * np.log(closes / opens) ** 2
    return estimate


def rogers_satchell(open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike) -> NDArray[np.float64]:
    """Return Rogers and Satchell's variance of each bar, never negative."""
    opens, highs, lows, closes = _bars(open_, high, low, close)
    above = np.log(highs / closes) * np.log(highs / opens)
    below = np.log(lows / closes) * np.log(lows / opens)
    estimate: NDArray[np.float64] = above + below
    return estimate


def yang_zhang_weight(bars: int) -> float:
    """Return k for n >= 2 bars."""
    whole("bars", bars, 2, np.iinfo(np.int64).max)
    return YANG_ZHANG_NUMERATOR / (YANG_ZHANG_ALPHA + (bars + 1) / (bars - 1))


def yang_zhang(open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike) -> NDArray[np.float64]:
    """Return Yang and Zhang's variance of a bar with its gap, from n >= 2 bars and the one before them: (...).

    Parameters
    ----------
    open_, high, low, close
        (..., n + 1). Of the first bar only the close is used.
    """
    opens, highs, lows, closes = _bars(open_, high, low, close, 3)
    gaps = np.log(opens[..., 1:] / closes[..., :-1])
    bodies = np.log(closes[..., 1:] / opens[..., 1:])
    ranges = rogers_satchell(opens[..., 1:], highs[..., 1:], lows[..., 1:], closes[..., 1:])
    weight = yang_zhang_weight(bodies.shape[-1])
    estimate: NDArray[np.float64] = (
        gaps.var(axis=-1, ddof=1) + weight * bodies.var(axis=-1, ddof=1) + (1 - weight) * ranges.mean(axis=-1)
    )
    return estimate


def _bars(
    open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, least: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    opens, highs = positive_series("open_", open_, least), positive_series("high", high, least)
    lows, closes = positive_series("low", low, least), positive_series("close", close, least)
    same_length(open_=opens, high=highs, low=lows, close=closes)
    _ordered(low=lows, open_=opens)
    _ordered(low=lows, close=closes)
    _ordered(open_=opens, high=highs)
    _ordered(close=closes, high=highs)
    return opens, highs, lows, closes


def _ordered(**pair: NDArray[np.float64]) -> None:
    (lower, below), (upper, above) = pair.items()
    wrong = below > above
    if wrong.any():
        raise ParameterError(
            f"{lower} must not be above {upper}, as {float(below[wrong][0])} is above {float(above[wrong][0])}"
        )
