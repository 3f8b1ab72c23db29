"""The estimators of `spreads`, kept up event by event."""

from __future__ import annotations

import math
from collections import deque

from fillcast.core.units import BPS
from fillcast.errors import ParameterError
from fillcast.models.liquidity.spreads import MAX_HORIZON_NS, SpreadMeans
from fillcast.models.samples import whole


class OnlineQuotedSpread:
    """Time-weighted mean of ask less bid. O(1) per quote.

    A quote that is older than the last, crossed or not finite is no observation: the last one holds on.
    """

    __slots__ = ("_elapsed_ns", "_last_ns", "_sum", "_width")

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._width = 0.0
        self._sum = 0.0
        self._elapsed_ns = 0

    def update(self, event_ns: int, bid: float, ask: float) -> None:
        """Take a quote in at its event time."""
        width = ask - bid
        if not (width >= 0 and math.isfinite(width)):
            return
        if self._last_ns is not None:
            step = event_ns - self._last_ns
            if step < 0:
                return
            self._sum += self._width * step
            self._elapsed_ns += step
        self._last_ns, self._width = event_ns, width

    @property
    def mean(self) -> float | None:
        """Mean from the first quote to the last, in the unit of the prices; None before time has passed."""
        return self._sum / self._elapsed_ns if self._elapsed_ns else None


class OnlineSpreads:
    """Effective and realised spread and impact of a stream of mids and trades.

    Each trade waits in a queue until a mid beyond its horizon comes: amortised O(1) per event, and as much memory as
    there are trades within one horizon. Mids and trades come in the order of their event times; one that is older than
    the last mid is left out, and counted.

    Parameters
    ----------
    horizon_ns
        From a trade to the mid that it is measured against, > 0.
    """

    __slots__ = (
        "_before",
        "_impact",
        "_impact_bps",
        "_last_ns",
        "_mid",
        "_realised",
        "_realised_bps",
        "_size",
        "_trades",
        "_waiting",
        "horizon_ns",
        "left_out",
    )

    def __init__(self, horizon_ns: int) -> None:
        whole("horizon_ns", horizon_ns, 1, MAX_HORIZON_NS)
        self.horizon_ns = horizon_ns
        self.left_out = 0
        self._waiting: deque[tuple[int, int, float, float, float]] = deque()
        self._last_ns: int | None = None
        self._mid = math.nan  # of the last time stamp
        self._before = math.nan  # of the time stamp before
        self._realised = self._impact = self._realised_bps = self._impact_bps = self._size = 0.0
        self._trades = 0

    def mid(self, event_ns: int, mid: float) -> None:
        """Take a mid in. What is no positive finite number is no observation."""
        if not (mid > 0 and math.isfinite(mid)):
            return
        if self._last_ns is not None and event_ns < self._last_ns:
            self.left_out += 1
            return
        while self._waiting and self._waiting[0][0] < event_ns:
            self._settle(*self._waiting.popleft()[1:])
        if event_ns != self._last_ns:
            self._before, self._last_ns = self._mid, event_ns
        self._mid = mid

    def trade(self, event_ns: int, side: int, price: float, size: float) -> None:
        """Take a trade in: +1 where the taker bought, -1 where it sold; its price and its size, base units.

        A trade before the first mid, at an older time, or without a positive price and size is left out.

        Raises
        ------
        ParameterError
            For a side other than these.
        """
        if side not in (-1, 1):
            raise ParameterError(f"side must be +1 or -1, not {side!r}")
        last = self._last_ns
        known = math.nan if last is None else self._mid if last < event_ns else self._before
        old = last is not None and event_ns < last
        if old or not (known > 0 and 0 < price < math.inf and 0 < size < math.inf):
            self.left_out += 1
            return
        self._waiting.append((event_ns + self.horizon_ns, side, price, size, known))

    def _settle(self, side: int, price: float, size: float, before: float) -> None:
        realised, impact = 2 * side * (price - self._mid), 2 * side * (self._mid - before)
        self._realised += size * realised
        self._impact += size * impact
        self._realised_bps += size * realised * BPS / before
        self._impact_bps += size * impact * BPS / before
        self._size += size
        self._trades += 1

    @property
    def means(self) -> SpreadMeans | None:
        """Means over the trades whose horizon has passed; None when there is none."""
        if not self._trades:
            return None
        size = self._size
        return SpreadMeans(
            realised=self._realised / size,
            impact=self._impact / size,
            realised_bps=self._realised_bps / size,
            impact_bps=self._impact_bps / size,
            trades=self._trades,
            size=size,
        )
