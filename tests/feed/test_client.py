from __future__ import annotations

import asyncio
import struct
import threading
import time

from websockets.asyncio.server import ServerConnection
from websockets.sync.server import ServerConnection as SyncConnection
from websockets.sync.server import serve as serve_in_thread

from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Phase
from fillcast.venues.protocol import NOTHING, Effects, Rejected, Send, WakeAt
from tests.feed.fakes import FakeConnection, Limit, feed_of, run, socket_server, until


async def hold(socket: ServerConnection) -> None:
    await socket.wait_closed()


def test_every_frame_already_received_is_handed_over_in_one_batch() -> None:
    async def main() -> None:
        async def burst(socket: ServerConnection) -> None:
            for number in range(50):
                await socket.send(str(number))
            await hold(socket)

        fake = FakeConnection()
        seen: list[int] = []
        listener = Listener(on_batch=lambda connection: seen.append(len(fake.frames)))
        async with socket_server(burst) as url, feed_of(url, fake, listener=listener) as feed:
            await until(lambda: len(fake.frames) == 50)
            await until(lambda: seen[-1] == 50)
            statistics = feed.statistics()
            assert statistics.batches < 50, "frames that were there were not taken together"
            assert statistics.largest_batch > 1
            assert (statistics.frames, statistics.queue) == (50, 0)
            assert statistics.frames_per_s > 0
        assert fake.frames == [str(number).encode() for number in range(50)]

    run(main())


def test_a_slow_consumer_holds_the_sender_back_and_loses_nothing() -> None:
    size, total, most_ahead = 16_384, 1_500, 1_000  # 24 MB in all; the network's own buffers take up to 6 MB
    sent: list[int] = []

    def flood(socket: SyncConnection) -> None:
        for number in range(total):
            socket.send(struct.pack("!I", number) + bytes(size - 4))
            sent.append(number)
        socket.recv()  # until the client leaves

    async def main(url: str) -> None:
        taken: list[int] = []
        ahead: list[int] = []
        queues: list[int] = []

        def note(connection: Driven) -> None:
            taken.append(struct.unpack("!I", fake.frames.pop()[:4])[0])
            queues.append(feed.clients[0].queue)
            if len(taken) <= 100:
                time.sleep(0.005)
                ahead.append(len(sent) - len(taken))

        fake = FakeConnection()
        settings = Settings(max_queue=16, close_timeout_s=0.3)
        feed = feed_of(url, fake, listener=Listener(on_frame=note), settings=settings)
        async with feed:
            await until(lambda: len(taken) == total, 20.0)
        assert taken == list(range(total))
        # What one read of the socket brings (256 KiB) comes on top of the queue.
        assert max(queues) <= 16 + (1 << 18) // size + 1
        assert max(ahead) < most_ahead, "the sender ran away"

    with serve_in_thread(flood, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            run(main(f"http://127.0.0.1:{server.socket.getsockname()[1]}"), 30.0)
        finally:
            server.shutdown()
            thread.join()


def test_effects_are_carried_out_in_order_and_within_the_control_limit() -> None:
    async def main() -> None:
        received: list[tuple[float, str]] = []

        async def note(socket: ServerConnection) -> None:
            async for message in socket:
                received.append((asyncio.get_running_loop().time(), str(message)))

        def script(kind: str, value: object) -> Effects:
            return tuple(Send(f"subscribe {n}") for n in range(5)) if kind == "opened" else NOTHING

        fake = FakeConnection(script=script)
        async with socket_server(note) as url, feed_of(url, fake, control=Limit(2, 200_000_000)) as feed:
            await until(lambda: len(received) == 5)
            assert feed.statistics().sent == 5
        assert [text for _, text in received] == [f"subscribe {n}" for n in range(5)]
        assert received[4][0] - received[0][0] >= 0.39, "five messages at two per 0.2 s take at least 0.4 s"

    run(main())


def test_a_wake_up_that_moves_rings_once_at_its_last_time() -> None:
    async def main() -> None:
        clock = Clock()
        base_ns = clock.mono_ns()

        def script(kind: str, value: object) -> Effects:
            if kind == "opened":
                return (WakeAt(base_ns + 50_000_000), WakeAt(base_ns + 150_000_000))
            return NOTHING

        fake = FakeConnection(script=script)
        async with socket_server(hold) as url, feed_of(url, fake):
            await until(lambda: "tick" in fake.kinds())
            await asyncio.sleep(0.1)
        ticks = [value for kind, value in fake.inputs if kind == "tick"]
        assert len(ticks) == 1
        assert ticks[0] >= base_ns + 150_000_000

    run(main())


def test_a_protocol_that_always_asks_for_the_past_does_not_stop_the_loop() -> None:
    async def main() -> None:
        fake = FakeConnection(script=lambda kind, value: (WakeAt(0),))
        async with socket_server(hold) as url, feed_of(url, fake):
            await until(lambda: fake.kinds().count("tick") > 3)

    run(main())


def test_garbage_is_the_protocols_to_judge_and_ends_nothing() -> None:
    async def main() -> None:
        async def babble(socket: ServerConnection) -> None:
            await socket.send(b"\xff\xfe\x00")
            await socket.send("{")
            await socket.send(b"", text=True)
            await socket.send(["frag", "mented"])
            await hold(socket)

        fake = FakeConnection(script=lambda kind, value: (Rejected("no JSON", "..."),) if kind == "frame" else NOTHING)
        async with socket_server(babble) as url, feed_of(url, fake) as feed:
            await until(lambda: len(fake.frames) == 4)
            assert fake.frames == [b"\xff\xfe\x00", b"{", b"", b"fragmented"]
            assert feed.statistics().rejected == 4
            assert feed.clients[0].status.phase is Phase.OPEN
            assert len(feed.notices) == 4

    run(main())


def test_a_fragment_that_waits_for_its_rest_does_not_hold_back_the_batch_before_it() -> None:
    async def main() -> None:
        release = asyncio.Event()

        async def parts(socket: ServerConnection) -> None:
            async def slowly():
                yield "first "
                await release.wait()
                yield "second"

            await socket.send("whole")
            await socket.send(slowly())
            await hold(socket)

        batches: list[int] = []
        fake = FakeConnection()
        listener = Listener(on_batch=lambda connection: batches.append(len(fake.frames)))
        async with socket_server(parts) as url, feed_of(url, fake, listener=listener):
            await until(lambda: batches[-1:] == [1])
            release.set()
            await until(lambda: fake.frames == [b"whole", b"first second"])

    run(main())


def test_pongs_are_told_to_the_protocol_and_a_deaf_server_sends_none() -> None:
    async def main() -> None:
        async def deaf(socket: ServerConnection) -> None:
            socket.transport.pause_reading()
            await asyncio.sleep(60)

        settings = Settings(ping_interval_s=0.03, close_timeout_s=0.1)
        fake = FakeConnection()
        async with socket_server(hold) as url, feed_of(url, fake, settings=settings):
            await until(lambda: fake.kinds().count("pong") == 3)
        fake = FakeConnection()
        async with socket_server(deaf) as url, feed_of(url, fake, settings=settings):
            await asyncio.sleep(0.15)
        assert fake.kinds() == ["opened", "closed"]

    run(main())
