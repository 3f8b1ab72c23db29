"""How much of a book is proven, what of that has been lost, and whether two books of one instrument agree."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from fillcast.core.book import Book
from fillcast.core.proven import proven_widths_bps

NOT_SHRUNK: Final = 0.8  # of what the last snapshot proved: a fresh one would prove little more

BothSides = tuple[float, float]  # bids, asks


def proven_bps(book: Book) -> BothSides:
    """Return how far from the mid each side is proven, in bps; see `core.proven`."""
    return proven_widths_bps(book.mid_ticks, book.proven_ticks(1), book.proven_ticks(-1))


def proven_lots(book: Book) -> BothSides:
    """Return how many lots of each side are proven; infinity where the whole side is known."""
    return _proven_lots(book, 1), _proven_lots(book, -1)


def _proven_lots(book: Book, side: int) -> float:
    edge = book.proven_ticks(side)
    if edge is None:
        return math.inf
    ticks, lots = book.levels(side)
    return float(lots.sum(where=side * ticks >= side * edge, dtype=np.float64))


def wants_more(now: BothSides, before: BothSides, wanted: float) -> bool:
    """Whether a side is proven for less than is wanted, and for less than the last snapshot proved.

    What the last snapshot did not prove the next one would not prove either.
    """
    return any(one < wanted and one < NOT_SHRUNK * then for one, then in zip(now, before, strict=True))


def agree(book: Book, fresh: Book, limit: int) -> bool:
    """Whether two books stand at one id and share their best levels, as far as both are proven."""
    if book.last_id != fresh.last_id:
        return False
    for side in (1, -1):
        edges = [edge for one in (book, fresh) if (edge := one.proven_ticks(side)) is not None]
        inside = []
        for one in (book, fresh):
            ticks, lots = one.levels(side, limit)
            keep = np.ones(len(ticks), bool)
            for edge in edges:
                keep &= side * ticks >= side * edge
            inside.append((ticks[keep].tolist(), lots[keep].tolist()))
        if inside[0] != inside[1]:
            return False
    return True
