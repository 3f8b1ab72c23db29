"""How much of a book is proven, and whether two books of one instrument agree."""

from __future__ import annotations

import math

import numpy as np

from fillcast.core.book import Book


def proven_width_bps(book: Book) -> float:
    """Return how far from the mid the shorter side is proven, in bps; infinity where both are known whole."""
    mid = book.mid_ticks
    edges = [edge for side in (1, -1) if (edge := book.proven_ticks(side)) is not None]
    return min((abs(edge - mid) / mid * 1e4 for edge in edges), default=math.inf)


def reaches(book: Book, lots: int) -> bool:
    """Whether an order of so many lots stays within what is proven, on either side."""
    walks = [book.walk(side, lots) for side in (1, -1)]
    return all(walk.unfilled_lots == 0 and walk.unproven_lots == 0 for walk in walks)


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
