"""Frames that are timed: which, by which clock, and under which stage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection

from fillcast.feed.clock import Clock
from fillcast.feed.driven import Listener
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import LinkStatus
from fillcast.feed.timing import FrameTimer
from fillcast.feed.wire import Socket
from fillcast.runtime.stages import Stages
from fillcast.venues.protocol import NOTHING, Effects, Send
from tests.feed.fakes import QUICK, FakeConnection, feed_of, run, socket_server, until

FRAMES = 400


@dataclass
class Ticking:
    """A protocol that takes 20 to read a frame and 3 to apply it, on a clock of its own that starts at 1000."""

    now: int = 1000
    swapped: bool = False
    books: tuple[()] = ()
    taken: list[bytes] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(lambda: 0, lambda: self.now)

    def frame_in_steps(self, data: bytes, wall_ns: int, mono_ns: int, decoded: Callable[[], object]) -> Effects:
        self.taken.append(data)
        reading, applying = (3, 20) if self.swapped else (20, 3)
        self.now += reading
        if data != b"no book":
            decoded()
        self.now += applying
        return NOTHING


def check(protocol: Ticking) -> None:
    stages = Stages()
    timer = FrameTimer(protocol, stages, 1, protocol.clock())  # type: ignore[arg-type]
    timer.frame(b"book", 990)
    timer.frame(b"no book", 1000)
    found = {name: (one.n, one.sum_ns) for name, one in stages.histograms.items()}
    assert found == {"receive": (1, 10), "decode": (1, 20), "apply": (1, 3), "forecast": (0, 0), "screen": (0, 0)}


def test_each_stage_gets_its_own_time_and_frames_without_a_book_none() -> None:
    check(Ticking())


def test_stages_that_are_swapped_are_noticed() -> None:
    with pytest.raises(AssertionError):
        check(Ticking(swapped=True))


@pytest.mark.parametrize(("every", "least", "most"), [(1, FRAMES, FRAMES), (64, 4, 9), (0, 0, 0)])
def test_so_many_frames_are_timed_and_all_are_taken_in_order(every: int, least: int, most: int) -> None:
    async def burst(socket: ServerConnection) -> None:
        for number in range(FRAMES):
            await socket.send(str(number))
            if number % 7 == 0:
                await asyncio.sleep(0)
        await socket.wait_closed()

    async def main() -> None:
        fake = FakeConnection()
        settings = Settings(backoff=QUICK, close_timeout_s=0.3, sample_every=every)
        async with socket_server(burst) as url, feed_of(url, fake, settings=settings) as feed:
            await until(lambda: len(fake.frames) == FRAMES)
            await until(lambda: feed.statistics().frames == FRAMES)
            timed = [feed.stages.histograms[name].n for name in ("receive", "decode", "apply")]
        assert len(set(timed)) == 1
        assert least <= timed[0] <= most
        assert fake.frames == [str(number).encode() for number in range(FRAMES)]

    run(main())


def receive_after_an_idle_second() -> int:
    """Return what the stage `receive` says of a frame after a second of nothing but pings and pongs, ns."""
    found = []

    async def main() -> None:
        async def serve(socket: ServerConnection) -> None:
            await socket.recv()
            for _ in range(5):
                await (await socket.ping())
                await asyncio.sleep(0.2)
            await socket.send("late")
            await socket.wait_closed()

        fake = FakeConnection(script=lambda kind, _: (Send("go"),) if kind == "opened" else NOTHING)
        settings = Settings(backoff=QUICK, close_timeout_s=0.3, sample_every=1, ping_interval_s=0.1)
        async with socket_server(serve) as url, feed_of(url, fake, settings=settings) as feed:
            await until(lambda: len(fake.frames) == 1)
            assert feed.stages.histograms["receive"].n == 1
            found.append(feed.stages.histograms["receive"].max_ns)

    run(main())
    return found[0]


IDLE_NS = 500_000_000


def test_receive_counts_from_the_bytes_and_not_from_a_pong() -> None:
    assert receive_after_an_idle_second() < IDLE_NS


def test_a_wait_that_is_counted_from_a_pong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def always(self: Socket, data: bytes) -> None:
        self.waits_since_ns = self.waits_since_ns or self.mono_ns()
        ClientConnection.data_received(self, data)

    monkeypatch.setattr(Socket, "data_received", always)
    assert receive_after_an_idle_second() > IDLE_NS


def test_a_backlog_of_our_own_shows_as_receive() -> None:
    async def main() -> None:
        async def burst(socket: ServerConnection) -> None:
            for number in range(10):
                await socket.send(str(number))
            await socket.wait_closed()

        slow = Listener(on_frame=lambda connection: time.sleep(0.02))
        fake = FakeConnection()
        settings = Settings(backoff=QUICK, close_timeout_s=0.3, sample_every=1)
        async with socket_server(burst) as url, feed_of(url, fake, settings=settings, listener=slow) as feed:
            await until(lambda: len(fake.frames) == 10)
            assert feed.stages.histograms["receive"].max_ns > 60_000_000

    run(main())


def test_every_change_of_a_link_is_told_once() -> None:
    async def main() -> None:
        async def leave(socket: ServerConnection) -> None:
            await socket.close()

        told: list[LinkStatus] = []
        fake = FakeConnection()
        async with socket_server(leave) as url, feed_of(url, fake, listener=Listener(on_link=told.append)):
            await until(lambda: len(told) >= 6)
        phases = [str(one.phase) for one in told]
        assert phases[:6] == ["connecting", "open", "waiting"] * 2
        assert phases[-1] == "closed"
        assert all(earlier != later for earlier, later in pairwise(phases))
        assert told[2].next_attempt_ns > 0
        assert "attempt" in told[2].sentence

    run(main())
