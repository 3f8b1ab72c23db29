"""The search for the lots of each book that together cost least."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Final

import numpy as np

from fillcast.core.view import MAX_LOTS, ROUNDING
from fillcast.forecast.allocation import allocate
from fillcast.forecast.offers import Offer
from fillcast.forecast.size import whole_steps

# Among inverse contracts alone no step is a fixed base; this many parts of the smallest stand for it. Rounding to
# order steps afterwards takes up to a whole one.
PARTS_OF_A_STEP: Final = 1000


class SplitSearch:
    """Finds the lots that each book takes of an amount of base, or of quote in the common currency.

    A step of base that every linear order step is a multiple of is the unit of all totals. Steps that are no
    multiples of one another are raised to the smallest multiple that is.
    """

    def __init__(self, offers: Sequence[Offer], amount: Fraction, *, quoted: bool) -> None:
        self._offers = offers
        self._amount = amount
        self._quoted = quoted
        self._steps = [one.step_base for one in offers]
        linear = [step for step in self._steps if step is not None]
        self._unit = min(linear) if linear else _smallest_inverse_step(offers) / PARTS_OF_A_STEP
        raised = self._unit
        self._raised: dict[Fraction, Fraction] = {}
        for step in sorted(set(linear)):
            raised = _common_multiple(raised, step)
            self._raised[step] = raised

    def lots(self) -> list[int]:
        """Return the lots of each book: as much as the size allows."""
        base = self._quoted_base() if self._quoted else self._amount
        lots = self._of_base(base)
        while self._quoted and (beyond := self.worth(lots) - float(self._amount) * ROUNDING) > 0:
            dearest = max(float(one.rate * one.levels.price[len(one.prices) - 1]) for one in self._offers)
            base -= max(Fraction(beyond / dearest), self._unit)
            lots = self._of_base(base)
        self._add_what_fits(lots)
        return lots

    def worth(self, lots: Sequence[int]) -> float:
        """Return what lots of each book are in the common currency, before fees."""
        return sum(one.quote_of(count) for one, count in zip(self._offers, lots, strict=True))

    def left(self, lots: Sequence[int]) -> Fraction:
        """Return what is left of the amount, in its own unit."""
        if self._quoted:
            return self._amount - Fraction(self.worth(lots))
        return self._amount - sum(
            (one.base_of(count) for one, count in zip(self._offers, lots, strict=True)), Fraction(0)
        )

    def price(self, lots: Sequence[int]) -> float:
        """Return the all-in price of lots of each book, negative for a sale."""
        taken = [(one, count) for one, count in zip(self._offers, lots, strict=True) if count]
        return sum(one.cost_of(count) for one, count in taken) / float(sum(one.base_of(count) for one, count in taken))

    def completed(self, index: int, lots: int) -> list[int]:
        """Return lots of one book, and what they leave of the amount on the others."""
        whole = [lots if place == index else 0 for place in range(len(self._offers))]
        others = [place for place in range(len(self._offers)) if place != index]
        left = self.left(whole)
        if others and left > 0:
            offers = [self._offers[place] for place in others]
            for place, count in zip(others, SplitSearch(offers, left, quoted=self._quoted).lots(), strict=True):
                whole[place] = count
        return whole

    def _of_base(self, base: Fraction) -> list[int]:
        total = self._units(base)
        lots = self._allocated(total, range(len(self._offers)))
        inverse = [index for index, step in enumerate(self._steps) if step is None]
        linear = [index for index, step in enumerate(self._steps) if step is not None]
        if inverse and linear:  # what inverse contracts lost in rounding goes to those whose base is exact
            held = sum((self._offers[index].base_of(lots[index]) for index in inverse), Fraction(0))
            again = self._allocated(self._units(base - held), linear)
            for index in linear:
                lots[index] = again[index]
        return lots

    def _units(self, base: Fraction) -> int:
        return max(min(int(base // self._unit), MAX_LOTS // len(self._offers)), 0)  # so that no sum leaves int64

    def _allocated(self, total: int, indices: Sequence[int]) -> list[int]:
        supplies, steps, sizes = [], [], []
        for index in indices:
            one, step = self._offers[index], self._steps[index]
            if step is None:
                supplies.append(one.in_base(self._unit, total))
                steps.append(1)
                sizes.append(0)
            else:
                raised = self._raised[step]
                sizes.append(int(raised / step) * one.instrument.order_lots)
                supplies.append(one.in_lots(sizes[-1]))
                steps.append(int(raised / self._unit))
        lots = [0] * len(self._offers)
        for index, count, size in zip(indices, allocate(supplies, steps, total), sizes, strict=True):
            if count:
                lots[index] = count * size if size else self._offers[index].lots_at(count, self._unit, total)
        return lots

    def _quoted_base(self) -> Fraction:
        """Return the base at which the levels, cheapest first, are worth the amount of quote."""
        counts = [len(one.prices) for one in self._offers]
        base = [
            np.diff(one.levels.cumulative_base[:count], prepend=0.0)
            for one, count in zip(self._offers, counts, strict=True)
        ]
        worth = [
            amounts * one.levels.price[:count] * one.rate
            for one, count, amounts in zip(self._offers, counts, base, strict=True)
        ]
        order = np.argsort(np.concatenate([one.prices for one in self._offers]), kind="stable")
        base_in_order, worth_in_order = np.concatenate(base)[order], np.concatenate(worth)[order]
        sums = np.cumsum(worth_in_order)
        limit = float(self._amount) * ROUNDING
        index = int(np.searchsorted(sums, limit))
        whole = float(base_in_order[:index].sum())
        if index == len(order):
            return Fraction(whole * ROUNDING)
        part = (limit - float(sums[index] - worth_in_order[index])) / float(worth_in_order[index])
        return Fraction(whole + part * float(base_in_order[index]))

    def _add_what_fits(self, lots: list[int]) -> None:
        """Add order steps where they still fit, the cheapest first: all of one level that fit at once."""
        while True:
            left = self.left(lots)
            steps = [self._next_steps(index, count, left) for index, count in enumerate(lots)]
            possible = [index for index, (_, count) in enumerate(steps) if count]
            if not possible:
                return
            best = min(possible, key=lambda index: steps[index][0])
            lots[best] += self._most_that_fit(best, lots[best], steps[best][1], left)

    def _next_steps(self, index: int, lots: int, left: Fraction) -> tuple[float, int]:
        """Return the price of one book's next order step, and the lots at that price; no lots where it does not fit."""
        one = self._offers[index]
        step = one.instrument.order_lots
        sums = one.levels.cumulative_lots[: len(one.prices)]
        if lots + step > int(sums[-1]) or self._takes(index, lots, step) > left:
            return 0.0, 0
        level = int(np.searchsorted(sums, lots, side="right"))
        inside = whole_steps(int(sums[level]) - lots, one.instrument)
        if inside:
            return float(one.prices[level]), inside
        base = one.base_of(lots + step) - one.base_of(lots)
        return (one.cost_of(lots + step) - one.cost_of(lots)) / float(base), step

    def _takes(self, index: int, lots: int, more: int) -> Fraction:
        """Return how much of the amount further lots of one book take, in its own unit."""
        one = self._offers[index]
        if self._quoted:
            return Fraction(one.quote_of(lots + more) - one.quote_of(lots))
        return one.base_of(lots + more) - one.base_of(lots)

    def _most_that_fit(self, index: int, lots: int, most: int, left: Fraction) -> int:
        """Return the most lots up to `most`, in whole order steps of which one fits, that take no more than is left."""
        step = self._offers[index].instrument.order_lots
        fits, beyond = 1, most // step + 1
        while beyond - fits > 1:
            middle = (fits + beyond) // 2
            if self._takes(index, lots, middle * step) <= left:
                fits = middle
            else:
                beyond = middle
        return fits * step


def _smallest_inverse_step(offers: Sequence[Offer]) -> Fraction:
    """Return the base of the smallest order step at the best price of its book."""
    return min(
        Fraction(one.instrument.amounts(one.instrument.order_lots, float(one.levels.price[0]))[0]) for one in offers
    )


def _common_multiple(one: Fraction, other: Fraction) -> Fraction:
    """Return the smallest multiple that two steps have in common."""
    return Fraction(lcm(one.numerator * other.denominator, other.numerator * one.denominator)) / (
        one.denominator * other.denominator
    )
