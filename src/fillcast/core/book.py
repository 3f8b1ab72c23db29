"""The order book of one instrument: integers in, proven prices out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core import checksum_kernels, ladder_kernels, walk_kernels
from fillcast.core import layout_kernels as at
from fillcast.core.events import END, EVENT_NS, LAST, START, EventBuffer
from fillcast.core.given import Edges, Levels, Number, read_levels
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.jit import entry
from fillcast.core.state import BookState, Proof
from fillcast.core.view import MAX_LOTS, BookSide, BookView, Walk, check_lots, lots_or_limit
from fillcast.errors import InstrumentError, LotsOverflowError, NotLiveError

STATES = tuple(BookState)  # by value: a look-up costs a tenth of BookState(value)

_cost_both = entry(walk_kernels.cost_both)


class Book:
    """Both sides of one instrument in one preallocated array of integers.

    Parameters
    ----------
    instrument
        Gives the grids on which prices are ticks and sizes are lots.
    depth
        Levels a side that the venue promises to show; 0 where it promises none.
    row
        int64 array of `layout_kernels.row_words(window, slots)` words to live in; made when absent.
    window, slots
        Ticks that the ring of each side spans, and places for levels outside of it; powers of two.
    """

    __slots__ = ("_asks", "_view", "instrument", "proof", "reason", "row")

    def __init__(
        self,
        instrument: Instrument,
        *,
        depth: int = 0,
        row: NDArray[np.int64] | None = None,
        window: int = at.DEFAULT_WINDOW,
        slots: int = at.DEFAULT_SLOTS,
    ) -> None:
        if window < at.LEAST_WINDOW or window & (window - 1) or slots < 16 or slots & (slots - 1):
            raise ValueError(f"window {window} (>= {at.LEAST_WINDOW}) and slots {slots} (>= 16) must be powers of two")
        words = at.row_words(window, slots)
        self.row = np.zeros(words, np.int64) if row is None else row
        if self.row.shape != (words,) or self.row.dtype != np.int64 or not self.row.flags.c_contiguous:
            raise ValueError(
                f"a book of this shape needs {words} contiguous int64, not {self.row.shape} {self.row.dtype}"
            )
        self.row[at.WINDOW], self.row[at.SLOTS], self.row[at.DEPTH] = window, slots, depth
        self._asks = at.HEADER + at.side_words(window, slots)
        self.proof = Proof.NONE
        self.reason = "no data yet"
        self._view: BookView | None = None
        self.describe(instrument)

    def describe(self, instrument: Instrument) -> None:
        """Take on (new) instrument metadata and empty the book: its integers mean nothing on another grid.

        Raises
        ------
        InstrumentError
            When the symbol is longer than a book's header holds, or a step has more digits than a book counts in.
        """
        name = instrument.symbol.encode()
        if len(name) > 8 * at.SYMBOL_WORDS:
            raise InstrumentError(f"{instrument.key}: a symbol of more than {8 * at.SYMBOL_WORDS} bytes")
        prices, sizes = instrument.price_grid, instrument.size_grid
        for grid in (prices, sizes):
            if grid.decimals > at.MOST_DECIMALS or grid.mantissa >= 10**at.MOST_DECIMALS:
                raise InstrumentError(f"{instrument.key}: steps of {grid.step} leave no room in an int64")
        self.instrument = instrument
        self.row[at.PRICE_DECIMALS], self.row[at.TICK_MANTISSA] = prices.decimals, prices.mantissa
        self.row[at.SIZE_DECIMALS], self.row[at.LOT_MANTISSA] = sizes.decimals, sizes.mantissa
        self.row[at.FIXED_TEXT] = instrument.fixed_decimals
        packed = np.frombuffer(name.ljust(8 * at.SYMBOL_WORDS, b"\0"), np.int64)
        self.row[at.SYMBOL : at.SYMBOL + at.SYMBOL_WORDS] = packed
        self.row[-at.KEPT_WORDS :] = 0
        self.clear()
        self.state = BookState.EMPTY

    # What the book is.

    @property
    def state(self) -> BookState:
        """EMPTY, SYNCING, LIVE, STALE or BROKEN."""
        return STATES[self.row.item(at.STATE)]

    @state.setter
    def state(self, state: BookState) -> None:
        self.row[at.STATE] = state

    @property
    def held(self) -> bool:
        """Frames of this book must go through the reference path (one is buffering for a splice, say)."""
        return bool(self.row[at.HELD])

    @held.setter
    def held(self, held: bool) -> None:
        self.row[at.HELD] = held

    @property
    def depth(self) -> int:
        """Levels a side that the venue promises to show; 0 where it promises none."""
        return self.row.item(at.DEPTH)

    @depth.setter
    def depth(self, depth: int) -> None:
        self.row[at.DEPTH] = depth

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self.row.item(at.VERSION)

    @property
    def last_id(self) -> int:
        """The venue's id of the last message applied."""
        return self.row.item(at.LAST_ID)

    @last_id.setter
    def last_id(self, last_id: int) -> None:
        self.row[at.LAST_ID] = last_id

    @property
    def event_ns(self) -> int:
        """Venue time of the last message applied."""
        return self.row.item(at.EVENT_NS)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the book's array spans."""
        return int(self.row.nbytes)

    @property
    def reanchored(self) -> int:
        """How many times a ring has moved with the market."""
        return int(self.row[at.REANCHORED])

    @property
    def evicted(self) -> int:
        """How many far levels were given up for want of room; what is proven ended above them."""
        return int(self.row[at.EVICTED])

    @property
    def levels_applied(self) -> int:
        """How many levels messages have set or removed so far, those of snapshots too."""
        return self.row.item(at.LEVELS)

    # What changes it.

    def clear(self) -> None:
        """Empty both sides."""
        ladder_kernels.clear(self.row)

    def replace(self, events: EventBuffer, index: int, *, complete: bool) -> bool:
        """Make the book exactly one snapshot message; return whether it is crossed.

        `complete` says that the venue has no levels beyond those of the snapshot; otherwise what is proven ends at
        its worst levels.
        """
        message = events.messages[index]
        crossed = ladder_kernels.replace(self.row, events.rows, message[START], message[END], complete)
        self._stamp(message)
        return bool(crossed)

    def apply(self, events: EventBuffer, index: int) -> bool:
        """Apply one whole update message; return whether the book is crossed after it."""
        message = events.messages[index]
        crossed = ladder_kernels.apply_message(self.row, events.rows, message[START], message[END])
        self._stamp(message)
        return bool(crossed)

    def truncate(self) -> int:
        """Drop the levels beyond the stated depth, as venues do that never say so; return how many those were."""
        return int(ladder_kernels.truncate(self.row, self.depth)) if self.depth else 0

    def _stamp(self, message: NDArray[np.int64]) -> None:
        self.row[at.LAST_ID], self.row[at.EVENT_NS] = message[LAST], message[EVENT_NS]

    # What it says. Every price needs LIVE.

    @property
    def best_bid_ticks(self) -> int | None:
        """Best bid, or None on an empty side."""
        key = self.row.item(at.HEADER + at.BEST)
        return None if key == at.NO_KEY else key

    @property
    def best_ask_ticks(self) -> int | None:
        """Best ask, or None on an empty side."""
        key = self.row.item(self._asks + at.BEST)
        return None if key == at.NO_KEY else -key

    @property
    def crossed(self) -> bool:
        """Whether the best bid reaches the best ask."""
        bid, ask = self.best_bid_ticks, self.best_ask_ticks
        return bid is not None and ask is not None and bid >= ask

    @property
    def mid_ticks(self) -> float:
        """Middle of the touch in ticks; NaN when a side is empty."""
        bid, ask = self.best_bid_ticks, self.best_ask_ticks
        return float("nan") if bid is None or ask is None else (bid + ask) / 2

    @property
    def mid(self) -> float:
        """Middle of the touch in quote currency; NaN when a side is empty."""
        return self.mid_ticks * self.instrument.tick_value

    def count(self, side: int) -> int:
        """Return the levels of a side (+1 bids, -1 asks)."""
        return int(walk_kernels.count_levels(self.row, side))

    def levels(self, side: int, limit: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (ticks, lots) of a side (+1 bids, -1 asks), best first, int64 arrays of at most `limit`."""
        count = self.count(side) if limit is None else min(limit, self.count(side))
        ticks, lots = np.empty(count, np.int64), np.empty(count, np.int64)
        walk_kernels.list_levels(self.row, side, ticks, lots)
        return ticks, lots

    def size_at(self, side: int, ticks: int) -> int:
        """Return the lots at one price of a side (+1 bids, -1 asks); 0 where there is no level."""
        return int(walk_kernels.size_at(self.row, side, ticks))

    def proven_ticks(self, side: int) -> int | None:
        """Return the worst price that is proven on a side (+1 bids, -1 asks); None when the whole side is known.

        A venue that states a depth proves so many levels while it shows as many, and the whole side while it shows
        fewer.
        """
        key = self._proven_key(side)
        return None if key == at.NO_KEY else side * key

    def _proven_key(self, side: int) -> int:
        """Return the lowest proven key of a side, NO_KEY when the whole side is known."""
        key = int(self.row[(at.HEADER if side > 0 else self._asks) + at.EDGE])
        if self.depth and self.count(side) >= self.depth:
            key = max(key, side * int(self.levels(side, self.depth)[0][-1]))
        return key

    def depth_lots(self, side: int, bps: float) -> int:
        """Return the lots within `bps` of the mid on a side (+1 bids, -1 asks); 0 without a mid.

        Raises
        ------
        NotLiveError
            When the book is not proven right.
        LotsOverflowError
            When the sizes of the side add up beyond int64.
        """
        self._require_live()
        if self.best_bid_ticks is None or self.best_ask_ticks is None:
            return 0
        levels = self._side(side)
        inside = levels.count_within(bps, side, self.mid_ticks)
        return int(levels.cumulative_lots[inside - 1]) if inside else 0

    def cost_both(self, lots: int) -> tuple[int, float, int, float]:
        """Return (bought lots, lots × ticks paid, sold lots, lots × ticks received) of one size each way.

        Raises
        ------
        NotLiveError
            When the book is not proven right.
        SizeError
            When `lots` is not a number that a book can fill.
        """
        if type(lots) is not int or not 0 < lots < MAX_LOTS:
            check_lots(self.instrument, lots)
        cost: tuple[int, float, int, float] = _cost_both(self.row, lots)
        if cost[0] < 0:
            self._require_live()
        return cost

    def walk(self, side: int, lots: int) -> Walk:
        """Walk an order of `lots` (side +1 buy, -1 sell) through the book; exact in lots.

        Raises
        ------
        NotLiveError
            When the book is not proven right.
        SizeError, LotsOverflowError
            When `lots` cannot be held, or the levels met add up beyond int64.
        """
        self._require_live()
        check_lots(self.instrument, lots)
        return self._walk(side, walk_kernels.IN_LOTS, lots, 0.0)

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
            return self._walk(side, walk_kernels.IN_LOTS, lots, 0.0)
        inverse = self.instrument.kind is ContractKind.INVERSE
        return self._walk(side, walk_kernels.IN_INVERSE if inverse else walk_kernels.IN_NOTIONAL, 0, limit)

    def _walk(self, side: int, mode: int, lots: int, limit: float) -> Walk:
        filled, notional, inverse, worst, levels, beyond, exhausted = walk_kernels.walk(
            self.row, -side, mode, lots, limit, self._proven_key(-side)
        )
        instrument = self.instrument
        if filled < 0:
            raise LotsOverflowError(f"{instrument.key}: the levels met add up beyond int64 lots")
        if instrument.kind is ContractKind.INVERSE:
            base, quote = inverse * instrument.lot_value / instrument.tick_value, filled * instrument.lot_value
        else:
            base, quote = filled * instrument.lot_value, notional * instrument.lot_value * instrument.tick_value
        unfilled = lots - filled if mode == walk_kernels.IN_LOTS else 0
        worst_ticks = None if worst == at.NO_KEY else -side * worst
        return Walk(filled, unfilled, beyond, base, quote, worst_ticks, levels, bool(exhausted))

    def checksum(self) -> int:
        """Return the checksum of the top 25 levels as OKX computes it, a signed 32-bit number."""
        return int(checksum_kernels.okx_checksum(self.row))

    def view(self) -> BookView:
        """Return the immutable view of this version, built at most once per version.

        A change of state, proof, reason or id makes a new view over the same levels.
        """
        last = self._view
        now = (self.state, self.proof, self.reason, self.last_id, self.event_ns)
        if last is None or last.version != self.version:
            bids, asks = self._side(1), self._side(-1)
        elif (last.state, last.proof, last.reason, last.last_id, last.event_ns) == now:
            return last
        else:
            bids, asks = last.bids, last.asks
        edges = (self.proven_ticks(1), self.proven_ticks(-1))
        self._view = BookView(self.instrument, self.version, *now, bids, asks, *edges)
        return self._view

    def _side(self, side: int) -> BookSide:
        ticks, lots = self.levels(side)
        ticks.flags.writeable = lots.flags.writeable = False
        return BookSide(self.instrument, ticks, lots)

    def _require_live(self) -> None:
        if self.state is not BookState.LIVE:
            raise NotLiveError(f"{self.instrument.key}: the book is {self.state.name} ({self.reason or 'no data yet'})")

    @classmethod
    def from_levels(
        cls,
        instrument: Instrument | str,
        bids: Levels,
        asks: Levels,
        *,
        tick: Number | None = None,
        lot: Number | None = None,
        edges: Edges | None = None,
    ) -> Book:
        """Return a LIVE book of levels that the caller vouches for: its proof is `caller`.

        Parameters
        ----------
        instrument
            Or a name such as "BTC-USDT" or "okx:BTC-USDT", on the grids `tick` and `lot`, inferred where not stated.
        bids, asks
            (price, size) pairs or an array (n, 2), best first; text, decimals, or floats by their shortest text.
        edges
            The worst price proven on each side, None where the whole side is known. Absent: the last levels given.

        Raises
        ------
        OffGridError
            When a price or size is no finite number or not on the grids.
        InstrumentError
            When a level is not positive, too large, twice there or out of order, the sides cross, or a name or grid
            cannot be used.
        """
        given = read_levels(instrument, bids, asks, tick, lot, edges)
        book = cls(given.instrument)
        row, rows = book.row, given.rows
        if ladder_kernels.replace(row, rows, 0, len(rows), given.edges is not None):
            raise InstrumentError(f"{given.instrument.key}: the best bid reaches the best ask")
        for side, edge, offset in zip((1, -1), given.edges or (None, None), (at.HEADER, book._asks), strict=True):
            if edge is not None:
                row[offset + at.EDGE] = max(row[offset + at.EDGE], side * edge)
        book.proof, book.reason, book.state = Proof.CALLER, "", BookState.LIVE
        return book
