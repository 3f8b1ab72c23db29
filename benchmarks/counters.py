"""``python -m benchmarks.counters``: what counting, timing and logging add to the way of a frame.

The frames of the USD-M capture, and of a market of the lab, go as WebSocket bytes into the feed's own sockets, through
its own client into the protocol and the book. Contestants take turns of a few hundred frames in a seeded order:

- without: a client and a socket that time nothing, the reference;
- with: the feed as it is, one frame in 64 timed;
- with a log: the same, with a log of what changes that leads to a file.

Once each frame comes alone, as in a quiet market: the loop wakes up for it. Once fifty come in one read, as in a burst:
then a frame costs least, and what is added to it weighs most. Every time is processor time of the whole way, divided by
frames; a ratio compares turns that stand beside each other. Counts of levels and changes are made by the kernels and
cannot be taken out: they are in all three.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from benchmarks.frames import load
from benchmarks.targets import Target, show
from benchmarks.timing import quiet
from fillcast.core.instrument import Instrument
from fillcast.feed.client import Client
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Listener
from fillcast.feed.limits import RateLimit
from fillcast.feed.rest import Rest
from fillcast.feed.settings import Endpoint, Settings
from fillcast.feed.wire import Socket, message_waits
from fillcast.lab.capture import write_capture
from fillcast.runtime.log import log_to
from fillcast.runtime.stages import Stages
from fillcast.session.journal import Journal
from fillcast.tape.captures import Capture
from fillcast.tape.lines import InputKind
from fillcast.venues.connection import Connection
from fillcast.venues.dialects import detect
from fillcast.venues.directory import Limit
from fillcast.venues.protocol import NOTHING

URL = "ws://127.0.0.1:1"
PLENTY = Limit(1_000_000, 1_000_000_000)
BURST = 50
TURN = 500  # frames: 5 to 20 ms
MOST_FRAMES = 20_000
LAB_SECONDS = 1_200
CONTESTANTS = ("without", "with", "with a log")
BOUND_PERCENT = 5.0


class PlainClient(Client):
    """A client that hands every frame over and times none."""

    async def _receive(self, socket: Socket) -> None:
        hand_over, on_frame = self.connection.frame, self._listener.on_frame
        wall_ns, mono_ns = self._clock.wall_ns, self._clock.mono_ns
        while True:
            data = await socket.recv(decode=False)
            if self._leaving != "":
                return
            frames = size = 0
            while True:
                effects = hand_over(data, wall_ns(), mono_ns())
                frames += 1
                size += len(data)
                if on_frame is not None:
                    on_frame(self.connection)
                if effects:
                    self._carry_out(effects)
                if self._leaving != "" or not message_waits(socket):
                    break
                data = await socket.recv(decode=False)
            self.counters.count_batch(frames, size)
            self.rate.add(frames, mono_ns())
            self._input(NOTHING)
            if self._leaving != "":
                return


class Transport(asyncio.Transport):
    """Takes what is sent and does nothing."""

    def write(self, data: bytes) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def abort(self) -> None: ...

    def is_closing(self) -> bool:
        return False


@dataclass
class Stream:
    """The frames of one connection, and what makes a protocol ready for the first of them."""

    name: str
    build: Callable[[], Connection]
    frames: list[bytes]


@dataclass
class Contestant:
    """One client on one socket with a protocol of its own."""

    client: Client
    socket: ClientConnection
    connection: Connection
    task: asyncio.Task[None]

    async def turn(self, reads: Sequence[bytes], expected: int) -> float:
        """Bring reads of bytes and return the processor seconds until all their frames were handled."""
        counters, arrive = self.client.counters, self.socket.data_received
        before = counters.frames
        started = time.process_time()
        for read in reads:
            arrive(read)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        took = time.process_time() - started
        assert counters.frames - before == expected, "frames are still under way"
        return took


def usdm_stream() -> Stream | None:
    """The USD-M capture from its snapshot on."""
    captures, skipped = load()
    for line in skipped:
        print(line)
    capture = next((one for one in captures if one.venue == "binance_usdm"), None)
    if capture is None or capture.snapshot is None:
        return None
    (symbol, scale), *_ = capture.instruments.items()
    instrument = Instrument(capture.venue, symbol, "BTC", "USDT", Decimal(scale.tick), Decimal(scale.lot))
    dialect, snapshot = detect(capture.frames[0]), capture.snapshot
    assert dialect is not None

    def build() -> Connection:
        connection = dialect.connection([instrument], fast=True)
        connection.opened(time.time_ns(), time.monotonic_ns())
        connection.snapshot_reply(symbol, snapshot, time.time_ns(), time.monotonic_ns())
        return connection

    return Stream(f"{capture.name} (68 levels a frame)", build, capture.frames[:MOST_FRAMES])


def lab_stream(seed: int) -> Stream:
    """Books and trades of a market of the lab, as OKX would send them."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_capture(Path(folder) / "lab", "okx", ["BTC-USDT"], seed, LAB_SECONDS).path
        frames = [one.data for one in Capture([path]).inputs() if one.kind is InputKind.FRAME]
    dialect = next(found for found in map(detect, frames) if found is not None)
    instrument = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"))

    def build() -> Connection:
        connection = dialect.connection([instrument], fast=True)
        connection.opened(time.time_ns(), time.monotonic_ns())
        return connection

    return Stream("the lab's okx:BTC-USDT, books and trades", build, frames[:MOST_FRAMES])


