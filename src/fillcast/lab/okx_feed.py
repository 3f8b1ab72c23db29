"""OKX v5 frames of one instrument, made from its market. No sockets.

What goes out on `books` is the difference between two published views of the best 400 levels, each under one
seqId: a view, the WebSocket snapshot and the REST book with the same id are the same book, so either
bootstrap joins the chain.
"""

from __future__ import annotations

import zlib
from collections.abc import Container

import numpy as np

from fillcast.core.units import NS_PER_S
from fillcast.lab import engine_kernels as engine
from fillcast.lab.encode_kernels import LEVEL_BYTES, LOTS, TICKS, read_top, write_levels
from fillcast.lab.engine_kernels import BUY, SELL, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.options import KEEPALIVE_S
from fillcast.lab.published import PublishedSide

DEPTH = 400
CHECKSUM_DEPTH = 25
BOOKS_EVERY_MS = 100
KEEPALIVE_NS = int(KEEPALIVE_S * NS_PER_S)
RESET_ID = 1000  # where a sequence restarts
FULL_DEPTH = {"bbo-tbt": 1, "books5": 5}
CHANNELS = ("books", "books5", "bbo-tbt", "trades")


class OkxFeed:
    """The frames of one OKX instrument.

    Parameters
    ----------
    listing, market, start
        The instrument, its market, and the time it starts at.
    checksums
        Send the CRC32 that the venue sent until June 2026, instead of 0.
    keepalive_ns
        A frame without changes is sent after this long without any, market time.
    """

    def __init__(
        self,
        listing: Listing,
        market: Market,
        start: Moment,
        *,
        checksums: bool = False,
        keepalive_ns: int = KEEPALIVE_NS,
    ) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self.checksums = checksums
        self.keepalive_ns = keepalive_ns
        self._form = listing.text_form
        self._out = np.zeros(4 * DEPTH * LEVEL_BYTES, np.uint8)
        self._bids, self._asks = PublishedSide(BUY, DEPTH, counted=True), PublishedSide(SELL, DEPTH, counted=True)
        self._top = np.zeros((5, 3), np.int64)
        self._shown: dict[str, tuple[bytes, bytes]] = dict.fromkeys(FULL_DEPTH, (b"", b""))
        self._fills = FillReader(market)
        self._args = {
            channel: f'{{"arg":{{"channel":"{channel}","instId":"{self.symbol}"}},'.encode() for channel in CHANNELS
        }
        self.topics = {channel: f"{channel}:{self.symbol}" for channel in CHANNELS}
        self.books = (self.topics["books"],)
        self.seq_id = -1
        self.published_ms = 0
        self._sent_ns = 0
        self.publish(start)

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there.

        `due_ms` counts milliseconds of market time; topics that nobody wants are not encoded.
        """
        frames: list[Frame] = []
        topics = self.topics
        frames += self._trades(moment, topics["trades"] in wanted)
        if topics["bbo-tbt"] in wanted:
            frame = self._full(moment, "bbo-tbt")
            if frame is not None:
                frames.append(frame)
        if due_ms % BOOKS_EVERY_MS == 0:
            books = self.publish(moment, encode=topics["books"] in wanted)
            if books is not None:
                frames.append(Frame(topics["books"], self.symbol, books, book=True))
            if topics["books5"] in wanted:
                frame = self._full(moment, "books5")
                if frame is not None:
                    frames.append(frame)
        return frames

    def publish(self, moment: Moment, *, encode: bool = False) -> bytes | None:
        """Publish the book as it is; return the update frame when there is one to send and it is wanted."""
        bid_changes, ask_changes = self._bids.publish(self.market), self._asks.publish(self.market)
        previous = self.seq_id
        changed = bid_changes + ask_changes > 0
        if changed:
            self.seq_id = self.market.update_id
            self.published_ms = moment.wall_ms
        elif moment.market_ns - self._sent_ns < self.keepalive_ns:
            return None
        self._sent_ns = moment.market_ns
        if not encode:
            return None
        return self._book_frame(
            "update",
            self._levels(self._asks.changes, ask_changes),
            self._levels(self._bids.changes, bid_changes),
            moment.wall_ms,
            previous,
        )

    def snapshot(self) -> bytes:
        """Return the frame that answers a subscription to `books`."""
        asks, bids = self._asks, self._bids
        return self._book_frame(
            "snapshot",
            self._levels(asks.view, asks.count),
            self._levels(bids.view, bids.count),
            self.published_ms,
            -1,
        )

    def first(self, channel: str, moment: Moment) -> bytes:
        """Return what a new subscriber to a full-state channel gets at once."""
        view = self._top[: FULL_DEPTH[channel]]
        return self._full_frame(moment, channel, self._side_text(SELL, view), self._side_text(BUY, view))

    def rest_book(self, depth: int) -> bytes:
        """Return the data object of `GET /api/v5/market/books`, at most 400 levels a side."""
        asks = self._levels(self._asks.view, min(depth, self._asks.count))
        bids = self._levels(self._bids.view, min(depth, self._bids.count))
        return b'{"asks":%b,"bids":%b,"ts":"%d","seqId":%d}' % (asks, bids, self.published_ms, self.seq_id)

    def reset_sequence(self) -> int:
        """Restart the ids as the venue documents: the next update has seqId < prevSeqId. Return the first."""
        self.market.words[engine.UPDATE_ID] = RESET_ID
        return RESET_ID

    def checksum(self) -> int:
        """Return the CRC32 of the best 25 published levels, as the venue defined it (signed)."""
        instrument = self.listing.instrument
        parts: list[str] = []
        for row in range(CHECKSUM_DEPTH):
            for side in (self._bids, self._asks):
                if row < side.count:
                    ticks, lots = int(side.view[row, TICKS]), int(side.view[row, LOTS])
                    parts.append(f"{instrument.price_text(ticks)}:{instrument.size_text(lots)}")
        value = zlib.crc32(":".join(parts).encode())
        return value - (1 << 32) if value >= 1 << 31 else value

    def _book_frame(self, action: str, asks: bytes, bids: bytes, wall_ms: int, previous: int) -> bytes:
        checksum = self.checksum() if self.checksums else 0
        return self._args["books"] + (
            b'"action":"%b","data":[{"asks":%b,"bids":%b,"ts":"%d","checksum":%d,"seqId":%d,"prevSeqId":%d}]}'
            % (action.encode(), asks, bids, wall_ms, checksum, self.seq_id, previous)
        )

    def _full(self, moment: Moment, channel: str) -> Frame | None:
        """Return a frame of the best levels, unless the last one of its channel showed the same."""
        view = self._top[: FULL_DEPTH[channel]]
        shown = (self._side_text(SELL, view), self._side_text(BUY, view))
        if self._shown[channel] == shown:
            return None
        self._shown[channel] = shown
        return Frame(self.topics[channel], self.symbol, self._full_frame(moment, channel, *shown))

    def _full_frame(self, moment: Moment, channel: str, asks: bytes, bids: bytes) -> bytes:
        identity = b'"instId":"%b",' % self.symbol.encode() if channel == "books5" else b""
        body = b'"data":[{"asks":%b,"bids":%b,%b"ts":"%d","seqId":%d}]}'
        return self._args[channel] + body % (asks, bids, identity, moment.wall_ms, self.market.update_id)

    def _trades(self, moment: Moment, wanted: bool) -> list[Frame]:
        instrument = self.listing.instrument

        def encode(fill: Fill) -> bytes:
            text = (
                f'"data":[{{"instId":"{self.symbol}","tradeId":"{fill.trade_id}",'
                f'"px":"{instrument.price_text(fill.ticks)}","sz":"{instrument.size_text(fill.lots)}",'
                f'"side":"{"buy" if fill.side == BUY else "sell"}","ts":"{moment.wall_ms_of(fill.at_ns)}",'
                f'"count":"{fill.matches}"}}]}}'
            )
            return self._args["trades"] + text.encode()

        return [Frame(self.topics["trades"], self.symbol, data) for data in self._fills.encoded(encode, wanted=wanted)]

    def _side_text(self, side: int, view: Int64Array) -> bytes:
        return self._levels(view, read_top(self.market.words, self.market.levels, side, view))

    def _levels(self, view: Int64Array, count: int) -> bytes:
        end = write_levels(self._out, 0, view, count, self._form, True)
        return self._out[:end].tobytes()
