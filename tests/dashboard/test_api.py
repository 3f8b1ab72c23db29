"""The HTTP API and the WebSocket on a real socket: answers, refusals and limits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from fillcast.core.state import BookState
from fillcast.dashboard.answering import answer
from fillcast.dashboard.api import LARGEST_MESSAGE, LARGEST_REQUEST
from fillcast.dashboard.asking import Question, read
from fillcast.dashboard.assets import Assets
from fillcast.dashboard.wire import CREDIT, Asked
from fillcast.session.answer import Answers
from tests.dashboard.market import ASKS, BIDS, SPOT, FakeSource, seen_of, view_of
from tests.dashboard.server import installed, served


class Unlucky(FakeSource):
    """Fails as only a mistake of ours can."""

    async def look(self, wanted):
        raise KeyError("secret of the server")


def get(path: str, source: FakeSource | None = None, assets: Assets | None = None, **options: Any):
    """Return (status, headers, body) of one request."""

    async def run():
        async with (
            served(source or FakeSource(), assets) as (_, client),
            client.request(options.pop("method", "GET"), path, **options) as reply,
        ):
            return reply.status, reply.headers, await reply.read()

    return asyncio.run(run())


def test_a_forecast_over_http_is_the_object_that_quote_prints():
    seen = seen_of(view_of())
    asked = Asked(instrument=SPOT.key, size="2.5btc", side="sell", type="twap", horizon="5m")
    question = read(asked, {SPOT.key: SPOT}, {})
    assert isinstance(question, Question)
    expected = msgspec.json.decode(msgspec.json.encode(answer(question, seen, Answers()).report()))
    status, headers, body = get(
        "/v1/forecast",
        params={"instrument": SPOT.key, "size": "2.5btc", "side": "sell", "type": "twap", "horizon": "5m"},
    )
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert msgspec.json.decode(body) == expected
    posted = get(
        "/v1/forecast", method="POST", data=msgspec.json.encode(asked), headers={"Content-Type": "application/json"}
    )
    assert posted[0] == 200
    assert msgspec.json.decode(posted[2]) == expected


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"/v1/forecast?instrument={SPOT.key}&size=-1", ["size"]),
        (f"/v1/forecast?instrument={SPOT.key}&size=1&type=limit", ["price"]),
        ("/v1/forecast?instrument=okx:NONE&size=1", ["instrument"]),
        ("/v1/forecast", []),
        ("/v1/books?instrument=okx:NONE", ["instrument"]),
        (f"/v1/books?instrument={SPOT.key}&levels=0", ["levels"]),
        (f"/v1/books?instrument={SPOT.key}&levels=x", ["levels"]),
    ],
)
def test_what_cannot_be_used_is_refused_by_field_and_without_a_traceback(path, fields):
    status, _, body = get(path)
    problem = msgspec.json.decode(body)
    assert status == 400
    assert list(problem) == ["message", "fields"]
    assert problem["message"]
    assert list(problem["fields"]) == fields
    assert b"Traceback" not in body


def test_a_book_is_told_in_the_venues_own_texts():
    _, _, body = get(f"/v1/books?instrument={SPOT.key}&levels=2")
    book = msgspec.json.decode(body)
    assert book["state"] == "LIVE"
    assert book["bids"] == [[SPOT.price_text(ticks), SPOT.size_text(lots)] for ticks, lots in BIDS[:2]]
    assert book["asks"] == [[SPOT.price_text(ticks), SPOT.size_text(lots)] for ticks, lots in ASKS[:2]]


def test_health_instruments_and_metrics_say_how_it_stands():
    source = FakeSource()
    assert msgspec.json.decode(get("/health", source)[2])["status"] == "ok"
    source.set(view_of(), state=BookState.STALE, reason="silent")
    told = msgspec.json.decode(get("/health", source)[2])
    assert (told["status"], told["books"][0]["state"], told["books"][0]["reason"]) == ("degraded", "STALE", "silent")
    followed = msgspec.json.decode(get("/v1/instruments")[2])["instruments"]
    assert [(one["key"], one["price_decimals"], one["size_decimals"]) for one in followed] == [(SPOT.key, 1, 3)]
    status, headers, text = get("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert b"fillcast_frames_total 10\n" in text
    assert b"\nfillcast_dashboard_pages 0.0\n" in text


def test_a_failure_of_ours_is_told_without_its_cause(caplog):
    status, _, body = get("/health", Unlucky())
    assert status == 500
    assert msgspec.json.decode(body)["message"] == "the server failed; its log says how"
    assert b"secret" not in body
    assert "secret of the server" in caplog.text


def test_large_requests_are_refused():
    body = msgspec.json.encode({"instrument": "x" * LARGEST_REQUEST})
    status, _, answered = get("/v1/forecast", method="POST", data=body, headers={"Content-Type": "application/json"})
    assert status == 413
    assert "message" in msgspec.json.decode(answered)


def test_own_files_and_libraries_are_served_to_be_asked_again_and_nothing_else(tmp_path: Path):
    assets = installed(tmp_path)
    status, headers, body = get("/", assets=assets)
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache"
    assert b"importmap" in body
    again = get("/", assets=assets, headers={"If-None-Match": headers["ETag"]})
    assert (again[0], again[2]) == (304, b"")
    assert get("/static/main.js", assets=assets)[1]["Content-Type"].startswith("text/javascript")
    assert get("/third-party/lit/index.js", assets=assets)[0] == 200
    for path in (
        "/static/notes.txt",
        "/static/none.js",
        "/static/../libraries/lit/index.js",
        "/static/%2e%2e/libraries/lit/index.js",
        "/third-party/typescript/main.js",
        "/third-party/lit/../typescript/main.js",
        "/third-party/lit/package.json",
        "/static/",
    ):
        assert get(path, assets=assets)[0] == 404, path


def test_a_page_that_is_not_installed_says_so(tmp_path: Path):
    static = tmp_path / "static"
    static.mkdir()
    (static / "index.html").write_text("<html></html>")
    status, _, body = get("/", assets=Assets(static, (tmp_path / "none",)))
    assert status == 200
    assert b"The page is not installed" in body
    assert b"uplot" in body


async def frames(client: aiohttp.ClientSession, count: int) -> list[dict[str, Any]]:
    """Return the parts of the first frames of a new connection."""
    found = []
    async with client.ws_connect("/ws") as socket:
        for _ in range(count):
            await socket.send_bytes(CREDIT)
            _, seq, _, parts = msgspec.msgpack.decode(await socket.receive_bytes(timeout=5))
            found.append(dict(parts))
            assert seq == len(found)
    return found


def test_a_page_gets_a_frame_for_each_credit():
    async def run():
        source = FakeSource()
        async with served(source) as (_, client):
            first, second = await frames(client, 2)
            assert first["book"]["base"] is None
            assert "instruments" not in second
            async with client.ws_connect("/ws") as socket:
                with pytest.raises(TimeoutError):  # without a credit nothing comes
                    await socket.receive_bytes(timeout=0.3)

    asyncio.run(run())


def test_a_page_that_does_not_read_holds_up_no_other():
    async def run():
        source = FakeSource()
        async with served(source) as (_, client), client.ws_connect("/ws") as deaf:
            for _ in range(50):
                await deaf.send_bytes(CREDIT)
            assert len(await frames(client, 5)) == 5

    asyncio.run(run())


@pytest.mark.parametrize("message", [b"\x07", b"\xc1\xc1", b"x" * (LARGEST_MESSAGE + 1)])
def test_a_page_that_sends_something_else_is_let_go_and_the_others_stay(message):
    async def run():
        async with served(FakeSource()) as (_, client), client.ws_connect("/ws") as wrong:
            await wrong.send_bytes(message)
            closed = await wrong.receive(timeout=5)
            assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
            assert wrong.close_code in (1008, 1009)
            assert len(await frames(client, 1)) == 1

    asyncio.run(run())


def test_text_is_no_message():
    async def run():
        async with served(FakeSource()) as (_, client), client.ws_connect("/ws") as wrong:
            await wrong.send_str("\x01")
            closed = await wrong.receive(timeout=5)
            assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

    asyncio.run(run())


def test_a_mistake_of_ours_that_stops_frames_ends_the_server():
    async def run() -> None:
        async with served(Unlucky()) as (_, client), client.ws_connect("/ws") as page:
            await page.send_bytes(CREDIT)
            await asyncio.sleep(10)

    with pytest.raises(BaseExceptionGroup) as told:
        asyncio.run(run())
    assert told.group_contains(KeyError)
