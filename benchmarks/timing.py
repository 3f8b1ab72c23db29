"""Timing that a shared machine disturbs as little as possible, and alike for every contestant.

A pass feeds every item to a freshly built contestant and reads ``time.perf_counter_ns`` before and after each
item. Contestants take turns of a few hundred items, in an order drawn from the seed, so that whatever disturbs the
machine for longer than some milliseconds hits all alike, and a ratio is taken within a round: one pass of each, or
several where the items are few. One pass of each comes before, untimed: it compiles what compiles. Python's garbage
collector is off during a round (which favours those that allocate) and runs between rounds.

An item's time is its median over all passes: what the work costs, without what the machine did once. p50,
mean, p99 and max are taken over the items of those medians; the worst single reading is kept beside them.
"""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Step = Callable[[Any], object]
MIN_READINGS = 2_000
"""Few items are passed over several times in a round, until it holds about this many readings."""
TURN = 500
"""Readings after which the next contestant has its turn: 1 to 20 ms."""


@dataclass(frozen=True, slots=True)
class Times:
    """Readings of one contestant in ns, shape (rounds, passes in a round, items)."""

    readings: NDArray[np.int64]

    def items_us(self) -> NDArray[np.float64]:
        """Median over all passes of each item, in µs."""
        flat = self.readings.reshape(-1, self.readings.shape[-1])
        medians: NDArray[np.float64] = np.median(flat, axis=0) / 1_000
        return medians

    def worst_us(self) -> float:
        return float(self.readings.max()) / 1_000

    def by_round(self, statistic: Callable[[NDArray[np.int64]], Any]) -> NDArray[np.float64]:
        """``statistic`` of each round's readings."""
        return np.array([statistic(readings) for readings in self.readings], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Summary:
    """µs per item; ``worst`` is the largest single reading."""

    p50: float
    mean: float
    p99: float
    max: float
    worst: float


def summary(times: Times, chosen: NDArray[np.bool_] | None = None) -> Summary:
    """Distribution over all items, or over the chosen ones."""
    items = times.items_us()
    worst = times.worst_us()
    if chosen is not None:
        items = items[chosen]
        worst = float(times.readings[..., chosen].max()) / 1_000
    p50, p99 = np.percentile(items, [50, 99])
    return Summary(float(p50), float(items.mean()), float(p99), float(items.max()), worst)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer than another: the median of the rounds, each compared with itself, and their range."""

    value: float
    low: float
    high: float


def ratio(times: Times, other: Times, statistic: Callable[[NDArray[Any]], Any]) -> Ratio:
    paired = times.by_round(statistic) / other.by_round(statistic)
    return Ratio(float(np.median(paired)), float(paired.min()), float(paired.max()))


def interleaved(builders: Sequence[Callable[[], Step]], items: Sequence[Any], *, rounds: int, seed: int) -> list[Times]:
    """Time every item with every contestant; a builder makes a fresh contestant and returns its step."""
    passes = math.ceil(MIN_READINGS / len(items))
    readings = [np.empty((rounds, passes, len(items)), dtype=np.int64) for _ in builders]
    order = random.Random(seed)
    for build in builders:
        _timed(build(), items)
    for number in range(rounds):
        with quiet():
            running = [_turns(build, items, each[number]) for build, each in zip(builders, readings, strict=True)]
            while running:
                order.shuffle(running)
                running = [turns for turns in running if next(turns, None)]
    return [Times(each) for each in readings]


def _turns(build: Callable[[], Step], items: Sequence[Any], readings: NDArray[np.int64]) -> Iterator[bool]:
    """Fill the readings, shape (passes, items), and yield True after every turn."""
    taken = 0
    for one_pass in readings:
        step = build()
        for start in range(0, len(items), TURN):
            chunk = items[start : start + TURN]
            one_pass[start : start + TURN] = _timed(step, chunk)
            taken += len(chunk)
            if taken >= TURN:
                taken = 0
                yield True


def in_turns(runs: Mapping[str, Callable[[], object]], rounds: int, seed: int) -> dict[str, list[float]]:
    """Seconds of each whole run in each round, in an order drawn from the seed."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    order, names = random.Random(seed), list(runs)
    for _ in range(rounds):
        order.shuffle(names)
        for name in names:
            with quiet():
                start = time.perf_counter()
                runs[name]()
                seconds[name].append(time.perf_counter() - start)
    return seconds


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage collection inside; one before."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def clock_us(readings: int = 10_000) -> float:
    """What two readings of the clock with nothing between cost: inside every number reported."""
    return float(np.median(_timed(lambda _: None, range(readings)))) / 1_000


def _timed(step: Step, items: Sequence[Any]) -> list[int]:
    clock = time.perf_counter_ns
    taken = [0] * len(items)
    for index, item in enumerate(items):
        start = clock()
        step(item)
        taken[index] = clock() - start
    return taken
