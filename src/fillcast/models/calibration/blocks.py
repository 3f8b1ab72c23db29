"""Intervals of estimates from dependent data: the moving-block bootstrap of sums.

Every estimator here is a function of sums over time: of squared moves, of products, of sizes. Each stretch is cut
into equal bins, each bin holds its share of those sums, and a block is a run of bins that lies within one stretch. A
replicate draws as many blocks as the data hold and evaluates the estimator on their sum; the error is the standard
deviation of the replicates (Künsch, Annals of Statistics 17, 1989). The interval takes Student's quantile for the
number of blocks, because a few dozen of them do not give the error exactly.

Blocks must be longer than the dependence. With more data they grow, so that slower dependence is covered too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.stretch import Stretch, total_seconds
from fillcast.models.estimate import Estimate, student_quantile
from fillcast.models.risk.monte_carlo import uniforms

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], FloatArray]

BINS_PER_BLOCK = 6  # finer starting points would add little: neighbouring blocks share most of their data
MOST_BLOCKS = 60  # Student's quantile is within 2 % of the normal one then, so that more would gain nothing
LEAST_BLOCKS = 6  # below this many the error itself is known within 30 % at best
REPLICATES = 400  # the error is known within 3.5 %
MIDDLE = 0.6827  # of a normal distribution lies within one standard deviation
LARGEST_EXPONENT = 700.0  # of a factor, which a float then still holds
SEED = 1  # of the replicates, unless the caller gives another


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """An estimate from all data and its error.

    Attributes
    ----------
    value, error
        (q,) the statistic of the data, and its standard error; NaN where the statistic is.
    blocks
        Number of blocks that the data hold.
    """

    value: FloatArray
    error: FloatArray
    blocks: float

    def reach(self, level: float) -> float:
        """Return half the width of an interval in standard errors."""
        return student_quantile((1.0 + level) / 2.0, max(self.blocks, LEAST_BLOCKS) - 1.0)

    def linear(self, level: float, n: int, place: int = 0) -> Estimate:
        """Return value -+ reach * error of one component."""
        value, half = float(self.value[place]), self.reach(level) * float(self.error[place])
        return Estimate(value, value - half, value + half, level, n)

    def positive(self, level: float, n: int, place: int = 0) -> Estimate:
        """Return the interval that is symmetric in the logarithm, for what cannot be negative; value > 0."""
        value = float(self.value[place])
        return positive_estimate(value, float(self.error[place]) / value, self.reach(level), level, n)


def positive_estimate(value: float, relative_error: float, reach: float, level: float, n: int) -> Estimate:
    """Return value times and over exp(reach * relative error), at most a factor that leaves the interval open."""
    factor = math.exp(min(reach * relative_error, LARGEST_EXPONENT))
    return Estimate(value, value / factor, value * factor, level, n)


def block_seconds(stretches: Sequence[Stretch], least_s: float) -> float:
    """Return the length of a block: `least_s`, longer where that would give more than `MOST_BLOCKS`."""
    return max(least_s, total_seconds(stretches) / MOST_BLOCKS)


def bin_count(stretch: Stretch, block_s: float) -> int:
    """Return into how many bins a stretch is cut, at least one."""
    return max(round(stretch.seconds * BINS_PER_BLOCK / block_s), 1)


def bin_edges(stretch: Stretch, block_s: float) -> NDArray[np.int64]:
    """Return the times between which the bins of a stretch lie: (bins + 1,)."""
    edges = np.linspace(0.0, float(stretch.end_ns - stretch.start_ns), bin_count(stretch, block_s) + 1)
    return stretch.start_ns + np.rint(edges).astype(np.int64)


def binned(stretch: Stretch, times_ns: NDArray[np.int64], rows: FloatArray, block_s: float) -> FloatArray:
    """Return the sums of what happened in each bin.

    Parameters
    ----------
    stretch
        What is cut.
    times_ns
        (n,) not decreasing; what lies outside the stretch counts in its first or last bin.
    rows
        (n, k) what adds up.
    block_s
        Length of a block, s.

    Returns
    -------
    (bins, k)
    """
    inner = np.searchsorted(times_ns, bin_edges(stretch, block_s)[1:-1], side="left")
    places = np.concatenate(([0], inner, [len(times_ns)]))
    sums: FloatArray = np.diff(_running(rows)[places], axis=0)
    return sums


def ratio(sums: FloatArray) -> FloatArray:
    """Return the first half of the sums over the second, one by one: (..., 2 q) to (..., q)."""
    count = sums.shape[-1] // 2
    ratios: FloatArray = sums[..., :count] / sums[..., count:]
    return ratios


def block_bootstrap(
    bins: Sequence[FloatArray], statistic: Statistic, *, seed: int = SEED, robust: bool = False
) -> Resampled:
    """Return a statistic of sums with its error.

    Parameters
    ----------
    bins
        One (bins, k) for each stretch, as `binned` returns.
    statistic
        From sums (..., k) to (..., q), vectorised.
    seed
        From 0 to 2^64 - 1: the replicates depend on it alone.
    robust
        Whether the error is half of the range that holds the middle 68.3 % of the replicates, rather than their
        standard deviation: for a search whose replicates end at its bounds now and then.
    """
    pool = np.concatenate([_blocks(sums) for sums in bins])
    blocks = sum(max(len(sums) / BINS_PER_BLOCK, 1.0) for sums in bins)
    draws = max(round(blocks), 2)
    places = np.minimum((uniforms(REPLICATES, draws, 0, seed, np) * len(pool)).astype(np.int64), len(pool) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = statistic(np.sum([sums.sum(axis=0) for sums in bins], axis=0))
        replicates = statistic(pool[places].sum(axis=1))
        spread = _middle_spread(replicates) if robust else _spread(replicates)
    return Resampled(value, spread * math.sqrt(draws / (draws - 1.0)), blocks)


def _blocks(sums: FloatArray) -> FloatArray:
    if len(sums) <= BINS_PER_BLOCK:
        whole: FloatArray = sums.sum(axis=0, keepdims=True)
        return whole
    running = _running(sums)
    return running[BINS_PER_BLOCK:] - running[:-BINS_PER_BLOCK]


def _running(rows: FloatArray) -> FloatArray:
    return np.concatenate((np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)))


def _spread(replicates: FloatArray) -> FloatArray:
    """Return the standard deviation of each column over its finite values, of which there must be two."""
    known = np.isfinite(replicates)
    count = known.sum(axis=0)
    mean = np.where(known, replicates, 0.0).sum(axis=0) / count
    squares = np.where(known, replicates - mean, 0.0) ** 2
    spread: FloatArray = np.sqrt(squares.sum(axis=0) / (count - 1.0))
    return spread


def _middle_spread(replicates: FloatArray) -> FloatArray:
    low, high = np.quantile(replicates, (0.5 - MIDDLE / 2.0, 0.5 + MIDDLE / 2.0), axis=0)
    spread: FloatArray = (high - low) / 2.0
    return spread
