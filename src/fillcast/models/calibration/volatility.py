"""Volatility of the mid, free of what the quotes jitter.

With the log mid sampled every `STEP_S` and D(k) the mean square of its moves over k steps, noise of variance omega^2
that does not outlive a step gives `E D(k) = sigma^2 k STEP_S + 2 omega^2`, hence

    sigma^2 = (D(K) - D(1)) / ((K - 1) STEP_S)

This is the two-scale variance of Zhang, Mykland and Ait-Sahalia (J. American Statistical Association 100, 2005) with
the area adjustment, `fillcast.models.volatility.two_scale_variance` of one stretch divided by its length; as sums it
joins stretches without a move across a gap. Per second, dimension bps / sqrt(s). Valid for horizons of a second to
hours; a market whose volatility changes within the window is given its mean square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.models.calibration.blocks import SEED, binned, block_bootstrap, block_seconds, positive_estimate
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import VOLATILITY
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.estimate import LEVEL
from fillcast.models.liquidity.intervals import last_known

FloatArray = NDArray[np.float64]

STEP_S = 1.0  # below a second a mid is no random walk: the evidence is beside SAMPLING_FLOOR_S in models.volatility
SLOW_STEPS = 5  # K: the error of sigma is sqrt(K / 3 T) and grows with K, what longer noise leaves is of order 1 / K
BLOCK_S = 20.0  # four times the longest move, so that blocks hold their dependence
LEAST_S = 120.0  # six such blocks; sigma is known within 12 % then, one standard error
SOURCE = "two-scale variance of the mid, 1 s against 5 s (Zhang, Mykland and Ait-Sahalia 2005); moving-block bootstrap"


def estimate_volatility(stretches: Sequence[Stretch], *, level: float = LEVEL, seed: int = SEED) -> Parameter:
    """Return sigma of the mid, bps per root second.

    Parameters
    ----------
    stretches
        Of one instrument.
    level
        Of the interval.
    seed
        Of the bootstrap.
    """
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return refused(VOLATILITY, short, SOURCE, stretches)
    block_s = block_seconds(stretches, BLOCK_S)
    bins = [_squares(stretch, block_s) for stretch in stretches if len(stretch.quote_ns)]
    if not bins:
        return refused(VOLATILITY, "no quote", SOURCE, stretches)
    variance = block_bootstrap(bins, _variance, seed=seed)
    moves = int(sum(sums[:, 1].sum() for sums in bins))
    if not variance.value[0] > 0:
        return refused(VOLATILITY, f"the mid's moves cannot be told from its noise in {moves} s", SOURCE, stretches)
    sigma = math.sqrt(float(variance.value[0]))
    relative = float(variance.error[0] / variance.value[0]) / 2.0  # of a root, half of its square's
    estimate = positive_estimate(sigma, relative, variance.reach(level), level, moves)
    return accepted(VOLATILITY, estimate, SOURCE, stretches)


def _squares(stretch: Stretch, block_s: float) -> FloatArray:
    """Return per bin: squares of moves over one step, their number, squares over K steps, their number; bps^2."""
    step = round(STEP_S * NS_PER_S)
    times = np.arange(stretch.quote_ns[0], stretch.end_ns + 1, step, dtype=np.int64)
    logs = BPS * np.log(last_known(stretch.quote_ns, stretch.mid, times))
    rows = np.zeros((len(times), 4))
    for steps, column in ((1, 0), (SLOW_STEPS, 2)):
        moves = logs[steps:] - logs[:-steps]
        rows[: len(moves), column] = moves**2
        rows[: len(moves), column + 1] = 1.0
    return binned(stretch, times, rows, block_s)


def _variance(sums: FloatArray) -> FloatArray:
    fast, slow = sums[..., 0] / sums[..., 1], sums[..., 2] / sums[..., 3]
    variance: FloatArray = ((slow - fast) / ((SLOW_STEPS - 1) * STEP_S))[..., None]
    return variance
