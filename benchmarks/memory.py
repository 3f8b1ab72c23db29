"""What a book weighs after the whole USD-M capture."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import allocation
from benchmarks.contestant import OURS, builder, contestants
from benchmarks.frames import Capture
from benchmarks.workloads import ASK, BID, Levels

BOUND_BYTES = 1_000_000
"""An ordinary book of ours weighs at most this."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes: ``own`` as the book counts itself (None: it does not), ``held`` as tracemalloc saw it grow."""

    label: str
    own: int | None
    held: int


@dataclass(frozen=True, slots=True)
class Result:
    bids: int
    asks: int
    weights: dict[str, Weight]


def run(capture: Capture, levels: Levels) -> Result:
    """Weigh every contestant that keeps a book; ``levels`` are the capture's updates, to count what the book
    holds.
    """
    weights = {}
    for name, contestant in contestants().items():
        if contestant.answers == "nothing":
            continue
        built = contestant(capture)
        for frame in capture.frames:
            built.step(frame)
        own: int | None = getattr(built, "nbytes", None)
        held = allocation.measure(builder(contestant, capture), capture.frames).held_bytes
        weights[name] = Weight(contestant.label, own, held)
    sides: dict[int, set[int]] = {BID: set(), ASK: set()}
    for side, ticks, lots in zip(levels.side.tolist(), levels.ticks.tolist(), levels.lots.tolist(), strict=True):
        if lots:
            sides[side].add(ticks)
        else:
            sides[side].discard(ticks)
    return Result(len(sides[BID]), len(sides[ASK]), weights)


def print_result(console: Console, result: Result) -> None:
    title = f"memory of a book of {result.bids:,} bids and {result.asks:,} asks"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("design", no_wrap=True)
    for column in ("the book itself, B", "held with its decoders, B", "held per level, B"):
        table.add_column(column, justify="right")
    for name, weight in result.weights.items():
        own = "–" if weight.own is None else f"{weight.own:,}"
        each = weight.held / (result.bids + result.asks)
        table.add_row(weight.label, own, f"{weight.held:,}", f"{each:.0f}", style="bold" if name == OURS else None)
    console.print(table)


def as_json(result: Result) -> dict[str, Any]:
    return asdict(result)