@asynccontextmanager
async def contestants(stream: Stream, log: Any) -> AsyncIterator[dict[str, Contestant]]:
    """One of each, ready for the first frame."""
    quiet_listener = Listener()
    kinds: dict[str, tuple[type[Client], type[ClientConnection], Listener]] = {
        "without": (PlainClient, ClientConnection, quiet_listener),
        "with": (Client, Socket, quiet_listener),
        "with a log": (Client, Socket, Journal(log, quiet_listener).listener),
    }
    made, settings, clock = {}, Settings(), Clock()
    endpoint, limit = Endpoint.at(URL), RateLimit(PLENTY.weight, PLENTY.window_ns)
    async with asyncio.TaskGroup() as group:
        for name, (kind, socket_kind, listener) in kinds.items():
            connection, rest = stream.build(), Rest(endpoint.rest_url, limit, settings=settings, clock=clock)
            client = kind(
                *(name, connection, endpoint, rest),
                listener=listener,
                settings=settings,
                clock=clock,
                dial=limit,
                control=PLENTY,
                random=lambda: 0.5,
                stages=Stages(),
            )
            protocol = ClientProtocol(parse_uri(URL), state=State.OPEN, max_size=settings.max_frame_bytes)
            socket = socket_kind(protocol, ping_interval=None, max_queue=settings.max_queue)
            socket.connection_made(Transport())
            socket.response = object()  # type: ignore[assignment]
            client._group, client._socket = group, socket  # type: ignore[assignment]
            task = group.create_task(client._receive(socket))  # type: ignore[arg-type]
            made[name] = Contestant(client, socket, connection, task)
        await asyncio.sleep(0)
        yield made
        for one in made.values():
            one.task.cancel()
            one.socket.keepalive_task = None
            one.client._alarm.clear()


async def measure(
    stream: Stream, burst: int, rounds: int, order: random.Random, log: Any
) -> tuple[dict[str, list[float]], Stages]:
    """Return µs per frame of each turn, by contestant; turns of one index hold the same frames."""
    wrapped = [Frame(Opcode.TEXT, data).serialize(mask=False) for data in stream.frames]
    found: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    stages = Stages()
    for number in range(rounds + 1):
        async with contestants(stream, log) as running:
            with quiet():
                for start in range(0, len(wrapped), TURN):
                    chunk = wrapped[start : start + TURN]
                    reads = [b"".join(chunk[at : at + burst]) for at in range(0, len(chunk), burst)]
                    names = list(running)
                    order.shuffle(names)
                    for name in names:
                        took = await running[name].turn(reads, len(chunk))
                        if number:  # the first round is not counted
                            found[name].append(took / len(chunk) * 1e6)
            versions = {one.connection.books[0].version for one in running.values()}
            assert len(versions) == 1, "contestants did different work"
            if number:
                stages.add(running["with"].client._timer._stages)
    return found, stages


def report(console: Console, results: dict[str, dict[str, list[float]]]) -> list[Target]:
    targets = []
    table = Table(title="processor time of a frame's whole way", title_justify="left", header_style="bold")
    for column in ("stream", "", "p50, µs", "mean, µs", "added, p50", "95 % of p50"):
        table.add_column(column, justify="left" if column in ("stream", "") else "right", no_wrap=True)
    draws = np.random.default_rng(1)
    for scene, found in results.items():
        base = np.array(found["without"])
        for name, values in found.items():
            turns = np.array(values)
            cells = [scene, name, f"{np.median(turns):.2f}", f"{turns.mean():.2f}"]
            if name == "without":
                table.add_row(*cells, "–", "")
                continue
            added = 100 * (turns / base - 1)
            again = np.median(draws.choice(added, (2_000, len(added))), axis=1)
            low, high = np.percentile(again, (2.5, 97.5))
            table.add_row(*cells, f"{np.median(added):+.2f} %", f"{low:+.2f} to {high:+.2f}")
            targets.append(
                Target(f"{scene}, {name}: added to a frame's way, %", "<=", BOUND_PERCENT, float(np.median(added)))
            )
    console.print(table)
    return targets


def show_stages(console: Console, name: str, stages: Stages) -> None:
    told = [
        f"{stage.name} {stage.p50_us:.2f} / {stage.p99_us:.2f} µs ({stage.n:,})"
        for stage in stages.told()
        if stage.p50_us is not None and stage.p99_us is not None
    ]
    console.print(f"stages of {name}, p50 / p99: {', '.join(told)}", highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20260824)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    console = Console(width=140)
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {options.rounds} rounds")
    streams = [one for one in (usdm_stream(), lab_stream(options.seed)) if one is not None]
    order = random.Random(options.seed)
    results: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryFile("w", encoding="utf-8") as file:
        log = log_to(file, as_json=True)
        for stream in streams:
            for burst, way in ((1, "one by one"), (BURST, f"{BURST} at once")):
                scene = f"{stream.name}, {way}"
                results[scene], stages = asyncio.run(measure(stream, burst, options.rounds, order, log))
                show_stages(console, scene, stages)
    targets = report(console, results)
    show(console, targets)
    if options.json:
        found = {"us_per_frame": results, "targets": [one.as_json() for one in targets]}
        Path(options.json).write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
