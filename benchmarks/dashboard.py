"""What pages cost the feed: books applied without a dashboard, with one in the same process, and with one in its own.

    python -m benchmarks.dashboard [--pages 50] [--seconds 10] [--rounds 2] [--json]

The lab, the feed and the pages are processes of their own; each page draws 60 pictures a second without looking at
them. Two times are told of every frame that changes a book: from the bytes being there in the process to the book
having changed, and from the exchange's send stamp (milliseconds) to then, less the shortest of that run, which also
holds what a busy loop leaves waiting in the socket.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass

import msgspec
import numpy as np
import websockets
from rich.console import Console
from rich.table import Table

from fillcast.cli.lab_process import LabProcess
from fillcast.core.events import EVENT_NS, SENT_NS
from fillcast.dashboard.in_process import SessionSource
from fillcast.dashboard.serve import serve
from fillcast.dashboard.serving import bind, serving
from fillcast.dashboard.wire import CREDIT, Asked
from fillcast.feed.client import Client
from fillcast.feed.driven import Driven, Listener
from fillcast.runtime.process import usage
from fillcast.session import Session, watch

SEED = 5
MADE_UP = 6  # instruments beside the lab's own, so that 150 frames a second and more come
PICTURE_S = 1 / 60
SETTLE_S = 2.0
NONE, SAME, OWN = "none", "same process", "own process"
FIRST = Asked(instrument="okx:BTC-USDT", size="1btc")


@dataclass(frozen=True, slots=True)
class Result:
    """One run: frames a second, times to the book having changed, and what the feed's process and pages did."""

    dashboard: str
    pages: int
    frames_per_s: float
    apply_p50_us: float
    apply_p99_us: float
    apply_max_us: float
    sent_p50_ms: float
    sent_p99_ms: float
    sent_max_ms: float
    feed_cpu_percent: float
    drawn_per_page_s: float
    bytes_per_page_s: float


class Witness:
    """Notes how long after it came, and after its send stamp, every frame had changed its book."""

    def __init__(self) -> None:
        self.delays_ns: list[int] = []
        self.applied_ns: list[int] = []
        self._clients: dict[int, Client] = {}

    def follow(self, session: Session) -> None:
        """Start to look at a session whose books are there."""
        self._clients = {id(client.connection): client for client in session.feed.clients}

    def on_frame(self, connection: Driven) -> None:
        client = self._clients.get(id(connection))
        socket = getattr(client, "_socket", None)
        if socket is None:
            return
        self.applied_ns.append(time.monotonic_ns() - socket.waits_since_ns)
        events = connection.events
        if events.count:
            head = events.messages[0]
            stamp = int(head[SENT_NS] or head[EVENT_NS])
            if stamp:
                self.delays_ns.append(time.time_ns() - stamp)


@asynccontextmanager
async def shown(kind: str, session: Session) -> AsyncIterator[str]:
    """Serve pages in one of the ways, or not at all."""
    if kind == OWN:
        async with serve(session, FIRST) as url:
            yield url
    elif kind == SAME:
        async with serving(SessionSource(session), FIRST, *bind("127.0.0.1", 0)) as bound:
            yield bound.url
    else:
        async with nullcontext():
            yield ""


async def measure(kind: str, pages: int, seconds: float) -> Result:
    """Follow the lab for some seconds with so many pages."""
    witness = Witness()
    async with LabProcess(0, SEED, (), asyncio.Event(), ["--instruments", str(MADE_UP)]) as lab:
        keys = ["okx:BTC-USDT", "binance_usdm:BTCUSDT", *await made_up(lab.url)]
        endpoints = {venue: lab.endpoints[venue] for venue in ("okx", "binance_usdm")}
        listener = Listener(on_frame=witness.on_frame)
        async with watch(keys, endpoints=endpoints, listener=listener) as session:
            for key in keys:
                await session.live(key)
            async with shown(kind, session) as url:
                drawing = None
                if url:
                    drawing = await asyncio.create_subprocess_exec(
                        *(sys.executable, "-m", "benchmarks.dashboard", "--draw", url),
                        *("--pages", str(pages), "--seconds", str(seconds)),
                        stdout=asyncio.subprocess.PIPE,
                    )
                await asyncio.sleep(SETTLE_S)
                witness.follow(session)
                before, started_s = usage(), time.monotonic()
                await asyncio.sleep(seconds - SETTLE_S)
                elapsed_s, after = time.monotonic() - started_s, usage()
                sent_ms = (np.array(witness.delays_ns) - min(witness.delays_ns)) / 1e6
                applied_us = np.array(witness.applied_ns) / 1e3
                told = (await drawing.communicate())[0] if drawing else b""
    frames, size = json.loads(told) if told else (0.0, 0.0)
    return Result(
        kind,
        pages if url else 0,
        len(applied_us) / elapsed_s,
        *np.percentile(applied_us, (50, 99, 100)).tolist(),
        *np.percentile(sent_ms, (50, 99, 100)).tolist(),
        100 * (after.cpu_s - before.cpu_s) / elapsed_s,
        frames,
        size,
    )


async def made_up(url: str) -> list[str]:
    """Return instruments that the lab lists beside its own."""
    import aiohttp

    async with aiohttp.ClientSession() as http, http.get(f"{url}/lab/status") as reply:
        markets = (await reply.json())["markets"]
    keys = [f"{one['protocol']}:{one['symbol']}" for one in markets if one["protocol"] in ("okx", "binance_usdm")]
    return [key for key in keys if key not in ("okx:BTC-USDT", "binance_usdm:BTCUSDT")][: 2 * MADE_UP]


async def draw(url: str, pages: int, seconds: float) -> tuple[float, float]:
    """Draw as pages do; return pictures and bytes a second of each."""
    frames = size = 0
    ends_s = time.monotonic() + seconds

    async def page(number: int) -> None:
        nonlocal frames, size
        async with websockets.connect(f"{url.replace('http', 'ws')}ws", compression=None) as socket:
            next_s = time.monotonic() + PICTURE_S * number / pages
            while time.monotonic() < ends_s:
                await asyncio.sleep(max(0.0, next_s - time.monotonic()))
                await socket.send(CREDIT)
                data = await socket.recv()
                frames, size = frames + 1, size + len(data)
                next_s = max(next_s + PICTURE_S, time.monotonic())

    await asyncio.gather(*(page(number) for number in range(pages)))
    return frames / pages / seconds, size / pages / seconds


def table(results: list[Result]) -> Table:
    """Return the runs side by side."""
    found = Table(title="what pages cost the feed")
    for name in Result.__dataclass_fields__:
        found.add_column(name.replace("_", " "), justify="right")
    for one in results:
        found.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in asdict(one).values()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--draw", metavar="URL", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.draw:
        print(json.dumps(asyncio.run(draw(asked.draw, asked.pages, asked.seconds))))
        return
    results = [
        asyncio.run(measure(kind, asked.pages, asked.seconds))
        for _ in range(asked.rounds)
        for kind in (NONE, SAME, OWN)
    ]
    if asked.json:
        print(msgspec.json.encode(results).decode())
    else:
        Console(width=200).print(table(results))


if __name__ == "__main__":
    main()
