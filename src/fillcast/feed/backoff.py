"""How long to wait before the next attempt to reach a venue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """Bounds of the waiting times.

    Attributes
    ----------
    first_s
        Upper bound of the first wait.
    factor
        Growth of the bound from one failure to the next.
    longest_s
        The bound never grows beyond this.
    stable_s
        A connection that lasted this long was good: the next loss starts from `first_s` again.
    """

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 30.0
    stable_s: float = 30.0


class Backoff:
    """Jittered exponential waits for one connection.

    A wait is drawn evenly between half its bound and the bound: a crowd of clients that lost the same venue
    spreads out, and no client hammers. `websockets` has a generator of delays too; it jitters only the first,
    starts again after any successful handshake (a venue that accepts and then drops would be hammered) and
    cannot be asked how long the wait is, so it is not used.

    Parameters
    ----------
    policy
        Bounds of the waits.
    random
        Draws a float in [0, 1); injected, so that a test sees the exact schedule.
    """

    __slots__ = ("_bound_s", "_policy", "_random", "failures")

    def __init__(self, policy: BackoffPolicy, random: Callable[[], float]) -> None:
        self._policy = policy
        self._random = random
        self._bound_s = policy.first_s
        self.failures = 0

    def next_delay_s(self) -> float:
        """Count one failure and return the seconds to wait after it."""
        bound_s = self._bound_s
        self._bound_s = min(bound_s * self._policy.factor, self._policy.longest_s)
        self.failures += 1
        return bound_s / 2 + self._random() * bound_s / 2

    def lasted(self, open_s: float) -> None:
        """Tell how long a connection was open; a stable one makes the next wait a first one again."""
        if open_s >= self._policy.stable_s:
            self._bound_s = self._policy.first_s
            self.failures = 0
