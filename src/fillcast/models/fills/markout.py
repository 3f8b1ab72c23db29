"""What a maker fill costs after it: the move of the mid against it, at fixed horizons.

A limit order that fills has earned the half-spread only until the mid moves. For a fill on side s (+1 bought, -1 sold)
at time t the markout is

    a(h) = -s (m(t + h) - m(t)) / m(t) x 1e4 bps,   positive: bad

and a maker fill costs  -half-spread + fee + a(h)  against the mid, never -half-spread + fee alone: fills happen more
often where the price then goes through the order (Albers et al. 2025, arXiv 2502.18625, on a live perpetual of bitcoin:
the chance of a fill and the return after it are negatively correlated). The horizons are those that US rule 605 of
Regulation NMS prescribes for realised spreads (as amended on 2024-03-06): 50 ms, 1 s, 15 s, 1 min, 5 min.

Windows of fills that come close together overlap. Errors are therefore clustered: fills of one stretch as long as the
horizon count as one observation, and neighbouring stretches, whose windows still overlap, enter with their covariance
where it is positive. With fewer than `LEAST_CLUSTERS` of them a horizon is not calibrated, and no cost can be computed
with it. Recordings are pooled fill by fill: a window never reaches from one into the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.estimate import LEVEL, Estimate, two_sided
from fillcast.models.samples import positive_series, same_length

FloatArray = NDArray[np.float64]

NS_PER_S = 1_000_000_000
HORIZONS_NS = tuple(int(seconds * NS_PER_S) for seconds in (0.05, 1, 15, 60, 300))  # rule 605
BPS = 1e4  # of a fraction
LEAST_CLUSTERS = 10  # below, the spread between clusters is itself too uncertain for a normal interval


@dataclass(frozen=True, slots=True)
class Markout:
    """Adverse selection at one horizon.

    Attributes
    ----------
    horizon_ns
        h.
    adverse_bps
        Mean of a(h) with its interval, bps of the mid at the fill; None where it is not calibrated.
    reason
        Why not, or empty.
    """

    horizon_ns: int
    adverse_bps: Estimate | None
    reason: str = ""

    def calibrated(self) -> Estimate:
        """Return the mean, or refuse.

        Raises
        ------
        ParameterError
            When it is not calibrated; it says why.
        """
        if self.adverse_bps is None:
            raise ParameterError(f"markout must be calibrated before a maker fill is priced; it is {self.reason}")
        return self.adverse_bps


def adverse_bps(side: ArrayLike, mid_at_fill: ArrayLike, mid_later: ArrayLike) -> FloatArray:
    """Return a(h) of single fills.

    Parameters
    ----------
    side
        +1 where the maker bought, -1 where it sold.
    mid_at_fill, mid_later
        Quote per base unit, > 0; all broadcast together.
    """
    positive("mid_at_fill", mid_at_fill)
    positive("mid_later", mid_later)
    sign = _sides(side)
    start = np.asarray(mid_at_fill, dtype=np.float64)
    against: FloatArray = -sign * (np.asarray(mid_later, dtype=np.float64) - start) / start * BPS
    return against


@dataclass(frozen=True, slots=True, eq=False)
class MakerFills:
    """Maker fills and the mids around them, in one recording without a gap.

    Attributes
    ----------
    times_ns, sides
        (n,) when fills happened and whether the maker bought (+1) or sold (-1).
    mid_times_ns, mids
        (m,), one or more, not decreasing in time; a mid holds until the next, the last one until its own time.
    """

    times_ns: NDArray[np.int64]
    sides: FloatArray
    mid_times_ns: NDArray[np.int64]
    mids: FloatArray

    @classmethod
    def checked(cls, times_ns: ArrayLike, sides: ArrayLike, mid_times_ns: ArrayLike, mids: ArrayLike) -> MakerFills:
        """Return fills whose arrays fit together.

        Raises
        ------
        ParameterError
            When lengths differ, a side is neither +1 nor -1, a mid is no price, or the times of mids decrease.
        """
        fills, sign = np.asarray(times_ns, dtype=np.int64), _sides(sides)
        times, values = np.asarray(mid_times_ns, dtype=np.int64), positive_series("mids", mids)
        same_length(fill_times_ns=fills, sides=sign)
        same_length(mid_times_ns=times, mids=values)
        if np.any(np.diff(times) < 0):
            raise ParameterError("mid_times_ns must not decrease")
        return cls(fills, sign, times, values)


def estimate_markouts(
    fill_times_ns: ArrayLike,
    sides: ArrayLike,
    mid_times_ns: ArrayLike,
    mids: ArrayLike,
    *,
    horizons_ns: tuple[int, ...] = HORIZONS_NS,
    level: float = LEVEL,
) -> tuple[Markout, ...]:
    """Return the markout of maker fills at each horizon, from one recording.

    Parameters
    ----------
    fill_times_ns, sides
        (n,) when fills happened and whether the maker bought (+1) or sold (-1).
    mid_times_ns, mids
        (m,) not decreasing in time; a mid holds until the next. The mid at the fill is the last one before it, so that
        the book the fill itself changed is not its own reference.
    horizons_ns
        Each > 0. A fill whose horizon lies beyond the last mid, or that came before the first, is left out.
    level
        Of the intervals.
    """
    recording = MakerFills.checked(fill_times_ns, sides, mid_times_ns, mids)
    return pooled_markouts((recording,), horizons_ns=horizons_ns, level=level)


def pooled_markouts(
    recordings: Sequence[MakerFills], *, horizons_ns: tuple[int, ...] = HORIZONS_NS, level: float = LEVEL
) -> tuple[Markout, ...]:
    """Return the markout of the fills of several recordings together; parameters as of `estimate_markouts`."""
    positive("horizons_ns", np.array(horizons_ns))
    two_sided(level)
    return tuple(_at_horizon(recordings, horizon, level) for horizon in horizons_ns)


def maker_fill_cost_bps(half_spread_bps: float, maker_fee_bps: float, markout: Markout) -> Estimate:
    """Return what a maker fill costs against the mid at the fill, in bps: -half-spread + fee + adverse selection.

    Parameters
    ----------
    half_spread_bps
        Distance of the order's price from the mid when it fills, >= 0.
    maker_fee_bps
        Negative: a rebate.
    markout
        At the horizon over which the position is held against the mid.

    Raises
    ------
    ParameterError
        When the markout is not calibrated: no fill is priced at the half-spread alone.
    """
    not_negative("half_spread_bps", half_spread_bps)
    finite("maker_fee_bps", maker_fee_bps)
    return markout.calibrated().scaled(1.0, maker_fee_bps - half_spread_bps)


def _at_horizon(recordings: Sequence[MakerFills], horizon: int, level: float) -> Markout:
    seen = [_moves(one, horizon) for one in recordings]
    if not seen:
        return Markout(horizon, None, "not calibrated: no mid")
    moves = np.concatenate([against for against, _ in seen])
    n, clusters = len(moves), sum(len(np.unique(windows)) for _, windows in seen)
    if clusters < LEAST_CLUSTERS:
        seconds = horizon / NS_PER_S
        reason = f"not calibrated: {clusters} of {LEAST_CLUSTERS} separate windows of {seconds:g} s ({n} fills)"
        return Markout(horizon, None, reason)
    mean = float(moves.mean())
    own, shared = np.sum([_squares(against - mean, windows) for against, windows in seen], axis=0).tolist()
    error = math.sqrt((own + max(shared, 0.0)) * clusters / (clusters - 1)) / n
    reach = two_sided(level) * error
    return Markout(horizon, Estimate(mean, mean - reach, mean + reach, level, n))


def _moves(recording: MakerFills, horizon: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return a(h) of the fills whose horizon lies within the recording, and the window that each belongs to."""
    fills, times, mids = recording.times_ns, recording.mid_times_ns, recording.mids
    before = np.searchsorted(times, fills, side="left") - 1
    used = (before >= 0) & (fills + horizon <= times[-1])
    later = np.searchsorted(times, fills[used] + horizon, side="right") - 1
    return adverse_bps(recording.sides[used], mids[before[used]], mids[later]), fills[used] // horizon


def _squares(deviations: FloatArray, windows: NDArray[np.int64]) -> tuple[float, float]:
    """Return the squares of the windows' sums, and twice the products of neighbouring ones."""
    places, members = np.unique(windows, return_inverse=True)
    sums = np.bincount(members, weights=deviations, minlength=len(places))
    neighbours = np.diff(places) == 1
    return float(sums @ sums), 2.0 * float(np.sum(sums[:-1][neighbours] * sums[1:][neighbours]))


def _sides(side: ArrayLike) -> FloatArray:
    finite("side", side)
    sign = np.asarray(side, dtype=np.float64)
    wrong = np.abs(sign) != 1.0
    if np.any(wrong):
        raise ParameterError(f"side must be +1 or -1, not {float(sign[wrong][0])!r}")
    return sign
