"""Kraken's checksum: the CRC-32 of the best ten levels a side, in the digits in which they were sent.

Source: docs.kraken.com, guides to the book checksum of WebSocket v1 and v2.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fillcast.core.book import Book
from fillcast.core.decimals import Grid
from fillcast.venues.levels import Level, decimals_of

LEVELS: Final = 10  # of each side, whatever the subscribed depth


@dataclass(frozen=True, slots=True)
class ChecksumRule:
    """Asks from the best on, then bids: price, then quantity, each without its point and leading zeros.

    So the text of a number is that of an integer, and follows from ticks or lots once it is known how many digits
    after the point were written. Those are the venue's, not the grid's: the first version wrote up to 8 for pairs whose
    metadata states 2.

    Attributes
    ----------
    price_decimals, quantity_decimals
        Digits after the point, as sent.
    """

    price_decimals: int
    quantity_decimals: int

    @classmethod
    def of(cls, levels: Iterable[Level], prices: Grid, sizes: Grid) -> ChecksumRule:
        """Return the rule of a book by the levels of a snapshot; raises as `levels.decimals_of`."""
        columns = list(zip(*((level[0], level[1]) for level in levels), strict=True)) or [(), ()]
        return cls(written_decimals(columns[0], prices), written_decimals(columns[1], sizes))

    def checksum(self, book: Book) -> int:
        """Return the checksum of a book, an unsigned 32-bit number."""
        return zlib.crc32(self.text(book).encode())

    def text(self, book: Book) -> str:
        """Return what the checksum is taken over."""
        instrument = book.instrument
        price_factor = scale(instrument.price_grid, self.price_decimals)
        size_factor = scale(instrument.size_grid, self.quantity_decimals)
        parts: list[str] = []
        for side in (-1, 1):
            ticks, lots = book.levels(side, LEVELS)
            for price, size in zip(ticks.tolist(), lots.tolist(), strict=True):
                parts.append(digits(price, price_factor))
                parts.append(digits(size, size_factor))
        return "".join(parts)


Factor = tuple[int, int]  # what a number of steps is multiplied with, and then divided by


def scale(grid: Grid, decimals: int) -> Factor:
    """Return what turns steps of a grid into units of the last digit written."""
    more = decimals - grid.decimals
    return (grid.mantissa * 10**more, 1) if more >= 0 else (grid.mantissa, 10**-more)


def digits(units: int, factor: Factor) -> str:
    """Return a number of steps as the venue writes it, without its point and leading zeros."""
    return str(units * factor[0] // factor[1])


def written_decimals(texts: Iterable[str], grid: Grid) -> int:
    """Return how many digits after the point a venue writes, by the numbers that it wrote.

    Where they differ, trailing zeros were cut, and the venue takes those of its own precision.
    """
    found = {written(text) for text in texts}
    return found.pop() if len(found) == 1 else max(grid.decimals, *found, 0)


def written(text: str) -> int:
    """Return the digits after the point of one number, trailing zeros included; raises as `levels.decimals_of`."""
    fraction = text.partition(".")[2]
    return len(fraction) if fraction.isdigit() else decimals_of(text)
