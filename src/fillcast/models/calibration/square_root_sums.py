"""The sums from which the square-root law is fitted: of metaorders, of the mid's moves and of volume, by time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import NS_PER_S
from fillcast.models.calibration.blocks import bin_count, bin_edges, binned
from fillcast.models.calibration.profile import GRID, fit_sums, sum_rows, term_weights
from fillcast.models.calibration.proxies import Assignment, Run, Tape, runs_of
from fillcast.models.liquidity.intervals import last_known

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAY_S = 86_400.0
MOVE_S = 60.0  # over which the mid's moves give sigma: beyond what quotes jitter, and a day still holds 1440 of them
STEP_S = 5.0  # from one such move to the next: overlapping ones lower the error of sigma by a fifth
CLIP = 8.0  # robust deviations: beyond what a walk does, and beyond what the child's own 1 / sqrt(t) adds to it
ROUNDS = 4  # of such fits: the first is drawn aside by what it is to judge, each next one less
NORMAL_MAD = 1.4826  # the standard deviation of a normal over its median absolute deviation
ROWS = 1 << 14  # summed at a time, so that a long tape needs no large table


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What the fit needs.

    Attributes
    ----------
    bins
        One (bins, k) for each stretch: the columns of `profile.sum_rows`, then squares of the moves over `MOVE_S`,
        their number, base units and seconds; of all draws together.
    draws
        (draws, k) the same of each draw, over all stretches.
    runs
        The metaorders.
    volume
        Base units a day.
    scale
        Q / V at which the sums take x = 1.
    terms
        Number of linear terms.
    """

    bins: list[FloatArray]
    draws: FloatArray
    runs: list[Run]
    volume: float
    scale: float
    terms: int

    @property
    def each(self) -> int:
        """Number of metaorders of one draw."""
        return round(sum(len(run.metaorders) for run in self.runs) / len(self.draws))

    @property
    def total(self) -> FloatArray:
        """(k,) over everything."""
        total: FloatArray = np.sum([sums.sum(axis=0) for sums in self.bins], axis=0)
        return total

    def statistic(self, sums: FloatArray) -> FloatArray:
        """Return delta and Y, then both with the flow of others left in, (..., 4), of sums (..., k)."""
        rows, (squares, moves, base, seconds) = sums[..., :-4], np.moveaxis(sums[..., -4:], -1, 0)
        sigma = np.sqrt(squares / moves * (DAY_S / MOVE_S))
        volume = base / seconds * DAY_S
        unit = np.sqrt(volume / self.volume / self.scale) / sigma
        fits = fit_sums(rows, self.terms), fit_sums(rows, self.terms, plain=True)
        parts = [part for fit in fits for part in (fit.exponent, fit.at_half * unit)]
        return np.stack(np.broadcast_arrays(*parts), axis=-1)

    @property
    def sigma(self) -> float:
        """Volatility of the log mid over a day; 0 where no stretch is as long as one move."""
        squares, moves = self.total[-4:-2]
        return float(np.sqrt(squares / max(moves, 1.0) * (DAY_S / MOVE_S)))


def gathered(
    tapes: Sequence[Tape],
    assignment: Assignment,
    least_children: int,
    owners: Sequence[IntArray] | None,
    block_s: float,
) -> Sums:
    """Return the sums of all metaorders, by bins of a block of `block_s`.

    A move farther than `CLIP` robust deviations from the fit counts as that far, and the fit is made again, `ROUNDS`
    times: a few wild moves decide nothing.
    """
    base = sum(float(tape.orders.base.sum()) for tape in tapes)
    orders = sum(len(tape.orders.times) for tape in tapes)
    volume = base / sum(tape.stretch.seconds for tape in tapes) * DAY_S
    scale = least_children * base / orders / volume
    runs = runs_of(tapes, assignment, least_children, owners)
    sums = Sums(*_by_bins(runs, tapes, volume * scale, block_s), runs, volume, scale, _terms(tapes))
    for _ in range(ROUNDS):
        clipped = _clipped(runs, sums)
        if clipped is None:
            break
        bins, draws = _by_bins(clipped, tapes, volume * scale, block_s)
        sums = replace(sums, bins=bins, draws=draws, runs=clipped)
    return sums


