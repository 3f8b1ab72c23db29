from __future__ import annotations

import asyncio
import contextlib

import pytest
from aiohttp import web
from websockets.asyncio.server import ServerConnection

from fillcast.errors import UsageError
from fillcast.feed.clock import Clock
from fillcast.feed.limits import RateLimit
from fillcast.feed.proxies import proxy_for
from fillcast.feed.rest import Rest
from fillcast.feed.settings import Endpoint, Settings
from fillcast.feed.statistics import Phase
from tests.feed.fakes import FakeConnection, feed_of, raw_server, run, socket_server, until
from tests.feed.test_rest import http_server

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://ws.example.com:8443/ws", "http://secure:1"),
        ("https://www.example.com/api", "http://secure:1"),
        ("ws://ws.example.com/ws", "http://plain:1"),
        ("http://direct.example.org/", None),
        ("ws://127.0.0.1:9/ws", None),
        ("http://localhost:9/", None),
        ("ws://[::1]:9/", None),
    ],
)
def test_the_environment_is_read_and_this_machine_is_reached_directly(
    url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://secure:1")
    monkeypatch.setenv("HTTP_PROXY", "http://plain:1")
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert proxy_for(url) == expected
    assert proxy_for(url, "http://mine:2") == "http://mine:2"


@pytest.mark.parametrize("proxy", ["socks5://host:1", "host:1", "http://", "http://h:99999", "ftp://h:1"])
def test_a_proxy_that_cannot_be_used_is_refused_in_one_sentence(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="cannot be used: give http://host:port"):
        proxy_for("wss://venue.example/", proxy)
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UsageError, match="cannot be used"):
        proxy_for("wss://venue.example/")


@pytest.mark.parametrize(
    ("url", "socket_url", "rest_url"),
    [
        ("http://127.0.0.1:80", "ws://127.0.0.1:80", "http://127.0.0.1:80"),
        ("https://host/base/", "wss://host/base", "https://host/base"),
        ("wss://host:8443", "wss://host:8443", "https://host:8443"),
    ],
)
def test_one_base_url_serves_sockets_and_rest(url: str, socket_url: str, rest_url: str) -> None:
    endpoint = Endpoint.at(url)
    assert (endpoint.socket_url, endpoint.rest_url) == (socket_url, rest_url)


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://host", "http://", "http://h:port", "http://h/?q=1", ""])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is not a base URL"):
        Endpoint.at(url)


class Relay:
    """The smallest HTTP proxy: CONNECT for sockets, an absolute URL for plain requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuse = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b" ", 2)
        self.asked.append(f"{method.decode()} {target.decode()}")
        if self.refuse:
            writer.write(b"HTTP/1.1 " + self.refuse + b"\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        address = target if method == b"CONNECT" else target.split(b"/")[2]
        host, _, port = address.decode().rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        try:
            if method == b"CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = b"/" + target.split(b"/", 3)[3]
                far_writer.write(head.replace(target, path, 1))
            async with asyncio.TaskGroup() as group:
                group.create_task(self.pump(reader, far_writer))
                group.create_task(self.pump(far_reader, writer))
        finally:
            far_writer.transport.abort()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()


def test_sockets_and_requests_go_through_the_proxy() -> None:
    async def main() -> None:
        relay = Relay()

        async def greet(socket: ServerConnection) -> None:
            await socket.send("hello")
            await socket.wait_closed()

        async def answer(request: web.Request) -> web.Response:
            return web.Response(text="book")

        async with raw_server(relay.serve) as proxy:
            fake = FakeConnection()
            async with socket_server(greet) as url, feed_of(url, fake, proxy=proxy):
                await until(lambda: fake.frames == [b"hello"])
            assert relay.asked == ["CONNECT " + url.removeprefix("http://")]
            async with http_server(answer) as url:
                limit = RateLimit(10, 10**9)
                rest = Rest(url, limit, settings=Settings(), clock=Clock(), proxy=proxy)
                reply = await rest.get("/api/book")
                await rest.close()
            assert reply.body == b"book"
            assert relay.asked[1:] == [f"GET {url}/api/book"]

    run(main())


def test_a_proxy_that_refuses_is_named_as_the_culprit() -> None:
    async def main() -> None:
        relay = Relay()
        relay.refuse = b"407 Proxy Authentication Required"
        fake = FakeConnection()
        async with (
            raw_server(relay.serve) as proxy,
            feed_of("http://venue.invalid:9", fake, proxy=proxy) as feed,
        ):
            await until(lambda: feed.clients[0].status.phase is Phase.WAITING)
            told = feed.clients[0].status.sentence
        assert "the proxy answered with HTTP status 407: the proxy asks for credentials" in told

    run(main())
