"""A book kept the slow, readable way: a dict of lots per side, exact integers and fractions, text from `Decimal`."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from fillcast.core.instrument import Instrument

Row = tuple[int, int, int]  # side (+1 bid, -1 ask), ticks, lots
Level = tuple[int, int]  # ticks, lots


@dataclass
class TwinWalk:
    """What a walk over a twin meets: exact sums of lots, lots × ticks and lots ÷ ticks."""

    filled: int = 0
    notional: int = 0
    inverse: Fraction = Fraction(0)
    worst: int | None = None
    levels: int = 0
    beyond: int = 0
    exhausted: bool = False


@dataclass
class TwinBook:
    """Both sides of a book. `edges` holds the worst proven ticks of a side, where not the whole side is known."""

    sides: dict[int, dict[int, int]] = field(default_factory=lambda: {1: {}, -1: {}})
    edges: dict[int, int] = field(default_factory=dict)

    def apply(self, rows: Iterable[Row]) -> bool:
        """Set or remove levels; return whether the book is crossed after it."""
        for side, ticks, lots in rows:
            if lots:
                self.sides[side][ticks] = lots
            else:
                self.sides[side].pop(ticks, None)
        return self.crossed

    def clear(self) -> None:
        self.sides = {1: {}, -1: {}}
        self.edges = {}

    def replace(self, rows: Iterable[Row], *, complete: bool) -> bool:
        """Make the book exactly these levels; unless `complete`, what is proven ends at the worst of them."""
        self.clear()
        self.apply(rows)
        if not complete:
            self.edges = {side: self.levels(side)[-1][0] for side in (1, -1) if self.sides[side]}
        return self.crossed

    def truncate(self, depth: int) -> int:
        """Keep the best levels of each side; return how many were dropped."""
        kept = {side: dict(self.levels(side)[:depth]) for side in (1, -1)}
        dropped = sum(len(self.sides[side]) - len(kept[side]) for side in (1, -1))
        self.sides = kept
        return dropped

    def levels(self, side: int) -> list[Level]:
        """All levels of a side, best first."""
        return sorted(self.sides[side].items(), reverse=side > 0)

    def best(self, side: int) -> int | None:
        return max(self.sides[side], key=lambda ticks: side * ticks, default=None)

    @property
    def crossed(self) -> bool:
        bid, ask = self.best(1), self.best(-1)
        return bid is not None and ask is not None and bid >= ask

    def walk(self, side: int, lots: int) -> TwinWalk:
        """Take up to `lots` from a side of the book, best first."""
        walk = TwinWalk()
        left = lots
        levels = self.levels(side)
        edge = self.edges.get(side)
        for ticks, shown in levels:
            taken = min(shown, left)
            left -= taken
            walk.filled += taken
            walk.notional += taken * ticks
            walk.inverse += Fraction(taken, ticks)
            walk.worst = ticks
            walk.levels += 1
            if edge is not None and ticks * side < edge * side:
                walk.beyond += taken
            if not left:
                break
        walk.exhausted = walk.filled == sum(shown for _, shown in levels)
        return walk


def decimal_text(units: int, step: Decimal, *, fixed: bool) -> str:
    """The text of a number of steps, with all decimals of the step or with trailing zeros trimmed."""
    text = f"{units * step:f}"
    return text if fixed or "." not in text else text.rstrip("0").rstrip(".")


def okx_text(twin: TwinBook, instrument: Instrument) -> str:
    """OKX's checksum text: 25 levels a side, bid and ask of each rank in turn, `price:size`, joined by colons."""
    fixed = instrument.fixed_decimals

    def parts() -> Iterator[str]:
        bids, asks = twin.levels(1)[:25], twin.levels(-1)[:25]
        for rank in range(25):
            for levels in (bids, asks):
                if rank < len(levels):
                    ticks, lots = levels[rank]
                    yield decimal_text(ticks, instrument.tick, fixed=fixed)
                    yield decimal_text(lots, instrument.lot, fixed=fixed)

    return ":".join(parts())


def kraken_text(twin: TwinBook, instrument: Instrument, price_digits: int, size_digits: int) -> str:
    """Kraken's checksum text: 10 asks from the best on, then 10 bids, `price` then `size`, nothing between them.

    Numbers are written with so many digits after the point, then lose the point and their leading zeros.
    """
    steps = ((instrument.tick, price_digits), (instrument.lot, size_digits))
    return "".join(
        f"{units * step:.{digits}f}".replace(".", "").lstrip("0")
        for side in (-1, 1)
        for level in twin.levels(side)[:10]
        for units, (step, digits) in zip(level, steps, strict=True)
    )


def signed_crc(text: str) -> int:
    """CRC-32 as a signed 32-bit number."""
    value = zlib.crc32(text.encode())
    return value - 2**32 if value >= 2**31 else value
