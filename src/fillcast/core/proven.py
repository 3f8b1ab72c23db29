"""How far from the mid a book is proven: one measure for forecasts and for what keeps books proven."""

from __future__ import annotations

import math

from fillcast.core.units import BPS


def proven_widths_bps(mid: float, bid_edge: float | None, ask_edge: float | None) -> tuple[float, float]:
    """Return how far from the mid bids and asks are proven, in bps.

    Parameters
    ----------
    mid
        NaN where there is none: then nothing is proven about it.
    bid_edge, ask_edge
        Worst proven prices, in the unit of `mid`; None where the whole side is known.

    Returns
    -------
    tuple
        (bids, asks), each >= 0. 0 where the market has run past the edge: whatever is shown on that side now is
        unproven. Infinity where the whole side is known.
    """
    return _width_bps(mid, bid_edge, 1), _width_bps(mid, ask_edge, -1)


def _width_bps(mid: float, edge: float | None, side: int) -> float:
    if edge is None:
        return math.inf
    return max(0.0, side * (mid - edge) / mid * BPS) if mid > 0 else 0.0
