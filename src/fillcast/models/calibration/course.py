"""How volatility and spread went over the window, for a reader who asks whether one number can stand for all of it.

Windows of equal length lie within stretches. In each the volatility is the root of the mean square of the mid's moves
over `STEP_S`, per root second, its interval by the spread of those squares; the half-spread is the time-weighted one,
which is known and has no interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.models.calibration.blocks import positive_estimate
from fillcast.models.calibration.curve import Curve, no_curve
from fillcast.models.calibration.names import HALF_SPREAD, UNITS, VOLATILITY
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.volatility import STEP_S
from fillcast.models.estimate import LEVEL, two_sided
from fillcast.models.liquidity.intervals import last_known

FloatArray = NDArray[np.float64]

VOLATILITY_COURSE = "volatility_course"
HALF_SPREAD_COURSE = "half_spread_course"
TIME_UNIT = "s since start"
WINDOW_S = 20.0  # twenty moves: volatility is known within a third then
MOST_WINDOWS = 120  # more points than that are no picture
LEAST_MOVES = 10


def volatility_course(stretches: Sequence[Stretch], *, level: float = LEVEL) -> Curve:
    """Return volatility by window, bps per root second; `n` counts moves of the mid."""
    rows: list[tuple[float, float, float, float]] = []
    counted = 0
    for stretch, start, middle_s, length_ns in _windows(stretches):
        times = np.arange(start, start + length_ns + 1, round(STEP_S * NS_PER_S), dtype=np.int64)
        logs = BPS * np.log(last_known(stretch.quote_ns, stretch.mid, times[times >= stretch.quote_ns[0]]))
        squares = np.diff(logs) ** 2 / STEP_S
        mean = float(squares.mean()) if len(squares) >= LEAST_MOVES else 0.0
        if mean <= 0:
            continue
        relative = float(squares.std(ddof=1)) / (math.sqrt(len(squares)) * mean) / 2.0  # of a root: half its square's
        one = positive_estimate(math.sqrt(mean), relative, two_sided(level), level, len(squares))
        rows.append((middle_s, one.value, one.low, one.high))
        counted += len(squares)
    return _course(VOLATILITY_COURSE, UNITS[VOLATILITY], rows, level, counted)


def half_spread_course(stretches: Sequence[Stretch], *, level: float = LEVEL) -> Curve:
    """Return the time-weighted half-spread by window, bps; `n` counts quotes."""
    rows: list[tuple[float, float, float, float]] = []
    quotes = 0
    for stretch, start, middle_s, length_ns in _windows(stretches):
        first, last = np.searchsorted(stretch.quote_ns, (start, start + length_ns), side="right")
        held = slice(max(first - 1, 0), last)
        if held.start == held.stop:
            continue
        times = np.append(np.maximum(stretch.quote_ns[held], start), start + length_ns)
        half = BPS * (stretch.ask[held] - stretch.bid[held]) / (2.0 * stretch.mid[held])
        weights = np.diff(times).astype(np.float64)
        if weights.sum() > 0:
            value = float(half @ weights / weights.sum())
            rows.append((middle_s, value, value, value))
            quotes += int(last - first)
    return _course(HALF_SPREAD_COURSE, UNITS[HALF_SPREAD], rows, level, quotes)


def _windows(stretches: Sequence[Stretch]) -> list[tuple[Stretch, int, float, int]]:
    """Return (stretch, start ns, seconds from the first stretch's start to the window's middle, length ns)."""
    length_s = max(WINDOW_S, sum(stretch.seconds for stretch in stretches) / MOST_WINDOWS)
    length_ns = round(length_s * NS_PER_S)
    found = []
    for stretch in stretches:
        if not len(stretch.quote_ns):
            continue
        for place in range((stretch.end_ns - stretch.start_ns) // length_ns):
            start = stretch.start_ns + place * length_ns
            found.append((stretch, start, (start - stretches[0].start_ns) / NS_PER_S + length_s / 2.0, length_ns))
    return found


def _course(name: str, unit: str, rows: Sequence[tuple[float, float, float, float]], level: float, n: int) -> Curve:
    if not rows:
        return no_curve(name, unit, level, lag_unit=TIME_UNIT)
    middle, value, low, high = np.array(rows).T
    return Curve(name, unit, middle, TIME_UNIT, value, low, high, level, n)
