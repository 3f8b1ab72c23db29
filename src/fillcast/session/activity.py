"""What has been seen of one instrument while it was followed: how much its mid moves, and what traded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from fillcast.core import layout_kernels as at
from fillcast.core.decimals import INT64_MAX
from fillcast.core.events import LOTS, SIDE, EventBuffer
from fillcast.feed.driven import Driven
from fillcast.models.volatility import EwmaVolatility
from fillcast.session.trades import TradeRing

WINDOW_S = 60
SECOND_NS = 1_000_000_000
NEVER_S = -WINDOW_S - 1  # of a bucket that has counted nothing


@dataclass(frozen=True, slots=True)
class Activity:
    """Trades of the last `window_s` seconds, by aggressor, and of the whole time followed.

    Attributes
    ----------
    buys, sells, buy_lots, sell_lots
        Of the window: trades whose aggressor bought or sold, and their sizes in lots.
    squared_lots
        Sum of the squares of those sizes.
    trades
        Since the instrument has been followed.
    window_s
        Length of the window, shorter while it fills.
    """

    buys: int
    sells: int
    buy_lots: int
    sell_lots: int
    squared_lots: float
    trades: int
    window_s: float


class TradeTally:
    """Counts trades in buckets of one second, in memory that is taken once: a market of any pace leaves it as it is.

    Times are monotonic nanoseconds of reception.
    """

    __slots__ = ("_buckets", "_squares", "_started_ns", "trades")

    def __init__(self, started_ns: int) -> None:
        self._started_ns = started_ns
        self._buckets = np.zeros((WINDOW_S, 5), np.int64)  # second, buys, sells, buy lots, sell lots
        self._buckets[:, 0] = NEVER_S
        self._squares = np.zeros(WINDOW_S)
        self.trades = 0

    def add(self, side: int, lots: int, mono_ns: int) -> None:
        """Count one trade; side +1: the aggressor bought."""
        second = mono_ns // SECOND_NS
        bucket = self._buckets[second % WINDOW_S]
        if bucket[0] != second:
            bucket[:] = (second, 0, 0, 0, 0)
            self._squares[second % WINDOW_S] = 0.0
        column = 1 if side > 0 else 2
        bucket[column] += 1
        bucket[column + 2] = min(int(bucket[column + 2]) + lots, INT64_MAX)
        self._squares[second % WINDOW_S] += float(lots) ** 2
        self.trades += 1

    def summary(self, mono_ns: int) -> Activity:
        """Return the counts of the window that ends now."""
        recent = self._buckets[:, 0] > mono_ns // SECOND_NS - WINDOW_S
        within = self._buckets[recent, 1:].tolist()
        buys, sells, buy_lots, sell_lots = (sum(bucket[column] for bucket in within) for column in range(4))
        elapsed_s = min(float(WINDOW_S), (mono_ns - self._started_ns) / SECOND_NS)
        squared = float(self._squares[recent].sum())
        return Activity(buys, sells, buy_lots, sell_lots, squared, self.trades, elapsed_s)


class Watched:
    """One instrument of a session: its book, whose it is, and what has been seen of it.

    Attributes
    ----------
    connection, index
        The protocol that owns the book, and the book's place there.
    stirred
        Set whenever the book may have become LIVE; whoever waits for that looks again.
    tally, trades
        Counts of what traded, and the latest trades one by one.
    """

    __slots__ = ("_seen_version", "_word", "book", "connection", "index", "stirred", "tally", "trades", "volatility")

    def __init__(self, connection: Driven, index: int, half_life_s: float, started_ns: int) -> None:
        self.connection = connection
        self.index = index
        self.book = connection.books[index]
        self.volatility = EwmaVolatility(half_life_s)
        self.tally = TradeTally(started_ns)
        self.trades = TradeRing()
        self.stirred = asyncio.Event()
        self._seen_version = -1
        self._word = self.book.row.item  # a tenth of what the book's properties cost, for every batch of frames

    def look(self) -> None:
        """Take the mid in when the book has changed and is LIVE. A change without a time of its own tells nothing."""
        word = self._word
        if word(at.STATE) != at.LIVE:
            return
        self.stirred.set()
        version = word(at.VERSION)
        if version != self._seen_version:
            self._seen_version = version
            event_ns = word(at.EVENT_NS)
            if event_ns > 0:
                self.volatility.update(event_ns, self.book.mid)

    def count_trades(self, events: EventBuffer, message: int, mono_ns: int) -> None:
        """Count the trades of one message, and keep them."""
        self.trades.add(events, message)
        for row in events.message_rows(message).tolist():
            self.tally.add(row[SIDE], row[LOTS], mono_ns)
