"""Snapshots that the tests of costs and slippage share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.core.view import BookView
from fillcast.forecast.snapshots import Snapshots
from tests.forecast.examples import SPOT, mirrored_books

SECOND_NS = 1_000_000_000
START_NS = 1_790_000_000 * SECOND_NS


def padded(rows: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return rows of different lengths as one array, NaN after each."""
    width = max(1, *map(len, rows))
    return np.array([[*row, *[np.nan] * (width - len(row))] for row in rows], np.float64)


def snapshots_of(views: Sequence[BookView], times: object = None) -> Snapshots:
    """Return the levels of views as snapshots."""
    prices, sizes = (
        [padded([getattr(getattr(view, side), name) for view in views]) for side in ("bids", "asks")]
        for name in ("price", "lots")
    )
    lot = views[0].instrument.lot_value
    return Snapshots(prices[0], sizes[0] * lot, prices[1], sizes[1] * lot, times)


def walking(count: int, seed: int, levels: int = 8) -> Snapshots:
    """Return snapshots a second apart whose every level differs from the ones before."""
    draw = np.random.default_rng(seed)
    mid = 100.0 + np.cumsum(draw.normal(0.0, 0.05, count))[:, None]
    away = np.cumsum(draw.uniform(0.01, 0.05, (2, count, levels)), axis=-1)
    sizes = draw.uniform(0.5, 3.0, (2, count, levels))
    times = START_NS + SECOND_NS * np.arange(count)
    return Snapshots(mid - away[0], sizes[0], mid + away[1], sizes[1], times)


@st.composite
def several_books(draw: st.DrawFn) -> list[BookView]:
    """One to four books of one linear instrument, of different depths."""
    return draw(st.lists(mirrored_books((SPOT,)), min_size=1, max_size=4))
