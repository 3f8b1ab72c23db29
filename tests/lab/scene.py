"""A lab on a loopback port, for as long as one test talks to it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from fillcast.lab.server import LabAddress, serve

LIMIT_S = 20


@dataclass
class Lab:
    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.http.get(self.url + path) as response:
            return response.status, json.loads(await response.text())

    async def fault(self, kind: str, symbol: str = "BTC-USDT", **more: object) -> dict[str, Any]:
        async with self.http.post(self.url + "/lab/fault", json={"kind": kind, "symbol": symbol, **more}) as response:
            return {"status": response.status, **await response.json()}

    @asynccontextmanager
    async def okx(self, *channels: str, symbol: str = "BTC-USDT") -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self.http.ws_connect(self.url + "/ws/v5/public") as ws:
            if channels:
                args = [{"channel": channel, "instId": symbol} for channel in channels]
                await ws.send_json({"op": "subscribe", "args": args})
                for _ in channels:
                    await until(ws, lambda message: message.get("event") == "subscribe")
            yield ws

    @asynccontextmanager
    async def binance(self, path: str, *streams: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        async with self.http.ws_connect(self.url + path, autoping=False) as ws:
            if streams:
                await ws.send_json({"method": "SUBSCRIBE", "params": list(streams), "id": 1})
                await until(ws, lambda message: message.get("id") == 1)
            yield ws


async def receive(ws: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await ws.receive(timeout=5)
    assert message.type is aiohttp.WSMsgType.TEXT, message
    return json.loads(message.data)  # type: ignore[no-any-return]


async def until(ws: aiohttp.ClientWebSocketResponse, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(500):
        message = await receive(ws)
        if wanted(message):
            return message
    raise AssertionError("the frame never came")


def with_lab(body: Callable[[Lab], Awaitable[None]], *, speed: float = 4.0, **settings: Any) -> None:
    """Run a scene against a lab of its own; four times as fast as a venue, so that nobody waits for frames."""

    async def scene() -> None:
        stop = asyncio.Event()
        address: asyncio.Future[LabAddress] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(ready=address.set_result, stop=stop, speed=speed, **settings))
        await asyncio.wait([task, address], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        try:
            async with asyncio.timeout(LIMIT_S), aiohttp.ClientSession() as http:
                await body(Lab((await address).url, http))
        finally:
            stop.set()
            asked = time.monotonic()
            await task
        assert time.monotonic() - asked < 2.0  # a hang, not a speed

    asyncio.run(scene())


def is_book(message: dict[str, Any]) -> bool:
    return message.get("arg", {}).get("channel") == "books" and "data" in message


async def books(ws: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    return [(await until(ws, is_book))["data"][0] for _ in range(count)]
