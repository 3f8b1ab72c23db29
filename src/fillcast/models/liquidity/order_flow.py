"""Order-flow imbalance: what was added to, traded from and taken off the queues at the touch, as one signed size.

Between two states of a book, with bid and ask prices Pb, Pa and sizes qb, qa,

`e_n = 1{Pb_n >= Pb_(n-1)} qb_n - 1{Pb_n <= Pb_(n-1)} qb_(n-1)
- 1{Pa_n <= Pa_(n-1)} qa_n + 1{Pa_n >= Pa_(n-1)} qa_(n-1)`,

`OFI = sum e_n` over an interval, and `dP = beta OFI + noise` (Cont, Kukanov and Stoikov, J. Financial Econometrics 12,
2014). In their stylised book, D on every level and a spread of one tick, `beta = tick / (2 D)`; across half hours
`beta = c / D^lambda`. The relation is of the same interval: it says what a flow costs, and forecasts nothing by itself.
Level by level the same formula gives the vector of Xu, Gould and Howison (2018), whose components `multi_level` weighs.
Fitted over seconds to minutes; the R^2 depends on the window, so report that with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative, positive
from fillcast.models.liquidity.newey_west import LineFit, fit_line
from fillcast.models.samples import positive_series, same_length


def flow_event(
    bid_before: float,
    bid_size_before: float,
    ask_before: float,
    ask_size_before: float,
    bid: float,
    bid_size: float,
    ask: float,
    ask_size: float,
) -> float:
    """Return e of one change of the book: O(1), prices in one exact unit, such as ticks."""
    bought = (bid_size if bid >= bid_before else 0.0) - (bid_size_before if bid <= bid_before else 0.0)
    sold = (ask_size if ask <= ask_before else 0.0) - (ask_size_before if ask >= ask_before else 0.0)
    return bought - sold


def flow_events(
    bid_prices: ArrayLike, bid_sizes: ArrayLike, ask_prices: ArrayLike, ask_sizes: ArrayLike
) -> NDArray[np.float64]:
    """Return e of each change of a book.

    Parameters
    ----------
    bid_prices, bid_sizes, ask_prices, ask_sizes
        (n >= 2,) states of the touch in the order of time, or (n, M) of the M best levels. Prices in one exact unit,
        such as ticks; sizes >= 0 in one unit.

    Returns
    -------
    NDArray
        (n - 1,) or (n - 1, M), in the unit of the sizes; positive: bought.
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in (bid_prices, bid_sizes, ask_prices, ask_sizes)]
    names = ("bid_prices", "bid_sizes", "ask_prices", "ask_sizes")
    same_length(**dict(zip(names, arrays, strict=True)))
    bids, bid_queue, asks, ask_queue = arrays
    if bids.ndim not in (1, 2) or len(bids) < 2:
        raise ParameterError(f"bid_prices must hold at least 2 states, (n,) or (n, levels), not {bids.shape}")
    for name, prices in (("bid_prices", bids), ("ask_prices", asks)):
        positive(name, prices)
    for name, queue in (("bid_sizes", bid_queue), ("ask_sizes", ask_queue)):
        not_negative(name, queue)
    rise, fall = bids[1:] >= bids[:-1], bids[1:] <= bids[:-1]
    bought = np.where(rise, bid_queue[1:], 0.0) - np.where(fall, bid_queue[:-1], 0.0)
    lower, higher = asks[1:] <= asks[:-1], asks[1:] >= asks[:-1]
    sold = np.where(lower, ask_queue[1:], 0.0) - np.where(higher, ask_queue[:-1], 0.0)
    events: NDArray[np.float64] = bought - sold
    return events


class OnlineOrderFlow:
    """Order-flow imbalance of a stream of touches, O(1) per touch."""

    __slots__ = ("_touch", "events", "total")

    def __init__(self) -> None:
        self._touch: tuple[float, float, float, float] | None = None
        self.total = 0.0
        self.events = 0

    def update(self, bid: float, bid_size: float, ask: float, ask_size: float) -> float:
        """Take a touch in and return its e; 0.0 for the first, and for one of a book with an empty side.

        After an empty side the flow starts anew: a queue that was not seen has no change.
        """
        touch = (bid, bid_size, ask, ask_size)
        if not all(math.isfinite(value) and value > 0 for value in touch):
            self._touch = None
            return 0.0
        before, self._touch = self._touch, touch
        if before is None:
            return 0.0
        event = flow_event(*before, *touch)
        self.total += event
        self.events += 1
        return event


def flow_slope(price_changes: ArrayLike, flows: ArrayLike, lags: int | None = None) -> LineFit:
    """Return beta as the slope of a line, with Newey and West's error.

    Parameters
    ----------
    price_changes
        (n >= 3,): change of the mid over each interval.
    flows
        (n,): OFI over the same intervals.
    lags
        Lags of the error, in intervals; None: the rule of `default_lags`.
    """
    return fit_line(flows, price_changes, lags)


def stylised_slope(depth: float, tick: float = 1.0) -> float:
    """Return beta of the stylised book: tick / (2 D), price per unit of size.

    Parameters
    ----------
    depth
        D, size on every level, > 0.
    tick
        Distance between levels, > 0; 1 for prices in ticks.
    """
    positive("depth", depth)
    positive("tick", tick)
    return tick / (2 * depth)


@dataclass(frozen=True, slots=True)
class DepthLaw:
    """How the slope falls with depth: `beta = scale / depth^exponent`.

    Attributes
    ----------
    scale
        c, in the slope's unit times a depth to the exponent.
    exponent
        lambda; 1 in the stylised book.
    exponent_error
        Its standard error, from the line through the logarithms.
    """

    scale: float
    exponent: float
    exponent_error: float

    def slope(self, depth: ArrayLike) -> NDArray[np.float64]:
        """Return beta at a depth > 0, elementwise."""
        positive("depth", depth)
        return self.scale / np.power(np.asarray(depth, dtype=np.float64), self.exponent)


def fit_depth_law(slopes: ArrayLike, depths: ArrayLike, lags: int | None = None) -> DepthLaw:
    """Return the law through (n >= 3,) slopes > 0 and the mean depths of the same windows.

    A window whose slope is not positive has no logarithm: leave it out, and say how many were.
    """
    betas, sizes = positive_series("slopes", slopes), positive_series("depths", depths)
    line = fit_line(np.log(sizes), np.log(betas), lags)
    return DepthLaw(math.exp(line.intercept), -line.slope, line.standard_error)
