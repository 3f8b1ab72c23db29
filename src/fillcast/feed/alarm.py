"""One alarm of one connection, set by its protocol as often as for every frame."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fillcast.feed.clock import Clock

SPACING_S = 0.001  # a protocol that asks for a time that has passed, again and again, does not stop the loop


class Alarm:
    """Calls back at a monotonic time that may be moved at any moment.

    Moving it later, as a deadline that every frame extends, costs an assignment: the sleeper finds out when
    it wakes. Only moving it earlier wakes the sleeper.
    """

    __slots__ = ("_at_ns", "_clock", "_moved", "_sleeps_to_ns")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at_ns: int | None = None
        self._sleeps_to_ns: int | None = None
        self._moved = asyncio.Event()

    def set(self, at_ns: int) -> None:
        """Ring at or soon after this monotonic time, and no more at the time set before."""
        self._at_ns = at_ns
        if self._sleeps_to_ns is None or at_ns < self._sleeps_to_ns:
            self._moved.set()

    def clear(self) -> None:
        """Ring no more until set again."""
        self._at_ns = None

    async def ring(self, callback: Callable[[], None]) -> None:
        """Call back whenever the time comes, until cancelled. What the callback raises ends it."""
        while True:
            self._moved.clear()
            self._sleeps_to_ns = self._at_ns
            now_ns = self._clock.mono_ns()
            if self._at_ns is None:
                await self._moved.wait()
            elif self._at_ns > now_ns:
                try:
                    async with asyncio.timeout((self._at_ns - now_ns) / 1e9):
                        await self._moved.wait()
                except TimeoutError:
                    continue
            else:
                self._at_ns = None
                callback()
                await asyncio.sleep(SPACING_S)
