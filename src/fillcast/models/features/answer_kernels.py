"""The features of one moment, written out of the rolling state without changing it."""

# mypy: allow-untyped-calls
from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.jit import inlined, kernel
from fillcast.models.features import layout_kernels as at

MINUTE_NS: Final = 60 * at.NS_PER_S
MINUTES_A_DAY: Final = 24 * 60
FIRST_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday; Monday is 0
DAYS_A_WEEK: Final = 7


@inlined
def sums_at(
    ring: NDArray[np.int64], marks: NDArray[np.int64], first: int, sums: NDArray[np.int64], now_ns: int
) -> NDArray[np.int64]:
    """Return the sums of the windows that end at `now_ns`, the number of entries in column AT_NS."""
    found = sums.copy()
    capacity, columns = ring.shape
    for window in range(len(at.WINDOWS_NS)):
        edge = now_ns - at.WINDOWS_NS[window]
        tail = marks[first + at.TAILS + window]
        while tail < marks[first + at.PUSHED] and ring[tail % capacity, at.AT_NS] <= edge:
            for column in range(1, columns):
                found[window, column] -= ring[tail % capacity, column]
            tail += 1
        found[window, at.AT_NS] = marks[first + at.PUSHED] - tail
    return found


@inlined
def seconds_since(then_ns: int, now_ns: int) -> float:
    """Return the seconds since a time; NaN when it is none."""
    return float(now_ns - then_ns) / at.NS_PER_S if then_ns > 0 else math.nan


@inlined
def sigma(floats: NDArray[np.float64], index: int) -> float:
    """Return the volatility of one half-life in bps per root second; NaN before the first sample."""
    place = at.SIGMAS + index * at.SIGMA_WORDS
    return math.sqrt(floats[place + at.VARIANCE] / floats[place + at.WEIGHT]) * at.BPS


@inlined
def refill(marks: NDArray[np.int64], index: int, now_ns: int) -> float:
    """Return the share of a sweep's loss that came back per second; NaN before a sweep."""
    sweep = at.SWEEPS + index * at.SWEEP_WORDS
    if marks[sweep + at.SWEPT_NS] == 0:
        return math.nan
    until_ns = marks[sweep + at.HALF_NS] if marks[sweep + at.HALF_NS] > 0 else now_ns
    lasted_s: float = max(until_ns - marks[sweep + at.SWEPT_NS], at.LEAST_STEP_NS) / at.NS_PER_S
    return float(marks[sweep + at.BACK] / marks[sweep + at.LOST]) / lasted_s


@kernel(
    "void(int64[::1], float64[::1], int64[:,::1], int64[:,::1], int64[:,::1], int64[:,::1], int64, float64,"
    " float64[::1])"
)
def answer(
    marks: NDArray[np.int64],
    floats: NDArray[np.float64],
    flow: NDArray[np.int64],
    flow_sums: NDArray[np.int64],
    trades: NDArray[np.int64],
    trade_sums: NDArray[np.int64],
    now_ns: int,
    base_per_lot: float,
    out: NDArray[np.float64],
) -> None:
    """Write the features in the order of `names.FLOW_FEATURES`; what windows hold is NaN before the first event."""
    flows = sums_at(flow, marks, at.FLOW_MARKS, flow_sums, now_ns)
    traded = sums_at(trades, marks, at.TRADE_MARKS, trade_sums, now_ns)
    windows = len(at.WINDOWS_NS)
    unit = base_per_lot if marks[at.FIRST_NS] > 0 else math.nan
    place = 0
    for level in range(at.LEVELS):
        for window in range(windows):
            out[place] = flows[window, at.FLOW + level] * unit
            place += 1
    for window in range(windows):
        out[place] = traded[window, at.SIGNED] * unit
        place += 1
    for window in range(at.FIRST_STEADY, windows):
        number = traded[window, at.AT_NS] if marks[at.FIRST_NS] > 0 else math.nan
        out[place] = number / (at.WINDOWS_NS[window] / at.NS_PER_S)
        place += 1
    for window in range(at.FIRST_STEADY, windows):
        out[place] = traded[window, at.TRADED] * unit / traded[window, at.AT_NS]
        place += 1
    for window in range(at.FIRST_STEADY, windows):
        added = flows[window, at.ADDED]
        cancelled = max(flows[window, at.REMOVED] - traded[window, at.TRADED], 0)
        out[place] = cancelled / added if added > 0 else math.nan
        place += 1
    for index in range(len(at.HALF_LIVES_S)):
        out[place] = sigma(floats, index)
        place += 1
    for index in range(len(at.HALF_LIVES_S) - 1):
        out[place] = sigma(floats, index) / sigma(floats, index + 1)
        place += 1
    out[place] = floats[at.PRODUCTS] / math.sqrt(floats[at.SQUARES] * floats[at.SQUARES_BEFORE])
    out[place + 1] = refill(marks, 0, now_ns)
    out[place + 2] = refill(marks, 1, now_ns)
    out[place + 3] = seconds_since(marks[at.TRADED_NS], now_ns)
    out[place + 4] = seconds_since(marks[at.MOVED_NS], now_ns)
    out[place + 5] = seconds_since(marks[at.CHANGED_NS], now_ns)
    out[place + 6] = marks[at.LAG_NS] / at.NS_PER_S if marks[at.HAS_LAG] == 1 else math.nan
    out[place + 7] = seconds_since(marks[at.FIRST_NS], now_ns)
    minutes = now_ns // MINUTE_NS
    out[place + 8] = minutes % MINUTES_A_DAY
    out[place + 9] = (minutes // MINUTES_A_DAY + FIRST_WEEKDAY) % DAYS_A_WEEK
