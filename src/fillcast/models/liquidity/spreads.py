"""What a round trip costs: as quoted, as paid, as the maker kept, and as the price moved.

With side s (+1 the taker bought), trade price P, mid m before the trade, mid m' a horizon later:

- quoted `a - b`, averaged over time;
- effective `2 s (P - m)`, realised `2 s (P - m')`, impact `2 s (m' - m)`.

(Huang and Stoll, J. Financial Economics 41, 1996.) Effective = realised + impact, to the last bit: prices in ticks
and mids in half ticks make every term exact in float64; in any other unit the effective spread is that sum, within
rounding of `2 s (P - m)`. The mid before a trade is the last that is strictly older, because a book may show a trade
at the trade's own time; the mid at the horizon is the last known then, and a trade counts once a later mid proves
that none came between.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.core.units import BPS
from fillcast.errors import ParameterError
from fillcast.models.liquidity.intervals import last_known, rising_times
from fillcast.models.samples import positive_series, same_length, series, whole

MAX_HORIZON_NS = 1 << 60


@dataclass(frozen=True, slots=True)
class SpreadParts:
    """The spread of each trade, in the unit of the prices. Arrays of one shape.

    Attributes
    ----------
    realised
        What the maker kept of it at the horizon.
    impact
        What the mid had moved by then, both ways.
    """

    realised: NDArray[np.float64]
    impact: NDArray[np.float64]

    @property
    def effective(self) -> NDArray[np.float64]:
        """What the taker paid for both ways: realised + impact."""
        return self.realised + self.impact


@dataclass(frozen=True, slots=True)
class SpreadMeans:
    """Means over trades, weighted by size.

    Attributes
    ----------
    realised, impact
        In the unit of the prices.
    realised_bps, impact_bps
        In bps of the mid before each trade.
    trades, size
        Trades counted, and their size together.
    """

    realised: float
    impact: float
    realised_bps: float
    impact_bps: float
    trades: int
    size: float

    @property
    def effective(self) -> float:
        """Realised + impact."""
        return self.realised + self.impact

    @property
    def effective_bps(self) -> float:
        """Realised + impact, bps."""
        return self.realised_bps + self.impact_bps


def quoted_spread(times_ns: ArrayLike, bids: ArrayLike, asks: ArrayLike) -> float:
    """Return the mean of ask less bid over time, from the first to the last quote; each holds until the next.

    Raises
    ------
    ParameterError
        When no time passes, or a bid is above its ask.
    """
    times = rising_times("times_ns", times_ns)
    below, above = series("bids", bids, 2), series("asks", asks, 2)
    same_length(times_ns=times, bids=below, asks=above)
    if (below > above).any():
        place = int(np.argmax(below > above))
        raise ParameterError(f"bids must not be above asks, as at place {place}: {below[place]} above {above[place]}")
    steps = np.diff(times)
    if not steps.sum():
        raise ParameterError("times_ns must span more than one moment")
    return float(((above - below)[:-1] * steps).sum() / steps.sum())


def split_spread(sides: ArrayLike, prices: ArrayLike, mids: ArrayLike, later_mids: ArrayLike) -> SpreadParts:
    """Return the parts of the spread of each trade.

    Parameters
    ----------
    sides
        +1 where the taker bought, -1 where it sold.
    prices, mids, later_mids
        Trade price, mid before, mid at the horizon, in one unit.
    """
    signs = series("sides", sides, 0)
    if not np.isin(signs, (-1.0, 1.0)).all():
        raise ParameterError(f"sides must be +1 or -1, not {float(signs[~np.isin(signs, (-1.0, 1.0))][0])!r}")
    paid, before, after = series("prices", prices, 0), series("mids", mids, 0), series("later_mids", later_mids, 0)
    same_length(sides=signs, prices=paid, mids=before, later_mids=after)
    return SpreadParts(2 * signs * (paid - after), 2 * signs * (after - before))


def mean_spreads(
    mid_ns: ArrayLike,
    mids: ArrayLike,
    trade_ns: ArrayLike,
    sides: ArrayLike,
    prices: ArrayLike,
    sizes: ArrayLike,
    horizon_ns: int,
) -> SpreadMeans | None:
    """Return the mean spreads of trades whose horizon has passed; None when there is none.

    Parameters
    ----------
    mid_ns, mids
        (n,): times, not decreasing, and mids > 0.
    trade_ns, sides, prices, sizes
        (m,): times, not decreasing; +1 or -1; prices > 0; base units > 0.
    horizon_ns
        From a trade to the mid that it is measured against, > 0.
    """
    whole("horizon_ns", horizon_ns, 1, MAX_HORIZON_NS)
    times, traded = rising_times("mid_ns", mid_ns), rising_times("trade_ns", trade_ns)
    known = positive_series("mids", mids, 0)
    paid, weights, signs = positive_series("prices", prices, 0), positive_series("sizes", sizes, 0), np.asarray(sides)
    same_length(trade_ns=traded, prices=paid, sizes=weights, sides=signs)
    before = last_known(times, known, traded, strictly_before=True)
    due = traded + horizon_ns
    counted = np.isfinite(before) & (due < (times[-1] if len(times) else 0))
    if not counted.any():
        return None
    parts = split_spread(signs[counted], paid[counted], before[counted], last_known(times, known, due[counted]))
    shares, relative = weights[counted] / weights[counted].sum(), BPS / before[counted]
    return SpreadMeans(
        realised=float(shares @ parts.realised),
        impact=float(shares @ parts.impact),
        realised_bps=float(shares @ (parts.realised * relative)),
        impact_bps=float(shares @ (parts.impact * relative)),
        trades=int(counted.sum()),
        size=float(weights[counted].sum()),
    )
