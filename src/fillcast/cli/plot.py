"""A small plot of cost against size, in text."""

from __future__ import annotations

import math

from fillcast.forecast.curve import Curve

WIDTH = 60
HEIGHT = 12
POINT = "●"
BAND = "·"
BEYOND = "○"  # beyond what is proven: at most


def plot(curve: Curve, *, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """Return the lines of a plot of net cost (bps, upwards) against size (base, logarithmic), with its interval.

    Sizes beyond the proven edge are open circles: their cost is "at most".
    """
    low, high = float(curve.low_bps.min()), float(curve.high_bps.max())
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    smallest, largest = math.log(float(curve.base[0])), math.log(float(curve.base[-1]))
    cells = [[" "] * width for _ in range(height)]

    def row(value: float) -> int:
        return round((high - value) / (high - low) * (height - 1))

    def column(base: float) -> int:
        span = largest - smallest
        return round((math.log(base) - smallest) / span * (width - 1)) if span else 0

    for index in range(len(curve.base)):
        x = column(float(curve.base[index]))
        for y in range(row(float(curve.high_bps[index])), row(float(curve.low_bps[index])) + 1):
            cells[y][x] = BAND
    for index in range(len(curve.base)):
        sign = POINT if curve.proven[index] else BEYOND
        cells[row(float(curve.net_bps[index]))][column(float(curve.base[index]))] = sign
    margin = max(len(f"{high:.1f}"), len(f"{low:.1f}"))
    labels = {0: f"{high:.1f}", height - 1: f"{low:.1f}"}
    lines = [f"{labels.get(y, ''):>{margin}} │{''.join(cells[y])}" for y in range(height)]
    first, last = f"{curve.base[0]:.6g}", f"{curve.base[-1]:.6g}"
    lines.append(f"{'bps':>{margin}} └{'─' * width}")
    lines.append(f"{'':>{margin}}  {first}{last:>{width - len(first)}}")
    return lines
