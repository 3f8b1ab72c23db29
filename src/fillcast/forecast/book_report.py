"""What a forecast says of the book that it rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from fillcast.core.proven import proven_widths_bps
from fillcast.core.state import BookState
from fillcast.core.units import NS_PER_MS
from fillcast.core.view import BookView

if TYPE_CHECKING:
    from fillcast.venues.protocol import Health

LIVE = "LIVE"
NO_SEQUENCE = -1  # what a book says as its last id where the venue numbers nothing
MS_PER_S = 1e3


class BookReport(msgspec.Struct, frozen=True):
    """The book that a forecast rests on.

    Attributes
    ----------
    state, reason
        The state's name, and why it is not LIVE.
    proof
        What proves the book.
    age_ms, last_change_ms
        Since the connection's last proof of life, and since the book's last change; None where there never was
        one, and without a connection.
    sequence, version, event_ns
        The venue's id of the last change (`NO_SEQUENCE` where it gives none), the book's own count of changes, and
        the venue's time of the last.
    proven_bps
        Distance from the mid within which both sides are proven, 0 when the market has run past the proven edge of
        one; None when the whole book is known.
    """

    state: str
    reason: str
    proof: str
    age_ms: float | None
    last_change_ms: float | None
    sequence: int
    version: int
    event_ns: int
    proven_bps: float | None

    @property
    def age_s(self) -> float:
        """Seconds for which the mid may have moved unseen; 0 where no age is known."""
        return 0.0 if self.age_ms is None else self.age_ms / MS_PER_S


def report_book(view: BookView, health: Health | None) -> BookReport:
    """Return what a forecast says of its book. A connection that doubts the book outranks the view."""
    state, reason, proof = view.state.name, view.reason, str(view.proof)
    age_ms, last_change_ms = ages_ms(view, health)
    if health is not None and state == LIVE:
        state, reason, proof = health.state.name, health.reason, str(health.proof)
    return BookReport(
        state,
        reason,
        proof,
        age_ms,
        last_change_ms,
        view.last_id,
        view.version,
        view.event_ns,
        _proven_bps(view),
    )


def ages_ms(view: BookView, health: Health | None) -> tuple[float | None, float | None]:
    """Return ms since the last proof of life and since the last change, None for what never was.

    Before the first sign of life the clock that ages count on has no start but the machine's own.
    """
    if health is None or health.state is BookState.EMPTY:
        return None, None
    changed = health.last_change_ns > 0 or len(view.bids) > 0 or len(view.asks) > 0
    return health.age_ns / NS_PER_MS, health.last_change_ns / NS_PER_MS if changed else None


def why_no_price(view: BookView, book: BookReport) -> str:
    """Return why a book cannot be priced, or an empty text."""
    key = view.instrument.key
    if book.state != LIVE:
        return f"{key} is {book.state}: {book.reason or 'no data yet'}"
    if not math.isfinite(view.mid):
        return f"{key} has no mid: one side of the book is empty"
    if view.best_bid >= view.best_ask:
        return f"{key} is crossed: best bid {view.best_bid:g}, best ask {view.best_ask:g}"
    return ""


def _proven_bps(view: BookView) -> float | None:
    mid, tick = view.mid, view.instrument.tick_value
    if not math.isfinite(mid):
        return None
    width = min(proven_widths_bps(mid / tick, view.proven_bid_ticks, view.proven_ask_ticks))
    return width if math.isfinite(width) else None
