"""The sums of a side of a view, in one pass over its levels."""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from fillcast.core.jit import kernel


@kernel("boolean(Array(int64, 1, 'C', True), Array(int64, 1, 'C', True), boolean, int64[::1], float64[::1])")
def cumulate(ticks, lots, inverse, sums, worth):
    """Write lots, and lots × ticks (or ÷), up to and including each level; return whether all fit int64."""
    total, value = 0, 0.0
    for index in range(len(ticks)):
        total += lots[index]
        if total < 0:
            return False
        sums[index] = total
        value += lots[index] / ticks[index] if inverse else float(lots[index]) * float(ticks[index])
        worth[index] = value
    return True
