"""What everyone but the owner of a book sees of it: immutable arrays of one version."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import LotsOverflowError, NotLiveError, SizeError

if TYPE_CHECKING:
    from fillcast.core.book import BookState, Proof

MAX_LOTS = 2**60  # books hold sizes below this, so that the sum of any two fits int64


@dataclass(frozen=True, slots=True)
class Walk:
    """What an order that takes liquidity meets in one book.

    Attributes
    ----------
    filled_lots, unfilled_lots
        Lots met, and lots asked for that the book does not show (0 for a target in quote or base that was reached).
    unproven_lots
        Filled lots beyond the edge of what is proven: levels may be missing there, so their price is "at most".
    base, quote
        What was filled in base and quote currency; quote / base is the average price for every contract kind.
    worst_ticks
        The last price touched, or None when nothing was filled.
    levels
        Price levels touched.
    exhausted
        The whole visible side was taken.
    """

    filled_lots: int
    unfilled_lots: int
    unproven_lots: int
    base: float
    quote: float
    worst_ticks: int | None
    levels: int
    exhausted: bool

    @property
    def average_price(self) -> float:
        """Quote per base of what was filled; NaN when nothing was."""
        return self.quote / self.base if self.base else float("nan")


@dataclass(frozen=True)
class BookSide:
    """One side of a book, best first, with what a walk needs already summed.

    Attributes
    ----------
    ticks, lots
        int64 arrays, read-only.
    cumulative_lots, cumulative_base, cumulative_quote
        Sums over the levels up to and including each: int64, float64, float64.
    """

    instrument: Instrument
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]

    @cached_property
    def cumulative_lots(self) -> NDArray[np.int64]:
        """Lots up to and including each level; `LotsOverflowError` beyond int64."""
        sums = np.cumsum(self.lots)
        if sums.size and (sums < 0).any():
            raise LotsOverflowError(f"{self.instrument.key}: the sizes of one side add up beyond int64 lots")
        return sums

    @cached_property
    def price(self) -> NDArray[np.float64]:
        """Prices of the levels in quote currency."""
        return np.multiply(self.ticks, self.instrument.tick_value, dtype=np.float64)

    @cached_property
    def cumulative_base(self) -> NDArray[np.float64]:
        """Base currency up to and including each level."""
        if self.instrument.kind is ContractKind.INVERSE:
            return np.cumsum(self.lots * self.instrument.lot_value / self.price, dtype=np.float64)
        return np.multiply(self.cumulative_lots, self.instrument.lot_value, dtype=np.float64)

    @cached_property
    def cumulative_quote(self) -> NDArray[np.float64]:
        """Quote currency up to and including each level."""
        if self.instrument.kind is ContractKind.INVERSE:
            return np.multiply(self.cumulative_lots, self.instrument.lot_value, dtype=np.float64)
        return np.cumsum(self.lots * self.instrument.lot_value * self.price, dtype=np.float64)

    def __len__(self) -> int:
        return len(self.ticks)


@dataclass(frozen=True)
class BookView:
    """One version of one book: immutable, shared by every forecast, chart and thread.

    Attributes
    ----------
    version
        Grows by one with every change of the book.
    event_ns
        Venue time of the last change.
    proven_bid_ticks, proven_ask_ticks
        The worst price that is proven on each side; None when the whole side is known.
    """

    instrument: Instrument
    version: int
    state: BookState
    proof: Proof
    reason: str
    last_id: int
    event_ns: int
    bids: BookSide = field(repr=False)
    asks: BookSide = field(repr=False)
    proven_bid_ticks: int | None
    proven_ask_ticks: int | None

    @property
    def best_bid(self) -> float:
        """Best bid in quote currency; NaN on an empty side."""
        return float(self.bids.price[0]) if len(self.bids) else float("nan")

    @property
    def best_ask(self) -> float:
        """Best ask in quote currency; NaN on an empty side."""
        return float(self.asks.price[0]) if len(self.asks) else float("nan")

    @property
    def mid(self) -> float:
        """Middle of the touch in quote currency; NaN when a side is empty."""
        return (self.best_bid + self.best_ask) / 2

    def opposite(self, side: int) -> BookSide:
        """Return the side of the book that an order of `side` (+1 buy, -1 sell) takes from."""
        return self.asks if side > 0 else self.bids

    def proven_ticks(self, side: int) -> int | None:
        """Return the proven edge of the side that an order of `side` takes from."""
        return self.proven_ask_ticks if side > 0 else self.proven_bid_ticks

    def walk(self, side: int, lots: int) -> Walk:
        """Walk an order of `lots` (side +1 buy, -1 sell) through the book; exact in lots.

        Raises
        ------
        NotLiveError
            When the book is not proven right.
        SizeError
            When `lots` is not a positive number that a book can hold.
        """
        self._require_live()
        check_lots(self.instrument, lots)
        book_side = self.opposite(side)
        index = int(np.searchsorted(book_side.cumulative_lots, lots))
        return self._walk_to(side, lots, min(index, len(book_side) - 1), lots)

    def walk_quote(self, side: int, quote: float) -> Walk:
        """Walk until `quote` of quote currency is spent, rounded down to a lot; raises as `walk` does."""
        return self._walk_amount(side, quote, quoted=True)

    def walk_base(self, side: int, base: float) -> Walk:
        """Walk until `base` of base currency is filled, rounded down to a lot; raises as `walk` does."""
        return self._walk_amount(side, base, quoted=False)

    def _walk_amount(self, side: int, amount: float, *, quoted: bool) -> Walk:
        self._require_live()
        if not (np.isfinite(amount) and amount > 0):
            raise SizeError(f"{self.instrument.key}: a size must be a positive finite number, not {amount}")
        book_side = self.opposite(side)
        sums = book_side.cumulative_quote if quoted else book_side.cumulative_base
        index = int(np.searchsorted(sums, amount))
        if index >= len(book_side):
            shown = int(book_side.cumulative_lots[-1]) if len(book_side) else 0
            return self._walk_to(side, shown, len(book_side) - 1, shown)
        before = float(sums[index - 1]) if index else 0.0
        lots_before = int(book_side.cumulative_lots[index - 1]) if index else 0
        base_per_lot, quote_per_lot = self.instrument.amounts(1, float(book_side.price[index]))
        # One part in 10^12 of slack: a size that is a whole number of lots must not lose one to rounding.
        extra = int((amount - before) / (quote_per_lot if quoted else base_per_lot) * (1 + 1e-12))
        total = lots_before + min(extra, int(book_side.lots[index]))
        if extra == 0:
            index -= 1
        return self._walk_to(side, total, index, total)

    def _walk_to(self, side: int, lots: int, index: int, asked: int) -> Walk:
        """Return the walk that ends inside level `index` with `lots` filled, or with all that is shown."""
        book_side = self.opposite(side)
        if index < 0 or lots == 0:
            return Walk(0, asked, 0, 0.0, 0.0, None, 0, len(book_side) == 0)
        before = int(book_side.cumulative_lots[index - 1]) if index else 0
        last = min(lots - before, int(book_side.lots[index]))
        base, quote = self.instrument.amounts(last, float(book_side.price[index]))
        if index:
            base += float(book_side.cumulative_base[index - 1])
            quote += float(book_side.cumulative_quote[index - 1])
        filled = before + last
        edge = self.proven_ticks(side)
        unproven = 0
        if edge is not None:
            inside = int(np.searchsorted(book_side.ticks * side, edge * side, side="right"))
            proven = int(book_side.cumulative_lots[inside - 1]) if inside else 0
            unproven = max(filled - proven, 0)
        exhausted = index == len(book_side) - 1 and last == int(book_side.lots[index])
        return Walk(
            filled, max(asked - filled, 0), unproven, base, quote, int(book_side.ticks[index]), index + 1, exhausted
        )

    def curve(self, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (base, average price) at the end of every level, for an order of `side`: the whole cost curve."""
        self._require_live()
        book_side = self.opposite(side)
        return book_side.cumulative_base, book_side.cumulative_quote / book_side.cumulative_base

    def depth_base(self, book_side: int, bps: float) -> float:
        """Return the base amount within `bps` of the mid on one side of the book (+1 bids, -1 asks)."""
        levels = self.bids if book_side > 0 else self.asks
        limit = self.mid * (1 - book_side * bps / 1e4)
        within = int(np.searchsorted(-book_side * levels.price, -book_side * limit, side="right"))
        return float(levels.cumulative_base[within - 1]) if within else 0.0

    def _require_live(self) -> None:
        if self.state.name != "LIVE":
            raise NotLiveError(f"{self.instrument.key}: the book is {self.state.name} ({self.reason or 'no data yet'})")


def check_lots(instrument: Instrument, lots: int) -> None:
    """Raise `SizeError` unless `lots` is a number that a book can fill."""
    if not 0 < lots < MAX_LOTS:
        raise SizeError(f"{instrument.key}: a size must be at least one lot and below 2^60 lots, not {lots}")
