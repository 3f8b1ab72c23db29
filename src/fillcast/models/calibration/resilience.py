"""How fast the book refills after a market order took a good part of it.

Events are market orders of at least `REMOVED` of what usually rests near the mid on their side (the median of the
stretch, in the nearest band that is not usually empty; of the depth at the moment it would choose moments of little
depth, from which depth recovers anyway). From the first book at or after the order, D_1, the depth D of that side is
followed: `y(l) = sum (D(l) - D_1) / sum (base taken)` over events, an event leaving the sums when the next such order
hits its side. Fitted is

    y(l) = share (1 - exp(-rho l)),   0 < l <= 10 s

by least squares over the lags, weighted by the inverse squares of their errors, with the share free: depth that comes
back within seconds has this rate, what takes minutes only lowers the share, and what earlier orders took raises it,
above 1 where they are many. Exponential refill has no memory, so rho does not depend on how soon after the order the
first book came (Obizhaeva and Wang, J. Financial Markets 16, 2013). Two components are usual in these markets, fast
within seconds and slow within a minute: this is the fast one. The band moves with the mid, so part of what reads as
refill is the mid's return.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import NS_PER_S
from fillcast.models.calibration.blocks import (
    SEED,
    Resampled,
    binned,
    block_bootstrap,
    block_seconds,
    positive_estimate,
)
from fillcast.models.calibration.curve import Fitted, banded, no_curve
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import RESILIENCE
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.sweeps import sweeps_of
from fillcast.models.estimate import LEVEL

FloatArray = NDArray[np.float64]

NAME = "refill"
UNIT = "1"  # share of what was taken
REMOVED = 0.2  # of the near depth: below it the order drowns in what makers add and cancel anyway
LAGS_S = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0])
SETTLE_S = 1.0  # a first book later than this has seen too much else
GAP_JITTER = 1.1  # lags are about the median time between two books apart: nothing is seen in less
BLOCK_S = 20.0  # twice the longest lag
LEAST_S = 120.0  # six such blocks
LEAST_SWEEPS = 30  # rho is known within a factor of two then, where depth wanders by a fifth of what is taken
# Rates that these lags can tell: below, 10 s hold less than a third of one time constant; above, all is over at the
# first lag.
SLOWEST = 0.03
FASTEST = 20.0
WIDEST = 10.0  # times and over the value: an interval that spans two decades is no knowledge
RATES = np.geomspace(SLOWEST, FASTEST, 131)  # 5 % apart; the top of the parabola through the best three is taken
SOURCE = (
    "depth within the nearest band after market orders of 20 % of it, 1 - exp(-rho t) up to 10 s (Obizhaeva and Wang "
    "2013); moving-block bootstrap"
)


def estimate_resilience(stretches: Sequence[Stretch], *, level: float = LEVEL, seed: int = SEED) -> Fitted:
    """Return rho, 1 / s, and the refilled share of what was taken by lag; as `estimate_volatility`. `n` counts orders.

    The curve is offered wherever there are enough orders; rho only where the fit can tell it.
    """
    why = shortage(stretches, LEAST_S)
    if why is not None:
        return Fitted(refused(RESILIENCE, why, SOURCE, stretches), no_curve(NAME, UNIT, level))
    block_s = block_seconds(stretches, BLOCK_S)
    band = near_band(stretches)
    if band is None:
        return Fitted(refused(RESILIENCE, "no depth near the mid", SOURCE, stretches), no_curve(NAME, UNIT, level))
    gap_s = float(np.median(np.concatenate([np.diff(stretch.depth_ns) for stretch in stretches]))) / NS_PER_S
    if gap_s > SETTLE_S:
        why = f"books come every {gap_s:.2g} s, at least one in {SETTLE_S:g} s is needed"
        return Fitted(refused(RESILIENCE, why, SOURCE, stretches), no_curve(NAME, UNIT, level))
    asked = _told_apart(gap_s)
    bins = [_refills(stretch, band, asked, block_s) for stretch in stretches if len(stretch.depth_ns)]
    events = int(sum(sums[:, -1].sum() for sums in bins))
    if events < LEAST_SWEEPS:
        why = f"{events} market orders of {REMOVED:.0%} of the near depth or more, at least {LEAST_SWEEPS} are needed"
        return Fitted(refused(RESILIENCE, why, SOURCE, stretches), no_curve(NAME, UNIT, level))
    shares = block_bootstrap(bins, _shares, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        lags = _mean_lags(np.sum([sums.sum(axis=0) for sums in bins], axis=0))
    curve = banded(NAME, UNIT, lags, shares, level, events)
    return Fitted(_fitted(bins, lags, stretches, shares, level, seed), curve)


def _fitted(
    bins: Sequence[FloatArray],
    lags: FloatArray,
    stretches: Sequence[Stretch],
    shares: Resampled,
    level: float,
    seed: int,
) -> Parameter:
    if not np.isfinite(shares.error).all():
        why = f"no market order is followed for {LAGS_S[-1]:g} s before the next"
        return refused(RESILIENCE, why, SOURCE, stretches)
    # A depth that was never disturbed otherwise has no error: all lags weigh the same then.
    weights = 1.0 / shares.error**2 if shares.error.min() > 0 else np.ones(len(lags))
    fit = block_bootstrap(bins, lambda sums: _log_rate(sums, lags, weights), seed=seed, robust=True)
    if fit.value[1] <= 0:
        return refused(RESILIENCE, "depth does not come back within 10 s", SOURCE, stretches)
    events = int(sum(sums[:, -1].sum() for sums in bins))
    estimate = positive_estimate(float(np.exp(fit.value[0])), float(fit.error[0]), fit.reach(level), level, events)
    if not RATES[1] < estimate.value < RATES[-2]:
        why = f"refill is {'slower' if estimate.value <= RATES[1] else 'faster'} than lags of 0.1 to 10 s can tell"
        return refused(RESILIENCE, why, SOURCE, stretches)
    if estimate.high > WIDEST * estimate.value:
        why = f"{events} market orders leave the rate between {estimate.low:.2g} and {estimate.high:.2g} / s"
        return refused(RESILIENCE, why, SOURCE, stretches)
    return accepted(RESILIENCE, estimate, SOURCE, stretches)


def near_band(stretches: Sequence[Stretch]) -> int | None:
    """Return the nearest band of depth that holds something on both sides at least half of the time."""
    followed = [stretch for stretch in stretches if len(stretch.depth_ns)]
    for band in range(min((len(stretch.depth_bps) for stretch in followed), default=0)):
        sides = np.concatenate(
            [np.minimum(stretch.bid_depth_base[:, band], stretch.ask_depth_base[:, band]) for stretch in followed]
        )
        if np.median(sides) > 0:
            return band
    return None


def _refills(stretch: Stretch, band: int, asked_s: FloatArray, block_s: float) -> FloatArray:
    """Return per bin, at each lag: depth that came back, base taken, that times the lag of the book; and the events.

    (bins, 3 lags + 1)
    """
    sweeps = sweeps_of(stretch)
    asked = np.rint(asked_s * NS_PER_S).astype(np.int64)
    parts = []
    for sign, depth in ((1.0, stretch.ask_depth_base[:, band]), (-1.0, stretch.bid_depth_base[:, band])):
        mine = sweeps.sign == sign
        times, base = sweeps.ns[mine], sweeps.base[mine]
        large = base >= REMOVED * np.median(depth)
        after = np.minimum(np.searchsorted(stretch.depth_ns, times, side="left"), len(depth) - 1)
        first_ns = stretch.depth_ns[after]
        following = np.append(times[large][1:], stretch.end_ns + 1)
        settled = (first_ns[large] >= times[large]) & (first_ns[large] - times[large] <= round(SETTLE_S * NS_PER_S))
        settled &= first_ns[large] < following
        start, until = after[large][settled], np.minimum(following[settled], stretch.depth_ns[-1])
        later = _nearest(stretch.depth_ns, first_ns[large][settled][:, None] + asked)
        at_risk = stretch.depth_ns[later] < until[:, None]
        returned = np.where(at_risk, depth[later] - depth[start][:, None], 0.0)
        taken = np.where(at_risk, base[large][settled][:, None], 0.0)
        actual_s = (stretch.depth_ns[later] - first_ns[large][settled][:, None]) / NS_PER_S
        rows = np.concatenate((returned, taken, taken * actual_s, np.ones((len(start), 1))), axis=1)
        parts.append(binned(stretch, times[large][settled], rows, block_s))
    sums: FloatArray = parts[0] + parts[1]
    return sums


def _nearest(times_ns: NDArray[np.int64], due_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which of the times is nearest to each moment: books come when they come."""
    after = np.minimum(np.searchsorted(times_ns, due_ns, side="left"), len(times_ns) - 1)
    before = np.maximum(after - 1, 0)
    nearest: NDArray[np.int64] = np.where(due_ns - times_ns[before] < times_ns[after] - due_ns, before, after)
    return nearest


