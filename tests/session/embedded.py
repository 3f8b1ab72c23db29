"""An embedded exchange in the process of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fillcast.lab.server import LabAddress, serve

START_S = 30  # kernels may have to be compiled


@asynccontextmanager
async def lab() -> AsyncIterator[str]:
    """Run an embedded exchange in this process."""
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(seed=3, ready=address.set_result, stop=stop))
    try:
        found: LabAddress = await asyncio.wait_for(address, START_S)
        yield found.url
    finally:
        stop.set()
        await serving
