"""What a cost is made of: named parts whose points add up exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

HALF_SPREAD = "half_spread"
SLIPPAGE = "slippage"
LATENCY = "latency"
FEE = "fee"

GRID_BITS = 50  # of the 53 of a float: eight parts add up without rounding


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a cost. Positive: you pay.

    Attributes
    ----------
    bps, quote
        The expectation, in bps of the arrival mid on what is filled, and in quote currency.
    low_bps, high_bps, low_quote, high_quote
        Its interval at the forecast's level. A part that is known has low = high = point.
    """

    name: str
    bps: float
    quote: float
    low_bps: float
    high_bps: float
    low_quote: float
    high_quote: float


@dataclass(frozen=True, slots=True)
class Net:
    """The whole cost. `bps` and `quote` are the exact sums of the components' points; the interval is joint.

    Attributes
    ----------
    level
        Probability of the interval.
    at_most
        The order reaches beyond what is proven: the point is an upper bound, and `low_bps` the lower one.
    """

    bps: float
    quote: float
    low_bps: float
    high_bps: float
    low_quote: float
    high_quote: float
    level: float
    at_most: bool


def on_common_grid(values: tuple[float, ...]) -> tuple[float, ...]:
    """Round values to one binary grid, so fine that nothing is lost and so coarse that they add up exactly.

    Sums of floats depend on their order in the last bit. On this grid every order of summation gives one
    result, so that whoever adds the parts of a cost gets the net, bit by bit.
    """
    largest = max(map(abs, values))
    if largest == 0:
        return values
    shift = GRID_BITS - math.frexp(largest)[1]
    return tuple(math.ldexp(round(math.ldexp(value, shift)), -shift) for value in values)
