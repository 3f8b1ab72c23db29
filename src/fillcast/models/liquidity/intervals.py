"""From events at irregular times to values on intervals, without a look ahead."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.samples import same_length, series


def rising_times(name: str, times_ns: ArrayLike) -> NDArray[np.int64]:
    """Return int64 times, refused when they decrease or are no whole numbers.

    Raises
    ------
    ParameterError
        It names the times and the first place where they go back.
    """
    array = np.asarray(times_ns)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise ParameterError(f"{name} must be one row of whole nanoseconds, not {array.dtype} of shape {array.shape}")
    times = array.astype(np.int64)
    back = np.flatnonzero(times[1:] < times[:-1])
    if back.size:
        raise ParameterError(f"{name} must not decrease, as they do after place {int(back[0])}")
    return times


def last_known(
    times_ns: ArrayLike, values: ArrayLike, at_ns: ArrayLike, *, strictly_before: bool = False
) -> NDArray[np.float64]:
    """Return the last value known at each moment; NaN where none was.

    Parameters
    ----------
    times_ns, values
        (n,), times not decreasing. Of several values at one time the last counts.
    at_ns
        Moments, (m,) in any order.
    strictly_before
        Whether a value that came at the very moment is not known yet.
    """
    times, known = rising_times("times_ns", times_ns), series("values", values, 0)
    same_length(times_ns=times, values=known)
    places = np.searchsorted(times, np.asarray(at_ns, dtype=np.int64), side="left" if strictly_before else "right")
    return np.concatenate(([np.nan], known))[places]


def interval_sums(times_ns: ArrayLike, values: ArrayLike, edges_ns: ArrayLike) -> NDArray[np.float64]:
    """Return the sum of the values in each interval (edge, next edge]: (len(edges) - 1,), 0 where there is none.

    An event at the time of an edge belongs to the interval that ends there, so that a sum and the change of
    `last_known` between the same edges cover the same events.
    """
    times, known = rising_times("times_ns", times_ns), series("values", values, 0)
    same_length(times_ns=times, values=known)
    edges = rising_times("edges_ns", edges_ns)
    if len(edges) < 2:
        raise ParameterError(f"edges_ns must have at least 2 values, not {len(edges)}")
    places = np.searchsorted(edges, times, side="left") - 1
    inside = (places >= 0) & (places < len(edges) - 1)
    sums: NDArray[np.float64] = np.bincount(places[inside], known[inside], len(edges) - 1).astype(np.float64)
    return sums
