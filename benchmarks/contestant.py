"""What takes part: designs fed with frames, and books fed with level updates in arrays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.frames import Capture
from benchmarks.workloads import Levels

Cost = tuple[float, float, float, float]
"""Both walks of one size: bought size and sum of price × size paid; sold size and sum received."""
YARDSTICK, OURS = "orjson_loads", "ours"
OPPONENTS = ("bisect_list", "sorted_dict", "heap")


class Contestant(Protocol):
    """One design that takes frames and answers the cost of buying and of selling one size after each of them.

    ``answers`` says in what: "units" (prices and sizes as the venue writes them), "lots" (lots, and lots ×
    ticks of the instrument's scale), or "nothing" (a yardstick that only parses). Building it is set-up and
    is not timed. One that can say how many bytes its books take has a property ``nbytes`` as well.
    """

    label: ClassVar[str]
    answers: ClassVar[Literal["units", "lots", "nothing"]]

    def __init__(self, capture: Capture) -> None: ...

    def step(self, data: bytes) -> Cost:
        """The whole job for one frame: decode, check the sequence, apply, walk both sides of that frame's
        instrument.
        """
        ...


class LevelBook(Protocol):
    """One book that takes level updates from arrays; answers in lots and lots × ticks."""

    label: ClassVar[str]

    def __init__(self, levels: Levels) -> None: ...

    def step(self, message: int) -> Cost:
        """Apply one message and walk both sides."""
        ...


class CompiledBook(LevelBook, Protocol):
    """A ``LevelBook`` that can also replay every message in one compiled loop."""

    @property
    def nbytes(self) -> int:
        """Memory of the book itself."""
        ...

    def replay(self, costs: NDArray[np.float64]) -> None:
        """Apply every message and write both walks after each, shape (messages, 4)."""
        ...


def builder(contestant: type[Contestant], capture: Capture) -> Callable[[], Callable[[bytes], Cost]]:
    """A function that builds a fresh contestant and returns its ``step``."""
    return lambda: contestant(capture).step


def contestants() -> dict[str, type[Contestant]]:
    """By module name, the yardstick first and ours second."""
    modules = {YARDSTICK: "opponents.orjson_loads", OURS: "ours"}
    modules |= {name: f"opponents.{name}" for name in OPPONENTS}
    return {name: import_module(f"benchmarks.{path}").CONTESTANT for name, path in modules.items()}


def level_books() -> dict[str, type[LevelBook]]:
    """By module name, ours first."""
    return compiled_books() | {name: import_module(f"benchmarks.opponents.{name}").LEVEL_BOOK for name in OPPONENTS}


def compiled_books() -> dict[str, type[CompiledBook]]:
    """By module name, ours first."""
    return {
        OURS: import_module("benchmarks.ours_levels").LEVEL_BOOK,
        "sorted_arrays": import_module("benchmarks.opponents.sorted_arrays").LEVEL_BOOK,
    }
