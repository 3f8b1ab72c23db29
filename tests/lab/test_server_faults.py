"""Every kind of fault, planted in a lab over real loopback sockets, does what it says and nothing else."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

import aiohttp
import pytest

from fillcast.lab.faults import parse_fault
from fillcast.lab.options import LabOptions
from tests.lab.scene import Lab, books, is_book, receive, until, with_lab


def test_drop_duplicate_and_reorder_do_what_they_say() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            log = []
            collected: list[dict[str, Any]] = []

            async def collect() -> None:
                while True:
                    collected.append((await until(ws, is_book))["data"][0])

            reader = asyncio.create_task(collect())
            for kind in ("drop", "duplicate", "reorder"):
                log.append(await lab.fault(kind))
                await asyncio.sleep(0.25)
            reader.cancel()
            links = [(row["prevSeqId"], row["seqId"]) for row in collected]
            broken = [(before, after) for before, after in itertools.pairwise(links) if after[0] != before[1]]
            # One break for the drop, one for the duplicate, three around the swapped pair.
            assert len(broken) == 5
            assert sum(before == after for before, after in broken) == 1
            assert len(links) - len(set(links)) == 1
            swapped = [pair for pair in broken if pair[1][1] == pair[0][0]]
            assert len(swapped) == 1
            for line in log:
                assert line["state"] == "injected"
                assert line["armed_ns"] <= line["wall_ns"] <= time.time_ns()
                assert line["symbol"] == "BTC-USDT"
            _, lines = await lab.get("/lab/faults")
            assert [line["kind"] for line in lines] == ["drop", "duplicate", "reorder"]

    with_lab(body)


def test_corruptions_change_exactly_one_frame() -> None:
    async def body(lab: Lab) -> None:
        async with lab.binance("/public/stream", "btcusdt@depth@100ms") as ws:
            previous = (await until(ws, lambda message: "data" in message))["data"]["u"]
            done = await lab.fault("corrupt_sequence", "BTCUSDT")
            assert done["state"] == "injected"
            breaks = 0
            for _ in range(6):
                row = (await until(ws, lambda message: "data" in message))["data"]
                breaks += row["pu"] != previous
                previous = row["u"]
            assert breaks == 1
            assert (await lab.fault("corrupt", "BTCUSDT"))["detail"].startswith("price")
            crossed = 0
            for _ in range(4):
                row = (await until(ws, lambda message: "data" in message))["data"]
                bids = [float(price) for price, size in row["b"] if float(size)]
                crossed += max(bids, default=0.0) > 90_000 or any(float(level[0]) < 20_000 for level in row["a"])
            assert crossed == 1
            await lab.fault("corrupt_syntax", "BTCUSDT")
            rejected = 0
            for _ in range(4):
                try:
                    json.loads((await ws.receive(timeout=5)).data)
                except json.JSONDecodeError:
                    rejected += 1
            assert rejected == 1

    with_lab(body)


def test_a_wrong_checksum_is_detectable_where_checksums_are_sent() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            rows = await books(ws, 2)
            assert all(row["checksum"] != 0 for row in rows)
            done = await lab.fault("checksum")
            right, wrong = map(int, done["detail"].removeprefix("checksum ").split(" became "))
            row = (await until(ws, lambda m: is_book(m) and m["data"][0]["checksum"] == wrong))["data"][0]
            assert row["checksum"] != right
        refused = await lab.fault("checksum", "BTCUSDT")
        assert refused["status"] == 400

    with_lab(body, options=LabOptions(checksums=True))


def test_a_stall_holds_everything_back_and_then_sends_it() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            (row,) = await books(ws, 1)
            await lab.fault("stall", seconds=0.6)
            last, silence = time.monotonic(), 0.0
            chain = [row]
            for _ in range(12):
                chain += await books(ws, 1)
                silence = max(silence, time.monotonic() - last)
                last = time.monotonic()
            assert silence > 0.5
            assert all(b["prevSeqId"] == a["seqId"] for a, b in itertools.pairwise(chain))

    with_lab(body)


def test_a_disconnect_is_abrupt_and_only_for_its_connection() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as first, lab.okx("books") as second:
            await books(first, 1)
            done = await lab.fault("disconnect")
            assert done["state"] == "injected"
            for _ in range(100):
                message = await first.receive(timeout=5)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
            assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
            assert first.close_code in (None, 1006)
            assert len(await books(second, 3)) == 3
            _, status = await lab.get("/lab/status")
            assert status["gone"][0]["connection"] == done["connection"]

    with_lab(body)


def test_sequence_resets_are_legal_on_okx_and_a_gap_on_binance() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            rows = await books(ws, 1)
            assert (await lab.fault("sequence_reset"))["state"] == "injected"
            rows += await books(ws, 3)
            assert all(b["prevSeqId"] == a["seqId"] for a, b in itertools.pairwise(rows))
            assert sum(row["seqId"] < row["prevSeqId"] for row in rows[1:]) == 1
        async with lab.binance("/ws", "btcusdt@depth@100ms") as ws:
            before = await receive(ws)
            await lab.fault("sequence_reset", "BTCUSDT")
            events = [before, *[await receive(ws) for _ in range(4)]]
            breaks = [b["pu"] != a["u"] for a, b in itertools.pairwise(events)]
            assert sum(breaks) == 1

    with_lab(body)


def test_snapshots_can_be_withheld_once_or_made_old() -> None:
    async def body(lab: Lab) -> None:
        assert (await lab.fault("withheld_snapshot", wait=0))["state"] == "armed"
        async with lab.okx("books") as ws:
            (row,) = await books(ws, 1)
            assert row["prevSeqId"] != -1
        async with lab.okx("books") as ws:
            (row,) = await books(ws, 1)
            assert row["prevSeqId"] == -1
        path = "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
        await lab.fault("withheld_snapshot", "BTCUSDT", wait=0)
        assert (await lab.get(path))[0] == 503
        _, fresh = await lab.get(path)
        await lab.fault("stale_snapshot", "BTCUSDT", wait=0)
        _, old = await lab.get(path)
        assert old["lastUpdateId"] < fresh["lastUpdateId"]
        _, lines = await lab.get("/lab/faults")
        assert [line["state"] for line in lines] == ["injected"] * 3

    with_lab(body)


def test_a_lab_may_send_no_initial_snapshots_at_all() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            rows = await books(ws, 2)
            _, answer = await lab.get("/api/v5/market/books?instId=BTC-USDT&sz=400")
            (snapshot,) = answer["data"]
            assert all(row["prevSeqId"] != -1 for row in rows)
            while snapshot["seqId"] >= rows[-1]["seqId"]:
                rows += await books(ws, 1)
            assert any(row["prevSeqId"] == snapshot["seqId"] for row in rows)

    with_lab(body, options=LabOptions(initial_snapshot=False))


def test_faults_of_the_command_line_happen_at_their_time() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            rows = await books(ws, 30)
            assert sum(b["prevSeqId"] != a["seqId"] for a, b in itertools.pairwise(rows)) == 1

    with_lab(body, faults=[parse_fault("drop@0.3:BTC-USDT")])


@pytest.mark.parametrize(
    "request_",
    [{"kind": "explode"}, {"kind": "drop", "symbol": "NO"}, {"kind": "drop", "colour": 1}, {}, [], {"kind": 7}],
)
def test_faults_that_cannot_be_planted_are_refused(request_: object) -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.post(lab.url + "/lab/fault", json=request_) as response:
            assert response.status == 400
            assert (await response.json())["error"]

    with_lab(body)
