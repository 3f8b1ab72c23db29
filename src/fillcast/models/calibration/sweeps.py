"""Market orders, put together from their trades.

One market order that meets several resting orders is printed as several trades of one event time and one sign. They
are one sweep here: its size is their sum and its price the average that it paid. What it found is the touch strictly
before its time, because a book may show a trade at the trade's own time. Where a venue stamps to the millisecond, two
orders of one sign in the same millisecond count as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.stretch import Stretch

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sweeps:
    """The market orders of one stretch that found a known touch, in the order of time.

    Attributes
    ----------
    ns
        (n,) event times.
    sign
        (n,) +1 where the aggressor bought, -1 where it sold.
    base
        (n,) base units.
    paid
        (n,) volume-weighted price, quote per base unit.
    mid, touch
        (n,) just before: the middle, and the price of the side that the order went to.
    """

    ns: NDArray[np.int64]
    sign: FloatArray
    base: FloatArray
    paid: FloatArray
    mid: FloatArray
    touch: FloatArray


def sweeps_of(stretch: Stretch) -> Sweeps:
    """Return the market orders of a stretch."""
    times, signs = stretch.trade_ns, stretch.trade_sign.astype(np.float64)
    first = np.ones(len(times), dtype=np.bool_)
    first[1:] = (np.diff(times) != 0) | (np.diff(signs) != 0)
    starts = np.flatnonzero(first)
    base = np.add.reduceat(stretch.trade_base, starts) if len(starts) else np.zeros(0)
    value = np.add.reduceat(stretch.trade_base * stretch.trade_price, starts) if len(starts) else np.zeros(0)
    before = np.searchsorted(stretch.quote_ns, times[starts], side="left") - 1
    known = (before >= 0) & (base > 0)
    starts, before, base, value = starts[known], before[known], base[known], value[known]
    sign = signs[starts]
    touch = np.where(sign > 0, stretch.ask[before], stretch.bid[before])
    return Sweeps(times[starts], sign, base, value / base, stretch.mid[before], touch)
