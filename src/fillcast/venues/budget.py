"""A number of requests that may be made within any span of time."""

from __future__ import annotations

from collections import deque


class Budget:
    """At most `limit` requests within any `span_ns`.

    Parameters
    ----------
    limit, span_ns
        What the venue allows.
    """

    __slots__ = ("_spent", "limit", "span_ns")

    def __init__(self, limit: int, span_ns: int) -> None:
        self.limit, self.span_ns = limit, span_ns
        self._spent: deque[int] = deque()

    def free_at(self, count: int, mono_ns: int) -> int:
        """Return the monotonic time at which `count` requests are allowed: now or later."""
        while self._spent and mono_ns - self._spent[0] >= self.span_ns:
            self._spent.popleft()
        over = len(self._spent) + count - self.limit
        return mono_ns if over <= 0 else self._spent[over - 1] + self.span_ns

    def spend(self, count: int, mono_ns: int) -> None:
        """Note that `count` requests are made now."""
        self._spent.extend([mono_ns] * count)

    def reset(self) -> None:
        """Start over, as a new connection does."""
        self._spent.clear()
