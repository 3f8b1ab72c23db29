"""``python -m benchmarks [SECTION...]``: every comparison, in one seeded run."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import book, exact, lab_speed, ladders, memory, quote_time, replay_levels, workloads
from benchmarks.frames import Capture, load
from benchmarks.targets import show
from benchmarks.timing import clock_us

SECTIONS = {
    "book": "bytes → book → cost both ways, per frame, on each capture",
    "levels": "level updates already in arrays, against hftbacktest",
    "memory": "bytes that a book of the USD-M capture takes",
    "thin": "twelve levels a side, far apart",
    "reanchor": "a price that jumps out of the window and back",
    "lab": "market seconds per real second of the lab's virtual clock",
    "quote": "a whole `fillcast quote` process against a running lab",
}
LIBRARIES = ("numpy", "numba", "msgspec", "orjson", "sortedcontainers")
WIDTH = 160
"""Columns, where the output is not a terminal that knows better."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(arguments)
    sections = options.sections or list(SECTIONS)
    if unknown := set(sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}: there are {', '.join(SECTIONS)}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {options.rounds}")
    console = Console()
    if not console.is_terminal or console.width < WIDTH:
        console = Console(width=WIDTH)
    report: dict[str, Any] = {"environment": _environment(options.rounds, options.seed), "sections": {}}
    _print_environment(console, report["environment"])

    captures, skipped = load() if {"book", "levels", "memory"} & set(sections) else ([], [])
    for line in skipped:
        console.print(line)
    usdm = next((capture for capture in captures if capture.venue == "binance_usdm"), None)
    for section in sections:
        report["sections"][section] = _run(section, captures, usdm, console, rounds=options.rounds, seed=options.seed)
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _run(
    section: str, captures: list[Capture], usdm: Capture | None, console: Console, *, rounds: int, seed: int
) -> list[dict[str, Any]]:
    """Run one section, print it, and return its results for ``--json``."""
    if section == "book":
        results = []
        for capture in captures:
            results.append(book.run(capture, rounds=rounds, seed=seed))
            book.print_result(console, results[-1])
        found = [book.as_json(result) for result in results]
        for venue in dict.fromkeys(capture.venue for capture in captures):
            promised = book.targets([result for result in results if result.capture.venue == venue])
            show(console, promised)
            found.append({"venue": venue, "targets": [target.as_json() for target in promised]})
        return found
    if section in ("thin", "reanchor"):
        levels = workloads.thin(seed) if section == "thin" else workloads.reanchor(seed)
        ladder = ladders.run(levels, rounds=rounds, seed=seed)
        ladders.print_result(console, ladder)
        return [ladders.as_json(ladder)]
    if section == "lab":
        paces = lab_speed.run(rounds=rounds, seed=seed)
        lab_speed.print_result(console, paces)
        show(console, lab_speed.targets(paces))
        return lab_speed.as_json(paces)
    if section == "quote":
        waits = quote_time.run(rounds=rounds, seed=seed)
        quote_time.print_result(console, waits)
        show(console, quote_time.targets(waits))
        return quote_time.as_json(waits)
    if usdm is None:
        return []
    if section == "levels":
        replayed = replay_levels.run(workloads.from_capture(usdm), exact.answers(usdm), rounds=rounds * 3, seed=seed)
        replay_levels.print_result(console, replayed)
        return [replay_levels.as_json(replayed)]
    weighed = memory.run(usdm, workloads.from_capture(usdm))
    memory.print_result(console, weighed)
    return [memory.as_json(weighed)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare our books with other designs. A wrong answer ends the run before any timing.",
        epilog="; ".join(f"{name}: {what}" for name, what in SECTIONS.items()),
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"any of {', '.join(SECTIONS)} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of every contestant (5)")
    parser.add_argument("--seed", type=int, default=20260824, help="of the order of turns and of the workloads")
    parser.add_argument("--json", metavar="FILE", help="write every number there too")
    return parser


def _environment(rounds: int, seed: int) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": _processor(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "rounds": rounds,
        "seed": seed,
        "clock_us": clock_us(),
        "garbage_collector": "off during a round, run between rounds",
    }


def _print_environment(console: Console, environment: dict[str, Any]) -> None:
    libraries = ", ".join(f"{name} {number}" for name, number in environment["libraries"].items())
    console.print(
        f"{environment['at']}, Python {environment['python']}, {environment['machine']}; {libraries}\n"
        f"{environment['rounds']} rounds in turns, seed {environment['seed']}, untimed passes before. An "
        "item's time is its median over all passes; worst: the largest single reading; ×: each round compared "
        f"with itself, median and range. Garbage collector {environment['garbage_collector']}. Reading the "
        f"clock takes {environment['clock_us']:.2f} µs of every time.",
        highlight=False,
    )


def _processor() -> str:
    """The processor's own name where the system tells it."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
