"""VWAP: slices in proportion to the volume expected in each interval, `n_k = X v_k / sum v`.

The expected volume of a minute is its median over past weeks, by minute of the week (UTC, from Monday), which keeps
the steps that volume takes at the hours when trading days open and leaves single bursts out. Today's volume corrects
its level: with W the exponentially weighted mean of what today's minutes traded and M that of their medians,

    v_k = median_k ((1 - b) + b W / M)

where b, from 0 to 1, is the weight of today. A common factor changes no VWAP slice; it changes a share of the volume
(`participation`), which reads the same curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import fraction, not_negative, positive
from fillcast.models.samples import same_length, series
from fillcast.models.schedule.slices import Schedule

FloatArray = NDArray[np.float64]

MINUTES_PER_WEEK = 7 * 24 * 60
EPOCH_MINUTE_OF_WEEK = 3 * 24 * 60  # 1970-01-01 was a Thursday


def minute_of_week(minutes: ArrayLike) -> NDArray[np.int64]:
    """Return the minute of the week, 0 on Monday 00:00 UTC, of whole minutes since 1970-01-01 UTC."""
    whole_minutes = np.asarray(minutes)
    if whole_minutes.dtype.kind not in "iu":
        raise ParameterError(f"minutes must be whole numbers, not {whole_minutes.dtype}")
    return (whole_minutes.astype(np.int64) + EPOCH_MINUTE_OF_WEEK) % MINUTES_PER_WEEK


@dataclass(frozen=True, slots=True)
class VolumeCurve:
    """Median volume by minute of the week.

    Attributes
    ----------
    medians
        float64 (MINUTES_PER_WEEK,), base units a minute; NaN where no week was seen.
    weeks
        int64 (MINUTES_PER_WEEK,), observations behind each.
    """

    medians: FloatArray
    weeks: NDArray[np.int64]

    def expected(self, minutes: ArrayLike, level: float = 1.0) -> FloatArray:
        """Return the volume expected in minutes since 1970, base units.

        Parameters
        ----------
        minutes
            Whole minutes, any shape.
        level
            What `level_of_today` gave; 1.0 for the medians as they are.

        Raises
        ------
        ParameterError
            When a minute of the week was never seen: a curve does not guess.
        """
        not_negative("level", level)
        places = minute_of_week(minutes)
        unseen = self.weeks[places] == 0
        if np.any(unseen):
            first = int(places[unseen][0])
            raise ParameterError(f"volume of minute {first} of the week is not calibrated: no observation of it")
        return level * self.medians[places]

    def level_of_today(
        self, minutes: ArrayLike, volumes: ArrayLike, *, half_life_minutes: float, weight: float
    ) -> float:
        """Return (1 - b) + b W / M from what today's minutes traded; 1.0 when their medians are all 0.

        Parameters
        ----------
        minutes, volumes
            (n,): whole minutes, and the base units that traded in each.
        half_life_minutes
            Half-life of a minute's weight, counted back from the latest, > 0.
        weight
            b, from 0 to 1.
        """
        positive("half_life_minutes", half_life_minutes)
        fraction("weight", weight)
        traded = series("volumes", volumes)
        not_negative("volumes", traded)
        when = np.asarray(minutes)
        same_length(minutes=when, volumes=traded)
        usual = self.expected(when)
        weights = 2.0 ** (-(when.max() - when) / half_life_minutes)
        mean = float(weights @ usual)
        return 1.0 - weight + weight * float(weights @ traded) / mean if mean > 0 else 1.0


def fit_volume_curve(minutes: ArrayLike, volumes: ArrayLike) -> VolumeCurve:
    """Return the medians of recorded volumes.

    Parameters
    ----------
    minutes, volumes
        (n,): whole minutes since 1970-01-01 UTC, and the base units >= 0 that traded in each; a minute without trades
        is an observation of 0 and must be there.
    """
    traded = series("volumes", volumes)
    not_negative("volumes", traded)
    places = minute_of_week(minutes)
    same_length(minutes=places, volumes=traded)
    medians = np.full(MINUTES_PER_WEEK, np.nan)
    weeks = np.bincount(places, minlength=MINUTES_PER_WEEK).astype(np.int64)
    order = np.argsort(places, kind="stable")
    ends = np.cumsum(weeks)
    ordered = traded[order]
    for place in np.flatnonzero(weeks):
        medians[place] = np.median(ordered[ends[place] - weeks[place] : ends[place]])
    return VolumeCurve(medians, weeks)


def vwap(size: ArrayLike, volumes: ArrayLike, interval: float) -> Schedule:
    """Return slices in proportion to expected volumes.

    Parameters
    ----------
    size
        X, base units >= 0, any shape (...).
    volumes
        (N,), volume expected in each interval, >= 0, not all 0.
    interval
        Time of one interval, > 0.
    """
    not_negative("size", size)
    expected = series("volumes", volumes)
    not_negative("volumes", expected)
    largest = expected.max()
    if largest <= 0:
        raise ParameterError("volumes must not all be 0: a schedule by volume needs some")
    shares = expected / largest  # first, so that a sum of huge or tiny volumes stays a number
    return Schedule(np.asarray(size, dtype=np.float64)[..., np.newaxis] * (shares / shares.sum()), interval)
