"""A clock that stands still until everybody waits, then jumps to the first one who is due."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from fillcast.feed.clock import Clock

SECOND = 1_000_000_000
TURNS = 200  # of the loop: enough for everybody who can go on to reach the next wait


class VirtualClock:
    """Time for tests without I/O: exact, and as fast as the machine.

    Attributes
    ----------
    now_ns
        Wall and monotonic time in one.
    """

    def __init__(self, now_ns: int = 1_000 * SECOND) -> None:
        self.now_ns = now_ns
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def clock(self) -> Clock:
        return Clock(lambda: self.now_ns, lambda: self.now_ns, self.sleep)

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        due_ns = self.now_ns + round(seconds * SECOND)
        heapq.heappush(self._sleepers, (due_ns, next(self._order), future))
        await future

    async def finish(self, *tasks: asyncio.Task[object]) -> None:
        """Let time pass until these tasks have ended."""
        while True:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            if all(task.done() for task in tasks):
                return
            due_ns, _, future = heapq.heappop(self._sleepers)
            self.now_ns = max(self.now_ns, due_ns)
            if not future.done():
                future.set_result(None)
