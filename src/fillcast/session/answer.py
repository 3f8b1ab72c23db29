"""A forecast asked of a running session: the one of now, and the last good one, told apart."""

from __future__ import annotations

from dataclasses import dataclass

from fillcast.core.state import BookState
from fillcast.forecast.forecast import Forecast


@dataclass(frozen=True, slots=True)
class Answer:
    """What a session says about one order now.

    Attributes
    ----------
    state
        Of the order's book.
    reason
        Why there is no forecast now; empty while there is one.
    current
        As of now. Without `net` while the book is not LIVE.
    last
        The last forecast of this very order that had a price: `current` itself while there is one, else an
        older one that must be shown as such, or None when there never was one.
    age_ns
        How old `last` is; 0 while it is current.
    """

    state: BookState
    reason: str
    current: Forecast
    last: Forecast | None
    age_ns: int

    @property
    def is_old(self) -> bool:
        """Whether `last` is no longer what the order would cost."""
        return self.last is not None and self.last is not self.current
