"""A host that answers as no venue does, in one chosen way, for the examinations that must survive it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def host(rest: Answer, sockets: Answer) -> AsyncIterator[str]:
    """Serve requests by one answer and WebSocket handshakes by another."""

    async def either(request: web.Request) -> web.StreamResponse:
        return await (sockets if "Upgrade" in request.headers else rest)(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", either)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def mute() -> AsyncIterator[str]:
    """Accept connections, read what comes and never answer."""

    class Swallow(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            open_now.append(transport)

    open_now: list[asyncio.BaseTransport] = []
    server = await asyncio.get_running_loop().create_server(Swallow, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for transport in open_now:
            transport.close()
        await asyncio.sleep(0)  # they end in the next turn of the loop


def from_lab(url: str) -> Answer:
    """Return what passes requests on to a lab."""

    async def pass_on(request: web.Request) -> web.StreamResponse:
        async with aiohttp.ClientSession() as http, http.get(url + request.path_qs) as reply:
            return web.Response(status=reply.status, body=await reply.read())

    return pass_on


def status(code: int, text: str = "") -> Answer:
    """Return what answers with an HTTP status."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text=text, content_type="text/html" if text else "text/plain")

    return answer


def frames(*data: bytes | str, stay: bool = True, code: int = 1000) -> Answer:
    """Return what takes a WebSocket, sends frames, and then stays mute or closes with a code."""

    async def answer(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for one in data:
            await (socket.send_bytes(one) if isinstance(one, bytes) else socket.send_str(one))
        if stay:
            async for _ in socket:
                pass
        await socket.close(code=code)
        return socket

    return answer


async def never(request: web.Request) -> web.StreamResponse:
    """Take a request and answer nothing."""
    await asyncio.sleep(600)
    return web.Response()
