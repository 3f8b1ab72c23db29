from __future__ import annotations

import asyncio
import struct
import threading
import time

from websockets.asyncio.server import ServerConnection
from websockets.sync.server import ServerConnection as SyncConnection
from websockets.sync.server import serve as serve_in_thread

from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Phase
from fillcast.venues.protocol import NOTHING, Effects, Fetch, Gap, GapReason, Rejected, Send, WakeAt
from tests.feed.fakes import FakeConnection, Limit, feed_of, run, socket_server, until

GAP = Gap("fake:BTC-USDT", 1, 2, GapReason.LAG, "frames arrive 2100 ms late")


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


def test_a_new_socket_starts_a_new_count_of_control_messages() -> None:
    async def main() -> None:
        received: list[str] = []

        async def leave_after_two(socket: ServerConnection) -> None:
            received.extend([str(await socket.recv()), str(await socket.recv())])
            await socket.close(1001, "maintenance")

        def script(kind: str, value: object) -> Effects:
            return (Send("subscribe"), Send("more")) if kind == "opened" else NOTHING

        hourly = Limit(2, 3_600_000_000_000)
        async with socket_server(leave_after_two) as url, feed_of(url, FakeConnection(script=script), control=hourly):
            await until(lambda: len(received) == 6)
        assert received == ["subscribe", "more"] * 3

    run(main())


def test_a_heartbeat_waits_behind_no_limited_message() -> None:
    async def main() -> None:
        received: list[str] = []

        async def note(socket: ServerConnection) -> None:
            async for message in socket:
                received.append(str(message))

        def script(kind: str, value: object) -> Effects:
            if kind == "tick":
                return (Send("ping", weight=0),)
            return (Send("first"), Send("second"), WakeAt(0)) if kind == "opened" else NOTHING

        hourly = Limit(1, 3_600_000_000_000)
        fake = FakeConnection(script=script)
        async with socket_server(note) as url, feed_of(url, fake, control=hourly):
            await until(lambda: "ping" in received)
        assert sorted(received) == ["first", "ping"]

    run(main())


def test_late_books_are_judged_after_every_input_and_before_the_listener_looks() -> None:
    async def main() -> None:
        order: list[str] = []

        def script(kind: str, value: object) -> Effects:
            order.append(kind)
            return (WakeAt(0), Fetch(1, "/nowhere", 1, "snapshot")) if kind == "opened" else NOTHING

        def late() -> Effects:
            order.append("judge")
            return (GAP,)

        def notice(connection: Driven, told: Notice) -> None:
            order.append(type(told).__name__)

        async def talk(socket: ServerConnection) -> None:
            await socket.send("one")
            await hold(socket)

        fake = FakeConnection(script=script, late=late)
        listener = Listener(on_batch=lambda connection: order.append("batch"), on_notice=notice)
        settings = Settings(ping_interval_s=0.05, close_timeout_s=0.3)
        async with socket_server(talk) as url, feed_of(url, fake, listener=listener, settings=settings):
            await until(lambda: {"frame", "tick", "pong", "reply"} <= set(order))
            await until(lambda: order[-1] == "batch")
        inputs = [place for place, what in enumerate(order) if what in ("opened", "frame", "tick", "pong", "reply")]
        assert all(order[place + 1 : place + 4] == ["judge", "Gap", "batch"] for place in inputs), order
        assert order[-1] == "closed", "our own leaving is nothing to judge"

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
        async with socket_server(hold) as url, feed_of(url, fake, settings=settings) as feed:
            await until(lambda: fake.kinds().count("pong") == 3)
            trips = feed.clients[0].round_trips_s
            assert len(trips) == 3
            assert all(0 < trip < 5 for trip in trips)
        fake = FakeConnection()
        async with socket_server(deaf) as url, feed_of(url, fake, settings=settings) as feed:
            await asyncio.sleep(0.15)
            assert not feed.clients[0].round_trips_s
        assert fake.kinds() == ["opened", "closed"]

    run(main())
