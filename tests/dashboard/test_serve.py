"""A session's pages from a process of their own, against the embedded exchange."""

from __future__ import annotations

import asyncio
import json
import socket

import aiohttp
import msgspec
import psutil
import pytest

from fillcast.dashboard.serve import serve
from fillcast.dashboard.wire import CREDIT, Asked
from fillcast.errors import FillcastError, UsageError
from fillcast.session import watch
from tests.session.embedded import lab

KEY = "okx:BTC-USDT"
FIRST = Asked(instrument=KEY, size="1btc")


def test_a_session_is_served_by_a_process_that_ends_with_it():
    async def run() -> int:
        async with lab() as url, watch([KEY], endpoints={"okx": url}) as session:
            await session.live(KEY)
            async with serve(session, FIRST) as address, aiohttp.ClientSession(address) as client:
                (child,) = (one for one in psutil.Process().children() if "fillcast.dashboard" in one.cmdline())
                async with client.get(
                    "/v1/forecast", params={"instrument": KEY, "size": "1btc", "type": "twap"}
                ) as reply:
                    told = json.loads(await reply.text())
                assert told["instrument"] == KEY
                assert told["net"] is not None
                async with client.get("/metrics") as reply:
                    text = await reply.text()
                assert "fillcast_frames_total" in text
                assert "fillcast_dashboard_pages" in text
                async with client.ws_connect("/ws") as page:
                    versions = []
                    for _ in range(5):
                        await page.send_bytes(CREDIT)
                        parts = dict(msgspec.msgpack.decode(await page.receive_bytes(timeout=5))[3])
                        if "health" in parts:
                            names = [one["name"] for one in parts["health"]["processes"]]
                            assert names == ["feed", "dashboard"]
                        if "book" in parts:
                            versions.append(parts["book"]["version"])
                assert versions == sorted(versions)
                pid = child.pid
        return pid

    pid = asyncio.run(run())
    assert not psutil.pid_exists(pid)


def test_an_address_that_is_taken_is_told():
    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            async with (
                lab() as url,
                watch([KEY], endpoints={"okx": url}) as session,
                serve(session, FIRST, port=port),
            ):
                raise AssertionError("two servers at one address")

    with pytest.raises(UsageError, match="cannot be bound"):
        asyncio.run(run())


def test_a_dashboard_that_dies_ends_the_block_and_says_so():
    async def run() -> None:
        async with lab() as url, watch([KEY], endpoints={"okx": url}) as session, serve(session, FIRST):
            (child,) = (one for one in psutil.Process().children() if "fillcast.dashboard" in one.cmdline())
            child.kill()
            await asyncio.sleep(30)

    with pytest.raises(FillcastError, match="ended by itself"):
        asyncio.run(run())


def test_what_the_block_raises_is_raised_as_it_is():
    async def run() -> None:
        async with lab() as url, watch([KEY], endpoints={"okx": url}) as session, serve(session, FIRST):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        asyncio.run(run())
