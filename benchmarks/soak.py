"""Follows hundreds of instruments on several venues of the lab for minutes, and records whether anything drifts.

    python -m benchmarks.soak [--minutes 10] [--instruments 34] [--faults 0] [--plot soak.png] [--json]

The lab runs as its own process on one core, this client on another. Every second the client's memory, rates, queue and
latencies are recorded. Without faults the end is exact: the lab stands still, and each connection must have received
as many frames as the lab sent it. With `--faults` as many random faults a second are planted; forecasts are asked for
all the while, and at the very moment of every gap: none may have a price while its book is not LIVE. Then the faults
end, and every book must be LIVE again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import aiohttp
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.soak_plot import draw
from benchmarks.soak_record import Sample, Soak
from fillcast.cli.lab_process import LabProcess
from fillcast.core.state import BookState
from fillcast.errors import FillcastError
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.forecast.order import Order, parse_order
from fillcast.models.fees import stated_fee
from fillcast.session import Session, watch
from fillcast.venues.protocol import Gap

PROTOCOLS = ("okx", "binance_usdm", "bybit_linear", "kraken", "coinbase", "deribit")
SEED = 11
FEE = stated_fee(5.0)  # any: it plays no part here
ASKED_EVERY_S = 0.05  # from one round-robin forecast to the next
LONGEST_US = 1 << 20  # of a latency in the histogram: about a second
MOST_FRAMES_S = 1 << 16  # frames of one second whose latency is kept
SETTLE_S = 20.0  # for the lab's and the client's last frames to meet
RECOVERY_S = 150.0  # after the last fault: a resync that was put off waits for up to a minute
PAGE = os.sysconf("SC_PAGE_SIZE")
MEBIBYTE = 1 << 20


class Recorder:
    """Listens to a session: latencies of frames, forecasts at every gap and in turn.

    Parameters
    ----------
    soak
        Where counts go.
    """

    def __init__(self, soak: Soak) -> None:
        self.soak = soak
        self.session: Session | None = None
        self.orders: dict[str, Order] = {}
        self.histogram = np.zeros(LONGEST_US, np.int64)
        self._second = np.zeros(MOST_FRAMES_S, np.int64)  # taken once: what is recorded must not be what grows
        self._seen = 0
        self._sockets: dict[int, object] = {}

    def follow(self, session: Session) -> None:
        """Start to look at a session whose books are there."""
        self._sockets = {id(client.connection): client for client in session.feed.clients}
        self.session = session

    def on_frame(self, connection: Driven) -> None:
        client = self._sockets.get(id(connection))
        socket = getattr(client, "_socket", None)
        if socket is not None:
            self._second[self._seen % MOST_FRAMES_S] = (time.monotonic_ns() - socket.waits_since_ns) // 1000
            self._seen += 1

    def on_notice(self, connection: Driven, notice: Notice) -> None:
        if isinstance(notice, Gap):
            self.ask(notice.instrument)

    def ask(self, key: str) -> None:
        """Ask for a forecast; it must have a price only where the book is LIVE."""
        if self.session is None or key not in self.orders:
            return
        answer = self.session.forecast(self.orders[key], fee=FEE)
        self.soak.asked += 1
        if answer.current.net is not None and self.session.book(key).state is not BookState.LIVE:
            self.soak.priced_not_live += 1

    def turn(self) -> tuple[float, float, float]:
        """Return p50, p99 and the longest latency of the frames since the last turn, in µs."""
        seen, self._seen = np.clip(self._second[: self._seen], 0, LONGEST_US - 1), 0
        if not len(seen):
            return 0.0, 0.0, 0.0
        np.add.at(self.histogram, seen, 1)
        p50, p99 = np.percentile(seen, (50, 99))
        return float(p50), float(p99), float(seen.max())

    def quantile_us(self, share: float) -> float:
        """Return a quantile of all latencies."""
        total = np.cumsum(self.histogram)
        return float(np.searchsorted(total, share * total[-1]))


def resident_mb(pid: int | str) -> float:
    """Return a process's resident memory in MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / MEBIBYTE


