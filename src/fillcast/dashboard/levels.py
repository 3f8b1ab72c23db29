"""The best levels of one version of a book, and what changes between two of them, as columns for the wire."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from msgspec import Raw, msgpack
from numpy.typing import NDArray

from fillcast.core.state import BookState
from fillcast.core.units import BPS, NS_PER_MS
from fillcast.core.view import BookSide
from fillcast.dashboard.seen import Seen
from fillcast.dashboard.wire import MOST_LEVELS
from fillcast.dashboard.wire_books import Book, State
from fillcast.forecast.book_report import NO_SEQUENCE, ages_ms

INT32_MAX = 2**31 - 1
STATES: dict[BookState, State] = {
    BookState.EMPTY: "EMPTY",
    BookState.SYNCING: "SYNCING",
    BookState.LIVE: "LIVE",
    BookState.STALE: "STALE",
    BookState.BROKEN: "BROKEN",
}


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One side: int64 ticks and float64 base units, best first, of one length."""

    ticks: NDArray[np.int64]
    sizes: NDArray[np.float64]

    @classmethod
    def of(cls, side: BookSide) -> Column:
        """Return the best levels of a side."""
        sums = np.concatenate(([0.0], side.cumulative_base[:MOST_LEVELS]))
        if side.instrument.kind == "inverse":
            return cls(side.ticks[:MOST_LEVELS], np.diff(sums))
        return cls(
            side.ticks[:MOST_LEVELS], np.multiply(side.lots[:MOST_LEVELS], side.instrument.lot_value, dtype=np.float64)
        )

    def change_from(self, before: Column) -> Column:
        """Return the levels to set to get from another column to this one; size 0 takes one away."""
        if before is self:
            return NOTHING
        known = np.isin(self.ticks, before.ticks, assume_unique=True)
        gone = before.ticks[~np.isin(before.ticks, self.ticks, assume_unique=True)]
        order = np.argsort(before.ticks)
        places = order[np.searchsorted(before.ticks, self.ticks[known], sorter=order)]
        same = np.zeros(len(self.ticks), bool)
        same[known] = before.sizes[places] == self.sizes[known]
        ticks = np.concatenate((self.ticks[~same], gone))
        return Column(ticks, np.concatenate((self.sizes[~same], np.zeros(len(gone)))))


NOTHING = Column(np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What a page holds of one book: its best levels, and all that is told of it.

    Attributes
    ----------
    serial
        Of this object, by which changes from it are remembered.
    """

    seen: Seen
    bids: Column
    asks: Column
    serial: int = field(default_factory=count(1).__next__)
    _changes: dict[int, Raw] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, seen: Seen, before: Levels | None = None) -> Levels:
        """Return the levels of a moment; those of an earlier one where its view is the same."""
        if before is not None and before.seen.view is seen.view:
            return cls(seen, before.bids, before.asks)
        return cls(seen, Column.of(seen.view.bids), Column.of(seen.view.asks))

    def is_news(self, sent: Levels | None) -> bool:
        """Tell whether there is more to say than that the book is older now."""
        return (
            sent is None
            or sent.seen.view is not self.seen.view
            or sent.seen.health.state is not self.seen.health.state
            or sent.seen.health.reason != self.seen.health.reason
        )

    def change(self, sent: Levels | None) -> Raw:
        """Return `part` as msgpack, made once for all pages that hold the same."""
        known = 0 if sent is None else sent.serial
        change = self._changes.get(known)
        if change is None:
            change = self._changes[known] = Raw(msgpack.encode(self.part(sent)))
        return change

    def part(self, sent: Levels | None) -> Book:
        """Return the part that leads from what was sent to this; None: nothing was."""
        view, health = self.seen.view, self.seen.health
        state, reason, proof = book_state(self.seen)
        base = None
        bids, asks = self.bids, self.asks
        if sent is not None and sent.seen.instrument == self.seen.instrument:
            base = sent.seen.view.version
            bids, asks = bids.change_from(sent.bids), asks.change_from(sent.asks)
        wide = any(column.ticks.size and np.abs(column.ticks).max() > INT32_MAX for column in (bids, asks))
        kind = "<f8" if wide else "<i4"
        age_ms, changed_ms = ages_ms(view, health)
        two_sided = math.isfinite(view.mid)
        return Book(
            view.instrument.key,
            view.version,
            base,
            state,
            reason,
            proof,
            age_ms,
            changed_ms,
            None if view.last_id == NO_SEQUENCE else view.last_id,
            view.event_ns / NS_PER_MS if view.event_ns > 0 else None,
            view.mid if two_sided else None,
            view.best_bid if len(view.bids) else None,
            view.best_ask if len(view.asks) else None,
            view.best_ask - view.best_bid if two_sided else None,
            spread_bps(self.seen),
            view.proven_bid_ticks,
            view.proven_ask_ticks,
            bool(wide),
            bids.ticks.astype(kind).tobytes(),
            bids.sizes.astype("<f8").tobytes(),
            asks.ticks.astype(kind).tobytes(),
            asks.sizes.astype("<f8").tobytes(),
        )


def spread_bps(seen: Seen) -> float | None:
    """Return the spread in bps of the mid; None where a side is empty."""
    view = seen.view
    return BPS * (view.best_ask - view.best_bid) / view.mid if math.isfinite(view.mid) else None


def book_state(seen: Seen) -> tuple[State, str, str]:
    """Return state, reason and proof of a book; a connection that doubts a LIVE one outranks its view."""
    told = seen.health if seen.view.state is BookState.LIVE else seen.view
    return STATES[told.state], told.reason, str(told.proof)
