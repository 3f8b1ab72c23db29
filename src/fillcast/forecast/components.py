"""What a cost is made of: named parts whose points add up exactly.

Records that every forecast makes several of are `msgspec.Struct`s: as frozen as the others, at a tenth of their cost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from fillcast.core.units import BPS

HALF_SPREAD = "half_spread"
SLIPPAGE = "slippage"
LATENCY = "latency"
FEE = "fee"
TRANSIENT = "transient_impact"  # what earlier slices leave displaced when a later one trades
PERMANENT = "permanent_impact"  # what earlier slices have moved for good
TIMING = "timing"  # the mid's moves while an order is worked or rests
ADVERSE_SELECTION = "adverse_selection"  # the mid's moves against what fills as maker
OPPORTUNITY = "opportunity"  # the mid's moves away from what does not fill as maker

GRID_BITS = 50  # of the 53 of a float: eight parts add up without rounding


class Component(msgspec.Struct, frozen=True):
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


class Part(msgspec.Struct, frozen=True):
    """One part of a cost before it stands in a forecast: its point, and how far it may lie below and above.

    Attributes
    ----------
    bps
        The expectation, in bps of the arrival mid on what is filled.
    less_bps, more_bps
        How far it may lie below (<= 0) and above (>= 0), at the forecast's level.
    is_chance
        The range is that of a move of the mid; else it is one that is passed on whole.
    """

    name: str
    bps: float
    less_bps: float = 0.0
    more_bps: float = 0.0
    is_chance: bool = False


def assemble(
    parts: Sequence[Part],
    notional: float,
    level: float,
    *,
    at_most: bool,
    ranges: tuple[float, float] | None = None,
) -> tuple[tuple[Component, ...], Net]:
    """Return the components and their net.

    Moves of the mid in times that do not overlap are independent: their ranges add as roots of squares. What is
    unproven, disputed or uncertain of a parameter is a range that is added whole.

    Parameters
    ----------
    parts
        At most eight, in the order in which they are told.
    notional
        What is filled, at the arrival mid: turns bps into the cost's currency.
    ranges
        How far below and above its point net may lie by what is no chance, where the parts' own ranges exclude one
        another; their sum if left out.
    """
    to_quote = notional / BPS
    points = on_common_grid([part.bps for part in parts])
    amounts = on_common_grid([point * to_quote for point in points])
    components = []
    less = more = least = most = 0.0  # what is passed on whole; squares of what is chance
    for part, point, amount in zip(parts, points, amounts, strict=True):
        below, above = part.less_bps, part.more_bps
        if part.is_chance:
            least, most = least + below * below, most + above * above
        else:
            less, more = less + below, more + above
        low, high = point + below, point + above
        components.append(
            Component(part.name, point, amount, low, high, amount + below * to_quote, amount + above * to_quote)
        )
    if ranges is not None:
        less, more = ranges
    less, more = less - math.sqrt(least), more + math.sqrt(most)
    net_bps, net_quote = sum(points), sum(amounts)
    net = Net(
        net_bps,
        net_quote,
        net_bps + less,
        net_bps + more,
        net_quote + less * to_quote,
        net_quote + more * to_quote,
        level,
        at_most,
    )
    return tuple(components), net


def on_common_grid(values: Sequence[float]) -> tuple[float, ...]:
    """Round values to one binary grid, so fine that nothing is lost and so coarse that they add up exactly.

    Sums of floats depend on their order in the last bit. On this grid every order of summation gives one
    result, so that whoever adds the parts of a cost gets the net, bit by bit.
    """
    largest = max(map(abs, values))
    if largest == 0:
        return tuple(values)
    shift = GRID_BITS - math.frexp(largest)[1]
    return tuple([math.ldexp(round(math.ldexp(value, shift)), -shift) for value in values])
