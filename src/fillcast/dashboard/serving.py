"""A server bound to an address: its socket, its application behind the guard, and the loop that sends frames."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from fillcast.dashboard.api import LARGEST_MESSAGE, application
from fillcast.dashboard.assets import Assets
from fillcast.dashboard.hub import Hub
from fillcast.dashboard.pump import Pump
from fillcast.dashboard.security import Bound, Guard, is_loopback, policy
from fillcast.dashboard.seen import Source
from fillcast.dashboard.wire import Asked
from fillcast.errors import UsageError

TOKEN_BYTES = 18
END_S = 1  # for open connections to close
HEADER_BYTES = 16 * 1024


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def bind(host: str, port: int) -> tuple[socket.socket, Bound]:
    """Bind an address; port 0 takes a free one. Beyond loopback a token is drawn.

    Raises
    ------
    UsageError
        When it cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UsageError(f"the dashboard cannot be bound to {host}:{port}: {error}") from None
    taken = int(bound.getsockname()[1])
    return bound, Bound(host, taken, "" if is_loopback(host) else secrets.token_urlsafe(TOKEN_BYTES))


@asynccontextmanager
async def serving(
    source: Source, first: Asked, listening: socket.socket, bound: Bound, assets: Assets | None = None
) -> AsyncIterator[Bound]:
    """Serve pages of a source on a bound socket until the block ends.

    Parameters
    ----------
    first
        What a page asks before it has said anything.
    """
    with listening:
        assets = assets or Assets()
        hub = Hub(source, first)
        pump = Pump(hub, time.monotonic)
        app = application(source, hub, pump, assets)
        server = _Server(_config(Guard(app, bound, policy(assets.inline_scripts()))))  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:  # what fails in here ends the block: no page stands still unnoticed
            pumping = group.create_task(pump.run(), name="dashboard frames")
            group.create_task(server.serve(sockets=[listening]), name="dashboard server")
            try:
                await server.ready.wait()
                yield bound
            finally:
                pumping.cancel()
                server.should_exit = True


def _config(guard: Guard) -> uvicorn.Config:
    return uvicorn.Config(
        guard,
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,  # costs more than it saves where nothing leaves the machine
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=END_S,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
