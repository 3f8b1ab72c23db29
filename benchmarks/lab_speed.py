"""How fast the lab's virtual clock runs: market seconds per real second, from nothing to a finished capture.

The time is that of the whole ``write_capture``: the market's twenty seconds of warm-up, its flow, every frame
encoded, and the file.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.targets import Target
from fillcast.lab.capture import write_capture
from fillcast.lab.protocols import listed_symbols

MARKET_SECONDS = 60
BOUND = 100.0
"""Market seconds per real second: an hour of market in 36 seconds."""
SCENES: dict[str, Mapping[str, Sequence[str]]] = {
    "okx BTC-USDT": {"okx": ("BTC-USDT",)},
    "binance_usdm BTCUSDT": {"binance_usdm": ("BTCUSDT",)},
    **{f"{venue}, all {len(symbols)}": {venue: symbols} for venue, symbols in listed_symbols().items()},
}


@dataclass(frozen=True, slots=True)
class Pace:
    """Market seconds per real second over the rounds, and what one round writes."""

    scene: str
    frames: int
    size_bytes: int
    low: float
    median: float
    high: float


def run(*, rounds: int, seed: int) -> list[Pace]:
    """Write every scene once untimed (it compiles what compiles), then ``rounds`` times in turns."""
    ratios: dict[str, list[float]] = {scene: [] for scene in SCENES}
    written: dict[str, tuple[int, int]] = {}
    with TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for scene, symbols in SCENES.items():
                started = time.perf_counter()
                summaries = [
                    write_capture(Path(folder) / venue, venue, names, seed, MARKET_SECONDS)
                    for venue, names in symbols.items()
                ]
                took_s = time.perf_counter() - started
                written[scene] = sum(one.frames for one in summaries), sum(one.size_bytes for one in summaries)
                if number:
                    ratios[scene].append(MARKET_SECONDS / took_s)
    return [
        Pace(
            scene,
            *written[scene],
            min(found),
            statistics.median(found),
            max(found),
        )
        for scene, found in ratios.items()
    ]


def print_result(console: Console, paces: Sequence[Pace]) -> None:
    title = f"the lab's clock, {MARKET_SECONDS} market seconds into a capture"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("markets", no_wrap=True)
    for column in ("frames", "MB", "× real time, min", "median", "max"):
        table.add_column(column, justify="right")
    for pace in paces:
        ratios = (f"{value:.0f}" for value in (pace.low, pace.median, pace.high))
        table.add_row(pace.scene, f"{pace.frames:,}", f"{pace.size_bytes / 1e6:.1f}", *ratios)
    console.print(table)


def targets(paces: Sequence[Pace]) -> list[Target]:
    return [Target(f"{pace.scene}, market seconds per real second", ">=", BOUND, pace.median) for pace in paces]


def as_json(paces: Sequence[Pace]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [asdict(pace) for pace in paces]
    return [*found, {"targets": [target.as_json() for target in targets(paces)]}]
