"""Integrated variance from every tick, with the noise of ticks told apart from it.

With observed log prices p_0 .. p_n = efficient price + noise of variance omega^2 that is independent from tick to tick,
and returns r_i = p_i - p_(i-1):

- realised variance `RV = sum r_i^2`, biased by `2 n omega^2`; noise variance `RV / (2n)`, biased by IV / (2n)
  (Bandi and Russell, "Separating microstructure noise from volatility", J. Financial Economics 79, 2006);
- bipower variation `BV = (pi/2) sum |r_i| |r_(i-1)|`: free of rare jumps, not of noise (Barndorff-Nielsen and
  Shephard, J. Financial Econometrics 2, 2004);
- two scales `TSRV = RV_avg(K) - (nbar/n) RV`, `RV_avg(K) = (1/K) sum (p_(i+K) - p_i)^2`, `nbar = (n-K+1)/K`, free
  of such noise; for small samples divided by `1 - nbar/n` (Zhang, Mykland and Ait-Sahalia, J. American Statistical
  Association 100, 2005). The overlapping grids see less of the two ends, so that its expectation is
  `(K-1) nbar/n` times the variance: the area adjustment divides by that (Ait-Sahalia, Mykland and Zhang,
  J. Econometrics 160, 2011).

Valid for mids sampled by tick over minutes to a day. Noise that is dependent from tick to tick, such as a mid that
waits for its refill, needs larger K. All of them are per window, dimension 1 (squared log return): divide by the
window's length for a rate.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.samples import positive_series, series, whole

Adjustment = Literal["area", "small sample", "none"]

BIPOWER_SCALE = math.pi / 2  # 1 / E|Z|^2 for a standard normal Z


def log_returns(prices: ArrayLike) -> NDArray[np.float64]:
    """Return log returns of (..., n + 1) positive prices: (..., n)."""
    returns: NDArray[np.float64] = np.diff(np.log(positive_series("prices", prices, 2)), axis=-1)
    return returns


def realised_variance(returns: ArrayLike) -> NDArray[np.float64]:
    """Return RV of (..., n) log returns: (...)."""
    total: NDArray[np.float64] = np.square(series("returns", returns)).sum(axis=-1)
    return total


def noise_variance(returns: ArrayLike) -> NDArray[np.float64]:
    """Return omega^2, the variance of the noise in one log price: RV / (2n), too high by IV / (2n)."""
    checked = series("returns", returns)
    variance: NDArray[np.float64] = realised_variance(checked) / (2 * checked.shape[-1])
    return variance


def bipower_variation(returns: ArrayLike) -> NDArray[np.float64]:
    """Return BV of (..., n >= 2) log returns: (...). Not scaled for its n - 1 terms."""
    sizes = np.abs(series("returns", returns, 2))
    total: NDArray[np.float64] = BIPOWER_SCALE * (sizes[..., 1:] * sizes[..., :-1]).sum(axis=-1)
    return total


def realised_quarticity(returns: ArrayLike) -> NDArray[np.float64]:
    """Return (n/3) sum r^4, which estimates window length times the integral of sigma^4: (...).

    Noise makes it far too high at ticks: use returns over minutes.
    """
    checked = series("returns", returns)
    total: NDArray[np.float64] = checked.shape[-1] / 3 * (checked**4).sum(axis=-1)
    return total


def averaged_variance(prices: ArrayLike, subgrids: int) -> NDArray[np.float64]:
    """Return RV_avg(K): the realised variance of every K-th price, averaged over the K grids to start from.

    Parameters
    ----------
    prices
        (..., n + 1), positive.
    subgrids
        K, ticks between the prices of one grid, 1 <= K <= n.
    """
    logs = np.log(positive_series("prices", prices, 2))
    whole("subgrids", subgrids, 1, logs.shape[-1] - 1)
    total: NDArray[np.float64] = np.square(logs[..., subgrids:] - logs[..., :-subgrids]).sum(axis=-1) / subgrids
    return total


def scale_ratio(returns: int, subgrids: int) -> float:
    """Return nbar / n: the share of one tick's noise that is left on a grid of every K-th tick, 1 <= K <= n."""
    whole("returns", returns, 1, np.iinfo(np.int64).max)
    whole("subgrids", subgrids, 1, returns)
    return (returns - subgrids + 1) / subgrids / returns


def two_scale_divisor(returns: int, subgrids: int, adjustment: Adjustment) -> float:
    """Return what the plain two-scale variance of `returns` returns is divided by."""
    if adjustment == "none":
        return 1.0
    ratio = scale_ratio(returns, subgrids)
    return 1 - ratio if adjustment == "small sample" else ratio * (subgrids - 1)


def two_scale_variance(prices: ArrayLike, subgrids: int, *, adjustment: Adjustment = "area") -> NDArray[np.float64]:
    """Return TSRV: (...). It may be negative in a small sample.

    Parameters
    ----------
    prices
        (..., n + 1), positive.
    subgrids
        K, 2 <= K <= n. Its best value is of order n^(2/3).
    adjustment
        "area" is unbiased at any n; "small sample" is short by about K / n; "none" by a further 1 / K.
    """
    logs = np.log(positive_series("prices", prices, 3))
    count = logs.shape[-1] - 1
    whole("subgrids", subgrids, 2, count)
    fast = realised_variance(np.diff(logs, axis=-1))
    estimate: NDArray[np.float64] = averaged_variance(prices, subgrids) - scale_ratio(count, subgrids) * fast
    return estimate / two_scale_divisor(count, subgrids, adjustment)
