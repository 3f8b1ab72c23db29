"""Every fault on every protocol, over real sockets: what one client is sent, against one that is left alone."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import Counter
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
    "okx": re.compile(rb'"action":"update"'),
    "binance_usdm": re.compile(rb'"depthUpdate"'),
    "bybit_spot": re.compile(rb'"type":"delta"'),
    "bybit_linear": re.compile(rb'"type":"delta"'),
    "bybit_inverse": re.compile(rb'"type":"delta"'),
    "kraken": re.compile(rb'"type":"update","data":\[\{"symbol"'),
    "deribit": re.compile(rb'"type":"change"'),
    "coinbase": re.compile(rb'"type":"update"'),
    "binance_spot": re.compile(rb'"depthUpdate"'),
    "binance_coinm": re.compile(rb'"depthUpdate"'),
    "gate": re.compile(rb'"U":'),
    "bitfinex": re.compile(rb'^\[\d+,(?:\[\d|"cs")'),
}
# Where every connection counts its own messages: what stands before the count, the count, and the rest; on Bitfinex
# the channel is the connection's own too.
OWN = {
    "coinbase": re.compile(rb'(?P<body>.*"sequence_num":)(?P<number>\d+)(?P<end>.*)'),
    "bitfinex": re.compile(rb"(?P<channel>\[\d+)(?P<body>,.*,)(?P<number>\d+)(?P<end>\])"),
}
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
            if BOOKS[protocol.name].search(data):
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
        log = await lab.fault(kind.value, symbol(protocol), protocol=name, connection="00000001")
        await seen(left, AFTER)
        await asyncio.sleep(0.02)  # what was sent to both at once has arrived at both
        struck, left = plain(name, struck, left)
        start = struck.index(left[0])
        return struck[start:], left, log


def plain(name: str, struck: list[bytes], left: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Count as the first client's connection does, where every connection counts its own messages."""
    if name not in OWN:
        return struck, left
    parts = [
        [OWN[name].fullmatch(data) for data in frames[: len(frames) - frames.count(b"")]] for frames in (struck, left)
    ]
    bodies = [[found and (found["body"], found["end"]) for found in side] for side in parts]
    at = next(at for at in range(len(struck)) if bodies[0][at : at + BEFORE] == bodies[1][:BEFORE])
    older, younger = parts[0][at], parts[1][0]
    assert older
    assert younger
    # One of the numbers may be the fault itself: most of the frames tell.
    same = [
        int(one["number"]) - int(other["number"])
        for one, other in zip(parts[0][at:], parts[1], strict=False)
        if one and other and one["body"] == other["body"] and one["end"] == other["end"]
    ]
    offset = Counter(same).most_common(1)[0][0]
    lead = older["channel"] if "channel" in older.groupdict() else b""
    return struck, [
        b"%b%b%d%b" % (lead, found["body"], int(found["number"]) + offset, found["end"]) for found in parts[1] if found
    ]


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
        checksum = PROTOCOLS[name].spelling.checksum
        assert checksum is not None
        (wrong, first), (right, second) = (
            (found[1], data[: found.start(1)] + data[found.end(1) :])
            for data in (spoiled, whole)
            if (found := checksum.search(data))
        )
        assert first == second
        assert wrong != right
        assert int(wrong) != 0
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
