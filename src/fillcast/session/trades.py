"""The latest trades of one instrument, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.events import LOTS, RECV_NS, SIDE, TICKS, EventBuffer

KEPT: Final = 4096  # trades: what a busy market trades in several seconds; a page asks many times a second

# Columns of a trade.
TRADE_NS: Final = 0
TRADE_SIDE: Final = 1
TRADE_TICKS: Final = 2
TRADE_LOTS: Final = 3


@dataclass(frozen=True, slots=True)
class LatestTrades:
    """Trades that follow one another, oldest first.

    Attributes
    ----------
    first
        Number of the first of them, counted from 0 when the instrument began to be followed.
    rows
        int64 (n, 4), read-only: wall time of reception in ns, +1 where the aggressor bought and -1 where it sold,
        ticks, lots.
    """

    first: int
    rows: NDArray[np.int64]

    @property
    def end(self) -> int:
        """Number of the next one."""
        return self.first + len(self.rows)


class TradeRing:
    """Keeps the latest `KEPT` trades in memory that is taken once.

    Attributes
    ----------
    count
        Trades seen so far.
    """

    __slots__ = ("_rows", "count")

    def __init__(self) -> None:
        self._rows = np.zeros((KEPT, 4), np.int64)
        self.count = 0

    def add(self, events: EventBuffer, message: int) -> None:
        """Take in the trades of one message."""
        rows = events.message_rows(message)[-KEPT:]
        places = np.arange(self.count, self.count + len(rows)) % KEPT
        self._rows[places, TRADE_NS] = events.messages[message, RECV_NS]
        self._rows[places, TRADE_SIDE] = rows[:, SIDE]
        self._rows[places, TRADE_TICKS] = rows[:, TICKS]
        self._rows[places, TRADE_LOTS] = rows[:, LOTS]
        self.count += len(rows)

    def since(self, number: int) -> LatestTrades:
        """Return the trades from a number on, as far as they are kept."""
        first = min(max(number, self.count - KEPT, 0), self.count)
        rows = self._rows[np.arange(first, self.count) % KEPT]
        rows.flags.writeable = False
        return LatestTrades(first, rows)
