"""Level updates as arrays: the USD-M capture's own, and two seeded books that are hard for a ladder."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.frames import Capture

BID, ASK = 1, -1

THIN_LEVELS = 12
THIN_SPREAD_TICKS = 200_000
JUMP_TICKS = 40_000
JUMP_LEVELS = 1_000
"""Levels a side at each of the two prices between which the re-anchor workload jumps."""
START_TICK = 1_000_000


@dataclass(frozen=True, slots=True)
class Levels:
    """Level updates in arrays; message m is ``[offsets[m], offsets[m + 1])`` and message 0 is the whole first
    book.

    ``side`` is +1 for a bid and -1 for an ask (int8), ``ticks`` and ``lots`` are int64, lots 0 removes.
    ``size_lots`` is what one order buys and another sells after each message. ``marked`` holds the messages
    of special interest.
    """

    name: str
    side: NDArray[np.int8]
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]
    offsets: NDArray[np.int64]
    size_lots: int
    marked: NDArray[np.bool_]

    @property
    def messages(self) -> int:
        return len(self.offsets) - 1


class _Writer:
    """Collects messages while it keeps the book that they make."""

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self._rows: list[tuple[int, int, int]] = []
        self._offsets = [0]
        self._marked: list[bool] = []

    def set(self, side: int, ticks: int, lots: int) -> None:
        held = self.bids if side == BID else self.asks
        if lots:
            held[ticks] = lots
        else:
            held.pop(ticks, None)
        self._rows.append((side, ticks, lots))

    def end(self, *, marked: bool = False) -> None:
        """End of a message."""
        self._offsets.append(len(self._rows))
        self._marked.append(marked)

    def levels(self, name: str, size_lots: int) -> Levels:
        rows = np.array(self._rows, dtype=np.int64)
        return Levels(
            name,
            rows[:, 0].astype(np.int8),
            rows[:, 1].copy(),
            rows[:, 2].copy(),
            np.array(self._offsets, dtype=np.int64),
            size_lots,
            np.array(self._marked, dtype=np.bool_),
        )


def from_capture(capture: Capture) -> Levels:
    """Every level update of a Binance capture, the REST snapshot as message 0."""
    ((_, scale),) = capture.instruments.items()
    tick, lot = Decimal(scale.tick), Decimal(scale.lot)
    ticks_of: dict[str, int] = {}
    lots_of: dict[str, int] = {}
    writer = _Writer()

    def write(side: int, levels: list[list[str]]) -> None:
        for price, size in levels:
            if price not in ticks_of:
                ticks_of[price] = int(Decimal(price) / tick)
            if size not in lots_of:
                lots_of[size] = int(Decimal(size) / lot)
            writer.set(side, ticks_of[price], lots_of[size])

    if capture.snapshot is None:
        raise ValueError(f"{capture.name} has no REST snapshot")
    depth = orjson.loads(capture.snapshot)
    write(BID, depth["bids"])
    write(ASK, depth["asks"])
    writer.end()
    for frame in capture.frames:
        event = orjson.loads(frame)["data"]
        write(BID, event["b"])
        write(ASK, event["a"])
        writer.end()
    return writer.levels(capture.name, int(Decimal(scale.size) / lot))


def thin(seed: int, messages: int = 5_000) -> Levels:
    """A book of 12 levels a side spread over 200,000 ticks; each message changes one to four of them.

    The order is half of what a side holds on average, so a walk crosses many empty ticks. The mid drifts by
    up to 500 ticks a message, and levels that it passes are removed first.
    """
    rng = random.Random(seed)
    writer = _Writer()
    mid = START_TICK

    def place(side: int) -> None:
        held = writer.bids if side == BID else writer.asks
        while True:
            ticks = mid - side * rng.randint(1, THIN_SPREAD_TICKS)
            if ticks not in held:
                writer.set(side, ticks, rng.randint(1, 1_000))
                return

    def refill() -> None:
        for side, held in ((BID, writer.bids), (ASK, writer.asks)):
            while len(held) < THIN_LEVELS:
                place(side)

    refill()
    writer.end()
    for _ in range(messages):
        mid += rng.randint(-500, 500)
        for side, held in ((BID, writer.bids), (ASK, writer.asks)):
            for ticks in [each for each in held if (each - mid) * side >= 0]:
                writer.set(side, ticks, 0)
        for _ in range(rng.randint(1, 4)):
            side = rng.choice((BID, ASK))
            held = writer.bids if side == BID else writer.asks
            if held:
                writer.set(side, rng.choice(sorted(held)), rng.choice((0, rng.randint(1, 1_000))))
        refill()
        writer.end()
    return writer.levels("thin book", THIN_LEVELS * 500 // 2)


def reanchor(seed: int, jumps: int = 60, quiet: int = 40) -> Levels:
    """A price that jumps 40,000 ticks up and back, with about 1,000 levels a side at either place.

    Levels that a jump leaves behind stay in the book, as they do at a venue: bids below the lower price and
    asks above the higher one are always there. A jump is three marked messages: the side in its way is
    removed (1,000 levels), one level appears at the new touch, and 999 more behind it. Between jumps come
    ``quiet`` messages of 30 changes near the touch.
    """
    rng = random.Random(seed)
    writer = _Writer()
    low, high = START_TICK, START_TICK + JUMP_TICKS

    def ladder(side: int, mid: int, first: int = 1, count: int = JUMP_LEVELS) -> None:
        for distance in range(first, first + count):
            writer.set(side, mid - side * distance, rng.randint(1, 1_000))

    ladder(BID, low)
    ladder(ASK, low)
    ladder(ASK, high)
    writer.end()
    here = low
    for _ in range(jumps):
        for _ in range(quiet):
            for _ in range(30):
                side = rng.choice((BID, ASK))
                ticks = here - side * rng.randint(1, JUMP_LEVELS)
                writer.set(side, ticks, rng.choice((0, rng.randint(1, 1_000))))
            writer.end()
        there = high if here == low else low
        blocking, arriving = (ASK, BID) if there == high else (BID, ASK)
        held = writer.asks if blocking == ASK else writer.bids
        for ticks in [each for each in held if abs(each - here) <= JUMP_LEVELS]:
            writer.set(blocking, ticks, 0)
        writer.end(marked=True)
        ladder(arriving, there, count=1)
        writer.end(marked=True)
        ladder(arriving, there, first=2, count=JUMP_LEVELS - 1)
        writer.end(marked=True)
        here = there
    return writer.levels("re-anchor", 20_000)
