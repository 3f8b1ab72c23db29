"""The features of one moment and one order: of one version of a book, and of what came before it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS
from fillcast.core.view import BookSide, BookView
from fillcast.errors import ParameterError
from fillcast.models.bounds import positive
from fillcast.models.features.names import BANDS_BPS, BOOK_FEATURES, IMBALANCE_LEVELS
from fillcast.models.features.state import FeatureState

BANDS = np.array(BANDS_BPS, np.float64)
BANDS_SQUARED = sum(band * band for band in BANDS_BPS)


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
    bid, ask = int(view.bids.ticks[0]), int(view.asks.ticks[0])
    mid = (bid + ask) / 2
    bid_lots, ask_lots = float(view.bids.lots[0]), float(view.asks.lots[0])
    micro = (ask * bid_lots + bid * ask_lots) / (bid_lots + ask_lots)
    bid_depth, ask_depth = _depth(view.bids, 1, mid), _depth(view.asks, -1, mid)
    taken = ask_depth if side > 0 else bid_depth
    return np.array(
        (
            ask - bid,
            (ask - bid) / mid * BPS,
            micro - mid,
            *bid_depth,
            _slope(bid_depth),
            *ask_depth,
            _slope(ask_depth),
            *(_imbalance(view, count) for count in IMBALANCE_LEVELS),
            *(size / depth if depth else math.inf for depth in taken),
            walk.levels,
        ),
        np.float64,
    )


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


def _depth(book_side: BookSide, sign: int, mid_ticks: float) -> list[float]:
    counts = book_side.counts_within(BANDS, sign, mid_ticks).tolist()
    sums = book_side.cumulative_base
    return [sums.item(count - 1) if count else 0.0 for count in counts]


def _slope(depths: list[float]) -> float:
    return sum(band * depth for band, depth in zip(BANDS_BPS, depths, strict=True)) / BANDS_SQUARED


def _imbalance(view: BookView, count: int) -> float:
    bid, ask = (one.cumulative_lots.item(min(count, len(one)) - 1) for one in (view.bids, view.asks))
    return (bid - ask) / (bid + ask)
