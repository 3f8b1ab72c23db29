"""One stretch while it is gathered: the touch, the depth and the trades of a book that is LIVE."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.units import BPS
from fillcast.models.calibration.stretch import Stretch
from fillcast.tape.growing import Growing

# Half-widths about the mid within which depth is kept. A refill is seen in the nearest that is not empty: on recorded
# books of BTC what comes back after a market order stands out of the noise within 0.1 bps, and hardly within 1 bps. The
# widest reach what a slice of a schedule takes; beyond them the snapshots of most venues end.
DEPTH_BPS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)
FIRST_LEVELS = 128  # listed of a side; doubled while the widest band holds more

FloatArray = NDArray[np.float64]
BIDS, ASKS = 1, -1


class DepthReader:
    """Reads base units within each of `DEPTH_BPS` of the mid.

    Attributes
    ----------
    rows
        Books read so far.
    unproven
        (bands,) those of them in which the band of either side reaches beyond what is proven: levels may be missing.
    """

    def __init__(self) -> None:
        self._fractions = np.array(DEPTH_BPS) / BPS
        self._room = {BIDS: FIRST_LEVELS, ASKS: FIRST_LEVELS}
        self.rows = 0
        self.unproven = np.zeros(len(DEPTH_BPS), np.int64)

    def read(self, book: Book) -> FloatArray:
        """Return (2 bands,) depth of the bids, then of the asks; the book must hold both sides."""
        mid = book.mid_ticks
        both = np.empty(2 * len(DEPTH_BPS))
        beyond = np.zeros(len(DEPTH_BPS), np.bool_)
        for side, out in ((BIDS, both[: len(DEPTH_BPS)]), (ASKS, both[len(DEPTH_BPS) :])):
            limits = side * mid - mid * self._fractions
            ticks, lots = book.levels(side, self._room[side])
            while len(ticks) == self._room[side] and side * ticks[-1] >= limits[-1]:
                self._room[side] *= 2
                ticks, lots = book.levels(side, self._room[side])
            inside = np.searchsorted(-side * ticks, -limits, side="right")
            sums = np.cumsum(base_of(book.instrument, lots, ticks))
            out[:] = np.where(inside > 0, sums[np.maximum(inside - 1, 0)], 0.0)
            edge = book.proven_ticks(side)
            if edge is not None:
                beyond |= limits < side * edge
        self.rows += 1
        self.unproven += beyond
        return both


class StretchRows:
    """A stretch that is still open.

    Parameters
    ----------
    stated
        Its times are those that the venue states; else those of the replay's clock, since this venue states none
        with its books.
    start_ns
        Time of the first book.

    Attributes
    ----------
    touch_id, book_id
        The venue's ids of the last touch and of the last book message; -1 where it numbers none.
    """

    __slots__ = (
        "_depth",
        "_last_touch",
        "_quotes",
        "_trades",
        "book_id",
        "end_ns",
        "instrument",
        "start_ns",
        "stated",
        "touch_id",
    )

    def __init__(self, instrument: Instrument, start_ns: int, *, stated: bool) -> None:
        self.instrument = instrument
        self.stated = stated
        self.start_ns = self.end_ns = start_ns
        self.touch_id = self.book_id = -1
        self._last_touch = (0, 0, 0, 0)
        self._quotes = _Timed(4)
        self._depth = _Timed(2 * len(DEPTH_BPS))
        self._trades = _Timed(3)

    def touch(self, at_ns: int, touch: tuple[int, int, int, int]) -> None:
        """Note the touch as (bid ticks, bid lots, ask ticks, ask lots); one that has not changed adds nothing."""
        self.end_ns = max(self.end_ns, at_ns)
        if touch == self._last_touch:
            return
        self._last_touch = touch
        bid, ask = (ticks * self.instrument.tick_value for ticks in touch[::2])
        bid_base, _ = self.instrument.amounts(touch[1], bid)
        ask_base, _ = self.instrument.amounts(touch[3], ask)
        self._quotes.append(at_ns, (bid, ask, bid_base, ask_base))

    def depth(self, at_ns: int, both: FloatArray) -> None:
        """Note the depth of both sides after a book message."""
        self.end_ns = max(self.end_ns, at_ns)
        self._depth.append(at_ns, both)

    def trade(self, at_ns: int, sign: int, ticks: int, lots: int) -> None:
        """Note a trade."""
        price = ticks * self.instrument.tick_value
        base, _ = self.instrument.amounts(lots, price)
        self._trades.append(at_ns, (sign, base, price))

    def finished(self) -> Stretch:
        """Return the stretch; trades outside of its times are left out."""
        quote_ns, quotes = self._quotes.taken()
        depth_ns, depth = self._depth.taken()
        trade_ns, trades = self._trades.taken()
        kept = slice(*np.searchsorted(trade_ns, (self.start_ns, self.end_ns + 1)))
        bands = len(DEPTH_BPS)
        return Stretch(
            self.instrument.key,
            self.start_ns,
            self.end_ns,
            quote_ns,
            quotes[:, 0],
            quotes[:, 1],
            quotes[:, 2],
            quotes[:, 3],
            depth_ns,
            depth[:, :bands],
            depth[:, bands:],
            DEPTH_BPS,
            trade_ns[kept],
            trades[kept, 0].astype(np.int8),
            trades[kept, 1],
            trades[kept, 2],
            self.instrument.scale_inferred,
        )


class _Timed:
    """Rows of numbers with the time of each, which never goes back: what comes late counts as of the one before it."""

    __slots__ = ("_last_ns", "_times", "_values")

    def __init__(self, width: int) -> None:
        self._times = Growing(1, np.int64)
        self._values = Growing(width, np.float64)
        self._last_ns = 0

    def append(self, at_ns: int, row: tuple[float, ...] | FloatArray) -> None:
        self._last_ns = max(self._last_ns, at_ns)
        self._times.append((self._last_ns,))
        self._values.append(row)

    def taken(self) -> tuple[NDArray[np.int64], FloatArray]:
        return self._times.taken()[:, 0], self._values.taken()


def base_of(instrument: Instrument, lots: NDArray[np.int64], ticks: NDArray[np.int64]) -> FloatArray:
    """Return what levels are in base units."""
    if instrument.kind is ContractKind.INVERSE:
        inverse: FloatArray = lots * instrument.lot_value / (ticks * instrument.tick_value)
        return inverse
    return np.multiply(lots, instrument.lot_value, dtype=np.float64)
