"""What everyone but the owner of a book sees of it: immutable arrays of one version."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from fillcast.core import view_kernels
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.state import BookState, Proof
from fillcast.errors import LotsOverflowError, NotLiveError, SizeError

Number = TypeVar("Number", np.int64, np.float64)

MAX_LOTS = 2**60  # books hold sizes below this, so that the sum of any two fits int64
ROUNDING = 1 + 1e-12  # an amount that is a whole number of lots must not lose one to rounding


class Walk(msgspec.Struct, frozen=True):
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


@dataclass(frozen=True, eq=False)
class BookSide:
    """One side of a book, best first, with what a walk needs already summed.

    Attributes
    ----------
    ticks, lots
        int64 arrays, read-only.
    cumulative_lots, cumulative_base, cumulative_quote
        Sums over the levels up to and including each: int64, float64, float64; read-only.
    """

    instrument: Instrument
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]

    @cached_property
    def _sums(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        lots, worth = np.empty(len(self.ticks), np.int64), np.empty(len(self.ticks), np.float64)
        inverse = self.instrument.kind is ContractKind.INVERSE
        if not view_kernels.cumulate(self.ticks, self.lots, inverse, lots, worth):
            raise LotsOverflowError(f"{self.instrument.key}: the sizes of one side add up beyond int64 lots")
        return _read_only(lots), _read_only(worth)

    @property
    def cumulative_lots(self) -> NDArray[np.int64]:
        """Lots up to and including each level; `LotsOverflowError` beyond int64."""
        return self._sums[0]

    @cached_property
    def price(self) -> NDArray[np.float64]:
        """Prices of the levels in quote currency."""
        return _read_only(np.multiply(self.ticks, self.instrument.tick_value, dtype=np.float64))

    @property
    def cumulative_worth(self) -> NDArray[np.float64]:
        """Lots × ticks (inverse: lots ÷ ticks) up to and including each level, added as `walk_kernels.walk` adds."""
        return self._sums[1]

    @cached_property
    def cumulative_base(self) -> NDArray[np.float64]:
        """Base currency up to and including each level."""
        instrument = self.instrument
        if instrument.kind is ContractKind.INVERSE:
            return _read_only(self.cumulative_worth * (instrument.lot_value / instrument.tick_value))
        return _read_only(np.multiply(self.cumulative_lots, instrument.lot_value, dtype=np.float64))

    @cached_property
    def cumulative_quote(self) -> NDArray[np.float64]:
        """Quote currency up to and including each level."""
        instrument = self.instrument
        if instrument.kind is ContractKind.INVERSE:
            return _read_only(np.multiply(self.cumulative_lots, instrument.lot_value, dtype=np.float64))
        return _read_only(self.cumulative_worth * (instrument.lot_value * instrument.tick_value))

    def filled_before(self, index: int) -> tuple[int, float, float]:
        """Return (lots, base, quote) of the levels before one: single elements of the cumulative arrays."""
        if index == 0:
            return 0, 0.0, 0.0
        instrument, lots, worth = self.instrument, self._sums[0].item(index - 1), self._sums[1].item(index - 1)
        if instrument.kind is ContractKind.INVERSE:
            return lots, worth * (instrument.lot_value / instrument.tick_value), lots * instrument.lot_value
        return lots, lots * instrument.lot_value, worth * (instrument.lot_value * instrument.tick_value)

    def counts_within(self, bps: NDArray[np.float64], book_side: int, mid_ticks: float) -> NDArray[np.intp]:
        """Return how many levels lie within each of `bps` of a mid, one that is exactly so far away included."""
        limits = mid_ticks - book_side * (mid_ticks * bps / 1e4)
        # Whole ticks, so that the search needs no copy of the levels as floats.
        if book_side < 0:
            return self.ticks.searchsorted(np.floor(limits).astype(np.int64), side="right")
        rising = self.ticks[::-1]  # bids fall
        return len(rising) - rising.searchsorted(np.ceil(limits).astype(np.int64), side="left")

    def count_within(self, bps: float, book_side: int, mid_ticks: float) -> int:
        """Return how many levels lie within `bps` of a mid, as `counts_within`."""
        return int(self.counts_within(np.array([bps]), book_side, mid_ticks)[0])

    def __len__(self) -> int:
        return len(self.ticks)


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def best_bid(self) -> float:
        """Best bid in quote currency; NaN on an empty side."""
        return self.bids.ticks.item(0) * self.instrument.tick_value if len(self.bids) else math.nan

    @cached_property
    def best_ask(self) -> float:
        """Best ask in quote currency; NaN on an empty side."""
        return self.asks.ticks.item(0) * self.instrument.tick_value if len(self.asks) else math.nan

    @cached_property
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
        index = int(book_side.cumulative_lots.searchsorted(lots))
        return self._walk_to(side, lots, min(index, len(book_side) - 1), lots)

    def walk_quote(self, side: int, quote: float) -> Walk:
        """Walk until `quote` of quote currency is spent, rounded down to a lot; raises as `walk` does."""
        return self._walk_amount(side, quote, quoted=True)

    def walk_base(self, side: int, base: float) -> Walk:
        """Walk until `base` of base currency is filled, rounded down to a lot; raises as `walk` does."""
        return self._walk_amount(side, base, quoted=False)

    def _walk_amount(self, side: int, amount: float, *, quoted: bool) -> Walk:
        self._require_live()
        lots, limit = lots_or_limit(self.instrument, amount, quoted=quoted)
        if lots:
            return self.walk(side, lots)
        book_side = self.opposite(side)
        sums = book_side.cumulative_worth
        index = int(np.searchsorted(sums, limit, side="right"))
        if index >= len(book_side):
            shown = int(book_side.cumulative_lots[-1]) if len(book_side) else 0
            return self._walk_to(side, shown, len(book_side) - 1, shown)
        left = limit - float(sums[index - 1]) if index else limit
        lots_before = int(book_side.cumulative_lots[index - 1]) if index else 0
        ticks = float(book_side.ticks[index])
        extra = int(left * ticks if self.instrument.kind is ContractKind.INVERSE else left / ticks)
        total = lots_before + min(extra, int(book_side.lots[index]))
        if extra == 0:
            index -= 1
        return self._walk_to(side, total, index, total)

    def _walk_to(self, side: int, lots: int, index: int, asked: int) -> Walk:
        """Return the walk that ends inside level `index` with `lots` filled, or with all that is shown."""
        book_side = self.opposite(side)
        if index < 0 or lots == 0:
            return Walk(0, asked, 0, 0.0, 0.0, None, 0, len(book_side) == 0)
        ticks, level_lots = book_side.ticks.item(index), book_side.lots.item(index)
        before, base_before, quote_before = book_side.filled_before(index)
        last = min(lots - before, level_lots)
        base, quote = self.instrument.amounts(last, ticks * self.instrument.tick_value)
        base, quote = base_before + base, quote_before + quote
        filled = before + last
        edge = self.proven_ticks(side)
        unproven = 0
        if edge is not None and ticks * side > edge * side:
            inside = int((book_side.ticks * side).searchsorted(edge * side, side="right"))
            proven = book_side.cumulative_lots.item(inside - 1) if inside else 0
            unproven = max(filled - proven, 0)
        exhausted = index == len(book_side) - 1 and last == level_lots
        return Walk(filled, max(asked - filled, 0), unproven, base, quote, ticks, index + 1, exhausted)

    def curve(self, side: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (base, average price) at the end of every level, for an order of `side`: the whole cost curve."""
        self._require_live()
        book_side = self.opposite(side)
        return book_side.cumulative_base, book_side.cumulative_quote / book_side.cumulative_base

    def depth_base(self, book_side: int, bps: float) -> float:
        """Return the base amount within `bps` of the mid on one book side (+1 bids, -1 asks); 0 without a mid."""
        self._require_live()
        if not (len(self.bids) and len(self.asks)):
            return 0.0
        levels = self.bids if book_side > 0 else self.asks
        inside = int(levels.counts_within(np.array([bps]), book_side, (self.bids.ticks[0] + self.asks.ticks[0]) / 2)[0])
        return float(levels.cumulative_base[inside - 1]) if inside else 0.0

    def _require_live(self) -> None:
        if self.state is not BookState.LIVE:
            raise NotLiveError(f"{self.instrument.key}: the book is {self.state.name} ({self.reason or 'no data yet'})")


