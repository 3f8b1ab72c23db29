"""How far the mid may move before an order arrives."""

from __future__ import annotations

import math

from fillcast.core.units import BPS
from fillcast.errors import UsageError
from fillcast.models.estimate import student_quantile
from fillcast.models.volatility import VolatilityEstimate

DEFAULT_LEVEL = 0.90
MAX_LEVEL = 0.99  # the tails beyond it are not in a minute of data


def mid_move_bps(volatility: VolatilityEstimate, horizon_s: float, level: float) -> float:
    """Return how far, in bps, the mid stays within over `horizon_s` with probability `level`, either way.

    The mid has no drift and moves by sigma sqrt(d); sigma is uncertain, so that the move has a Student
    distribution.

    Raises
    ------
    UsageError
        When the level is not between 0 and 0.99.
    """
    return student_half_width(volatility, level) * math.sqrt(horizon_s)


def student_half_width(volatility: VolatilityEstimate, level: float) -> float:
    """Return how far, in bps per root second, the mid stays within with probability `level`, either way."""
    check_level(level)
    quantile = student_quantile((1 + level) / 2, volatility.degrees_of_freedom)
    return BPS * quantile * volatility.sigma_per_sqrt_s


def check_level(level: float) -> None:
    """Raise `UsageError` unless an interval of this level can be given."""
    if not 0 < level <= MAX_LEVEL:
        raise UsageError(f"the level of an interval must be above 0 and at most {MAX_LEVEL}, not {level}")
