"""Impact of proxy metaorders against their size, for a plot and for the eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.blocks import binned, block_bootstrap
from fillcast.models.calibration.profile import term_weights
from fillcast.models.calibration.square_root_sums import Sums, start_times

FloatArray = NDArray[np.float64]

POINTS = 12  # of the curve, each with about as many metaorders


@dataclass(frozen=True, slots=True, eq=False)
class SquareRootCurve:
    """Mean impact of metaorders by size. Arrays are read-only by convention, empty where nothing was measured.

    Attributes
    ----------
    share
        (k,) rising, Q / V: the geometric mean of each class of sizes.
    impact, low, high
        (k,) mean move of the mid at the end, in sigma of a day, the flow of others taken out, with its band: each point
        holds the truth in `level` of all samples.
    with_others
        (k,) the same with the flow of others left in, as the published recipe has it.
    level
        Between 0 and 1.
    n
        Metaorders of one assignment.
    """

    share: FloatArray
    impact: FloatArray
    low: FloatArray
    high: FloatArray
    with_others: FloatArray
    level: float
    n: int


def no_impact_curve(level: float) -> SquareRootCurve:
    """Return the curve of which nothing is known."""
    empty = np.zeros(0)
    return SquareRootCurve(empty, empty, empty, empty, empty, level, 0)


def impact_curve(sums: Sums, block_s: float, level: float, seed: int) -> SquareRootCurve:
    """Return the curve of the metaorders behind `sums`, of which there must be at least one."""
    sizes = np.concatenate([run.metaorders.smooth_base for run in sums.runs]) / sums.volume
    edges = np.unique(np.quantile(sizes, np.linspace(0.0, 1.0, POINTS + 1)))[1:-1]
    terms, sigma, points = term_weights(sums.total[:-4], sums.terms), sums.sigma, len(edges) + 1
    held = [np.zeros((len(each), 4 * points)) for each in sums.bins]
    for run in sums.runs:
        share = run.metaorders.smooth_base / sums.volume
        member = (np.searchsorted(edges, share)[:, None] == np.arange(points)) * run.weights[:, None]
        columns = ((run.move - run.others @ terms) / sigma, np.ones(len(share)), np.log(share), run.move / sigma)
        rows = np.concatenate([member * column[:, None] for column in columns], axis=1)
        held[run.place] += binned(run.tape.stretch, start_times(run, slice(None)), rows, block_s)

    def means(total: FloatArray) -> FloatArray:
        moved, weight, logs, plain = np.split(total, 4, axis=-1)
        return np.concatenate((moved / weight, np.exp(logs / weight), plain / weight), axis=-1)

    fit = block_bootstrap(held, means, seed=seed)
    impact, share, plain = np.split(fit.value, 3)
    half = fit.reach(level) * fit.error[:points]
    known = np.isfinite(impact) & np.isfinite(half)
    low, high = (impact - half)[known], (impact + half)[known]
    return SquareRootCurve(share[known], impact[known], low, high, plain[known], level, sums.each)