def check_lots(instrument: Instrument, lots: int) -> None:
    """Raise `SizeError` unless `lots` is a whole number that a book can fill."""
    if not 0 < lots < MAX_LOTS:
        raise SizeError(f"{instrument.key}: a size must be at least one lot and below 2^60 lots, not {lots}")
    if lots != int(lots):
        raise SizeError(f"{instrument.key}: a size in lots must be a whole number, not {lots}")


def lots_or_limit(instrument: Instrument, amount: float, *, quoted: bool) -> tuple[int, float]:
    """Return what a walk for an amount of quote or base currency may take.

    Returns
    -------
    tuple
        (lots, 0.0) where the amount is a number of lots whatever the price, rounded down; else (0, the limit of what
        lots × ticks, or lots ÷ ticks of an inverse contract, may add up to).

    Raises
    ------
    SizeError
        When the amount is not a positive finite number, or is a number of lots that a book cannot hold.
    """
    if not (np.isfinite(amount) and amount > 0):
        raise SizeError(f"{instrument.key}: a size must be a positive finite number, not {amount}")
    limit = amount / instrument.lot_value * ROUNDING
    inverse = instrument.kind is ContractKind.INVERSE
    if quoted == inverse:
        lots = int(min(limit, float(MAX_LOTS)))
        check_lots(instrument, lots)
        return lots, 0.0
    return 0, limit * instrument.tick_value if inverse else limit / instrument.tick_value


def _read_only(array: NDArray[Number]) -> NDArray[Number]:
    array.flags.writeable = False
    return array
