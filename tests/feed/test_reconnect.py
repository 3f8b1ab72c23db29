from __future__ import annotations

import asyncio
import os
import socket

import pytest
from websockets.asyncio.server import ServerConnection

from fillcast.feed.backoff import BackoffPolicy
from fillcast.feed.clock import Clock
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Phase
from fillcast.venues.protocol import NOTHING, Effects, Reconnect, WakeAt
from tests.feed.fakes import FakeConnection, Limit, feed_of, raw_server, run, socket_server, until


async def hold(socket: ServerConnection) -> None:
    await socket.wait_closed()


def open_descriptors() -> int:
    """Return how many files and sockets this process holds, 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except FileNotFoundError:
        return 0


def test_a_lost_connection_is_told_to_the_protocol_and_opened_again() -> None:
    async def main() -> None:
        async def leave(socket: ServerConnection) -> None:
            await socket.send("hello")
            await socket.close(1001, "maintenance")

        fake = FakeConnection()
        async with socket_server(leave) as url, feed_of(url, fake) as feed:
            await until(lambda: fake.kinds().count("opened") == 3)
            assert feed.statistics().reconnects == 2
        assert fake.kinds()[:4] == ["opened", "closed", "opened", "closed"]
        assert fake.inputs[1][1] == "closed by the server with code 1001 (maintenance)"
        assert len(fake.frames) >= 2

    run(main())


@pytest.mark.parametrize("asked_by", ["frame", "tick", "opened"])
def test_a_planned_reconnect_hands_over_no_further_frame(asked_by: str) -> None:
    async def main() -> None:
        async def talk(socket: ServerConnection) -> None:
            while True:
                await socket.send("frame")
                await asyncio.sleep(0.01)

        def script(kind: str, value: object) -> Effects:
            if kind == asked_by and len(reasons()) == 0:
                return (Reconnect("ids restarted"),)
            return (WakeAt(0),) if kind == "opened" and asked_by == "tick" else NOTHING

        def reasons() -> list[object]:
            return [value for kind, value in fake.inputs if kind == "closed"]

        fake = FakeConnection(script=script)
        after_request: list[int] = []
        async with socket_server(talk) as url, feed_of(url, fake) as feed:
            await until(lambda: fake.kinds().count("opened") == 2)
            after_request.append(len(fake.frames))
            assert reasons() == ["ids restarted"]
            assert feed.statistics().reconnects == 1
        if asked_by == "frame":
            assert after_request[0] <= 2

    run(main())


def test_the_protocol_hears_of_the_end_before_the_closing_handshake() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        asked, closed = loop.create_future(), loop.create_future()

        async def ignore(socket: ServerConnection) -> None:
            await socket.send("frame")
            socket.transport.pause_reading()  # takes no part in a closing handshake
            await asyncio.sleep(60)

        def script(kind: str, value: object) -> Effects:
            if kind == "frame":
                asked.set_result(loop.time())
                return (Reconnect("the venue will restart"),)
            if kind == "closed" and not closed.done():
                closed.set_result(loop.time())
            return NOTHING

        settings = Settings(close_timeout_s=1.0)
        async with socket_server(ignore) as url, feed_of(url, FakeConnection(script=script), settings=settings):
            assert await closed - await asked < 0.5

    run(main())


def test_a_frame_beyond_the_limit_ends_the_connection_with_a_clear_reason() -> None:
    async def main() -> None:
        async def huge(socket: ServerConnection) -> None:
            await socket.send("x" * 10_001)
            await hold(socket)

        fake = FakeConnection()
        settings = Settings(max_frame_bytes=10_000, close_timeout_s=0.3)
        async with socket_server(huge) as url, feed_of(url, fake, settings=settings):
            await until(lambda: "closed" in fake.kinds())
        assert fake.frames == []
        assert "closed from here with code 1009" in str(fake.inputs[1][1])

    run(main())


def test_a_server_that_dies_in_the_middle_of_a_frame_is_a_loss_and_nothing_of_the_frame_arrives() -> None:
    async def main() -> None:
        async def half(socket: ServerConnection) -> None:
            await socket.send("whole")
            socket.transport.write(b"\x81\x7e\x10\x00" + b"half of a frame")
            await asyncio.sleep(0.05)
            socket.transport.abort()

        fake = FakeConnection()
        async with socket_server(half) as url, feed_of(url, fake):
            await until(lambda: "closed" in fake.kinds())
        assert set(fake.frames) == {b"whole"}
        assert "lost without a closing handshake" in str(fake.inputs[1][1])

    run(main())


def test_a_server_that_accepts_and_never_speaks_is_given_up_in_time() -> None:
    async def main() -> None:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        fake = FakeConnection()
        settings = Settings(connect_timeout_s=0.1, close_timeout_s=0.1)
        async with raw_server(mute) as url, feed_of(url, fake, settings=settings) as feed:
            await until(lambda: feed.clients[0].status.phase is Phase.WAITING)
            status = feed.clients[0].status
            assert "did not answer in time; attempt 2 in 0." in status.sentence
            assert status.next_attempt_ns > 0
            assert feed.statistics().failed_attempts == 1
        assert fake.kinds() == [], "a connection that never opened has nothing to lose"

    run(main())


def test_attempts_follow_the_backoff_and_the_sentence_counts_them() -> None:
    async def main() -> None:
        waits: list[float] = []
        enough = asyncio.Event()

        async def sleep(seconds: float) -> None:
            waits.append(round(seconds, 6))
            sentences.append(feed.clients[0].status.sentence)
            if len(waits) == 5:
                enough.set()
                await asyncio.sleep(60)

        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            sentences: list[str] = []
            settings = Settings(backoff=BackoffPolicy(first_s=1.0, longest_s=4.0))
            feed = feed_of(url, FakeConnection(), settings=settings, clock=Clock(sleep=sleep))
            async with feed:
                await enough.wait()
        assert waits == [0.5, 1.0, 2.0, 2.0, 2.0]
        where = url.removeprefix("http://")
        assert sentences[2] == (
            f"cannot reach {where}: it refused the connection (nothing listens there); attempt 4 in 2.0 s"
        )

    run(main())


def test_a_refused_handshake_is_put_in_words_and_its_retry_after_is_kept() -> None:
    async def main() -> None:
        waits: list[float] = []
        waiting = asyncio.Event()

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            waiting.set()
            await asyncio.sleep(60)

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            head = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
            writer.write(head)
            await writer.drain()

        async with raw_server(refuse) as url:
            feed = feed_of(url, FakeConnection(), clock=Clock(sleep=sleep))
            async with feed:
                await waiting.wait()
                assert "HTTP status 429: too many requests" in feed.clients[0].status.sentence
        assert waits == [7.0]

    run(main())


def test_new_connections_are_spaced_by_the_venues_limit() -> None:
    async def main() -> None:
        opened: list[float] = []

        async def note(socket: ServerConnection) -> None:
            opened.append(asyncio.get_running_loop().time())
            await hold(socket)

        fakes = [FakeConnection() for _ in range(3)]
        async with socket_server(note) as url, feed_of(url, *fakes, dial=Limit(1, 100_000_000)):
            await until(lambda: len(opened) == 3)
        assert opened[2] - opened[0] >= 0.18

    run(main())


def test_shutting_down_is_quick_even_with_a_server_that_ignores_it() -> None:
    async def main() -> None:
        async def ignore(socket: ServerConnection) -> None:
            socket.transport.pause_reading()
            await asyncio.sleep(60)

        fakes = [FakeConnection() for _ in range(4)]
        loop = asyncio.get_running_loop()
        async with socket_server(ignore) as url:
            feed = feed_of(url, *fakes, settings=Settings())
            feed.start()
            await until(lambda: all("opened" in fake.kinds() for fake in fakes))
            open_files = open_descriptors()
            began = loop.time()
            await feed.close()
            assert loop.time() - began < 2.0
            assert all(fake.kinds()[-1] == "closed" for fake in fakes), "its books would still look LIVE"
            assert feed.statistics().gaps == 0
            assert open_descriptors() <= max(0, open_files - len(fakes))

    run(main())
