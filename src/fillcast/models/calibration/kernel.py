"""The propagator: what one market order alone leaves in the mid, so many orders later.

Time counts market orders. With signs s and r_t the mid's move from just before order t to just before order t + 1,

    r_t = sum_(n = 0 .. L-1) K(n) s_(t-n) + noise,     G(l) = sum_(n < l) K(n)

The kernel G follows from the response of moves S(l) = E[r_(t+l) s_t] and the autocorrelation of signs C(l) by
`S(l) = sum_n C(|l - n|) K(n)`, a Toeplitz system: the inversion of Bouchaud, Gefen, Potters and Wyart (Quantitative
Finance 4, 2004) in its differential form, which does not amplify the noise of long lags (Eisler, Bouchaud and
Kockelkoren, Quantitative Finance 12, 2012). Errors are clustered by blocks of orders: the inverse applied to each
block's sum of s_(t-n) times the residual.

The tail exponent is minus the slope of ln G on ln l over `TAIL`. Public signs give too slow a decay where orders are
split and the split is not seen (Campigli, Rodikov and Lillo 2026): a warning beside the number. Size is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS
from fillcast.models.calibration.blocks import LEAST_BLOCKS, MOST_BLOCKS, Resampled
from fillcast.models.calibration.curve import Curve, Fitted, banded, no_curve
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import KERNEL_DECAY
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.sweeps import sweeps_of
from fillcast.models.estimate import LEVEL

FloatArray = NDArray[np.float64]

NAME = "propagator"
UNIT = "bps"
LAG_UNIT = "trades"
MEMORY = 256  # L, market orders; what is older is left out, which the tail's lags are short enough not to feel
LEAST_MEMORY = 16
BLOCK_OVER_MEMORY = 4  # orders in a block, over L: a block then holds its dependence
CURVE_SHARE = 0.5  # of the memory is on the curve: near its end G carries what was left out
CURVE_POINTS = 30
TAIL = np.array([4, 6, 8, 11, 16, 23, 32, 45, 64])  # lags of the fit, evenly spaced in the logarithm
LEAST_S = 7200.0  # the memory of signs lasts for hours: less than two of them is one mood of the market
LEAST_SWEEPS = 20_000  # G(64) is then known within a tenth where one order explains 5 % of a move
SOURCE = (
    "inversion of response and sign autocorrelation (Bouchaud et al. 2004; Eisler, Bouchaud and Kockelkoren 2012), "
    "slope of ln G on ln l over 4 to 64 market orders; errors clustered by blocks"
)
NOTES = ("public signs give too slow a decay where split orders are not seen as such (Campigli et al. 2026)",)


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """One stretch in the time of market orders: signs, and the move of the mid from each order to the next, bps."""

    signs: FloatArray
    moves: FloatArray


def estimate_kernel(stretches: Sequence[Stretch], *, level: float = LEVEL) -> Fitted:
    """Return the tail exponent of the propagator, and G with its band at lags from 1 market order on.

    Parameters
    ----------
    stretches
        Of one instrument.
    level
        Of the interval and the band.

    Returns
    -------
    Fitted
        `n` counts market orders. G in bps is offered from 384 market orders on; the exponent only from `LEAST_S` and
        `LEAST_SWEEPS` on.
    """
    series = [_series(stretch) for stretch in stretches]
    memory = min(MEMORY, sum(len(part.moves) for part in series) // (LEAST_BLOCKS * BLOCK_OVER_MEMORY))
    series = [part for part in series if len(part.moves) >= BLOCK_OVER_MEMORY * memory]
    orders = sum(len(part.moves) for part in series)
    why = shortage(stretches, LEAST_S)
    if why is None and orders < LEAST_SWEEPS:
        why = f"{orders} market orders, at least {LEAST_SWEEPS} are needed"
    if why is not None and (memory < LEAST_MEMORY or not series):
        curve = no_curve(NAME, UNIT, level, lag_unit=LAG_UNIT)
        return Fitted(refused(KERNEL_DECAY, why, SOURCE, stretches), curve)
    kernel, influences = _inverted(series, memory)
    curve = _curve(kernel, influences, level, orders)
    if why is not None:
        return Fitted(refused(KERNEL_DECAY, why, SOURCE, stretches), curve)
    return Fitted(_decay(kernel[TAIL - 1], influences[:, TAIL - 1], stretches, orders, level), curve)


def _curve(kernel: FloatArray, influences: FloatArray, level: float, orders: int) -> Curve:
    lags = np.unique(np.rint(np.geomspace(1.0, CURVE_SHARE * len(kernel), CURVE_POINTS)).astype(np.int64))
    points = Resampled(kernel[lags - 1], _error(influences[:, lags - 1]), float(len(influences)))
    return banded(NAME, UNIT, lags.astype(np.float64), points, level, orders, lag_unit=LAG_UNIT)


def _decay(
    tail: FloatArray, influences: FloatArray, stretches: Sequence[Stretch], orders: int, level: float
) -> Parameter:
    if not (tail > 0).all():
        lag = int(TAIL[np.argmax(tail <= 0)])
        return refused(KERNEL_DECAY, f"the kernel cannot be told from 0 at {lag} market orders", SOURCE, stretches)
    logs = np.log(TAIL.astype(np.float64))
    weights = (logs.mean() - logs) / ((logs - logs.mean()) ** 2).sum()  # of minus the least-squares slope
    decay = np.array([weights @ np.log(tail)])
    resampled = Resampled(decay, _error((influences / tail) @ weights[:, None]), float(len(influences)))
    return accepted(KERNEL_DECAY, resampled.linear(level, orders), SOURCE, stretches, NOTES)


def _series(stretch: Stretch) -> _Series:
    sweeps = sweeps_of(stretch)
    return _Series(sweeps.sign[:-1], BPS * np.diff(np.log(sweeps.mid)))


def _inverted(series: Sequence[_Series], memory: int) -> tuple[FloatArray, FloatArray]:
    """Return G(1) .. G(L), and what each block of orders adds to its error: (L,), (blocks, L)."""
    rows = sum(len(part.moves) - memory + 1 for part in series)
    signs = sum(_products(part.signs, part.signs, memory) for part in series) / rows
    response = sum(_products(part.moves, part.signs, memory) for part in series) / rows
    places = np.arange(memory)
    matrix = np.asarray(signs)[np.abs(places[:, None] - places)]
    steps = np.linalg.solve(matrix, response)
    length = max(BLOCK_OVER_MEMORY * memory, -(-rows // MOST_BLOCKS))
    scores = np.concatenate([_scores(part, steps, length) for part in series]) / rows
    influences = np.linalg.solve(matrix, scores.T).T
    return np.cumsum(steps), np.cumsum(influences, axis=1)


def _products(late: FloatArray, early: FloatArray, memory: int) -> FloatArray:
    """Return sum_t late_t early_(t-n) for n < memory, over those t that have a full memory."""
    start = memory - 1
    return np.array([late[start:] @ early[start - lag : len(early) - lag] for lag in range(memory)])


def _scores(part: _Series, steps: FloatArray, length: int) -> FloatArray:
    """Return for each block of `length` orders the sum of s_(t-n) times the residual of t: (blocks, L)."""
    memory = len(steps)
    residuals = part.moves[memory - 1 :] - np.convolve(part.signs, steps, mode="valid")
    starts = range(0, max(len(residuals) // length, 1) * length, length)
    ends = [*starts[1:], len(residuals)]
    blocks = [
        np.correlate(part.signs[start : end + memory - 1], residuals[start:end], mode="valid")[::-1]
        for start, end in zip(starts, ends, strict=True)
    ]
    return np.stack(blocks)


def _error(influences: FloatArray) -> FloatArray:
    blocks = len(influences)
    error: FloatArray = np.sqrt((influences**2).sum(axis=0) * blocks / max(blocks - 1, 1))
    return error
