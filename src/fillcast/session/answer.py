"""A forecast asked of a running session: the one of now, and the last good one, told apart."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from fillcast.core.state import BookState
from fillcast.feed.statistics import LinkStatus, Phase
from fillcast.forecast.forecast import Forecast
from fillcast.forecast.order import Order

ORDERS_REMEMBERED = 256  # whose last forecast is kept


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

    @property
    def told(self) -> Forecast:
        """The forecast of now; where it has no price, with how the connection stands among its reasons."""
        return replace(self.current, reason=self.reason) if self.reason else self.current


class Answers:
    """Remembers the last forecast of each order that had a price, for when there is none.

    Attributes
    ----------
    given, refused
        How many had a price so far, and how many had none.
    """

    def __init__(self) -> None:
        self.given = self.refused = 0
        self._last: OrderedDict[Order, Forecast] = OrderedDict()

    def give(self, current: Forecast, state: BookState, link: LinkStatus) -> Answer:
        """Return the answer that a forecast of now makes, and keep it.

        Parameters
        ----------
        state, link
            Of the order's book, and of its connection: where that is not open it is the reason, or adds to it.
        """
        order = current.order
        self.refused += current.net is None
        if current.net is not None:
            self.given += 1
            self._last[order] = current
            self._last.move_to_end(order)
            if len(self._last) > ORDERS_REMEMBERED:
                self._last.popitem(last=False)
        last = self._last.get(order)
        age_ns = current.as_of_ns - last.as_of_ns if last is not None else 0
        reason = current.reason
        if reason and link.phase is not Phase.OPEN:
            why, _, then = link.sentence.partition("; ")
            reason = f"{reason}; {then if then and reason.endswith(why) else link.sentence}"
        return Answer(state, reason, current, last, age_ns)
