"""Kraken v2 frames of one instrument, made from its market. No sockets.

A level that falls out of the subscribed depth is not told: whoever keeps the book cuts it off. The checksum is that of
the book which is left.
"""

from __future__ import annotations

import zlib
from collections.abc import Container

from fillcast.lab.encode_kernels import LOTS, TICKS
from fillcast.lab.engine_kernels import BUY, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment, iso_time
from fillcast.lab.published import PublishedBook, PublishedSide
from fillcast.lab.rows import RowWriter, head_lines

DEPTHS = (10, 25, 100, 500, 1000)
EVERY_MS = 50  # the venue sends every change at once; the lab gathers those of so long
CHECKSUM_DEPTH = 10
TRADE = "trade"
TRADES_FIRST = 50  # trades of the snapshot
TIME_DIGITS = 6
HEADS = head_lines([b'{"price":'])


class KrakenFeed:
    """The frames of one Kraken pair."""

    def __init__(self, listing: Listing, market: Market) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self._form = listing.text_form
        self._writer = RowWriter(self._form, b',"qty":', b"}")
        self.topics = {f"book-{depth}": f"kraken/book-{depth}/{self.symbol}" for depth in DEPTHS}
        self.books = frozenset(self.topics.values())
        self._streams = {
            self.topics[f"book-{depth}"]: PublishedBook(self.topics[f"book-{depth}"], market, depth, EVERY_MS)
            for depth in DEPTHS
        }
        self.topics[TRADE] = f"kraken/{TRADE}/{self.symbol}"
        self._fills = FillReader(market)

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        topic = self.topics[TRADE]
        rows = self._fills.encoded(lambda fill: self._trade(fill, moment), wanted=topic in wanted)
        frames = [Frame(topic, self.symbol, _trades(b"update", rows))] if rows else []
        for stream in self._streams.values():
            if stream.due(due_ms, wanted):
                bids, asks = (_told(side) for side in (stream.bids, stream.asks))
                data = self._book(stream, moment, b"update", bids, asks)
                frames.append(Frame(stream.topic, self.symbol, data, book=True))
        return frames

    def first(self, topic: str, moment: Moment) -> bytes:
        """Return the frame that answers a subscription which asked for a snapshot."""
        if topic == self.topics[TRADE]:
            return _trades(b"snapshot", [self._trade(fill, moment) for fill in self._fills.latest(TRADES_FIRST)])
        stream = self._streams[topic]
        stream.refresh()
        bids, asks = (side.view[: side.count] for side in (stream.bids, stream.asks))
        return self._book(stream, moment, b"snapshot", bids, asks)

    def reset_sequence(self) -> int:
        """Do nothing: the venue has no ids."""
        return 0

    def checksum(self, stream: PublishedBook) -> int:
        """Return the CRC32 of the best 10 asks, then the best 10 bids: digits without point and leading zeros."""
        parts: list[str] = []
        for side in (stream.asks, stream.bids):
            for ticks, lots, _ in side.view[: min(CHECKSUM_DEPTH, side.count)].tolist():
                for text in (self.listing.price_text(ticks), self.listing.size_text(lots)):
                    parts.append(text.replace(".", "").lstrip("0"))
        return zlib.crc32("".join(parts).encode())

    def _book(self, stream: PublishedBook, moment: Moment, kind: bytes, bids: Int64Array, asks: Int64Array) -> bytes:
        return (
            b'{"channel":"book","type":"%b","data":[{"symbol":"%b","bids":[%b],"asks":[%b],"checksum":%d,'
            b'"timestamp":"%b"}]}'
        ) % (
            kind,
            self.symbol.encode(),
            self._writer.write(HEADS, bids, len(bids)),
            self._writer.write(HEADS, asks, len(asks)),
            self.checksum(stream),
            iso_time(moment.wall_ns_of(stream.changed_ns), TIME_DIGITS).encode(),
        )

    def _trade(self, fill: Fill, moment: Moment) -> bytes:
        text = (
            f'{{"symbol":"{self.symbol}","side":"{"buy" if fill.side == BUY else "sell"}",'
            f'"price":{self.listing.price_text(fill.ticks)},"qty":{self.listing.size_text(fill.lots)},'
            f'"ord_type":"market","trade_id":{fill.trade_id},'
            f'"timestamp":"{iso_time(moment.wall_ns_of(fill.at_ns), TIME_DIGITS)}"}}'
        )
        return text.encode()


def _told(side: PublishedSide) -> Int64Array:
    """Return the changes of a side, without the levels that only fell out of its depth."""
    changes = side.changes[: side.changed]
    if side.count < len(side.view):
        return changes
    worst = side.view[side.count - 1, TICKS]
    told: Int64Array = changes[(changes[:, LOTS] > 0) | ((changes[:, TICKS] - worst) * side.side > 0)]
    return told


def _trades(kind: bytes, rows: list[bytes]) -> bytes:
    return b'{"channel":"trade","type":"%b","data":[%b]}' % (kind, b",".join(rows))
