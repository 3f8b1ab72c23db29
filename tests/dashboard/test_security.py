"""Who may speak to the server: Host, Origin and token, on requests and on handshakes."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from fillcast.dashboard.security import Bound, Guard, is_loopback, policy
from tests.dashboard.market import FakeSource
from tests.dashboard.server import installed, served

EVIL = ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1")


async def status_of(client: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> int:
    """Return the status of a request, or of a handshake (101 where it was accepted)."""
    if path != "/ws":
        async with client.get(path, headers=headers) as reply:
            return reply.status
    try:
        async with client.ws_connect(path, headers=headers):
            return 101
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status


@pytest.mark.parametrize(("path", "accepted"), [("/health", 200), ("/ws", 101), ("/", 200)])
def test_other_hosts_and_origins_are_refused_on_requests_and_handshakes(path, accepted):
    async def run():
        async with served(FakeSource()) as (bound, client):
            own = f"127.0.0.1:{bound.port}"
            for host in (own, f"localhost:{bound.port}", f"LOCALHOST:{bound.port}"):
                assert await status_of(client, path, {"Host": host, "Origin": f"http://{host}"}) == accepted
            assert await status_of(client, path, {}) == accepted
            for origin in EVIL:
                assert await status_of(client, path, {"Origin": origin}) == 403, origin
            for host in (
                f"evil.example:{bound.port}",
                "127.0.0.1",
                "127.0.0.1:1",
                f"127.0.0.1.evil.example:{bound.port}",
                "",
            ):
                assert await status_of(client, path, {"Host": host, "Origin": f"http://{host}"}) in (400, 403), host

    asyncio.run(run())


def test_every_answer_carries_the_policy(tmp_path):
    async def run():
        async with served(FakeSource(), installed(tmp_path)) as (_, client):
            for path in ("/", "/health", "/none", "/v1/forecast"):
                async with client.get(path) as reply:
                    found = reply.headers["Content-Security-Policy"]
                    assert "default-src 'self'" in found
                    assert "frame-ancestors 'none'" in found
                    assert "unsafe" not in found
                    assert reply.headers["X-Content-Type-Options"] == "nosniff"
                    assert "server" not in reply.headers

    asyncio.run(run())


def test_inline_scripts_are_allowed_one_by_one_by_their_hash(tmp_path):
    scripts = installed(tmp_path).inline_scripts()
    assert scripts == [b'{"imports": {}}']
    assert policy(scripts).count("'sha256-") == 1
    # The example of the specification's section on hashes, `alert('Hello, world.');`.
    assert "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='" in policy([b"alert('Hello, world.');"])


def guarded(bound: Bound, headers: dict[str, str], query: str = "", kind: str = "http") -> list[dict[str, object]]:
    """Return what a guard sends for one request before an application that says 200."""
    sent: list[dict[str, object]] = []

    async def app(scope, receive, send):
        await send(
            {"type": f"{kind}.accept" if kind == "websocket" else "http.response.start", "status": 200, "headers": []}
        )

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind,
        "method": "GET",
        "path": "/",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Guard(app, bound, policy([]))(scope, receive, send))
    return sent


BEYOND = Bound("192.0.2.7", 8000, "a-token")
HOST = {"Host": "192.0.2.7:8000"}


def test_beyond_loopback_a_token_is_asked_for():
    assert guarded(BEYOND, HOST)[0]["status"] == 403
    assert guarded(BEYOND, HOST, "token=wrong")[0]["status"] == 403
    assert guarded(BEYOND, {**HOST, "Cookie": "fillcast_token=wrong"})[0]["status"] == 403
    assert guarded(BEYOND, HOST, kind="websocket")[0]["type"] == "websocket.close"
    first = guarded(BEYOND, HOST, "token=a-token")[0]
    assert first["status"] == 200
    cookies = [value for name, value in first["headers"] if name == b"set-cookie"]
    assert cookies == [b"fillcast_token=a-token; HttpOnly; SameSite=Strict; Path=/"]
    for more in ({"Cookie": "x=1; fillcast_token=a-token"}, {"Authorization": "Bearer a-token"}):
        assert guarded(BEYOND, {**HOST, **more})[0]["status"] == 200
        assert guarded(BEYOND, {**HOST, **more}, kind="websocket")[0]["type"] == "websocket.accept"
    evil = {**HOST, "Origin": "http://evil.example", "Cookie": "fillcast_token=a-token"}
    assert guarded(BEYOND, evil)[0]["status"] == 403
    assert guarded(BEYOND, {"Host": "evil.example:8000"}, "token=a-token")[0]["status"] == 403


def test_bound_everywhere_it_is_known_by_its_addresses_and_not_by_any_name():
    everywhere = Bound("0.0.0.0", 8000, "a-token")
    assert everywhere.knows("192.0.2.9:8000")
    assert everywhere.knows("[2001:db8::1]:8000")
    assert not everywhere.knows("evil.example:8000")
    assert everywhere.url == "http://0.0.0.0:8000/?token=a-token"


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("evil", False)],
)
def test_what_loopback_is(host, is_one):
    assert is_loopback(host) is is_one