def _terms(tapes: Sequence[Tape]) -> int:
    return len(tapes[0].memory.rates)


def _clipped(runs: Sequence[Run], sums: Sums) -> list[Run] | None:
    """Return the metaorders with no move farther than `CLIP` robust deviations of a random walk from a fit.

    Parameters
    ----------
    runs
        With the moves as they were.
    sums
        Of the fit. None where no move is that far from it.
    """
    if not sums.each:
        return None
    fit, terms = fit_sums(sums.total[:-4], sums.terms), term_weights(sums.total[:-4], sums.terms)
    size, exponent, unit = float(fit.size), GRID[int(fit.place)], sums.volume * sums.scale
    expected = [size * (run.metaorders.smooth_base / unit) ** exponent + run.others @ terms for run in runs]
    apart = [(run.move - mean) * np.sqrt(run.weights) for run, mean in zip(runs, expected, strict=True)]
    distance = np.abs(np.concatenate(apart))
    most = CLIP * NORMAL_MAD * float(np.median(distance))
    if not (distance > most).any():
        return None
    return [
        replace(run, move=mean + np.clip(each, -most, most) / np.sqrt(run.weights))
        for run, mean, each in zip(runs, expected, apart, strict=True)
    ]


def _by_bins(
    runs: Sequence[Run], tapes: Sequence[Tape], base: float, block_s: float
) -> tuple[list[FloatArray], FloatArray]:
    """Return the columns of `Sums.bins` of each stretch, and those of each draw."""
    market = [_market(tape, block_s) for tape in tapes]
    draws = 1 + max(run.draw for run in runs)
    of_draws = []
    bins = [np.zeros((bin_count(tape.stretch, block_s), 0)) for tape in tapes]
    for draw in range(draws):
        found = [_fit_bins(run, base, block_s) for run in runs if run.draw == draw]
        of_draws.append(np.sum([sums.sum(axis=0) for sums in found], axis=0))
        bins = found if draw == 0 else [held + more for held, more in zip(bins, found, strict=True)]
    of_market = np.broadcast_to(np.sum([sums.sum(axis=0) for sums in market], axis=0), (draws, 4))
    joined = [np.concatenate(pair, axis=1) for pair in zip(bins, market, strict=True)]
    return joined, np.concatenate((np.array(of_draws), of_market), axis=1)


def start_times(run: Run, rows: slice) -> IntArray:
    """Return event times of the starts, int64."""
    return run.tape.stretch.start_ns + np.rint(run.metaorders.start[rows] * NS_PER_S).astype(np.int64)


def _fit_bins(run: Run, base: float, block_s: float) -> FloatArray:
    size = run.metaorders.smooth_base / base
    parts = [slice(first, first + ROWS) for first in range(0, max(len(size), 1), ROWS)]
    tables = (
        binned(
            run.tape.stretch,
            start_times(run, part),
            sum_rows(size[part], run.move[part], run.others[part], run.weights[part]),
            block_s,
        )
        for part in parts
    )
    sums: FloatArray = np.sum(list(tables), axis=0)
    return sums


def _market(tape: Tape, block_s: float) -> FloatArray:
    """Return per bin: squares of moves of the log mid over `MOVE_S`, their number, base units, seconds."""
    stretch, step = tape.stretch, round(STEP_S * NS_PER_S)
    times = np.arange(stretch.quote_ns[0], stretch.end_ns + 1, step, dtype=np.int64)
    logs = np.log(last_known(stretch.quote_ns, stretch.mid, times))
    steps = round(MOVE_S / STEP_S)
    moves = logs[steps:] - logs[:-steps]
    squares = binned(stretch, times[: len(moves)], np.column_stack((moves**2, np.ones(len(moves)))), block_s)
    base = binned(stretch, stretch.trade_ns, stretch.trade_base[:, None], block_s)
    seconds = np.diff(bin_edges(stretch, block_s)) / NS_PER_S
    return np.column_stack((squares, base, seconds))
