"""Permanent impact: how far the mid moves, per unit of signed volume, over minutes.

The slope of `1e4 ln(m_end / m_start)` on base units bought less sold by takers, over adjacent windows of `WINDOW_S`,
with an intercept (Kyle's lambda, `fillcast.models.liquidity.kyle`); the error is Newey and West's, times
sqrt(n / (n - 2)), with Student's quantile of n - 2. Windows are long against the seconds in which a book refills, so
that transient impact of their last orders weighs little.

It mixes what flow does to the price with what moves both, so that it bounds gamma of Almgren and Chriss (J. Risk 3,
2000) from above rather than measures it: the flow of others is informed, one's own is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import PERMANENT
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.estimate import LEVEL, Estimate, student_quantile
from fillcast.models.liquidity.intervals import interval_sums, last_known
from fillcast.models.liquidity.kyle import kyle_lambda

FloatArray = NDArray[np.float64]

WINDOW_S = 300.0  # the shortest of the 5 to 30 minutes over which impact counts as permanent
LEAST_S = 7200.0  # 24 windows: with fewer the robust error is itself too small by a tenth and more
PARAMETERS = 2  # of the line
SOURCE = "slope of the mid's change on signed volume over 5 min (Kyle 1985), errors of Newey and West"
NOTES = ("an upper bound: the flow of others is informed, one's own is not",)


def estimate_permanent(stretches: Sequence[Stretch], *, level: float = LEVEL) -> Parameter:
    """Return gamma, bps per base unit. `n` counts windows.

    Parameters
    ----------
    stretches
        Of one instrument; a window lies within one stretch.
    level
        Of the interval.
    """
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return refused(PERMANENT, short, SOURCE, stretches)
    parts = [_windows(stretch) for stretch in stretches]
    volumes, moves = (np.concatenate([part[column] for part in parts]) for column in (0, 1))
    least = round(LEAST_S / WINDOW_S)
    if len(moves) < least:
        why = f"{len(moves)} unbroken windows of {WINDOW_S / 60:g} min, at least {least} are needed"
        return refused(PERMANENT, why, SOURCE, stretches)
    if np.ptp(volumes) == 0:
        return refused(PERMANENT, "signed volume does not vary", SOURCE, stretches)
    fit = kyle_lambda(moves, volumes)
    freedom = fit.observations - PARAMETERS
    error = fit.standard_error * math.sqrt(fit.observations / freedom)
    reach = student_quantile((1.0 + level) / 2.0, freedom) * error
    estimate = Estimate(fit.slope, fit.slope - reach, fit.slope + reach, level, fit.observations)
    return accepted(PERMANENT, estimate, SOURCE, stretches, NOTES)


def _windows(stretch: Stretch) -> tuple[FloatArray, FloatArray]:
    """Return signed volume and the mid's move, base units and bps, in each whole window of a stretch."""
    start = max(stretch.start_ns, int(stretch.quote_ns[0])) if len(stretch.quote_ns) else stretch.end_ns
    edges = np.arange(start, stretch.end_ns + 1, round(WINDOW_S * NS_PER_S), dtype=np.int64)
    if len(edges) < 2:
        return np.zeros(0), np.zeros(0)
    volumes = interval_sums(stretch.trade_ns, stretch.trade_sign * stretch.trade_base, edges)
    moves = BPS * np.diff(np.log(last_known(stretch.quote_ns, stretch.mid, edges)))
    return volumes, moves
