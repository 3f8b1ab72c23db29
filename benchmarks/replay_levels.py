"""Level updates that are already in arrays, both walks at every message: ours, sorted arrays, hftbacktest."""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks import peers
from benchmarks.agreement import DisagreementError
from benchmarks.contestant import OURS, CompiledBook, compiled_books
from benchmarks.targets import Target, show
from benchmarks.timing import quiet
from benchmarks.workloads import Levels

HFTBACKTEST = "hftbacktest"
_SCRIPT = Path(__file__).parent / "peer_scripts" / "hftbacktest_replay.py"


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds of each round's replay of all updates, by contestant."""

    updates: int
    messages: int
    labels: dict[str, str]
    seconds: dict[str, NDArray[np.float64]]
    skipped: list[str]

    def rate(self, name: str) -> float:
        """Median level updates per second."""
        return self.updates / float(np.median(self.seconds[name]))


def run(levels: Levels, exact: NDArray[np.int64], *, rounds: int, seed: int) -> Result:
    """Check every message's answer of every contestant, then time whole replays in turns.

    ``exact`` are the right answers after each message but the first, in lots and lots × ticks.

    Raises
    ------
    DisagreementError
        At the first message where a contestant is wrong.
    """
    entered = compiled_books()
    labels = {name: book.label for name, book in entered.items()}
    for name, book in entered.items():
        _require(name, replay_once(book, levels)[1], exact)
    replays: dict[str, Callable[[], float]] = {name: partial(_seconds, book, levels) for name, book in entered.items()}
    skipped = []
    if not peers.is_current():
        skipped.append("skipped hftbacktest: build its environment with `python -m benchmarks.peers`")
        return Result(len(levels.ticks), levels.messages, labels, _in_turns(replays, rounds, seed), skipped)
    with hftbacktest(levels) as (replay, costs):
        _require(HFTBACKTEST, costs, exact)
        labels[HFTBACKTEST] = "hftbacktest 2.4.4, ROIVectorMarketDepth"
        seconds = _in_turns({**replays, HFTBACKTEST: replay}, rounds, seed)
    return Result(len(levels.ticks), levels.messages, labels, seconds, skipped)


def replay_once(book: type[CompiledBook], levels: Levels) -> tuple[float, NDArray[np.float64]]:
    """Seconds of the replay alone, and both walks after each message."""
    costs = np.zeros((levels.messages, 4), dtype=np.float64)
    built = book(levels)
    with quiet():
        start = time.perf_counter()
        built.replay(costs)
        return time.perf_counter() - start, costs


def _seconds(book: type[CompiledBook], levels: Levels) -> float:
    """One turn: a replay that warms the caches after another's turn, and one that counts."""
    replay_once(book, levels)
    return replay_once(book, levels)[0]


@contextmanager
def hftbacktest(levels: Levels) -> Iterator[tuple[Callable[[], float], NDArray[np.float64]]]:
    """A process of the peers' environment: a function that takes a turn (seconds), and the costs it found."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("side", "ticks", "lots", "offsets", "size_lots"):
            np.save(Path(folder) / f"{name}.npy", getattr(levels, name))
        with subprocess.Popen(
            [str(peers.python()), str(_SCRIPT), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            stdin, stdout = process.stdin, process.stdout
            if stdout.readline() != "ready\n":
                raise RuntimeError("hftbacktest ended before it was ready; its own message is above")

            def replay() -> float:
                stdin.write("again\n")
                stdin.flush()
                return float(stdout.readline())

            yield replay, np.load(Path(folder) / "costs.npy")
            stdin.close()


def _in_turns(replays: dict[str, Callable[[], float]], rounds: int, seed: int) -> dict[str, NDArray[np.float64]]:
    order = random.Random(seed)
    seconds = {name: np.empty(rounds) for name in replays}
    for round_number in range(rounds):
        for name in order.sample(list(replays), len(replays)):
            seconds[name][round_number] = replays[name]()
    return seconds


def _require(name: str, costs: NDArray[Any], exact: NDArray[np.int64]) -> None:
    wrong = np.argwhere((costs[1:] != exact).any(axis=1))
    if len(wrong):
        message = int(wrong[0, 0])
        raise DisagreementError(
            f"level updates, message {message + 1}: {name} says {costs[message + 1].tolist()}, "
            f"the book says {exact[message].tolist()}"
        )


def targets(result: Result) -> list[Target]:
    found = [Target("million level updates a second", ">=", 25, result.rate(OURS) / 1e6)]
    if HFTBACKTEST in result.seconds:
        found.append(Target("rate ours ÷ hftbacktest", ">=", 2, result.rate(OURS) / result.rate(HFTBACKTEST)))
    return found


def print_result(console: Console, result: Result) -> None:
    table = Table(title="level updates in arrays, one core", title_justify="left", header_style="bold")
    table.add_column("design", no_wrap=True)
    for column in ("million/s", "slowest–fastest", "ns per update", "µs per message"):
        table.add_column(column, justify="right")
    references = [name for name in (OURS, HFTBACKTEST) if name in result.seconds]
    for reference in references:
        table.add_column(f"rate ÷ {reference}", justify="right")
    for name, seconds in result.seconds.items():
        rates = result.updates / seconds / 1e6
        table.add_row(
            *(result.labels[name], f"{result.rate(name) / 1e6:.2f}", f"{rates.min():.2f}–{rates.max():.2f}"),
            *(f"{1e9 / result.rate(name):.1f}", f"{np.median(seconds) / result.messages * 1e6:.2f}"),
            *(f"{result.rate(name) / result.rate(reference):.2f}" for reference in references),
            style="bold" if name == OURS else None,
        )
    console.print(table)
    console.print(
        f"{result.updates:,} updates in {result.messages:,} messages (the REST snapshot is the first), both "
        "walks after each; answers identical. Loading is not counted."
    )
    for line in result.skipped:
        console.print(line)
    show(console, targets(result))


def as_json(result: Result) -> dict[str, Any]:
    return {
        "updates": result.updates,
        "messages": result.messages,
        "contestants": {
            name: {
                "label": result.labels[name],
                "seconds": seconds.tolist(),
                "updates_per_second": result.rate(name),
            }
            for name, seconds in result.seconds.items()
        },
        "skipped": result.skipped,
        "targets": [target.as_json() for target in targets(result)],
    }
