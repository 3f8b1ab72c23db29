"""The only clock of the feed, as a value that a test can replace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time for records, monotonic time for ages and deadlines, and a way to wait.

    Attributes
    ----------
    wall_ns, mono_ns
        Nanoseconds: UTC, and of a clock that never jumps.
    sleep
        Waits for a number of seconds.
    """

    wall_ns: Callable[[], int] = time.time_ns
    mono_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def until(self, mono_ns: int) -> None:
        """Wait until a monotonic time; return at once when it has passed."""
        delay_ns = mono_ns - self.mono_ns()
        if delay_ns > 0:
            await self.sleep(delay_ns / 1e9)
