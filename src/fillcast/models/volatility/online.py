"""The estimators of `realised` and `autocovariances`, kept up tick by tick."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.models.samples import whole
from fillcast.models.volatility.autocovariances import kernel_weights
from fillcast.models.volatility.realised import BIPOWER_SCALE, Adjustment, scale_ratio, two_scale_divisor
from fillcast.models.volatility.realised_kernels import BIPOWER, SUBGRIDS, TOTALS, VARIANCE, take_price

MAX_SUBGRIDS = 1 << 20  # 8 MB of prices
MAX_LAGS = 1 << 12  # beyond it an update takes longer than the message that brought the price


class OnlineRealised:
    """Realised variance, bipower variation, noise, two scales and autocovariances of a stream of prices.

    One update costs O(lags), whatever has been seen; nothing is allocated. A value is None until its batch form is
    defined on what has been seen.

    Parameters
    ----------
    subgrids
        K of the two scales, at least 2.
    lags
        The largest lag of an autocovariance, and so the largest bandwidth of the kernel, at least 0.

    Raises
    ------
    ParameterError
        For a parameter out of range.
    """

    __slots__ = ("_autocovariances", "_logs", "_recent", "_seen", "_totals", "lags", "subgrids")

    def __init__(self, subgrids: int, lags: int) -> None:
        whole("subgrids", subgrids, 2, MAX_SUBGRIDS)
        whole("lags", lags, 0, MAX_LAGS)
        self.subgrids = subgrids
        self.lags = lags
        self._seen = np.zeros(1, np.int64)
        self._totals = np.zeros(TOTALS)
        self._logs = np.zeros(subgrids)
        self._recent = np.zeros(lags)
        self._autocovariances = np.zeros(lags + 1)

    def update(self, price: float) -> None:
        """Take the next price in. What is no positive finite number is no observation."""
        if price > 0 and math.isfinite(price):
            take_price(math.log(price), self._seen, self._totals, self._logs, self._recent, self._autocovariances)

    @property
    def returns(self) -> int:
        """The number of returns seen, n."""
        return max(int(self._seen[0]) - 1, 0)

    @property
    def variance(self) -> float | None:
        """Realised variance."""
        return float(self._totals[VARIANCE]) if self.returns else None

    @property
    def noise_variance(self) -> float | None:
        """Variance of the noise in one log price."""
        return float(self._totals[VARIANCE]) / (2 * self.returns) if self.returns else None

    @property
    def bipower(self) -> float | None:
        """Bipower variation."""
        return BIPOWER_SCALE * float(self._totals[BIPOWER]) if self.returns >= 2 else None

    @property
    def averaged(self) -> float | None:
        """Realised variance averaged over the subgrids."""
        return float(self._totals[SUBGRIDS]) / self.subgrids if self.returns >= self.subgrids else None

    def two_scale(self, *, adjustment: Adjustment = "area") -> float | None:
        """Return the two-scale variance, as `two_scale_variance` does."""
        averaged = self.averaged
        if averaged is None:
            return None
        estimate = averaged - scale_ratio(self.returns, self.subgrids) * float(self._totals[VARIANCE])
        return estimate / two_scale_divisor(self.returns, self.subgrids, adjustment)

    @property
    def autocovariances(self) -> NDArray[np.float64] | None:
        """A copy of g_0 .. g_lags."""
        return self._autocovariances.copy() if self.returns > self.lags else None

    def kernel(self, bandwidth: int | None = None, *, flat_top: bool = False) -> float | None:
        """Return the realised kernel at a bandwidth up to `lags`, which is the default.

        Raises
        ------
        ParameterError
            For a bandwidth beyond `lags`.
        """
        chosen = self.lags if bandwidth is None else bandwidth
        whole("bandwidth", chosen, 0, self.lags)
        if self.returns <= chosen:
            return None
        return float(self._autocovariances[: chosen + 1] @ kernel_weights(chosen, flat_top=flat_top))
