"""A protocol that only takes notes, and loopback servers that do what a test tells them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from types import NoneType

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from fillcast.core.events import EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.feed.backoff import BackoffPolicy
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Listener
from fillcast.feed.feed import Feed, Route
from fillcast.feed.limits import RateLimit
from fillcast.feed.rest import Rest
from fillcast.feed.settings import Endpoint, Settings
from fillcast.venues.directory import Limit
from fillcast.venues.protocol import NOTHING, Effects, Health

PLENTY = Limit(1000, 1_000_000_000)
QUICK = BackoffPolicy(first_s=0.02, longest_s=0.1, stable_s=30.0)


def instrument(symbol: str = "BTC-USDT") -> Instrument:
    return Instrument("fake", symbol, "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))


@dataclass
class FakeConnection:
    """Notes every input; answers with the effects that `script` returns for it, and judges by `late`."""

    instruments: Sequence[Instrument] = field(default_factory=lambda: (instrument(),))
    ws_path: str = "/ws"
    venue: str = "fake"
    script: Callable[[str, object], Effects] = lambda kind, value: NOTHING
    inputs: list[tuple[str, object]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    books: tuple = ()
    late: Callable[[], Effects] = lambda: NOTHING
    ignored: int = 0
    dropped: int = 0
    events: EventBuffer = field(default_factory=lambda: EventBuffer())

    def _take(self, kind: str, value: object) -> Effects:
        self.inputs.append((kind, value))
        return self.script(kind, value)

    def opened(self, wall_ns: int, mono_ns: int) -> Effects:
        return self._take("opened", None)

    def frame(self, data: bytes, wall_ns: int, mono_ns: int) -> Effects:
        self.frames.append(data)
        return self.script("frame", data)

    def frame_in_steps(self, data: bytes, wall_ns: int, mono_ns: int, decoded: Callable[[], object]) -> Effects:
        decoded()
        return self.frame(data, wall_ns, mono_ns)

    def pong(self, wall_ns: int, mono_ns: int) -> Effects:
        return self._take("pong", mono_ns)

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        return self._take("reply", (request_id, status, body))

    def closed(self, reason: str, wall_ns: int, mono_ns: int) -> Effects:
        return self._take("closed", reason)

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        return self._take("tick", mono_ns)

    def judge(self, wall_ns: int, mono_ns: int) -> Effects:
        return self.late()

    def health(self, index: int, wall_ns: int, mono_ns: int) -> Health:
        return Health(BookState.EMPTY, "", Proof.NONE, 0, 0, 0)

    def ask(self, index: int, lots: int) -> None:
        self.inputs.append(("ask", (index, lots)))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.inputs]


def feed_of(
    url: str,
    *connections: FakeConnection,
    listener: Listener | None = None,
    settings: Settings | None = None,
    proxy: str | None = None,
    dial: Limit = PLENTY,
    control: Limit = PLENTY,
    **options: object,
) -> Feed:
    """Return a feed with one venue and these connections."""
    quick = settings or Settings(backoff=QUICK, close_timeout_s=0.3)
    route = route_to(url, *connections, proxy=proxy, dial=dial, control=control, settings=quick)
    return Feed([route], listener=listener, settings=quick, random=lambda: 0.0, **options)


def route_to(
    url: str,
    *connections: FakeConnection,
    venue: str = "fake",
    proxy: str | None = None,
    dial: Limit = PLENTY,
    control: Limit = PLENTY,
    settings: Settings | None = None,
) -> Route:
    """Return one venue's part of a feed, with limits that nothing here reaches."""
    endpoint = Endpoint.at(url, proxy=proxy)
    limit = RateLimit(PLENTY.weight, PLENTY.window_ns)
    rest = Rest(endpoint.rest_url, limit, settings=settings or Settings(), clock=Clock(), proxy=proxy)
    return Route(venue, endpoint, rest, connections, dial, control)


@asynccontextmanager
async def socket_server(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """Serve websockets on loopback; yields the base URL. Handlers that still run at the end are cancelled."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(socket: ServerConnection) -> None:
        task = asyncio.ensure_future(handler(socket))
        tasks.add(task)
        await asyncio.wait([task])
        if not task.cancelled() and not isinstance(task.exception(), ConnectionClosed | NoneType):
            task.result()

    async with serve(accept, "127.0.0.1", 0, compression=None, close_timeout=0.2) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def raw_server(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve bytes on loopback; every connection is dropped at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Wait until a condition holds; fail loudly when it does not in time."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


def run(work: Coroutine[object, object, None], timeout_s: float = 15.0) -> None:
    """Run one test; nothing may be left on the loop when it ends."""

    async def bounded() -> None:
        async with asyncio.timeout(timeout_s):
            await work
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left behind: {left}"

    asyncio.run(bounded())
