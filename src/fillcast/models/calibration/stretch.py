"""What calibration reads: one unbroken stretch of one market, as arrays on the venue's clock.

A stretch begins when the book becomes LIVE and ends with a gap, so that no estimator ever differs two sides of a hole.
A capture gives one stretch or several; recorded tapes give the same. Estimators take them all and join only what adds
up over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.errors import ParameterError

FloatArray = NDArray[np.float64]
TimeArray = NDArray[np.int64]

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """One instrument while its book was LIVE without a break. Arrays are read-only by convention.

    Attributes
    ----------
    instrument
        `venue:symbol`.
    start_ns, end_ns
        Event times of the first book and of the last.
    quote_ns, bid, ask, bid_base, ask_base
        (q,) the touch after each change of it: event time, prices in quote per base unit, sizes in base units. Times do
        not decrease; a touch holds until the next.
    depth_ns, bid_depth_base, ask_depth_base
        (d,), (d, b), (d, b): base units within each of `depth_bps` of the mid, after every book message.
    depth_bps
        (b,) rising.
    trade_ns, trade_sign, trade_base, trade_price
        (t,) trades: event time, +1 where the aggressor bought and -1 where it sold, base units, quote per base unit.
    scale_inferred
        No metadata says what a size is worth: sizes stand as the venue counts them, which may be contracts.
    """

    instrument: str
    start_ns: int
    end_ns: int
    quote_ns: TimeArray
    bid: FloatArray
    ask: FloatArray
    bid_base: FloatArray
    ask_base: FloatArray
    depth_ns: TimeArray
    bid_depth_base: FloatArray
    ask_depth_base: FloatArray
    depth_bps: tuple[float, ...]
    trade_ns: TimeArray
    trade_sign: NDArray[np.int8]
    trade_base: FloatArray
    trade_price: FloatArray
    scale_inferred: bool = False

    def __post_init__(self) -> None:
        for times in (self.quote_ns, self.depth_ns, self.trade_ns):
            if np.any(np.diff(times) < 0):
                raise ParameterError(f"{self.instrument}: the times of a stretch must not decrease")
        for name, rows in (
            ("quote_ns", (self.bid, self.ask, self.bid_base, self.ask_base)),
            ("depth_ns", (self.bid_depth_base, self.ask_depth_base)),
            ("trade_ns", (self.trade_sign, self.trade_base, self.trade_price)),
        ):
            length = len(getattr(self, name))
            if any(len(array) != length for array in rows):
                raise ParameterError(f"{self.instrument}: what belongs to {name} must have {length} rows")
        if self.end_ns < self.start_ns:
            raise ParameterError(f"{self.instrument}: a stretch must not end before it starts")

    @property
    def seconds(self) -> float:
        """Length on the venue's clock."""
        return (self.end_ns - self.start_ns) / NS_PER_S

    @property
    def mid(self) -> FloatArray:
        """(q,) middle of the touch, quote per base unit."""
        middle: FloatArray = (self.bid + self.ask) / 2.0
        return middle

    def mid_at(self, times_ns: TimeArray) -> FloatArray:
        """Return the mid that held just before each time; NaN before the first touch."""
        index = np.searchsorted(self.quote_ns, times_ns, side="left") - 1
        return np.where(index >= 0, self.mid[np.maximum(index, 0)], np.nan)


def total_seconds(stretches: Sequence[Stretch]) -> float:
    """Return the length of all stretches together."""
    return sum(stretch.seconds for stretch in stretches)
