"""The distribution of a cost whose only chance is the mid's moves: a Student law about the point of net."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fillcast.errors import UsageError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.estimate import student_quantile

FRACTION_TERMS = 500  # of the continued fraction; far more than the largest n of a volatility needs
ROUNDING = 1e-15  # where another term changes nothing
TINY = 1e-300  # takes the place of a denominator of 0


@dataclass(frozen=True, slots=True)
class CostDistribution:
    """A cost in bps of the arrival mid: `net` + `scale` × t, with t of Student's law.

    What is unproven, disputed or uncertain of a parameter widens the interval of net and is not in here.

    Attributes
    ----------
    net_bps
        The point, which is the mean and the median.
    scale_bps
        Volatility of the mid over the times at risk, >= 0.
    degrees_of_freedom
        Of the volatility's estimate; more than 1, so that there is a mean.
    """

    net_bps: float
    scale_bps: float
    degrees_of_freedom: float

    def __post_init__(self) -> None:
        finite("net_bps", self.net_bps)
        not_negative("scale_bps", self.scale_bps)
        positive("degrees_of_freedom - 1", self.degrees_of_freedom - 1)

    def quantile(self, probability: float) -> float:
        """Return the cost that is not exceeded with a probability above 0 and below 1: the value at risk."""
        if not 0 < probability < 1:
            raise UsageError(f"a probability must be above 0 and below 1, not {probability}")
        return self.net_bps + self.scale_bps * student_quantile(probability, self.degrees_of_freedom)

    def conditional_value_at_risk(self, probability: float) -> float:
        """Return the mean cost of the worst 1 - `probability` of cases.

        McNeil, Frey and Embrechts, "Quantitative Risk Management" (2005), example 2.19: the density at the quantile q,
        times (nu + q^2) / (nu - 1), over 1 - probability.
        """
        if not 0 < probability < 1:
            raise UsageError(f"a probability must be above 0 and below 1, not {probability}")
        nu = self.degrees_of_freedom
        q = student_quantile(probability, nu)
        log_density = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - (nu + 1) / 2 * math.log1p(q * q / nu)
        density = math.exp(log_density) / math.sqrt(nu * math.pi)
        return self.net_bps + self.scale_bps * density / (1 - probability) * (nu + q * q) / (nu - 1)

    def probability_above(self, budget_bps: float) -> float:
        """Return P(cost > budget); 0 or 1 where the cost is certain."""
        finite("budget_bps", budget_bps)
        if self.scale_bps == 0:
            return float(self.net_bps > budget_bps)
        return student_tail((budget_bps - self.net_bps) / self.scale_bps, self.degrees_of_freedom)


def student_tail(t: float, degrees_of_freedom: float) -> float:
    """Return P(T > t) of Student's law: half of I_x(nu/2, 1/2) at x = nu / (nu + t^2), for t >= 0.

    NIST Digital Library of Mathematical Functions, 8.17.22 (the continued fraction, evaluated by Lentz's method) and
    8.17.4 (I_x(a, b) = 1 - I_(1-x)(b, a), for the side on which the fraction converges fast).
    """
    nu = degrees_of_freedom
    x = nu / (nu + t * t)
    a, b = nu / 2, 0.5
    swapped = x > (a + 1) / (a + b + 2)
    inside = 1 - _incomplete_beta(1 - x, b, a) if swapped else _incomplete_beta(x, a, b)
    return inside / 2 if t >= 0 else 1 - inside / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    if x <= 0:
        return 0.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    fraction, numerators, denominators = 1.0, 1.0, 0.0
    for term in range(FRACTION_TERMS):
        m = term // 2
        if term == 0:
            step = 1.0
        elif term % 2 == 0:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        denominators = 1 / (1 + step * denominators or TINY)
        numerators = 1 + step / numerators or TINY
        fraction *= numerators * denominators
        if term and abs(1 - numerators * denominators) < ROUNDING:
            break
    return front * (fraction - 1)