def cpu_s(pid: int | str) -> float:
    """Return the processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def lab_request(url: str, path: str, **body: object) -> object:
    """Ask the lab something: GET, or POST where there is a body."""
    async with aiohttp.ClientSession() as http:
        request = http.post(f"{url}{path}", json=body) if body else http.get(f"{url}{path}")
        async with request as response:
            return await response.json()


async def listed(url: str, protocols: Sequence[str], count: int) -> list[str]:
    """Return the first instruments of each protocol that the lab lists, as keys."""
    status = await lab_request(url, "/lab/status")
    assert isinstance(status, dict)
    keys = []
    for protocol in protocols:
        symbols = [one["symbol"] for one in status["markets"] if one["protocol"] == protocol]
        keys += [f"{protocol}:{symbol}" for symbol in symbols[:count]]
    return keys


async def soak(minutes: float, protocols: Sequence[str], count: int, faults_s: float, progress: Progress) -> Soak:
    """Run one soak."""
    options = ["--instruments", str(count), "--random-faults", str(faults_s)]
    cores = sorted(os.sched_getaffinity(0))
    async with LabProcess(0, SEED, (), asyncio.Event(), options) as lab:
        if len(cores) > 1:
            os.sched_setaffinity(lab.pid, cores[1:])
            os.sched_setaffinity(0, cores[:1])
        keys = await listed(lab.url, protocols, count)
        found = Soak(len(keys), 0, len({key.partition(":")[0] for key in keys}), faults_s)
        recorder = Recorder(found)
        listener = Listener(on_frame=recorder.on_frame, on_notice=recorder.on_notice)
        async with watch(keys, endpoints=lab.endpoints, listener=listener) as session:
            found.connections = len(session.feed.clients)
            for key in keys:
                view = await session.live(key, RECOVERY_S)
                recorder.orders[key] = parse_order(view.instrument, "buy", f"20000{view.instrument.quote.lower()}")
            recorder.follow(session)
            await _record(found, recorder, session, lab, keys, minutes * 60, progress)
            found.largest_batch = session.feed.statistics().largest_batch
            if faults_s:
                await _recover(found, session, lab.url, keys)
            else:
                await _count(found, session, lab.url)
            for key in keys:
                health = session.health(key)
                if health.state is not BookState.LIVE:
                    found.not_live[key] = f"{health.state.name}: {health.reason}"
        found.p99_us, found.p999_us = recorder.quantile_us(0.99), recorder.quantile_us(0.999)
    return found


async def _record(
    found: Soak,
    recorder: Recorder,
    session: Session,
    lab: LabProcess,
    keys: Sequence[str],
    seconds: float,
    progress: Progress,
) -> None:
    """Take one sample a second, and ask for forecasts in turn all the while."""
    task = progress.add_task("soak", total=seconds, figures="")
    began = last = time.monotonic()
    frames, cpu, lab_cpu = session.feed.statistics().frames, cpu_s("self"), cpu_s(lab.pid)
    asked = 0
    while last - began < seconds:
        while time.monotonic() - last < 1.0:
            recorder.ask(keys[asked % len(keys)])
            asked += 1
            await asyncio.sleep(ASKED_EVERY_S)
        now = time.monotonic()
        statistics = session.feed.statistics()
        cpu_now, lab_cpu_now = cpu_s("self"), cpu_s(lab.pid)
        elapsed = now - last
        sample = Sample(
            now - began,
            resident_mb("self"),
            resident_mb(lab.pid),
            (cpu_now - cpu) / elapsed,
            (lab_cpu_now - lab_cpu) / elapsed,
            (statistics.frames - frames) / elapsed,
            statistics.queue,
            sum(session.book(key).state is BookState.LIVE for key in keys),
            *recorder.turn(),
            statistics.gaps,
            statistics.recoveries,
            statistics.reconnects,
        )
        found.samples.append(sample)
        last, frames, cpu, lab_cpu = now, statistics.frames, cpu_now, lab_cpu_now
        rates = f"{sample.frames_s:,.0f} frames/s, p99 {sample.p99_us:,.0f} µs"
        shown = f"{rates}, {sample.live} LIVE, {sample.resident_mb:.0f} MB"
        progress.update(task, completed=now - began, figures=shown)


async def _recover(found: Soak, session: Session, url: str, keys: Sequence[str]) -> None:
    """End the faults and wait until every book is LIVE again."""
    log = await lab_request(url, "/lab/faults")
    assert isinstance(log, list)
    for line in log:
        if line["state"] == "injected":
            found.faults[line["kind"]] = found.faults.get(line["kind"], 0) + 1
    await lab_request(url, "/lab/control", faults=False)
    for key in keys:
        try:
            await session.live(key, RECOVERY_S)
        except FillcastError:
            continue  # told at the end


async def _count(found: Soak, session: Session, url: str) -> None:
    """Let the market stand still and compare what was sent with what was received, connection by connection."""
    await lab_request(url, "/lab/control", paused=True)
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        status = await lab_request(url, "/lab/status")
        assert isinstance(status, dict)
        sent = sorted(one["sent"] for one in status["clients"])
        received = sorted(client.counters.frames for client in session.feed.clients)
        found.compared = sum(sent)
        found.behind = {
            f"rank {rank}": one - other
            for rank, (one, other) in enumerate(zip(sent, received, strict=True))
            if one != other
        }
        if not found.behind:
            return
        await asyncio.sleep(0.1)


def show(found: Soak, console: Console) -> bool:
    """Print the findings; return whether all of them are as they must be."""
    table = Table(title="soak", box=None, header_style="dim", title_justify="left")
    for name in ("what", "found", "right"):
        table.add_column(name, no_wrap=True)
    findings = found.findings()
    for what, figure, right in findings:
        table.add_row(what, figure, "yes" if right else "[bold red]NO[/]")
    console.print(table)
    for key, reason in list(found.not_live.items())[:10]:
        console.print(f"not LIVE: {key}: {reason}", markup=False)
    if found.faults:
        console.print("faults: " + ", ".join(f"{kind} {count}" for kind, count in sorted(found.faults.items())))
    return all(right for _, _, right in findings)


def main() -> int:
    parser = argparse.ArgumentParser(description="many instruments for many minutes")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--instruments", type=int, default=34, help="of each protocol")
    parser.add_argument("--protocol", action="append", choices=PROTOCOLS, help="one of the lab's; repeatable")
    parser.add_argument("--faults", type=float, default=0.0, help="random faults a second")
    parser.add_argument("--plot", type=Path, help="a PNG file")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        protocols = arguments.protocol or list(PROTOCOLS)
        found = asyncio.run(soak(arguments.minutes, protocols, arguments.instruments, arguments.faults, progress))
    if arguments.plot:
        draw(found, arguments.plot)
    right = show(found, Console(width=None if sys.stdout.isatty() else 110, stderr=arguments.json))
    if arguments.json:
        print(json.dumps(asdict(found) | {"growth": found.growth}))
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
