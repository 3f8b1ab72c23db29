"""The lab over real loopback sockets: both protocols, REST, faults, and a clean end."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import time
from typing import Any

import aiohttp
import pytest

from fillcast.errors import UsageError
from fillcast.lab.market import Market
from fillcast.lab.options import LabOptions
from tests.lab.dict_book import DictBook
from tests.lab.scene import Lab, books, is_book, receive, until, with_lab


def test_okx_snapshot_updates_and_text_ping() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            book = DictBook()
            for _ in range(5):
                message = await until(ws, is_book)
                book.okx(json.dumps(message).encode())
                now_ms, stamped = time.time_ns() // 10**6, int(message["data"][0]["ts"])
                assert abs(now_ms - stamped) < 2000
            assert len(book.bids) == len(book.asks) == 400
            await ws.send_str("ping")
            for _ in range(100):
                if (await ws.receive(timeout=5)).data == "pong":
                    break
            else:
                raise AssertionError("no pong")

    with_lab(body)


def test_okx_channels_each_send_their_own() -> None:
    async def body(lab: Lab) -> None:
        channels = ("books", "books5", "bbo-tbt", "trades")
        async with lab.okx(*channels, symbol="BTC-USDT-SWAP") as ws:
            left = dict.fromkeys(channels, 2)  # the first may come with the subscription, the next does not

            def was_the_last(message: dict[str, Any]) -> bool:
                left[message["arg"]["channel"]] -= 1
                return max(left.values()) <= 0

            await until(ws, was_the_last)

    with_lab(body, speed=5.0)


def test_okx_unsubscribing_ends_the_frames_and_a_new_subscription_starts_with_a_snapshot() -> None:
    async def body(lab: Lab) -> None:
        request = {"args": [{"channel": "books", "instId": "BTC-USDT"}]}
        async with lab.okx("books") as ws:
            await books(ws, 2)
            await ws.send_json({"op": "unsubscribe", **request})
            await until(ws, lambda message: message.get("event") == "unsubscribe")
            with pytest.raises(TimeoutError):
                await ws.receive(timeout=0.3)
        async with lab.okx("books") as ws:
            (first,) = await books(ws, 1)
            assert first["prevSeqId"] == -1

    with_lab(body)


def test_bad_requests_get_the_venues_errors_and_the_server_lives() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx() as ws:
            await ws.send_str("{bad")
            assert (await receive(ws))["code"] == "60012"
            await ws.send_bytes(b"\xff\xfe")
            assert (await receive(ws))["code"] == "60012"
            await ws.send_str("x" * 2_000_000)
            assert (await ws.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        async with lab.binance("/ws") as ws:
            await ws.send_str("{bad")
            assert (await receive(ws))["error"]["code"] == 3
        assert (await lab.get("/api/v5/public/time"))[0] == 200

    with_lab(body)


@pytest.mark.parametrize(
    ("path", "streams", "topic"),
    [
        ("/public/stream", ["btcusdt@depth@100ms"], "btcusdt@depth@100ms"),
        ("/public/stream?streams=btcusdt@depth@100ms/ethusdt@bookTicker", [], "btcusdt@depth@100ms"),
        ("/market/stream?streams=btcusdt@aggTrade", [], "btcusdt@aggTrade"),
        ("/stream?streams=ethusdt@depth@0ms", [], "ethusdt@depth@0ms"),
    ],
)
def test_binance_combined_addresses(path: str, streams: list[str], topic: str) -> None:
    async def body(lab: Lab) -> None:
        async with lab.binance(path, *streams) as ws:
            message = await until(ws, lambda message: message.get("stream") == topic)
            assert message["data"]["s"] == topic.split("@")[0].upper()

    with_lab(body, speed=5.0)


@pytest.mark.parametrize(
    ("path", "streams", "kind"),
    [
        ("/ws", ["btcusdt@depth@500ms"], "depthUpdate"),
        ("/ws/ethusdt@bookTicker", [], "bookTicker"),
        ("/public/ws/0", ["btcusdt@depth@100ms"], "depthUpdate"),
        ("/market/ws/0", ["btcusdt@aggTrade"], "aggTrade"),
    ],
)
def test_binance_raw_addresses(path: str, streams: list[str], kind: str) -> None:
    async def body(lab: Lab) -> None:
        async with lab.binance(path, *streams) as ws:
            assert (await until(ws, lambda message: "e" in message))["e"] == kind

    with_lab(body, speed=5.0)


def test_binance_book_by_the_venues_procedure() -> None:
    async def body(lab: Lab) -> None:
        async with lab.binance("/public/stream", "btcusdt@depth@100ms") as ws:
            buffered = [(await until(ws, lambda message: "data" in message))["data"] for _ in range(2)]
            status, snapshot = await lab.get("/fapi/v1/depth?symbol=BTCUSDT&limit=1000")
            assert status == 200
            book = DictBook()
            book.binance_rest(json.dumps(snapshot).encode())
            applied = 0
            while applied < 5:
                event = buffered.pop(0) if buffered else (await until(ws, lambda m: "data" in m))["data"]
                if event["u"] < snapshot["lastUpdateId"]:
                    continue
                book.binance(json.dumps(event).encode(), first=not applied)
                applied += 1
            assert book.top(1, 1)[0] < book.top(-1, 1)[0]

    with_lab(body)


def test_binance_pings_come_and_foreign_pings_are_answered() -> None:
    async def body(lab: Lab) -> None:
        async with lab.binance("/ws") as ws:
            await ws.ping(b"hello")
            seen: dict[aiohttp.WSMsgType, bytes] = {}
            while len(seen) < 2:
                message = await ws.receive(timeout=5)
                seen[message.type] = bytes(message.data)
            assert seen[aiohttp.WSMsgType.PONG] == b"hello"
            assert seen[aiohttp.WSMsgType.PING].isdigit()

    with_lab(body, options=LabOptions(ping_s=0.5))


def test_okx_closes_a_connection_on_which_nothing_happens() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx() as ws:
            message = await ws.receive(timeout=5)
            assert message.type is aiohttp.WSMsgType.CLOSE
            assert ws.close_code == 4004

    with_lab(body, options=LabOptions(idle_s=0.5))


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v5/public/instruments?instType=SPOT", 200, '"instId": "BTC-USDT"'),
        ("/api/v5/public/instruments?instType=SWAP", 200, '"ctType": "inverse"'),
        ("/api/v5/public/instruments?instType=OPTION&uly=BTC-USD", 200, '"data": []'),
        ("/api/v5/public/instruments?instType=MOON", 400, "51000"),
        ("/api/v5/public/instruments?instType=SPOT&instId=NO", 200, "51001"),
        ("/api/v5/public/instruments", 400, "50014"),
        ("/api/v5/market/books?instId=BTC-USDT&sz=400", 200, '"seqId"'),
        ("/api/v5/market/books?instId=NO", 200, "51001"),
        ("/api/v5/market/books?instId=BTC-USDT&sz=401", 400, "51000"),
        ("/api/v5/market/books?instId=BTC-USDT&sz=-1", 400, "51000"),
        ("/api/v5/moon", 404, "Not Found"),
        ("/fapi/v1/exchangeInfo", 200, '"PRICE_FILTER"'),
        ("/fapi/v1/time", 200, "serverTime"),
        ("/fapi/v1/ping", 200, "{}"),
        ("/fapi/v1/depth?symbol=BTCUSDT", 200, "lastUpdateId"),
        ("/fapi/v1/depth", 400, "-1102"),
        ("/fapi/v1/depth?symbol=NO", 400, "-1121"),
        ("/fapi/v1/depth?symbol=BTCUSDT&limit=7", 400, "-4021"),
        ("/lab/status", 200, '"markets"'),
        ("/nowhere", 404, "no /nowhere"),
    ],
)
def test_rest(lab_paths: dict[str, tuple[int, Any]], path: str, status: int, words: str) -> None:
    assert lab_paths[path][0] == status
    assert words in json.dumps(lab_paths[path][1])


@pytest.fixture(scope="module")
def lab_paths() -> dict[str, tuple[int, Any]]:
    """Every REST answer of the table, asked of one lab."""
    (mark,) = test_rest.pytestmark  # type: ignore[attr-defined]
    answers: dict[str, tuple[int, Any]] = {}

    async def body(lab: Lab) -> None:
        for path, _, _ in mark.args[1]:
            answers[path] = await lab.get(path)

    with_lab(body)
    return answers


EXPONENT = re.compile(r"[0-9.]+[eE][+-]?[0-9]+")


def exponents(found: Any) -> list[str]:
    """Every text in a JSON value that is a number with an exponent."""
    if isinstance(found, dict):
        return exponents(list(found.values()))
    if isinstance(found, list):
        return [text for one in found for text in exponents(one)]
    return [found] if isinstance(found, str) and EXPONENT.fullmatch(found) else []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v5/public/instruments?instType=SPOT",
        "/api/v5/public/instruments?instType=SWAP",
        "/fapi/v1/exchangeInfo",
    ],
)
def test_numbers_of_instruments_are_plain_decimals(lab_paths: dict[str, tuple[int, Any]], path: str) -> None:
    assert exponents(lab_paths[path][1]) == []


def test_steps_are_written_as_the_venues_write_them(lab_paths: dict[str, tuple[int, Any]]) -> None:
    spot = lab_paths["/api/v5/public/instruments?instType=SPOT"][1]["data"]
    steps = {row["instId"]: (row["tickSz"], row["lotSz"], row["minSz"]) for row in spot}
    assert steps == {"BTC-USDT": ("0.1", "0.00000001", "0.00000001"), "ETH-USDT": ("0.01", "0.000001", "0.000001")}


def test_the_check_of_decimals_can_fail() -> None:
    assert exponents({"data": [{"lotSz": "1E-8", "instId": "1E", "tickSz": "0.1"}]}) == ["1E-8"]


def test_depth_never_shows_more_than_was_asked_for(lab_paths: dict[str, tuple[int, Any]]) -> None:
    depth = lab_paths["/fapi/v1/depth?symbol=BTCUSDT"][1]
    assert len(depth["bids"]) == len(depth["asks"]) == 500
    (book,) = lab_paths["/api/v5/market/books?instId=BTC-USDT&sz=400"][1]["data"]
    assert len(book["bids"]) == len(book["asks"]) == 400


def test_a_client_that_does_not_read_is_cut_off_and_the_market_goes_on() -> None:
    async def body(lab: Lab) -> None:
        host, port = lab.url.removeprefix("http://").split(":")
        slow = socket.create_connection((host, int(port)))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(
            b"GET /stream?streams=btcusdt@depth@0ms/btcusdt@bookTicker/ethusdt@depth@0ms HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        with slow:
            for _ in range(100):
                _, status = await lab.get("/lab/status")
                if status["gone"]:
                    break
                await asyncio.sleep(0.1)
        assert "slow client" in status["gone"][0]["reason"]
        async with lab.okx("books") as ws:
            assert len(await books(ws, 2)) == 2

    with_lab(body, speed=50.0)


def test_a_quiet_market_sends_keep_alives() -> None:
    async def body(lab: Lab) -> None:
        async with lab.okx("books") as ws:
            rows = await books(ws, 6)
            alive = [row for row in rows if row["prevSeqId"] == row["seqId"]]
            assert alive
            assert all(row["asks"] == row["bids"] == [] for row in alive)

    with_lab(body, options=LabOptions(keepalive_s=0.2, pace=0.001))


def test_okx_addresses_that_are_not_offered_are_not_found() -> None:
    async def body(lab: Lab) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await lab.http.ws_connect(lab.url + "/ws/v5/business")
        assert caught.value.status == 404

    with_lab(body)


def test_settings_that_cannot_be_used_are_refused() -> None:
    async def never(lab: Lab) -> None:
        raise AssertionError("it started")

    with pytest.raises(UsageError, match="speed"):
        with_lab(never, speed=0.0)
    with pytest.raises(UsageError, match="pace"):
        with_lab(never, options=LabOptions(pace=0.0))


def test_a_lab_that_has_ended_leaves_no_market_behind() -> None:
    def markets() -> set[int]:
        gc.collect()
        return {id(one) for one in gc.get_objects() if isinstance(one, Market)}

    async def body(lab: Lab) -> None:
        async with lab.http.get(f"{lab.url}/api/v5/market/books?instId=BTC-USDT") as reply:
            assert reply.status == 200
        assert markets() - before

    before = markets()
    for _ in range(2):
        with_lab(body)
        assert not markets() - before
