"""Rate limits of a venue, kept exactly. Time is passed in, so that a test needs no waiting."""

from __future__ import annotations

from collections import deque


class RateLimit:
    """At most `limit` weight in any window of `window_ns`, counted over a sliding window.

    A token bucket that holds a full window's worth lets nearly twice the limit through within one window (the
    saved tokens and the refill), which venues answer with a ban; half a bucket wastes half the allowance.
    Remembering what was granted within the last window costs one entry per request and is exact for every
    alignment of the venue's own windows.

    Attributes
    ----------
    limit
        Weight allowed per window, > 0.
    window_ns
        Length of the window in nanoseconds, > 0.
    """

    __slots__ = ("_granted", "_used", "limit", "window_ns")

    def __init__(self, limit: int, window_ns: int) -> None:
        if limit < 1 or window_ns < 1:
            raise ValueError(f"a rate limit needs a positive weight and window, not {limit} in {window_ns} ns")
        self.limit = limit
        self.window_ns = window_ns
        self._granted: deque[tuple[int, int]] = deque()  # (time, weight), times never decrease
        self._used = 0  # sum of the weights in _granted

    def free_at(self, weight: int, now_ns: int) -> int:
        """Return the earliest monotonic time at which a request may be made, and book nothing.

        It is no earlier than any time booked before: a light request does not overtake a heavy one.

        Raises
        ------
        ValueError
            When one request weighs more than a whole window allows.
        """
        if weight > self.limit:
            raise ValueError(f"a request of weight {weight} never fits a limit of {self.limit}")
        at_ns = max(now_ns, self._granted[-1][0]) if self._granted else now_ns
        used = self._used
        for granted_ns, granted in self._granted:
            leaves_ns = granted_ns + self.window_ns
            if leaves_ns > at_ns and used + weight <= self.limit:
                break
            at_ns = max(at_ns, leaves_ns)
            used -= granted
        return at_ns

    def reserve(self, weight: int, now_ns: int) -> int:
        """Book a request for the earliest monotonic time at which it may be made, and return that time.

        Raises
        ------
        ValueError
            When one request weighs more than a whole window allows.
        """
        at_ns = self.free_at(weight, now_ns)
        self._forget(at_ns)
        if weight > 0:
            self._granted.append((at_ns, weight))
            self._used += weight
        return at_ns

    def used(self, now_ns: int) -> int:
        """Return the weight granted within the window that ends now, later grants included."""
        horizon_ns = now_ns - self.window_ns
        return sum(weight for at_ns, weight in self._granted if at_ns > horizon_ns)

    def _forget(self, now_ns: int) -> None:
        horizon_ns = now_ns - self.window_ns
        granted = self._granted
        while granted and granted[0][0] <= horizon_ns:
            self._used -= granted.popleft()[1]
