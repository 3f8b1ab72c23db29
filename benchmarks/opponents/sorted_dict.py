"""``sortedcontainers.SortedDict`` of sizes by price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sortedcontainers import SortedDict

from benchmarks.opponents.feed import Level, Opponent, Side, SideBook


class SortedDictSide:
    """Keys ascend away from the best price."""

    __slots__ = ("_levels", "_sign")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._levels = SortedDict()

    def replace(self, levels: Sequence[Level]) -> None:
        self._levels = SortedDict({self._sign * level.price: level.size for level in levels})

    def update(self, levels: Sequence[Level]) -> None:
        sign, held = self._sign, self._levels
        for level in levels:
            key = sign * level.price
            if size := level.size:
                held[key] = size
            elif key in held:
                del held[key]

    def walk(self, size: float) -> tuple[float, float]:
        held = self._levels
        cost, left = 0.0, size
        for key in held:
            here = held[key]
            if here >= left:
                return size, self._sign * (cost + key * left)
            cost += key * here
            left -= here
        return size - left, self._sign * cost


class SortedContainers(Opponent):
    label: ClassVar[str] = "sortedcontainers.SortedDict"
    side: ClassVar[type[Side]] = SortedDictSide


class SortedContainersLevels(SideBook):
    label: ClassVar[str] = SortedContainers.label
    side: ClassVar[type[Side]] = SortedContainers.side


CONTESTANT = SortedContainers
LEVEL_BOOK = SortedContainersLevels
