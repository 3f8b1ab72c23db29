"""How long somebody waits for one forecast: from the start of a ``fillcast quote`` process to its end.

The lab runs beside it as a process of its own. The first run is not counted: it warms the kernel cache.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.targets import Target

BOUND_S = 3.0
RUN_LIMIT_S = 120.0
STOP_S = 10.0
ORDER = ("--side", "buy", "--size", "3btc", "--json")
SCENES = {
    "okx BTC-USDT": ("okx:BTC-USDT",),
    "binance_usdm BTCUSDT": ("binance_usdm:BTCUSDT",),
    "both, compared": ("okx:BTC-USDT", "binance_usdm:BTCUSDT"),
}


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds of a whole process over the rounds."""

    scene: str
    low_s: float
    median_s: float
    high_s: float


def run(*, rounds: int, seed: int) -> list[Wait]:
    with _lab(seed) as url:
        endpoints = ("--endpoint", f"okx={url}", "--endpoint", f"binance_usdm={url}")
        took_s: dict[str, list[float]] = {scene: [] for scene in SCENES}
        for number in range(rounds + 1):
            for scene, keys in SCENES.items():
                started = time.perf_counter()
                _quote(*keys, *ORDER, *endpoints)
                if number:
                    took_s[scene].append(time.perf_counter() - started)
    return [Wait(scene, min(found), statistics.median(found), max(found)) for scene, found in took_s.items()]


def print_result(console: Console, waits: list[Wait]) -> None:
    title = "a whole quote process, warm kernel cache"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("instruments", no_wrap=True)
    for column in ("min, s", "median, s", "max, s"):
        table.add_column(column, justify="right")
    for wait in waits:
        table.add_row(wait.scene, *(f"{value:.2f}" for value in (wait.low_s, wait.median_s, wait.high_s)))
    console.print(table)


def targets(waits: list[Wait]) -> list[Target]:
    return [Target(f"quote {wait.scene}, slowest run, s", "<=", BOUND_S, wait.high_s) for wait in waits]


def as_json(waits: list[Wait]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [asdict(wait) for wait in waits]
    return [*found, {"targets": [target.as_json() for target in targets(waits)]}]


def _quote(*arguments: str) -> None:
    """Run one quote; one that gives no forecast ends the section."""
    command = [sys.executable, "-m", "fillcast", "quote", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT_S, check=False)
    if result.returncode:
        raise RuntimeError(f"fillcast quote ended with exit code {result.returncode}: {result.stderr or result.stdout}")


@contextmanager
def _lab(seed: int) -> Iterator[str]:
    """The address of a lab that runs as long as the block."""
    command = [sys.executable, "-m", "fillcast", "lab", "--seed", str(seed), "--until-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready:
            raise RuntimeError("the lab ended before it listened; its own message is above")
        try:
            yield json.loads(ready)["okx"]
        finally:
            process.stdin.close()
            process.wait(STOP_S)
