"""A dict of sizes and a sorted list of prices kept by bisection."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import ClassVar

from benchmarks.opponents.feed import Level, Opponent, Side, SideBook


class BisectSide:
    """Keys ascend towards the best price: most insertions are near the touch and then move little memory."""

    __slots__ = ("_keys", "_sign", "_sizes")

    def __init__(self, sign: int) -> None:
        self._sign = -sign
        self._sizes: dict[float, float] = {}
        self._keys: list[float] = []

    def replace(self, levels: Sequence[Level]) -> None:
        self._sizes = {self._sign * level.price: level.size for level in levels}
        self._keys = sorted(self._sizes)

    def update(self, levels: Sequence[Level]) -> None:
        sign, sizes, keys = self._sign, self._sizes, self._keys
        for level in levels:
            key = sign * level.price
            if size := level.size:
                if key not in sizes:
                    insort(keys, key)
                sizes[key] = size
            elif key in sizes:
                del sizes[key]
                del keys[bisect_left(keys, key)]

    def walk(self, size: float) -> tuple[float, float]:
        sizes = self._sizes
        cost, left = 0.0, size
        for key in reversed(self._keys):
            here = sizes[key]
            if here >= left:
                return size, self._sign * (cost + key * left)
            cost += key * here
            left -= here
        return size - left, self._sign * cost


class BisectList(Opponent):
    label: ClassVar[str] = "msgspec + dict + bisect"
    side: ClassVar[type[Side]] = BisectSide


class BisectListLevels(SideBook):
    label: ClassVar[str] = "dict + bisect"
    side: ClassVar[type[Side]] = BisectList.side


CONTESTANT = BisectList
LEVEL_BOOK = BisectListLevels
