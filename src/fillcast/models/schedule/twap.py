"""TWAP: the same size in every interval, `n_k = X / N`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fillcast.models.bounds import not_negative, positive
from fillcast.models.risk.monte_carlo import MAX_SLICES
from fillcast.models.samples import whole
from fillcast.models.schedule.slices import Schedule


def twap(size: ArrayLike, count: int, horizon: float) -> Schedule:
    """Return `count` equal slices.

    Parameters
    ----------
    size
        X, base units >= 0, any shape (...).
    count
        N, from 1 to `MAX_SLICES`.
    horizon
        Time from the first slice to the end of the last interval, > 0.

    Raises
    ------
    ParameterError
        For a parameter out of range.
    """
    not_negative("size", size)
    positive("horizon", horizon)
    whole("count", count, 1, MAX_SLICES)
    each = np.asarray(size, dtype=np.float64)[..., np.newaxis] / count
    return Schedule(np.repeat(each, count, axis=-1), horizon / count)
