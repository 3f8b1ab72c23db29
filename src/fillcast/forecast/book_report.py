"""What a forecast says of the book that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fillcast.core.view import BookView

if TYPE_CHECKING:
    from fillcast.venues.protocol import Health

NS_PER_MS = 1e6
BPS = 1e4
LIVE = "LIVE"


@dataclass(frozen=True, slots=True)
class BookReport:
    """The book that a forecast rests on.

    Attributes
    ----------
    state, reason
        The state's name, and why it is not LIVE.
    proof
        What proves the book.
    age_ms, last_change_ms
        Since the connection's last proof of life, and since the book's last change; None without a
        connection.
    sequence, version, event_ns
        The venue's id and time of the last change, and the book's own count of changes.
    proven_bps
        Distance from the mid within which both sides are proven; None when the whole book is known.
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


def report_book(view: BookView, health: Health | None) -> BookReport:
    """Return what a forecast says of its book. A connection that doubts the book outranks the view."""
    state, reason, proof = view.state.name, view.reason, str(view.proof)
    age_ms = last_change_ms = None
    if health is not None:
        age_ms, last_change_ms = health.age_ns / NS_PER_MS, health.last_change_ns / NS_PER_MS
        if state == LIVE:
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
    edges = (view.proven_bid_ticks, view.proven_ask_ticks)
    distances = [abs(edge * tick - mid) / mid * BPS for edge in edges if edge is not None]
    return min(distances) if distances else None
