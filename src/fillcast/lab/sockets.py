"""The lab's WebSocket endpoints: one handler per venue around the session objects."""

from __future__ import annotations

import asyncio
import itertools
import time

from aiohttp import WSMsgType, web

from fillcast.lab.binance_session import BinanceSession, topic_of
from fillcast.lab.client import Client
from fillcast.lab.faults import FaultKind
from fillcast.lab.hub import Hub
from fillcast.lab.instruments import BINANCE, OKX
from fillcast.lab.okx_session import Answer, OkxSession

MESSAGE_BYTES_MAX = 1024 * 1024  # beyond it the library closes with 1009
CLOSE_NORMAL, CLOSE_POLICY, CLOSE_OKX_IDLE = 1000, 1008, 4004
FULL_STATE = ("books5", "bbo-tbt")


class Sockets:
    """WebSocket handlers of one lab."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._numbers = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        """Return the WebSocket routes of both venues."""
        paths = ["/ws", "/ws/{streams:.*}", "/stream"]
        paths += [f"/{route}{path}" for route in ("public", "market") for path in paths]
        # OKX's other addresses are not offered, and are no Binance stream either.
        others = web.get("/ws/v5/{rest:.*}", self._nowhere)
        return [web.get("/ws/v5/public", self.okx), others, *(web.get(path, self.binance) for path in paths)]

    async def okx(self, request: web.Request) -> web.StreamResponse:
        """Serve one OKX connection."""
        client = await self._open(request, OKX)
        session = OkxSession(client.identity, self.hub.exchange.okx)
        return await self._serve(client, session)

    async def binance(self, request: web.Request) -> web.StreamResponse:
        """Serve one Binance connection; streams may stand in the path or in `streams=`."""
        route = next((name for name in ("public", "market") if request.path.startswith(f"/{name}/")), "")
        combined = request.path.endswith("/stream")
        named = request.query.get("streams", "") if combined else request.match_info.get("streams", "")
        client = await self._open(request, BINANCE)
        # A path's tail without "@" is no stream: some clients number their connections there.
        session = BinanceSession(route, [name for name in named.split("/") if "@" in name], combined=combined)
        client.wraps = combined
        for topic in session.topics:
            self.hub.join(client, topic)
        return await self._serve(client, session)

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPNotFound

    async def _open(self, request: web.Request, protocol: str) -> Client:
        socket = web.WebSocketResponse(autoping=False, compress=False, max_msg_size=MESSAGE_BYTES_MAX, timeout=0.5)
        await socket.prepare(request)
        client = Client(f"{next(self._numbers):08x}", protocol, socket, request, self.hub.board)
        self.hub.clients[client.identity] = client
        return client

    async def _serve(self, client: Client, session: OkxSession | BinanceSession) -> web.StreamResponse:
        sender = asyncio.create_task(self._send(client))
        try:
            async for message in client.socket:
                client.last_traffic = time.monotonic()
                if message.type is WSMsgType.TEXT:
                    self._request(client, session, message.data)
                elif message.type is WSMsgType.PING:
                    client.push(message.data, WSMsgType.PONG)
                elif message.type is WSMsgType.BINARY:
                    self._request(client, session, message.data.decode("utf-8", "replace"))
        finally:
            client.close("closed by the client")
            self.hub.remove(client)
            await sender
        return client.socket

    async def _send(self, client: Client) -> None:
        await client.send_loop()
        if not client.socket.closed:
            idle = client.protocol == OKX and client.closing.startswith("No data")
            await client.finish(CLOSE_OKX_IDLE if idle else CLOSE_POLICY, client.closing)

    def _request(self, client: Client, session: OkxSession | BinanceSession, text: str) -> None:
        if isinstance(session, OkxSession):
            answer = session.handle(text)
            self._apply(client, answer)
            self._first_frames(client, answer)
        else:
            answer = session.handle(text, int(time.monotonic()))
            client.wraps = session.combined
            self._apply(client, answer)

    def _apply(self, client: Client, answer: Answer) -> None:
        """Send the replies before any frame of what was just subscribed."""
        for reply in answer.replies:
            client.push(reply)
        for topic in answer.removed:
            self.hub.leave(client, topic)
        for topic in answer.added:
            self.hub.join(client, topic_of(topic) if client.protocol == BINANCE else topic)
        if answer.close:
            client.close(answer.close)

    def _first_frames(self, client: Client, answer: Answer) -> None:
        """Send what an OKX subscription starts with: a snapshot, or the state of a full channel."""
        exchange = self.hub.exchange
        for topic in answer.added:
            channel, _, symbol = topic.partition(":")
            feed = exchange.okx[symbol]
            if channel == "books" and exchange.options.initial_snapshot:
                detail = "a books subscription got no snapshot"
                if not self.hub.withheld(FaultKind.WITHHELD_SNAPSHOT, OKX, symbol, detail):
                    client.push(feed.snapshot())
            elif channel in FULL_STATE:
                client.push(feed.first(channel, exchange.moment(time.time_ns())))
