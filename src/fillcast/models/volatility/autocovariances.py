"""The realised kernel: autocovariances of tick returns, weighted so that the noise of ticks cancels.

`K(H) = g_0 + 2 sum_(h=1..H) k_h g_h` with `g_h = sum_(i>h) r_i r_(i-h)` and the Parzen function
`k(x) = 1 - 6x^2 + 6x^3` for x <= 1/2, `2 (1-x)^3` above:

- weights `k(h/(H+1))` (Barndorff-Nielsen, Hansen, Lunde and Shephard, "Realized kernels in practice",
  Econometrics J. 12, 2009): in a long series practically never negative; noise of variance omega^2 leaves the bias
  `2 omega^2 (n - (n-1) k(1/(H+1)))`, about `12 n omega^2 / (H+1)^2`, which `kernel_noise_bias` states;
- flat top `k((h-1)/H)` (the same authors, Econometrica 76, 2008): noise leaves only `2 omega^2`, but the estimate
  may be negative.

Bandwidth `H* = 3.5134 xi^(4/5) n^(3/5)`, `xi^2 = omega^2 / sqrt(IQ)`, which balances that bias against variance.
Prices at the two ends are not averaged ("jittered"). Dimension 1 (squared log return) per window.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.samples import series, whole

# c* = (k''(0)^2 / int k^2)^(1/5) with the Parzen function's k''(0) = -12 and int_0^1 k^2 = 0.269: the paper of 2009.
# (The integral is 151/560, which gives 3.5117; the printed constant comes from its first three digits.)
PARZEN_BANDWIDTH = 3.5134
MAX_BANDWIDTH = 1 << 24  # lags: 128 MB of weights
NOISE_POWER = 4 / 5
SAMPLE_POWER = 3 / 5


def parzen(x: ArrayLike) -> NDArray[np.float64]:
    """Return the Parzen function at |x|; 0 from 1 on."""
    finite("x", x)
    size = np.minimum(np.abs(np.asarray(x, dtype=np.float64)), 1.0)
    return np.where(size <= 0.5, 1 - 6 * size**2 + 6 * size**3, 2 * (1 - size) ** 3)


def kernel_weights(bandwidth: int, *, flat_top: bool = False) -> NDArray[np.float64]:
    """Return the weights of g_0 .. g_H, both signs of the lag counted: 1, 2 k_1, .. 2 k_H."""
    whole("bandwidth", bandwidth, 0, MAX_BANDWIDTH)
    lags = np.arange(1, bandwidth + 1)
    places = (lags - 1) / max(bandwidth, 1) if flat_top else lags / (bandwidth + 1)
    return np.concatenate(([1.0], 2 * parzen(places)))


def realised_autocovariances(returns: ArrayLike, lags: int) -> NDArray[np.float64]:
    """Return g_0 .. g_lags of (..., n) log returns: (..., lags + 1)."""
    checked = series("returns", returns)
    count = checked.shape[-1]
    whole("lags", lags, 0, count - 1)
    sums = [(checked[..., lag:] * checked[..., : count - lag]).sum(axis=-1) for lag in range(lags + 1)]
    return np.stack(sums, axis=-1)


def realised_kernel(returns: ArrayLike, bandwidth: int, *, flat_top: bool = False) -> NDArray[np.float64]:
    """Return the realised kernel of (..., n) log returns: (...).

    Parameters
    ----------
    returns
        Log returns by tick.
    bandwidth
        H, lags used, 0 <= H < n. See `kernel_bandwidth`.
    flat_top
        The weights of 2008 rather than those of 2009.
    """
    weights = kernel_weights(bandwidth, flat_top=flat_top)
    total: NDArray[np.float64] = realised_autocovariances(returns, bandwidth) @ weights
    return total


def kernel_noise_bias(count: int, bandwidth: int, noise_variance: float, *, flat_top: bool = False) -> float:
    """Return what noise that is independent from tick to tick adds to the expected kernel of `count` returns.

    Noise gives g_0 the expectation 2 n omega^2, g_1 -(n - 1) omega^2 and later lags none.
    """
    whole("count", count, 1, np.iinfo(np.int64).max)
    not_negative("noise_variance", noise_variance)
    weights = kernel_weights(bandwidth, flat_top=flat_top)
    first = float(weights[1]) if bandwidth else 0.0
    return noise_variance * (2 * count - first * (count - 1))


def kernel_bandwidth(count: int, noise_variance: float, integrated_quarticity: float) -> int:
    """Return H* for `count` returns, rounded up, below `count`.

    Parameters
    ----------
    count
        n, returns in the window.
    noise_variance
        omega^2 of one log price.
    integrated_quarticity
        Window length times the integral of sigma^4, > 0; the square of a sparse realised variance will do.
    """
    whole("count", count, 1, np.iinfo(np.int64).max)
    not_negative("noise_variance", noise_variance)
    positive("integrated_quarticity", integrated_quarticity)
    noise_ratio = math.sqrt(noise_variance / math.sqrt(integrated_quarticity))
    best = PARZEN_BANDWIDTH * math.pow(noise_ratio, NOISE_POWER) * math.pow(count, SAMPLE_POWER)
    return min(math.ceil(best), count - 1)
