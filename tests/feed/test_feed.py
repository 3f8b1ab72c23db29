from __future__ import annotations

import asyncio
import time

import pytest
from websockets.asyncio.server import ServerConnection

from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.feed.feed import Feed
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Phase
from fillcast.venues.protocol import NOTHING, Effects, Gap, GapReason, Recovered, Refused, WakeAt
from tests.feed.fakes import (
    FakeConnection,
    feed_of,
    instrument,
    raw_server,
    route_to,
    run,
    socket_server,
    until,
)

GAP = Gap("fake:BTC-USDT", 1, 2, GapReason.SEQUENCE, "7 does not follow 5", 1)


async def talk(socket: ServerConnection) -> None:
    while True:
        await socket.send("frame")
        await asyncio.sleep(0.002)


def test_connections_of_several_venues_are_driven_as_one_feed() -> None:
    def connections() -> list[FakeConnection]:
        both = [instrument("ONE"), instrument("TWO")]
        return [FakeConnection(instruments=both), FakeConnection(instruments=both[:1], ws_path="/trades")]

    feed = Feed([route_to("http://127.0.0.1:1", *connections(), venue=name) for name in ("one", "two")])
    assert [client.name for client in feed.clients] == ["one#1", "one#2", "two#1", "two#2"]
    assert [len(status.instruments) for status in feed.links()] == [2, 1, 2, 1]
    assert {status.phase for status in feed.links()} == {Phase.IDLE}
    assert feed.statistics().connections == 4


def test_trouble_of_one_connection_does_not_stall_another() -> None:
    async def main() -> None:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(60)

        async with raw_server(mute) as dead, socket_server(talk) as alive:
            good, bad = FakeConnection(), FakeConnection()
            routes = [
                route_to(dead, bad, venue="dead"),
                route_to(alive, good, venue="alive"),
            ]
            async with Feed(routes, settings=Settings(connect_timeout_s=0.1, close_timeout_s=0.2)) as feed:
                await until(lambda: len(good.frames) > 50)
                assert feed.statistics().open_connections == 1
                await until(lambda: feed.statistics().failed_attempts > 0)
                seen = len(good.frames)
                await until(lambda: len(good.frames) > seen + 50)

    run(main())


def test_a_flood_on_one_connection_leaves_turns_for_the_others() -> None:
    async def main() -> None:
        async def flood(socket: ServerConnection) -> None:
            while True:
                await socket.send("x" * 100)

        loud, quiet = FakeConnection(ws_path="/loud"), FakeConnection(ws_path="/quiet")

        async def serve(socket: ServerConnection) -> None:
            assert socket.request is not None
            await (flood if socket.request.path == "/loud" else talk)(socket)

        async with socket_server(serve) as url, feed_of(url, loud, quiet):
            await until(lambda: len(quiet.frames) > 20 and len(loud.frames) > 1_000)

    run(main())


@pytest.mark.parametrize("where", ["on_frame", "on_batch", "on_notice"])
def test_an_error_of_a_listener_ends_the_feed_with_that_error(where: str) -> None:
    async def main() -> None:
        def fail(*_: object) -> None:
            raise RuntimeError(f"broken {where}")

        def script(kind: str, value: object) -> Effects:
            return (GAP,) if kind == "frame" else NOTHING

        async with socket_server(talk) as url:
            feed = feed_of(url, FakeConnection(script=script), listener=Listener(**{where: fail}))
            feed.start()
            with pytest.raises(RuntimeError, match=f"broken {where}"):
                await feed.wait()
            with pytest.raises(RuntimeError, match=f"broken {where}"):
                await feed.close()
            assert {status.phase for status in feed.links()} == {Phase.CLOSED}

    run(main())


def test_an_error_during_a_timer_or_a_reply_ends_the_feed_too() -> None:
    async def main() -> None:
        def script(kind: str, value: object) -> Effects:
            if kind == "tick":
                raise ZeroDivisionError("a bug in a protocol")
            return (WakeAt(0),) if kind == "opened" else NOTHING

        async with socket_server(talk) as url:
            with pytest.raises(ZeroDivisionError, match="a bug in a protocol"):
                await feed_of(url, FakeConnection(script=script)).run()

    run(main())


def test_gaps_and_recoveries_are_logged_counted_and_told_with_their_connection() -> None:
    async def main() -> None:
        told: list[tuple[Driven, Notice]] = []

        def script(kind: str, value: object) -> Effects:
            if kind != "frame":
                return NOTHING
            return (GAP, Recovered("fake:BTC-USDT", GAP, 3), Refused(None, "60012", "no such channel"))

        fake = FakeConnection(script=script)
        listener = Listener(on_notice=lambda connection, notice: told.append((connection, notice)))
        settings = Settings(notices_kept=4, close_timeout_s=0.2)
        async with (
            socket_server(talk) as url,
            feed_of(url, fake, listener=listener, settings=settings) as feed,
        ):
            await until(lambda: feed.statistics().gaps >= 3)
        statistics = feed.statistics()
        assert statistics.gaps == statistics.recoveries == statistics.refused == len(told) // 3
        assert told[0] == (fake, GAP)
        assert [type(notice) for notice in feed.gap_log] == [Gap, Recovered, Gap, Recovered], "bounded, in order"
        assert len(feed.notices) == min(4, statistics.refused)

    run(main())


def test_closing_leaves_no_task_no_socket_and_a_feed_that_can_be_closed_again() -> None:
    async def main() -> None:
        fakes = [FakeConnection() for _ in range(3)]
        async with socket_server(talk) as url:
            feed = feed_of(url, *fakes)
            before = asyncio.all_tasks()
            feed.start()
            await until(lambda: all(fake.frames for fake in fakes))
            began = time.monotonic()
            await feed.close()
            await feed.close()
            assert time.monotonic() - began < 2.0
            left = {
                task for task in asyncio.all_tasks() - before if "feed" in task.get_name() or "#" in task.get_name()
            }
            assert not left
            assert [fake.kinds()[-1] for fake in fakes] == ["closed"] * 3
            assert feed.statistics().queue == 0

    run(main())


def test_closing_while_it_cannot_even_connect_is_immediate() -> None:
    async def main() -> None:
        feed = feed_of("http://127.0.0.1:1", FakeConnection())
        feed.start()
        await until(lambda: feed.links()[0].phase is Phase.WAITING)
        began = time.monotonic()
        await feed.close()
        assert time.monotonic() - began < 0.5
        assert feed.links()[0].phase is Phase.CLOSED

    run(main())
