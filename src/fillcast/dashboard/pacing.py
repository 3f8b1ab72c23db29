"""Pacing by credit: one merged frame for every frame that a page has drawn.

The page says when it is ready, the server answers with the difference between what the page holds and what is true
now. That is a throttle, a double buffer (what was sent, what is latest), conflation and back-pressure at once: a page
that draws slowly gets fewer and larger steps, one that is hidden gets none, and neither is waited for.

No socket and no clock inside: times are seconds of any clock that never jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar("State")
Change = TypeVar("Change")

MOST_FRAMES_PER_S = 60.0  # what a screen shows
# A page that asks right after every picture of a 60 Hz screen asks every 16.7 ms give or take a little: without a
# margin every early one would wait for the next tick, and half of the pictures would be lost.
EARLY_S = 0.004


class Pacer(Generic[State, Change]):
    """What one page holds, what it should hold, and whether it is ready for the step between the two.

    Parameters
    ----------
    difference
        Of what the page holds (None: nothing) and the latest state, the change to be sent; None where there is none.
        It must be such that changes applied one after another give the state itself.
    least_interval_s
        Between frames on average, seconds.

    Attributes
    ----------
    sequence
        Frames taken so far.
    """

    __slots__ = ("_credit", "_difference", "_latest", "_least_interval_s", "_next_s", "_sent", "sequence")

    def __init__(
        self,
        difference: Callable[[State | None, State], Change | None],
        least_interval_s: float = 1.0 / MOST_FRAMES_PER_S,
    ) -> None:
        self._difference = difference
        self._least_interval_s = least_interval_s
        self._credit = False
        self._sent: State | None = None
        self._latest: State | None = None
        self._next_s = 0.0
        self.sequence = 0

    @property
    def sent(self) -> State | None:
        """What the page holds once it has what was taken; None before the first frame and after a loss."""
        return self._sent

    @property
    def has_credit(self) -> bool:
        """Whether the page waits for a frame."""
        return self._credit

    def credit(self, *, holds_nothing: bool = False) -> None:
        """Take note that the page has drawn what it got. Credits do not add up: there is one picture to draw next.

        Parameters
        ----------
        holds_nothing
            It lost track: the next frame starts from nothing.
        """
        self._credit = True
        if holds_nothing:
            self._sent = None

    def offer(self, state: State) -> None:
        """Replace the latest state; the one before it is forgotten, whether it was sent or not."""
        self._latest = state

    def is_ready(self, now_s: float) -> bool:
        """Return whether a frame may be taken now: there is a credit, and the last frame is long enough ago."""
        return self._credit and now_s >= self._next_s - EARLY_S

    def take(self, now_s: float) -> tuple[int, Change] | None:
        """Return the number of the next frame and its change, and spend the credit; None when there is nothing to send.

        The credit is kept while nothing has changed.
        """
        if self._latest is None or not self.is_ready(now_s):
            return None
        change = self._difference(self._sent, self._latest)
        if change is None:
            return None
        self._credit = False
        # Counted from when it was due, not from when it came, as long as it came in time: intervals then average out.
        self._next_s = max(self._next_s, now_s - EARLY_S) + self._least_interval_s
        self._sent = self._latest
        self.sequence += 1
        return self.sequence, change


class Rates:
    """How often each kind of part is due for one page.

    Parameters
    ----------
    per_s
        The most that each kind is sent a second; a kind that is absent is due whenever a frame is.
    """

    __slots__ = ("_interval_s", "_next_s")

    def __init__(self, per_s: dict[str, float]) -> None:
        self._interval_s = {kind: 1.0 / rate for kind, rate in per_s.items()}
        self._next_s: dict[str, float] = {}

    def is_due(self, kind: str, now_s: float) -> bool:
        """Return whether a part may be sent again."""
        return now_s >= self._next_s.get(kind, -1.0) - EARLY_S

    def sent(self, kind: str, now_s: float) -> None:
        """Take note that one was sent."""
        interval_s = self._interval_s.get(kind, 0.0)
        self._next_s[kind] = max(self._next_s.get(kind, now_s), now_s - EARLY_S) + interval_s

    def forget(self) -> None:
        """Make everything due: the page asks for something else, or lost track."""
        self._next_s.clear()
