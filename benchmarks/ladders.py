"""Books that are hard for a ladder: twelve levels far apart, and a price that jumps out of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.agreement import DisagreementError
from benchmarks.contestant import LevelBook, level_books
from benchmarks.report import times_json, times_table
from benchmarks.timing import Times, interleaved
from benchmarks.workloads import Levels


@dataclass(frozen=True, slots=True)
class Result:
    """Times per message after the first, which is set-up; by contestant."""

    levels: Levels
    labels: dict[str, str]
    times: dict[str, Times]


def run(levels: Levels, *, rounds: int, seed: int) -> Result:
    """Check that all books answer alike at every message, then time them.

    Raises
    ------
    DisagreementError
        At the first message where two of them differ.
    """
    entered = level_books()
    require_agreement(entered, levels)
    messages = range(1, levels.messages)

    def builder(book: type[LevelBook]):  # type: ignore[no-untyped-def]
        def build():  # type: ignore[no-untyped-def]
            step = book(levels).step
            step(0)
            return step

        return build

    times = interleaved([builder(book) for book in entered.values()], messages, rounds=rounds, seed=seed)
    return Result(levels, {name: book.label for name, book in entered.items()}, dict(zip(entered, times, strict=True)))


def require_agreement(entered: dict[str, type[LevelBook]], levels: Levels) -> None:
    """Whole numbers in every design (doubles hold them exactly here), so answers must be identical."""
    reference: list[Any] = []
    first = ""
    for name, book in entered.items():
        step = book(levels).step
        found = [tuple(step(message)) for message in range(levels.messages)]
        if not reference:
            reference, first = found, name
        for message, (each, expected) in enumerate(zip(found, reference, strict=True)):
            if each != expected:
                raise DisagreementError(
                    f"{levels.name}, message {message}: {name} says {each}, {first} says {expected}"
                )


def print_result(console: Console, result: Result) -> None:
    levels = result.levels
    marked = levels.marked[1:]
    console.print(times_table(f"{levels.name}: µs per message", result.labels, result.times))
    if marked.any():
        console.print(
            times_table(f"{levels.name}: µs per message of a jump", result.labels, result.times, chosen=marked)
        )
    changes = np.diff(levels.offsets)[1:]
    console.print(
        f"{levels.messages - 1} messages of {np.median(changes):.0f} changes (at most {changes.max()}), both "
        f"walks of {levels.size_lots} lots after each; called once a message from Python; all answers "
        "identical."
    )


def as_json(result: Result) -> dict[str, Any]:
    marked = result.levels.marked[1:]
    return {
        "messages": result.levels.messages - 1,
        "contestants": times_json(result.labels, result.times),
        "jumps": times_json(result.labels, result.times, chosen=marked) if marked.any() else {},
    }
