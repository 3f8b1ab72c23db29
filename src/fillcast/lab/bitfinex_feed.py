"""Bitfinex v2 frames of one pair, made from its market. No sockets.

Channel and number belong to a connection, so a frame holds only what stands between them.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Container, Iterator

import numpy as np

from fillcast.lab.encode_kernels import LOTS, ORDERS, TICKS
from fillcast.lab.engine_kernels import BUY, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.published import PublishedBook, PublishedSide

LENGTHS = (25, 100, 250)  # venue: also 1, on which no checksum can be verified
EVERY_MS = 100  # the venue sends every change at once; the lab gathers those of so long
CHECKSUM_DEPTH = 25
TRADES = "trades"
TRADES_FIRST = 30  # trades of the snapshot
EXECUTED, UPDATED, CHECKSUM = b'"te",', b'"tu",', b'"cs",'
UPDATED_AFTER_MS = 1000  # venue: the same trade again, a second or two later
LEAST_PLAIN_PLACE = 6  # ECMAScript, Number::toString: 0.000001 is the least that has no exponent


class BitfinexFeed:
    """The frames of one Bitfinex pair."""

    def __init__(self, listing: Listing, market: Market) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self.topics = {f"book-{length}": f"bitfinex/book-{length}/{self.symbol}" for length in LENGTHS}
        self.books = frozenset(self.topics.values())
        self._streams = {
            topic: PublishedBook(topic, market, length, EVERY_MS, counted=True)
            for length, topic in zip(LENGTHS, self.topics.values(), strict=True)
        }
        self.topics[TRADES] = f"bitfinex/{TRADES}/{self.symbol}"
        self._fills = FillReader(market)
        self._later: deque[tuple[int, bytes]] = deque()

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        frames = self._trades(moment, due_ms, self.topics[TRADES] in wanted)
        for topic, stream in self._streams.items():
            if stream.due(due_ms, wanted):
                told = [*self._changes(stream), CHECKSUM + b"%d" % self.checksum(stream)]
                frames += [Frame(topic, self.symbol, data, book=True) for data in told]
        return frames

    def first(self, topic: str, moment: Moment) -> bytes:
        """Return the snapshot that a subscription starts with."""
        if topic == self.topics[TRADES]:
            rows = [self._trade(fill, moment) for fill in reversed(self._fills.latest(TRADES_FIRST))]
        else:
            stream = self._streams[topic]
            stream.refresh()
            rows = [
                self._level(side, row)
                for side in (stream.bids, stream.asks)
                for row in side.view[: side.count].tolist()
            ]
        return b"[%b]" % b",".join(rows)

    def reset_sequence(self) -> int:
        """Do nothing: a pair has no ids, its connections number their messages."""
        return 0

    def checksum(self, stream: PublishedBook) -> int:
        """Return the signed CRC32 of the best 25 of both sides, rank by rank, amounts of asks negative."""
        parts: list[bytes] = []
        for rank in range(CHECKSUM_DEPTH):
            for side in (stream.bids, stream.asks):
                if rank < side.count:
                    price, amount = self._numbers(side, side.view[rank, TICKS], side.view[rank, LOTS])
                    parts += [price, amount]
        value = zlib.crc32(b":".join(parts))
        return value - (1 << 32) if value >= 1 << 31 else value

    def _changes(self, stream: PublishedBook) -> Iterator[bytes]:
        """Yield one text a level, what leaves the book first."""
        sides = [(side, side.changes[: side.changed]) for side in (stream.bids, stream.asks)]
        for gone in (True, False):
            for side, changes in sides:
                rows: Int64Array = changes[(changes[:, LOTS] == 0) == gone]
                for row in rows.tolist():
                    yield self._level(side, row)

    def _level(self, side: PublishedSide, row: list[int]) -> bytes:
        """Return price, number of orders and amount; a deletion has no orders and an amount of one."""
        price, amount = self._numbers(side, row[TICKS], row[LOTS])
        return b"[%b,%d,%b]" % (price, row[ORDERS], amount if row[LOTS] else b"%d" % side.side)

    def _numbers(self, side: PublishedSide, ticks: int | np.int64, lots: int | np.int64) -> tuple[bytes, bytes]:
        sign = "" if side.side == BUY else "-"
        price, size = self.listing.price_text(int(ticks)), self.listing.size_text(int(lots))
        return javascript(price).encode(), f"{sign}{javascript(size)}".encode()

    def _trades(self, moment: Moment, due_ms: int, wanted: bool) -> list[Frame]:
        rows = self._fills.encoded(lambda fill: self._trade(fill, moment), wanted=wanted)
        if not wanted:
            self._later.clear()
        told = [EXECUTED + row for row in rows]
        while self._later and self._later[0][0] <= due_ms:
            told.append(UPDATED + self._later.popleft()[1])
        self._later += [(due_ms + UPDATED_AFTER_MS, row) for row in rows]
        return [Frame(self.topics[TRADES], self.symbol, data) for data in told]

    def _trade(self, fill: Fill, moment: Moment) -> bytes:
        amount = javascript(self.listing.size_text(fill.lots))
        sign = "" if fill.side == BUY else "-"  # the taker's side
        price = javascript(self.listing.price_text(fill.ticks))
        return f"[{fill.trade_id},{moment.wall_ms_of(fill.at_ns)},{sign}{amount},{price}]".encode()


def javascript(text: str) -> str:
    """Return a positive decimal as JavaScript prints it: below 0.000001 with an exponent."""
    whole, _, fraction = text.partition(".")
    digits = fraction.lstrip("0")
    place = len(fraction) - len(digits) + 1
    if whole != "0" or not digits or place <= LEAST_PLAIN_PLACE:
        return text
    return f"{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e-{place}"
