"""What "impact is the square root of quantity times volatility" says of an order, in both of its readings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS
from fillcast.core.view import BookView
from fillcast.forecast.conditions import DAY_S, Conditions
from fillcast.models.impact import SQUARE_ROOT, US_SHARES_2003, RateSquareRoot, SquareRootLaw, both_readings


@dataclass(frozen=True, slots=True)
class Readings:
    """Expected impact in bps of the mid on the whole order; a check of a forecast, and no part of it.

    Attributes
    ----------
    total_size_bps
        By the square-root law of the total size, whatever the schedule: 2/3 Y sigma sqrt(Q / V).
    rate_based_bps
        By the rate of each slice, with its own permanent part; None where a slice is more than the market trades
        meanwhile. Its constants are those of Almgren, Thum, Hauptmann and Li (2005) on US shares (with exponent 0.6).
    """

    total_size_bps: float
    rate_based_bps: float | None


def read_square_root(
    view: BookView, bases: NDArray[np.float64], interval_s: float, sigma_per_sqrt_s: float, conditions: Conditions
) -> Readings | None:
    """Return both readings of slices of base units; None where no volume was seen."""
    volume = conditions.volume
    if volume is None:
        return None
    sigma, day = sigma_per_sqrt_s * DAY_S**0.5, volume.base_per_s * DAY_S
    prefactor = conditions.prefactor().known().value
    total = SquareRootLaw(prefactor, SQUARE_ROOT, 0.0, sigma, day, view.mid)
    rated = RateSquareRoot(US_SHARES_2003.eta, US_SHARES_2003.gamma, sigma, day, view.mid)
    to_bps = BPS / (view.mid * float(bases.sum()))
    if np.any(bases > volume.base_per_s * interval_s):
        return Readings(to_bps * float(total.impact_cost(bases, interval_s / DAY_S)), None)
    both = both_readings(bases, interval_s / DAY_S, rate_based=rated, total_size=total)
    return Readings(to_bps * float(both.total_size), to_bps * float(both.rate_based))
