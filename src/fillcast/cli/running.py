"""Commands that run until they are told to end: by a time limit, Ctrl-C, SIGTERM or a closed terminal."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Awaitable, Callable

from fillcast.errors import UsageError

HIGHEST_PORT = 65535


def run_until_stopped(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `work` on a new loop; the event it is given is set when it should end."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    asyncio.run(main())


def end_after(stop: asyncio.Event, seconds: float | None) -> None:
    """Set the event so many seconds from now; never for None."""
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, stop.set)


def check_seconds(seconds: float | None) -> None:
    """Raise `UsageError` when a time limit is not a positive finite number."""
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"--seconds must be a positive finite number, not {seconds:g}")


async def wait_for(stop: asyncio.Event, seconds: float) -> bool:
    """Wait until the event is set or the time is over; return whether it is set."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


def check_port(port: int) -> None:
    """Raise `UsageError` when there is no port of that number."""
    if not 0 <= port <= HIGHEST_PORT:
        raise UsageError(f"--port must be between 0 (any free one) and {HIGHEST_PORT}, not {port}")
