"""The grid of numbers of which only the recorded text is known."""

from __future__ import annotations

from collections import Counter

from fillcast.core.layout_kernels import MOST_DECIMALS

HELD_DIGITS = 18  # before and after the point: 10^18 steps are fewer than the 2^60 that a book holds


class Scale:
    """The digits of all prices, or of all sizes, of one symbol.

    A damaged number may need more digits after the point than a book can count in beside the largest values of the
    market, or be larger than any of them. So not the longest decimals of all are taken, but those with which most
    levels can be read; a frame is read whole or not at all.
    """

    def __init__(self) -> None:
        self._levels: Counter[tuple[int, int]] = Counter()

    def add(self, digits: tuple[int, int], levels: int) -> None:
        """Take in the digits (before the point, after it) that one frame of so many levels needs."""
        self._levels[digits] += levels

    def merge(self, other: Scale) -> None:
        """Take in all that another has."""
        self._levels.update(other._levels)

    def decimals(self) -> int:
        """Return the digits after the point: the fewest with which as many levels as possible can be read."""
        return max(range(MOST_DECIMALS + 1), key=self._read)

    def _read(self, decimals: int) -> int:
        """Return how many levels can be read with so many digits after the point."""
        return sum(
            levels
            for (before, after), levels in self._levels.items()
            if after <= decimals and before + decimals <= HELD_DIGITS
        )
