"""The lab's WebSocket endpoints: one handler around the session objects of every venue."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from fillcast.lab.client import Client
from fillcast.lab.hub import Hub
from fillcast.lab.protocol import VenueProtocol
from fillcast.lab.protocols import PROTOCOLS

MESSAGE_BYTES_MAX = 1024 * 1024  # beyond it the library closes with 1009
CLOSE_NORMAL = 1000


class Sockets:
    """WebSocket handlers of one lab."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        """Return the WebSocket routes of every venue: exact addresses before those with a tail."""
        venues = PROTOCOLS.values()
        closed = [web.get(path, unknown_path) for protocol in venues for path in protocol.closed_paths]
        served = [web.get(path, self._handler(protocol)) for protocol in venues for path in protocol.paths]
        return sorted([*closed, *served], key=lambda route: "{" in route.path)  # stable: the closed ones stay first

    def _handler(self, protocol: VenueProtocol) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, protocol)

        return serve

    async def _serve(self, request: web.Request, protocol: VenueProtocol) -> web.StreamResponse:
        """Serve one connection until either side ends it."""
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=MESSAGE_BYTES_MAX, timeout=0.5)
        await socket.prepare(request)
        identity = f"{next(self._numbers):08x}"
        session = protocol.connect(self.hub, identity, request.path, dict(request.query))
        client = Client(identity, protocol, session, socket, request, self.hub.board)
        self.hub.clients[identity] = client
        self.hub.apply(client, session.opened(time.monotonic()))
        sender = asyncio.create_task(self._send(client))
        try:
            async for message in socket:
                client.heard_at = time.monotonic()
                if message.type is WSMsgType.TEXT:
                    self._request(client, message.data)
                elif message.type is WSMsgType.PING:
                    client.push(message.data, WSMsgType.PONG)
                elif message.type is WSMsgType.BINARY:
                    self._request(client, message.data.decode("utf-8", "replace"))
        finally:
            client.close("closed by the client")
            self.hub.remove(client)
            await sender
        return socket

    def _request(self, client: Client, text: str) -> None:
        self.hub.apply(client, client.session.handle(text, client.heard_at))

    async def _send(self, client: Client) -> None:
        await client.send_loop()
        if not client.socket.closed:
            await client.finish(client.close_code, client.closing)


async def unknown_path(request: web.Request) -> web.StreamResponse:
    """Answer a path that does not exist as the venue whose it looks like would.

    A route after all others, and no middleware: aiohttp would remember the handlers of the last 1,024 applications, and
    with them the markets of every lab that a process has run.
    """
    answers = (protocol.not_found(request.path) for protocol in PROTOCOLS.values())
    mine = web.json_response({"error": f"the lab has no {request.path}"}, status=404)
    return next((answer for answer in answers if answer is not None), mine)
