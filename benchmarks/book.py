"""Bytes → book → cost of buying and selling one size, per frame, on each capture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks import allocation, exact
from benchmarks.agreement import Agreement, check
from benchmarks.allocation import Allocation
from benchmarks.contestant import OURS, YARDSTICK, builder, contestants
from benchmarks.frames import RESTATED, Capture
from benchmarks.report import allocation_table, times_json, times_table
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved


@dataclass(frozen=True, slots=True)
class Result:
    """What one capture showed; every mapping is by contestant."""

    capture: Capture
    agreement: Agreement
    labels: dict[str, str]
    times: dict[str, Times]
    allocations: dict[str, Allocation]


def run(capture: Capture, *, rounds: int, seed: int) -> Result:
    """Check that all answers are right, then time them, then count what they allocate.

    Raises
    ------
    benchmarks.agreement.DisagreementError
        Before anything is timed, at the first wrong answer.
    """
    entered = contestants()
    agreement = check(list(entered.values()), capture, exact.answers(capture))
    builders = [builder(contestant, capture) for contestant in entered.values()]
    times = interleaved(builders, capture.frames, rounds=rounds, seed=seed)
    return Result(
        capture,
        agreement,
        {name: contestant.label for name, contestant in entered.items()},
        dict(zip(entered, times, strict=True)),
        {name: allocation.measure(build, capture.frames) for name, build in zip(entered, builders, strict=True)},
    )


def targets(results: Sequence[Result]) -> list[Target]:
    """What the project promises of the captures of one venue together, and what was measured.

    OKX's captures of 2021 and 2022 count twice: as the feed would receive their messages today, and as they were
    recorded, in a retired dialect where ours verifies a CRC of 50 levels at every message and the others verify
    nothing.
    """
    if results[0].capture.venue != "okx":
        return _usdm_targets(results)
    current = [result for result in results if result.capture.live]
    recorded = [result for result in results if not result.capture.name.endswith(RESTATED)]
    return [*_okx_targets("OKX, as sent today", current), *_okx_targets("OKX, as recorded", recorded)]


def _usdm_targets(results: Sequence[Result]) -> list[Target]:
    mean, median = _quotients(results)
    return [
        Target("USD-M: mean ours ÷ orjson.loads", "<=", 0.7, mean[YARDSTICK]),
        Target("USD-M: p50 ours ÷ orjson.loads", "<=", 1.0, median[YARDSTICK]),
        Target("USD-M: p50 msgspec + dict + bisect ÷ ours", ">=", 5, 1 / median["bisect_list"]),
        Target("USD-M: p50 heap ÷ ours", ">=", 10, 1 / median["heap"]),
    ]


def _okx_targets(name: str, results: Sequence[Result]) -> list[Target]:
    mean, median = _quotients(results)
    return [
        Target(f"{name}: mean ours ÷ orjson.loads", "<=", 1.5, mean[YARDSTICK]),
        Target(f"{name}: p50 ours ÷ orjson.loads", "<=", 2.5, median[YARDSTICK]),
        Target(f"{name}: p50 heap ÷ ours", ">=", 3, 1 / median["heap"]),
    ]


def _quotients(results: Sequence[Result]) -> tuple[dict[str, float], dict[str, float]]:
    """Return ours over each contestant, mean and median, over the items of all captures together."""
    items = {name: np.concatenate([result.times[name].items_us() for result in results]) for name in results[0].times}
    return tuple(  # type: ignore[return-value]
        {name: float(statistic(items[OURS]) / statistic(each)) for name, each in items.items()}
        for statistic in (np.mean, np.median)
    )


def print_result(console: Console, result: Result) -> None:
    capture, agreement = result.capture, result.agreement
    orders = ", ".join(f"{scale.size} {symbol}" for symbol, scale in capture.instruments.items())
    console.print(times_table(f"{capture.name}: µs per frame", result.labels, result.times, YARDSTICK))
    console.print(allocation_table(f"{capture.name}: allocation per frame", result.labels, result.allocations))
    console.print(
        f"{agreement.frames} frames, both ways at each: {orders}. All {agreement.contestants} designs found "
        f"the exact cost (largest relative difference of a double {agreement.largest:.0e}); "
        f"{agreement.unfilled} orders were larger than the book."
    )


def as_json(result: Result) -> dict[str, Any]:
    return {
        "capture": result.capture.name,
        "frames": result.agreement.frames,
        "unfilled": result.agreement.unfilled,
        "largest_relative_difference": result.agreement.largest,
        "contestants": times_json(result.labels, result.times, YARDSTICK),
        "allocations": {name: asdict(each) for name, each in result.allocations.items()},
    }
