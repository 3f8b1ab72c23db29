"""Bytes → book → cost of buying and selling one size, per frame, on each capture."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks import allocation, exact
from benchmarks.agreement import Agreement, check
from benchmarks.allocation import Allocation
from benchmarks.contestant import OURS, YARDSTICK, builder, contestants
from benchmarks.frames import Capture
from benchmarks.report import allocation_table, times_json, times_table
from benchmarks.targets import Target, show
from benchmarks.timing import Times, interleaved, ratio

P50, MEAN = np.median, np.mean


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


def targets(result: Result) -> list[Target]:
    """What the project promises of this capture, and what was measured."""
    times = result.times
    ours, yardstick = times[OURS], times[YARDSTICK]
    if result.capture.venue == "okx":
        return [
            Target("mean ours ÷ orjson.loads", "<=", 1.5, ratio(ours, yardstick, MEAN).value),
            Target("p50 ours ÷ orjson.loads", "<=", 2.5, ratio(ours, yardstick, P50).value),
            Target("p50 heap ÷ ours", ">=", 3, ratio(times["heap"], ours, P50).value),
        ]
    return [
        Target("mean ours ÷ orjson.loads", "<=", 0.7, ratio(ours, yardstick, MEAN).value),
        Target("p50 ours ÷ orjson.loads", "<=", 1.0, ratio(ours, yardstick, P50).value),
        Target("p50 msgspec + dict + bisect ÷ ours", ">=", 5, ratio(times["bisect_list"], ours, P50).value),
        Target("p50 heap ÷ ours", ">=", 10, ratio(times["heap"], ours, P50).value),
    ]


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
    show(console, targets(result))


def as_json(result: Result) -> dict[str, Any]:
    return {
        "capture": result.capture.name,
        "frames": result.agreement.frames,
        "unfilled": result.agreement.unfilled,
        "largest_relative_difference": result.agreement.largest,
        "contestants": times_json(result.labels, result.times, YARDSTICK),
        "allocations": {name: asdict(each) for name, each in result.allocations.items()},
        "targets": [target.as_json() for target in targets(result)],
    }
