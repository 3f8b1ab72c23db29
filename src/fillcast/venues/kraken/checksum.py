"""Kraken's checksum: the CRC-32 of the best ten levels a side, in the digits in which they were sent.

Source: docs.kraken.com, guides to the book checksum of WebSocket v1 and v2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fillcast.core import checksum_kernels
from fillcast.core.book import Book
from fillcast.core.decimals import INT64_MAX, Grid
from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import MOST_DECIMALS
from fillcast.errors import FrameError
from fillcast.venues.levels import Level, decimals_of

Factor = tuple[int, int]  # what a number of steps is multiplied with, and then divided by


@dataclass(frozen=True, slots=True)
class ChecksumRule:
    """Asks from the best on, then bids: price, then quantity, each without its point and leading zeros.

    So the text of a number is that of an integer, and follows from ticks or lots once it is known how many digits
    after the point were written. Those are the venue's, not the grid's: the first version wrote up to 8 for pairs whose
    metadata states 2.

    Attributes
    ----------
    prices, sizes
        What turns ticks and lots into units of the last digit written.
    """

    prices: Factor
    sizes: Factor

    @classmethod
    def of(cls, levels: Sequence[Level], instrument: Instrument) -> ChecksumRule:
        """Return the rule of a book by the levels of a snapshot; raises as `levels.decimals_of`."""
        prices, sizes = instrument.price_grid, instrument.size_grid
        return cls(
            factor(prices, written_decimals((level[0] for level in levels), prices)),
            factor(sizes, written_decimals((level[1] for level in levels), sizes)),
        )

    def checksum(self, book: Book) -> int:
        """Return the checksum of a book, an unsigned 32-bit number."""
        return int(checksum_kernels.kraken_checksum(book.row, *self.prices, *self.sizes))


def factor(grid: Grid, decimals: int) -> Factor:
    """Return what turns steps of a grid into units of the last digit written, as far as an int64 holds it."""
    more = decimals - grid.decimals
    return (min(grid.mantissa * 10**more, INT64_MAX), 1) if more >= 0 else (grid.mantissa, 10**-more)


def written_decimals(texts: Iterable[str], grid: Grid) -> int:
    """Return how many digits after the point a venue writes, by the numbers that it wrote.

    Where they differ, trailing zeros were cut, and the venue takes those of its own precision.
    """
    found = {written(text) for text in texts}
    return found.pop() if len(found) == 1 else max(grid.decimals, *found, 0)


def written(text: str) -> int:
    """Return the digits after the point of one number, trailing zeros included; raises as `levels.decimals_of`."""
    fraction = text.partition(".")[2]
    if not (fraction.isdigit() and fraction.isascii()):
        return decimals_of(text)
    if len(fraction) > MOST_DECIMALS:
        raise FrameError(f"{text[:40]} has more digits after the point than a book holds ({MOST_DECIMALS})")
    return len(fraction)
