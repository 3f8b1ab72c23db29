"""The largest of some numbers lately."""

from __future__ import annotations


class RecentLargest:
    """The largest number of the last one to two periods, in two words of memory.

    Parameters
    ----------
    period_ns
        How long a number counts at least.
    """

    __slots__ = ("_before", "_now", "_turn_ns", "period_ns")

    def __init__(self, period_ns: int) -> None:
        self.period_ns = period_ns
        self._now = self._before = self._turn_ns = 0

    def add(self, value: int, mono_ns: int) -> None:
        """Take in a number >= 0."""
        self._turn(mono_ns)
        self._now = max(self._now, value)

    def largest(self, mono_ns: int) -> int:
        """Return the largest; 0 where there is none."""
        self._turn(mono_ns)
        return max(self._now, self._before)

    def _turn(self, mono_ns: int) -> None:
        if mono_ns < self._turn_ns:
            return
        over = mono_ns - self._turn_ns >= self.period_ns  # nothing for a whole period
        self._before, self._now = 0 if over else self._now, 0
        self._turn_ns = mono_ns + self.period_ns
