"""A straight line by least squares, with a standard error that serial correlation does not fool.

`y = intercept + slope x + u`. With z_i = (x_i - mean x) u_i and S = sum (x_i - mean x)^2 the variance of the slope is
`(G_0 + 2 sum_(l=1..L) (1 - l/(L+1)) G_l) / S^2`, `G_l = sum z_i z_(i-l)` (Newey and West, Econometrica 55, 1987): the
slope's entry of the sandwich (X'X)^-1 Omega (X'X)^-1, without a correction for the degrees of freedom. L = 0 gives
White's error for unequal variances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.samples import same_length, series, whole

# L = floor(4 (n/100)^(2/9)): the starting rule for Bartlett weights of Newey and West, "Automatic lag selection in
# covariance matrix estimation", Review of Economic Studies 61 (1994).
LAG_FACTOR = 4.0
LAG_SCALE = 100.0
LAG_POWER = 2 / 9
LEAST_OBSERVATIONS = 3


@dataclass(frozen=True, slots=True)
class LineFit:
    """A fitted line.

    Attributes
    ----------
    slope, intercept
        In units of y per unit of x, and of y.
    standard_error
        Of the slope, robust to unequal variances and to serial correlation up to `lags`.
    r_squared
        Share of the variance of y that the line explains; NaN when y is constant.
    observations, lags
        n and L.
    """

    slope: float
    intercept: float
    standard_error: float
    r_squared: float
    observations: int
    lags: int

    @property
    def t_statistic(self) -> float:
        """Slope over its standard error; infinite for an exact line."""
        if self.standard_error == 0:
            return math.copysign(math.inf, self.slope) if self.slope else math.nan
        return self.slope / self.standard_error


def default_lags(observations: int) -> int:
    """Return the number of lags for n >= 1 observations, below n."""
    whole("observations", observations, 1, np.iinfo(np.int64).max)
    lags = math.floor(LAG_FACTOR * math.pow(observations / LAG_SCALE, LAG_POWER))
    return min(lags, observations - 1)


def fit_line(x: ArrayLike, y: ArrayLike, lags: int | None = None) -> LineFit:
    """Return the least-squares line through n >= 3 points in the order of time.

    Parameters
    ----------
    x, y
        (n,), finite.
    lags
        L, 0 <= L < n; None: `default_lags`.

    Raises
    ------
    ParameterError
        When x is constant, or an argument is out of range.
    """
    across, up = series("x", x, LEAST_OBSERVATIONS), series("y", y, LEAST_OBSERVATIONS)
    same_length(x=across, y=up)
    count = len(across)
    if lags is not None:
        whole("lags", lags, 0, count - 1)
    used = default_lags(count) if lags is None else lags
    centred, height = across - across.mean(), up - up.mean()
    spread = float(centred @ centred)
    if np.ptp(across) == 0:
        raise ParameterError(f"x must vary: all {count} values are {float(across[0])!r}, and no slope can be told")
    slope = float(centred @ height) / spread
    residuals = height - slope * centred
    total = float(height @ height)
    variance = _long_run_sum(centred * residuals, used) / spread**2
    return LineFit(
        slope=slope,
        intercept=float(up.mean() - slope * across.mean()),
        standard_error=math.sqrt(max(variance, 0.0)),  # Bartlett weights keep it >= 0 but for rounding
        r_squared=1 - float(residuals @ residuals) / total if total else math.nan,
        observations=count,
        lags=used,
    )


def _long_run_sum(scores: NDArray[np.float64], lags: int) -> float:
    total = float(scores @ scores)
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * float(scores[lag:] @ scores[:-lag])
    return total
