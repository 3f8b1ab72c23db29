"""A number with its interval, and the intervals of means and shares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from fillcast.errors import ParameterError

LEVEL = 0.9  # share of outcomes that an interval is to hold, unless the caller says otherwise


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the interval that holds the truth in `level` of all samples.

    Attributes
    ----------
    value, low, high
        low <= value <= high; all three the same where the value is no estimate.
    level
        Between 0 and 1; 1 where the value is exact under its model.
    n
        Number of observations behind it; 0 where it is exact under its model.
    """

    value: float
    low: float
    high: float
    level: float
    n: int

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ParameterError(f"an interval must hold its value: {self.low!r} <= {self.value!r} <= {self.high!r}")

    def scaled(self, slope: float, offset: float = 0.0) -> Estimate:
        """Return the estimate of slope x + offset; a negative slope turns the interval round."""
        low, high = sorted((slope * self.low + offset, slope * self.high + offset))
        value = min(max(slope * self.value + offset, low), high)
        return Estimate(value, low, high, self.level, self.n)


def exact(value: float) -> Estimate:
    """Return a value that follows from the model's parameters."""
    return Estimate(value, value, value, 1.0, 0)


def two_sided(level: float) -> float:
    """Return z: the standard normal is within +-z with probability `level`.

    Raises
    ------
    ParameterError
        When the level is not above 0 and below 1.
    """
    if not 0.0 < level < 1.0:
        raise ParameterError(f"level must be above 0 and below 1, not {level!r}")
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def student_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Return a quantile of Student's t distribution.

    The expansion of Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5. From four degrees of
    freedom on, the error is below 5e-4 of the quantile at 0.95 and below 5e-3 at 0.995.
    """
    z = NormalDist().inv_cdf(probability)
    square = z * z
    first = z * (square + 1) / 4
    second = z * ((5 * square + 16) * square + 3) / 96
    third = z * (((3 * square + 19) * square + 17) * square - 15) / 384
    fourth = z * ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160
    step = 1 / degrees_of_freedom
    return z + step * (first + step * (second + step * (third + step * fourth)))


def share_estimate(successes: int, n: int, level: float) -> Estimate:
    """Return a share of independent trials with Wilson's score interval (JASA 22, 1927), which stays in [0, 1]."""
    if not 0 <= successes <= n or n < 1:
        raise ParameterError(f"successes must be between 0 and n >= 1, not {successes!r} of {n!r}")
    z, share = two_sided(level), successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(share, min(share, max(centre - reach, 0.0)), max(share, min(centre + reach, 1.0)), level, n)
