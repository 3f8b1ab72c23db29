"""The features of one moment and one order: of one version of a book, and of what came before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.instrument import ContractKind
from fillcast.core.view import BookView
from fillcast.errors import ParameterError
from fillcast.models.bounds import positive
from fillcast.models.features.book_kernels import CONSUMED, COUNT, book_answer
from fillcast.models.features.names import BOOK_FEATURES
from fillcast.models.features.state import FeatureState


def book_features(view: BookView, side: int, size: float) -> NDArray[np.float64]:
    """Return the features in the order of `BOOK_FEATURES`.

    Parameters
    ----------
    view
        One version of a book; nothing after it is seen. Depth beyond its proven edge counts as it is shown.
    side
        +1 for an order that buys, -1 for one that sells.
    size
        Base units, at least one lot.

    Returns
    -------
    NDArray[np.float64]
        Shape (features,); all NaN when a side of the book is empty. A ratio to no depth is infinite.

    Raises
    ------
    ParameterError
        For another side, or a size that is not positive and finite.
    NotLiveError
        When the book is not proven right.
    SizeError
        When the size is below one lot or beyond what a book holds.
    """
    if side not in (1, -1):
        raise ParameterError(f"side must be +1 or -1, not {side!r}")
    positive("size", size)
    walk = view.walk_base(side, size)
    if not len(view.bids) or not len(view.asks):
        return np.full(len(BOOK_FEATURES), np.nan)
    instrument, out = view.instrument, np.empty(COUNT)
    inverse = instrument.kind is ContractKind.INVERSE
    unit = instrument.lot_value / instrument.tick_value if inverse else instrument.lot_value
    bids, asks = view.bids, view.asks
    book_answer(bids.ticks, bids.lots, asks.ticks, asks.lots, side, size, unit, inverse, out)
    out[CONSUMED] = walk.levels
    return out


def features_at(
    state: FeatureState, view: BookView, side: int, size: float, now_ns: int | None = None
) -> NDArray[np.float64]:
    """Return all features at a time, in the order of `FEATURES`.

    Parameters
    ----------
    state
        Fed with every frame up to now.
    view
        The book as it is after the last of them.
    side, size
        As of `book_features`, whose errors it raises.
    now_ns
        Event time, venue clock; the latest time that `state` has seen when absent.

    Raises
    ------
    ParameterError
        When the state or the view has seen something later.
    """
    moment = state.last_ns if now_ns is None else now_ns
    if view.event_ns > moment:
        raise ParameterError(f"now_ns must be at least {view.event_ns}, the time of the book, not {moment!r}")
    return np.concatenate((book_features(view, side, size), state.at(moment)))
