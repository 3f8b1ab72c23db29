"""Every fault on every protocol, over real sockets: what one client is sent, against one that is left alone."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from fillcast.errors import UsageError
from fillcast.lab.fault_kinds import ON_FRAMES, FaultKind
from fillcast.lab.faults import FaultRequest, check_request
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import VenueProtocol
from fillcast.lab.protocols import PROTOCOLS
from tests.lab.scene import Lab, with_lab
from tests.lab.stepping import exchange

BOOKS = {
    "okx": b'"action":"update"',
    "binance_usdm": b'"depthUpdate"',
    "bybit_spot": b'"type":"delta"',
    "bybit_linear": b'"type":"delta"',
    "bybit_inverse": b'"type":"delta"',
    "kraken": b'"type":"update","data":[{"symbol"',
    "deribit": b'"type":"change"',
    "coinbase": b'"type":"update"',
    "binance_spot": b'"depthUpdate"',
    "binance_coinm": b'"depthUpdate"',
    "gate": b'"U":',
}
COUNT = re.compile(rb'"sequence_num":(\d+)')
BEFORE, AFTER = 4, 8  # book frames to see before the fault and after it
NEW = [name for name in PROTOCOLS if name not in ("okx", "binance_usdm")]
VISIBLE = [
    (name, kind)
    for name in PROTOCOLS
    for kind in ON_FRAMES
    if kind not in PROTOCOLS[name].refused and kind not in (FaultKind.STALL, FaultKind.DISCONNECT)
]


def symbol(protocol: VenueProtocol) -> str:
    return protocol.listings[0].instrument.symbol


def book_topic(protocol: VenueProtocol) -> str:
    (feed,) = exchange(protocol.name, symbol(protocol)).venues[protocol.name].values()
    return feed.topics[protocol.channels[0]]


@asynccontextmanager
async def listening(lab: Lab, protocol: VenueProtocol) -> AsyncIterator[list[bytes]]:
    """Collect the book updates that one client is sent; an empty last one says that the connection ended."""
    dial = protocol.dial([book_topic(protocol)])
    found: list[bytes] = []

    async def read(ws: aiohttp.ClientWebSocketResponse) -> None:
        async for message in ws:
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            if BOOKS[protocol.name] in data:
                found.append(data)
        found.append(b"")

    async with lab.http.ws_connect(lab.url + dial.path, params=dict(dial.query), max_msg_size=0) as ws:
        for request in dial.requests:
            await ws.send_str(request)
        reader = asyncio.create_task(read(ws))
        try:
            yield found
        finally:
            reader.cancel()


async def seen(frames: list[bytes], count: int) -> None:
    wanted = len(frames) + count
    for _ in range(2000):
        if len(frames) >= wanted:
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the frames never came")


async def both(lab: Lab, name: str, kind: FaultKind) -> tuple[list[bytes], list[bytes], dict[str, Any]]:
    """The updates of a client with the fault and of one without, from the first that both have, and the log."""
    protocol = PROTOCOLS[name]
    async with listening(lab, protocol) as struck, listening(lab, protocol) as left:
        await seen(left, BEFORE)
        log = await lab.fault(kind.value, symbol(protocol), protocol=name)
        await seen(left, AFTER)
        await asyncio.sleep(0.02)  # what was sent to both at once has arrived at both
        struck, left = plain(name, struck, left)
        start = struck.index(left[0])
        return struck[start:], left, log


def plain(name: str, struck: list[bytes], left: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """On Coinbase count from the first frame of the second client, whose connection is the younger one."""
    if name != "coinbase":
        return struck, left
    body = COUNT.sub(b"", left[0])
    older = next(data for data in struck if COUNT.sub(b"", data) == body)
    offset = int(COUNT.search(older)[1]) - int(COUNT.search(left[0])[1])  # type: ignore[index]

    def shifted(found: re.Match[bytes]) -> bytes:
        return b'"sequence_num":%d' % (int(found[1]) + offset)

    return struck, [COUNT.sub(shifted, data) for data in left]


@pytest.mark.parametrize(("name", "kind"), VISIBLE)
def test_a_fault_changes_exactly_what_it_says(name: str, kind: FaultKind) -> None:
    async def body(lab: Lab) -> None:
        struck, left, log = await both(lab, name, kind)
        assert (log["status"], log["state"], log["kind"]) == (200, "injected", kind.value)
        at = next(place for place, pair in enumerate(zip(struck, left, strict=False)) if pair[0] != pair[1])
        if kind is FaultKind.DROP:
            assert struck[at : at + 3] == left[at + 1 : at + 4]
        elif kind is FaultKind.DUPLICATE:
            assert struck[at] == left[at - 1]
            assert struck[at + 1 : at + 4] == left[at : at + 3]
        elif kind is FaultKind.REORDER:
            assert [struck[at], struck[at + 1]] == [left[at + 1], left[at]]
            assert struck[at + 2 : at + 4] == left[at + 2 : at + 4]
        else:
            assert struck[at + 1 : at + 4] == left[at + 1 : at + 4]
            spoiled_alike(name, kind, struck[at], left[at])

    with_lab(body, speed=10.0)


def spoiled_alike(name: str, kind: FaultKind, spoiled: bytes, whole: bytes) -> None:
    """Hold one spoiled frame against the whole one."""
    if kind is FaultKind.CHECKSUM:
        assert re.sub(rb'"checksum":-?\d+', b"", spoiled) == re.sub(rb'"checksum":-?\d+', b"", whole)
        return
    changed = [place for place, pair in enumerate(zip(spoiled, whole, strict=True)) if pair[0] != pair[1]]
    assert len(changed) == 1
    if kind is FaultKind.CORRUPT_SYNTAX:
        with pytest.raises(json.JSONDecodeError):
            json.loads(spoiled)
        return
    json.loads(spoiled)
    link = PROTOCOLS[name].spelling.link.search(whole)
    assert link is not None
    inside = link.start(1) <= changed[0] < link.end(1)
    assert inside == (kind is FaultKind.CORRUPT_SEQUENCE)
    if kind is not FaultKind.CORRUPT_SEQUENCE:
        part = "price" if kind is FaultKind.CORRUPT else "size"
        spans = [found.span(part) for _, found in PROTOCOLS[name].spelling.levels(whole)]
        assert any(start <= changed[0] < end for start, end in spans)


@pytest.mark.parametrize("name", NEW)
def test_a_corrupt_price_crosses_the_book(name: str) -> None:
    async def body(lab: Lab) -> None:
        struck, left, _ = await both(lab, name, FaultKind.CORRUPT)
        spoiled = next(data for data, other in zip(struck, left, strict=False) if data != other)
        levels = list(PROTOCOLS[name].spelling.levels(spoiled))
        prices = [(side, float(found["price"])) for side, found in levels if float(found["size"])]
        assert any(price > 90_000 if side > 0 else price < 20_000 for side, price in prices)

    with_lab(body)


@pytest.mark.parametrize("name", NEW)
def test_a_stall_only_delays_and_a_disconnect_ends_one_connection(name: str) -> None:
    async def body(lab: Lab) -> None:
        protocol = PROTOCOLS[name]
        async with listening(lab, protocol) as struck, listening(lab, protocol) as left:
            await seen(struck, BEFORE)
            await lab.fault("stall", symbol(protocol), protocol=name, seconds=0.4)
            before = len(struck)
            await asyncio.sleep(0.25)
            assert len(struck) - before <= 1
            await seen(struck, AFTER)
            await asyncio.sleep(0.02)
            mine, others = plain(name, struck, left)
            count = min(len(mine) - mine.index(others[0]), len(others))
            assert mine[mine.index(others[0]) :][:count] == others[:count]
            log = await lab.fault("disconnect", symbol(protocol), protocol=name)
            await seen(left, BEFORE)
            assert struck[-1] == b""
            assert b"" not in left
            _, status = await lab.get("/lab/status")
            assert [one["connection"] for one in status["gone"]] == [log["connection"]]

    with_lab(body)


@pytest.mark.parametrize("name", [name for name in NEW if name != "kraken"])
def test_restarted_ids_reach_every_client(name: str) -> None:
    async def body(lab: Lab) -> None:
        protocol = PROTOCOLS[name]
        async with listening(lab, protocol) as one, listening(lab, protocol) as other:
            await seen(other, BEFORE)
            log = await lab.fault("sequence_reset", symbol(protocol), protocol=name)
            assert log["state"] == "injected"
            await seen(other, AFTER)
            await asyncio.sleep(0.02)
            for frames in (one, other):
                numbers = [int(protocol.spelling.link.search(data)[1]) for data in frames]  # type: ignore[index]
                assert sum(later < earlier for earlier, later in itertools.pairwise(numbers)) == 1
                assert numbers[-1] < 10_000

    with_lab(body, options=LabOptions(pace=0.5))


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_what_a_venue_does_not_have_is_refused_with_the_reason(name: str) -> None:
    protocol = PROTOCOLS[name]
    for kind in FaultKind:
        asked = FaultRequest(kind, name, symbol(protocol))
        if kind in protocol.refused:
            with pytest.raises(UsageError, match=re.escape(protocol.refused[kind])):
                check_request(asked)
        else:
            assert check_request(asked) == asked
    assert protocol.refused
