"""A dict of sizes and a binary heap of prices, deleted from lazily: the textbook's book."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import ClassVar

from benchmarks.opponents.feed import Level, Opponent, Side, SideBook


class HeapSide:
    """A removed level stays as size 0 until it comes to the top, so a price is in the heap at most once."""

    __slots__ = ("_heap", "_sign", "_sizes")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._sizes: dict[float, float] = {}
        self._heap: list[float] = []

    def replace(self, levels: Sequence[Level]) -> None:
        self._sizes = {self._sign * level.price: level.size for level in levels}
        self._heap = list(self._sizes)
        heapify(self._heap)

    def update(self, levels: Sequence[Level]) -> None:
        sign, sizes, heap = self._sign, self._sizes, self._heap
        for level in levels:
            key = sign * level.price
            if key in sizes:
                sizes[key] = level.size
            elif size := level.size:
                sizes[key] = size
                heappush(heap, key)

    def walk(self, size: float) -> tuple[float, float]:
        sizes, heap = self._sizes, self._heap
        cost, left = 0.0, size
        walked = []
        while heap:
            key = heap[0]
            here = sizes[key]
            if here >= left:
                cost += key * left
                left = 0.0
                break
            heappop(heap)
            if here:
                cost += key * here
                left -= here
                walked.append(key)
            else:
                del sizes[key]
        for key in walked:
            heappush(heap, key)
        return size - left, self._sign * cost


class Heap(Opponent):
    label: ClassVar[str] = "dict + heap, lazy deletion"
    side: ClassVar[type[Side]] = HeapSide


class HeapLevels(SideBook):
    label: ClassVar[str] = Heap.label
    side: ClassVar[type[Side]] = Heap.side


CONTESTANT = Heap
LEVEL_BOOK = HeapLevels
