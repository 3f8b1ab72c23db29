"""The features of the books that a session follows, kept frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.events import BOOK
from fillcast.feed.driven import Driven
from fillcast.models.features import FeatureState, features_at
from fillcast.session.activity import Watched


class RollingFeatures:
    """One rolling state for each instrument; fed with every frame of every connection.

    Parameters
    ----------
    watched
        By instrument.
    carried
        By id of the connection, in the order of its instruments: those of books, and those of trades alone.
    """

    def __init__(self, watched: Mapping[str, Watched], carried: Mapping[int, Sequence[Watched]]) -> None:
        self._watched = watched
        self._carried = carried
        self._states = {key: FeatureState(one.book.instrument) for key, one in watched.items()}

    def take(self, connection: Driven) -> None:
        """Take in the frame that a connection has just had."""
        events, carried = connection.events, self._carried[id(connection)]
        for index in set(events.messages[: events.count, BOOK].tolist()):
            one = carried[index]
            book = one.book if one.connection is connection else None
            self._states[one.book.instrument.key].update(events, index, book)

    def vector(self, key: str, side: int, size_base: float) -> NDArray[np.float64]:
        """Return all features of an order at the latest event time, in the order of `models.features.FEATURES`."""
        return features_at(self._states[key], self._watched[key].book.view(), side, size_base)
