"""The one check that no answer looks beyond its time: the same past with another future gives the same answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Event = TypeVar("Event")
Answers = dict[int, NDArray[np.float64]]
Recorder = Callable[[Sequence[Event], frozenset[int]], Answers]
"""Plays events and returns what was answered after those of the given places."""


def leaks(record: Recorder[Event], events: Sequence[Event], asked: Sequence[int], *, seed: int = 1) -> list[int]:
    """Return the places whose answer was another when the future was cut off, shuffled, or when nobody asked before.

    Parameters
    ----------
    record
        What is judged.
    events
        A whole stream, in the order of arrival.
    asked
        Places of events after which to ask.
    """
    whole, random = record(events, frozenset(asked)), np.random.default_rng(seed)
    found = []
    for place in asked:
        past, future = list(events[: place + 1]), list(events[place + 1 :])
        shuffled = past + [future[index] for index in random.permutation(len(future))]
        others = (record(past, frozenset((place,))), record(shuffled, frozenset(asked)))
        if not all(np.array_equal(other[place], whole[place], equal_nan=True) for other in others):
            found.append(place)
    return found
