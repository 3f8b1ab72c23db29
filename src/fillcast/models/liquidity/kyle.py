"""How far a unit of signed volume moves the mid.

`dm = intercept + lambda q + u` over intervals of time, q the taker volume bought less sold (Kyle, Econometrica 53,
1985; as a regression on signed volume: Hasbrouck, J. Finance 46, 1991). lambda is in quote per base for each base
unit. Its error is Newey and West's, because order flow and mids are correlated in time. Valid over seconds to half an
hour; it mixes what flow does to prices with what both follow, so that it bounds an order's own permanent impact
rather than measures it.
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from fillcast.models.liquidity.comoments import Comoments
from fillcast.models.liquidity.newey_west import LEAST_OBSERVATIONS, LineFit, fit_line


def kyle_lambda(mid_changes: ArrayLike, signed_volumes: ArrayLike, lags: int | None = None) -> LineFit:
    """Return lambda as the slope of a line, with its robust error.

    Parameters
    ----------
    mid_changes
        (n >= 3,): quote per base, mid at the end of each interval less mid at its start.
    signed_volumes
        (n,): base units bought less sold by takers within the interval.
    lags
        Lags of the error, in intervals; None: the rule of `default_lags`.
    """
    return fit_line(signed_volumes, mid_changes, lags)


class OnlineKyle:
    """Kyle's lambda of a stream of intervals, O(1) per interval, without its error."""

    __slots__ = ("_pairs",)

    def __init__(self) -> None:
        self._pairs = Comoments()

    def update(self, mid_change: float, signed_volume: float) -> None:
        """Take the next interval in. One that is not finite is no observation."""
        if math.isfinite(mid_change) and math.isfinite(signed_volume):
            self._pairs.update(signed_volume, mid_change)

    @property
    def intervals(self) -> int:
        """Intervals seen."""
        return self._pairs.count

    @property
    def slope(self) -> float | None:
        """Lambda; None before three intervals or while volume does not vary."""
        enough = self._pairs.count >= LEAST_OBSERVATIONS and self._pairs.xx > 0
        return self._pairs.xy / self._pairs.xx if enough else None

    @property
    def intercept(self) -> float | None:
        """The mid's change in an interval without net volume."""
        slope = self.slope
        return None if slope is None else self._pairs.mean_y - slope * self._pairs.mean_x
