"""Bitfinex's checksum: the CRC-32 of the best levels in the text in which JavaScript prints their numbers.

Source: docs.bitfinex.com, WebSocket checksum, and the sample of the venue for it (gist
prdn/b8c067c758aab7fa3bf715101086b47c); the two checksums in the tests of the venue's Python client agree.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fillcast.core.book import Book
from fillcast.core.decimals import Grid

LEVELS: Final = 25  # of each side
LEAST_PLAIN_EXPONENT: Final = -6  # ECMAScript, Number::toString: 0.000001 is the least that has no exponent


@dataclass(frozen=True, slots=True)
class ChecksumRule:
    """Bid and ask of each rank in turn, `price:amount` joined by colons; amounts of asks are negative.

    What one side has more of follows. No number here reaches 1e21, from which on JavaScript writes exponents again.

    Attributes
    ----------
    exponents
        Numbers below 0.000001 are written with one, as JavaScript prints them.
    """

    exponents: bool = True

    def checksum(self, book: Book) -> int:
        """Return the checksum of a book, a signed 32-bit number."""
        value = zlib.crc32(self.text(book).encode())
        return value - (1 << 32) if value >= 1 << 31 else value

    def text(self, book: Book) -> str:
        """Return what the checksum is taken over."""
        sides = [list(self._levels(book, side)) for side in (1, -1)]
        ranks = range(max(len(levels) for levels in sides))
        return ":".join(levels[rank] for rank in ranks for levels in sides if rank < len(levels))

    def _levels(self, book: Book, side: int) -> Iterator[str]:
        prices, sizes, sign = book.instrument.price_grid, book.instrument.size_grid, "-" if side < 0 else ""
        for ticks, lots in zip(*(column.tolist() for column in book.levels(side, LEVELS)), strict=True):
            yield f"{self.number(prices, ticks)}:{sign}{self.number(sizes, lots)}"

    def number(self, grid: Grid, units: int) -> str:
        """Return the text of a positive number of steps of a grid."""
        digits = str(units * grid.mantissa)
        exponent = len(digits) - 1 - grid.decimals
        if not self.exponents or exponent >= LEAST_PLAIN_EXPONENT:
            return grid.text(units, fixed=False)
        rest = digits[1:].rstrip("0")
        return f"{digits[0]}.{rest}e{exponent}" if rest else f"{digits[0]}e{exponent}"
