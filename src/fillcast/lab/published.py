"""What a venue has told of a book so far, and the changes that bring it up to date."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from fillcast.lab.encode_kernels import MARK, difference, mark_changes, read_top
from fillcast.lab.engine_kernels import BUY, SELL
from fillcast.lab.market import Market


class PublishedSide:
    """The published view of one side: its best levels when it was last published.

    Parameters
    ----------
    side
        +1 for bids.
    depth
        Levels at most.
    counted
        The number of orders is told too, so a change of it alone is a change.
    marked
        Changes are marked as new, other size or deletion.
    """

    def __init__(self, side: int, depth: int, *, counted: bool = False, marked: bool = False) -> None:
        self.side = side
        self.view = np.zeros((depth, 3), np.int64)
        self.count = 0
        self.fresh = np.zeros((depth, 3), np.int64)
        self.changes = np.zeros((2 * depth, 3), np.int64)
        self.changed = 0
        self._counted, self._marked = counted, marked

    def publish(self, market: Market) -> int:
        """Take the market's view as the published one; return how many levels differ from the last."""
        count = read_top(market.words, market.levels, self.side, self.fresh)
        if not self._counted:
            self.fresh[:count, MARK] = 0
        self.changed = difference(self.side, self.view, self.count, self.fresh, count, self.changes)
        if self._marked:
            mark_changes(self.side, self.view, self.count, self.changes, self.changed)
        self.view, self.fresh, self.count = self.fresh, self.view, count
        return self.changed


class PublishedBook:
    """A stream of one book's changes, that is computed only while somebody listens.

    Parameters
    ----------
    topic
        What is listened to.
    market
        The market it tells of.
    depth, every_ms
        Levels of a side at most, and the cadence in market time.
    counted, marked
        See `PublishedSide`.
    ids
        It is published also when nothing but the market's id has changed, as beyond the depth.

    Attributes
    ----------
    number
        How often it was published, from 1 on.
    last_id, previous_id
        The market's id when it was last published, and at the time before.
    """

    def __init__(
        self,
        topic: str,
        market: Market,
        depth: int,
        every_ms: int,
        *,
        counted: bool = False,
        marked: bool = False,
        ids: bool = False,
    ) -> None:
        self.topic = topic
        depth = min(depth, len(market.levels))  # a market holds no more
        self.bids = PublishedSide(BUY, depth, counted=counted, marked=marked)
        self.asks = PublishedSide(SELL, depth, counted=counted, marked=marked)
        self.number = 0
        self.last_id = self.previous_id = 0
        self.changed_ns = 0
        self._market, self._every_ms, self._ids = market, every_ms, ids
        self._active = False

    def due(self, due_ms: int, wanted: Container[str]) -> bool:
        """Publish when it is time; return whether there are changes to send."""
        if self.topic not in wanted:
            self._active = False
            return False
        if not self._active:
            self.refresh()
        return due_ms % self._every_ms == 0 and self._publish()

    def refresh(self) -> None:
        """Make sure that the published view is what the listeners know; take that of now when there are none."""
        if not self._active:
            self._active = True
            self._publish()

    def _publish(self) -> bool:
        changed = self.bids.publish(self._market) + self.asks.publish(self._market) > 0
        if changed or (self._ids and self._market.update_id != self.last_id):
            self.number += 1
            self.previous_id, self.last_id = self.last_id, self._market.update_id
            self.changed_ns = self._market.changed_ns
            return True
        return False
