"""How far the mid may move before an order arrives."""

from __future__ import annotations

import math
from statistics import NormalDist

from fillcast.core.units import BPS
from fillcast.errors import UsageError
from fillcast.models.volatility import VolatilityEstimate

DEFAULT_LEVEL = 0.90
MAX_LEVEL = 0.99  # the tails beyond it are not in a minute of data

STANDARD_NORMAL = NormalDist()


def student_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return a quantile of Student's t distribution.

    The expansion of Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5. From four degrees of
    freedom on, the error is below 5e-4 of the quantile at 0.95 and below 5e-3 at 0.995.
    """
    z = STANDARD_NORMAL.inv_cdf(probability)
    square = z * z
    first = z * (square + 1) / 4
    second = z * ((5 * square + 16) * square + 3) / 96
    third = z * (((3 * square + 19) * square + 17) * square - 15) / 384
    fourth = z * ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160
    step = 1 / degrees_of_freedom
    return z + step * (first + step * (second + step * (third + step * fourth)))


def mid_move_bps(volatility: VolatilityEstimate, horizon_s: float, level: float) -> float:
    """Return how far, in bps, the mid stays within over `horizon_s` with probability `level`, either way.

    The mid has no drift and moves by sigma sqrt(d); sigma is uncertain, so that the move has a Student
    distribution.

    Raises
    ------
    UsageError
        When the level is not between 0 and 0.99.
    """
    check_level(level)
    quantile = student_quantile((1 + level) / 2, volatility.degrees_of_freedom)
    return BPS * quantile * volatility.sigma_per_sqrt_s * math.sqrt(horizon_s)


def check_level(level: float) -> None:
    """Raise `UsageError` unless an interval of this level can be given."""
    if not 0 < level <= MAX_LEVEL:
        raise UsageError(f"the level of an interval must be above 0 and at most {MAX_LEVEL}, not {level}")
