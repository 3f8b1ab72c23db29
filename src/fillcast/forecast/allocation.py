"""How much of a total each of several rising supplies gives, at the least cost, in whole steps of each.

Merging convex costs by their slopes is exact for steps of one size (Gross 1956; Ibaraki and Katoh, "Resource
Allocation Problems", 1988, chapter 4). Steps of several sizes, each a multiple of the one below it, are merged from the
finest up: what the finer supplies give is the remainder that the coarser step leaves, and whole coarse steps beyond
it, each of which has a cost of its own; these rise too, so that the merge stays exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Units on offer in runs of one price each, cheapest first.

    Attributes
    ----------
    counts
        int64 (n,), units in each run, at least 1.
    prices
        float64 (n,), cost of each of them per unit of what is to be filled, rising.
    """

    counts: NDArray[np.int64]
    prices: NDArray[np.float64]

    @property
    def total(self) -> int:
        """Units on offer."""
        return int(self.counts.sum())

    def first(self, units: int) -> Supply:
        """Return the first units alone."""
        ends = np.cumsum(self.counts)
        last = int(np.searchsorted(ends, units))
        if last == len(ends):
            return self
        counts = self.counts[: last + 1].copy()
        counts[last] -= ends[last] - units
        used = counts > 0
        return Supply(counts[used], self.prices[: last + 1][used])

    def in_steps(self, step: int, start: int = 0) -> Supply:
        """Return the units after the first `start` in whole steps of `step`; a last, broken step is left out.

        A step that lies in several runs costs their mean, weighted by what it takes of each.
        """
        if step == 1 and start == 0:
            return self
        ends = np.cumsum(self.counts)
        last = start + (int(ends[-1]) - start) // step * step if len(ends) else start
        if last <= start:
            return Supply(np.zeros(0, np.int64), np.zeros(0))
        # Steps are cut out only around the ends of runs; between them they are equal.
        whole = (ends - start) // step
        cuts = start + step * np.unique(np.concatenate((whole, whole + ((ends - start) % step > 0), [0])))
        cuts = cuts[(cuts >= start) & (cuts <= last)]
        points = np.unique(np.concatenate((cuts, ends)))
        points = points[(points > start) & (points <= last)]
        lengths = np.diff(points, prepend=start)
        prices = self.prices[np.searchsorted(ends, points)]
        first = np.searchsorted(points, cuts[:-1], side="right")
        units = np.add.reduceat(lengths, first)
        # A mean of one price is that price, to the last bit.
        lowest = prices[first]
        means = (
            lowest
            + np.add.reduceat(lengths * (prices - np.repeat(lowest, np.diff([*first, len(points)]))), first) / units
        )
        return Supply(units // step, means)


def merged(supplies: Sequence[Supply]) -> tuple[Supply, NDArray[np.intp]]:
    """Return all supplies as one, and which of them each run is of; at one price the earlier supply comes first."""
    counts = np.concatenate([supply.counts for supply in supplies])
    prices = np.concatenate([supply.prices for supply in supplies])
    owners = np.repeat(np.arange(len(supplies)), [len(supply.counts) for supply in supplies])
    order = np.argsort(prices, kind="stable")
    return Supply(counts[order], prices[order]), owners[order]


def allocate(supplies: Sequence[Supply], steps: Sequence[int], total: int) -> list[int]:
    """Return how many of its own units each supply gives, at the least cost.

    Parameters
    ----------
    supplies
        In units that are `steps` of one common unit each; prices are per common unit.
    steps
        Each a multiple of every smaller one.
    total
        In common units. Where that cannot be reached in whole steps, as much as can be.
    """
    sizes = sorted(set(steps))
    groups = [[index for index, step in enumerate(steps) if step == size] for size in sizes]
    supplies = [supply.first(total // step) for supply, step in zip(supplies, steps, strict=True)]
    total = _reachable([sum(supplies[index].total for index in group) for group in groups], sizes, total)
    # Upwards: in each level the own supplies, and last the finer ones in whole steps of this level's size.
    levels: list[list[Supply]] = []
    finer: Supply | None = None
    for place, (size, group) in enumerate(zip(sizes, groups, strict=True)):
        level = [supplies[index] for index in group]
        if finer is not None:
            below = sizes[place - 1]
            level.append(finer.in_steps(size // below, (total % size - total % below) // below))
        levels.append(level)
        finer = merged(level)[0]
    # Downwards: what the level above left to the finer supplies is this level's total.
    given = [0] * len(supplies)
    units = total // sizes[-1]
    for place in reversed(range(len(sizes))):
        taken = _taken(levels[place], units)
        for index, count in zip(groups[place], taken, strict=False):
            given[index] = count
        if place:
            size, below = sizes[place], sizes[place - 1]
            units = taken[-1] * (size // below) + (total % size - total % below) // below
    return given


def _reachable(capacities: Sequence[int], sizes: Sequence[int], total: int) -> int:
    """Return the most, up to a total, that whole steps make up: the coarsest first, since each divides the next."""
    left = total
    for capacity, size in zip(reversed(capacities), reversed(sizes), strict=True):
        left -= min(capacity, left // size) * size
    return total - left


def _taken(supplies: Sequence[Supply], units: int) -> list[int]:
    """Return how many units each supply gives when the cheapest are taken."""
    supply, owners = merged(supplies)
    before = np.cumsum(supply.counts) - supply.counts
    taken = np.clip(units - before, 0, supply.counts)
    return [int(taken[owners == index].sum()) for index in range(len(supplies))]