def _told_apart(gap_s: float) -> FloatArray:
    """Return the lags that are at least the time between two books apart, from 0 on."""
    kept: list[float] = [0.0]
    for lag in LAGS_S.tolist():
        if GAP_JITTER * (lag - kept[-1]) >= gap_s:
            kept.append(lag)
    return np.array(kept[1:])


def _shares(sums: FloatArray) -> FloatArray:
    count = sums.shape[-1] // 3
    shares: FloatArray = sums[..., :count] / sums[..., count : 2 * count]
    return shares


def _mean_lags(sums: FloatArray) -> FloatArray:
    """Return the lags at which books came, on average, beside those that were asked for."""
    count = sums.shape[-1] // 3
    lags: FloatArray = sums[..., 2 * count : 3 * count] / sums[..., count : 2 * count]
    return lags


def _log_rate(sums: FloatArray, lags_s: FloatArray, weights: FloatArray) -> FloatArray:
    """Return (..., 2): log rho of the best fit, and the share that it refills."""
    shapes = -np.expm1(-RATES[:, None] * lags_s)
    norms = (weights * shapes**2).sum(axis=1)
    along = (weights * _shares(sums)) @ shapes.T
    # With its best share the fit at one rate explains along^2 / norm of the squares.
    explained = np.where(along > 0, along, 0.0) ** 2 / norms
    best = np.clip(np.argmax(explained, axis=-1), 1, len(RATES) - 2)
    left, middle, right = (np.take_along_axis(explained, (best + side)[..., None], -1)[..., 0] for side in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    offset = np.clip(np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0), -1.0, 1.0)
    rate = np.log(RATES[best]) + offset * np.log(RATES[1] / RATES[0])
    share = np.take_along_axis(along / norms, best[..., None], -1)[..., 0]
    fit: FloatArray = np.stack((rate, share), axis=-1)
    return fit
