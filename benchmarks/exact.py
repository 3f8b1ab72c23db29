"""The answers themselves, found the plain way: integers throughout, a dict of sizes, sorted anew at every
frame. Not timed.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.frames import Capture, Scale

Levels = Iterable[list[str]]


class Book:
    """Both sides of one instrument as ``{ticks: lots}``."""

    def __init__(self, scale: Scale) -> None:
        self._tick, self._lot = Decimal(scale.tick), Decimal(scale.lot)
        self._size = _units(scale.size, self._lot)
        self.asks: dict[int, int] = {}
        self.bids: dict[int, int] = {}

    def apply(self, side: dict[int, int], levels: Levels) -> None:
        for price, size, *_ in levels:
            ticks, lots = _units(price, self._tick), _units(size, self._lot)
            if lots:
                side[ticks] = lots
            else:
                side.pop(ticks, None)

    def cost(self) -> tuple[int, int, int, int]:
        return (
            *self._walk(self.asks, sorted(self.asks)),
            *self._walk(self.bids, sorted(self.bids, reverse=True)),
        )

    def _walk(self, side: dict[int, int], best_first: list[int]) -> tuple[int, int]:
        cost = filled = 0
        for ticks in best_first:
            lots = min(side[ticks], self._size - filled)
            cost += ticks * lots
            filled += lots
            if filled == self._size:
                break
        return filled, cost


def answers(capture: Capture) -> NDArray[np.int64]:
    """Bought lots, lots × ticks paid, sold lots, lots × ticks received, after each frame; shape (frames, 4).

    Raises
    ------
    ValueError
        Where the capture itself has a gap, so that no book made from it could be right.
    """
    books = {symbol: Book(scale) for symbol, scale in capture.instruments.items()}
    if capture.snapshot is not None:
        depth = orjson.loads(capture.snapshot)
        (book,) = books.values()
        book.apply(book.asks, depth["asks"])
        book.apply(book.bids, depth["bids"])
    found = []
    for symbol, frame in zip(capture.symbols, capture.frames, strict=True):
        book = books[symbol]
        message = orjson.loads(frame)
        if capture.snapshot is not None:
            asks, bids = message["data"]["a"], message["data"]["b"]
        else:
            asks, bids = message["data"][0]["asks"], message["data"][0]["bids"]
            if message["action"] == "snapshot":
                book.asks.clear()
                book.bids.clear()
        book.apply(book.asks, asks)
        book.apply(book.bids, bids)
        found.append(book.cost())
    _require_continuity(capture)
    return np.array(found, dtype=np.int64)


def _require_continuity(capture: Capture) -> None:
    if capture.snapshot is None:
        return  # OKX: the feed of every opponent checks prevSeqId where there is one
    snapshot_id = orjson.loads(capture.snapshot)["lastUpdateId"]
    events = [orjson.loads(frame)["data"] for frame in capture.frames]
    if not events[0]["U"] <= snapshot_id <= events[0]["u"]:
        raise ValueError(f"{capture.name}: the first update does not span the snapshot")
    for before, after in pairwise(events):
        if after["pu"] != before["u"]:
            raise ValueError(f"{capture.name}: gap between {before['u']} and {after['pu']}")


def _units(text: str, unit: Decimal) -> int:
    count = Decimal(text) / unit
    if count != (whole := int(count)):
        raise ValueError(f"{text} is not a multiple of {unit}")
    return whole
