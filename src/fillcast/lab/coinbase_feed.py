"""Coinbase Advanced Trade frames of one product, made from its market. No sockets.

The sequence number counts the messages of a connection, so a frame leaves its place empty: `numbered` fills it in.
"""

from __future__ import annotations

from collections.abc import Container

from fillcast.lab.encode_kernels import Bytes
from fillcast.lab.engine_kernels import SELL, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment, iso_time
from fillcast.lab.published import PublishedBook
from fillcast.lab.rows import RowWriter, head_lines

LEVEL2, L2_DATA, MARKET_TRADES = "level2", "l2_data", "market_trades"
EVERY_MS = 50  # in the capture of August 2026 updates come 10 to 100 ms apart
TRADES_EVERY_MS = 250  # venue: trades are gathered over so long
TRADES_FIRST = 50  # trades of the snapshot
DEPTH = 8192  # the venue tells the whole book; the lab's sides are far smaller
MESSAGE_DIGITS, EVENT_DIGITS = 9, 6  # digits of a second in the two kinds of times
EMPTY_PLACE = b'"sequence_num":,'


class CoinbaseFeed:
    """The frames of one Coinbase product."""

    def __init__(self, listing: Listing, market: Market) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self._writer = RowWriter(listing.text_form, b'","new_quantity":"', b'"}')
        self.topics = {channel: f"coinbase/{channel}/{self.symbol}" for channel in (LEVEL2, MARKET_TRADES)}
        self.books = (self.topics[LEVEL2],)
        self._stream = PublishedBook(self.topics[LEVEL2], market, DEPTH, EVERY_MS)
        self._fills = FillReader(market)
        self._waiting: list[bytes] = []

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        frames: list[Frame] = []
        topic = self.topics[MARKET_TRADES]
        rows = self._fills.encoded(lambda fill: self._trade(fill, moment), wanted=topic in wanted)
        self._waiting = [*reversed(rows), *self._waiting] if topic in wanted else []
        if self._waiting and due_ms % TRADES_EVERY_MS == 0:
            frames.append(Frame(topic, self.symbol, _trades("update", self._waiting, moment)))
            self._waiting = []
        stream = self._stream
        if stream.due(due_ms, wanted):
            bids, asks = (side.changes[: side.changed] for side in (stream.bids, stream.asks))
            frames.append(Frame(stream.topic, self.symbol, self._book("update", moment, bids, asks), book=True))
        return frames

    def first(self, topic: str, moment: Moment) -> bytes:
        """Return the frame that answers a subscription."""
        if topic == self.topics[MARKET_TRADES]:
            rows = [self._trade(fill, moment) for fill in reversed(self._fills.latest(TRADES_FIRST))]
            return _trades("snapshot", rows, moment)
        stream = self._stream
        stream.refresh()
        bids, asks = (side.view[: side.count] for side in (stream.bids, stream.asks))
        return self._book("snapshot", moment, bids, asks)

    def reset_sequence(self) -> int:
        """Do nothing: a product has no ids, its connections have."""
        return 0

    def _book(self, kind: str, moment: Moment, bids: Int64Array, asks: Int64Array) -> bytes:
        at = iso_time(moment.wall_ns_of(self._stream.changed_ns), EVENT_DIGITS)
        rows = [
            self._writer.write(_heads(side, at), view, len(view))
            for side, view in (("bid", bids), ("offer", asks))
            if len(view)
        ]
        events = b'[{"type":"%b","product_id":"%b","updates":[%b]}]' % (
            kind.encode(),
            self.symbol.encode(),
            b",".join(rows),
        )
        return message(L2_DATA, events, moment.wall_ns)

    def _trade(self, fill: Fill, moment: Moment) -> bytes:
        # The side is that of the maker: who sold to a taker that bought.
        text = (
            f'{{"product_id":"{self.symbol}","trade_id":"{fill.trade_id}",'
            f'"price":"{self.listing.price_text(fill.ticks)}","size":"{self.listing.size_text(fill.lots)}",'
            f'"time":"{iso_time(moment.wall_ns_of(fill.at_ns), EVENT_DIGITS)}",'
            f'"side":"{"BUY" if fill.side == SELL else "SELL"}"}}'
        )
        return text.encode()


def message(channel: str, events: bytes, wall_ns: int) -> bytes:
    """Return a message whose sequence number is still missing."""
    at = iso_time(wall_ns, MESSAGE_DIGITS)
    return b'{"channel":"%b","timestamp":"%b","sequence_num":,"events":%b}' % (channel.encode(), at.encode(), events)


def numbered(data: bytes, number: int) -> bytes:
    """Return a message with its sequence number."""
    return data.replace(EMPTY_PLACE, b'"sequence_num":%d,' % number, 1)


def _heads(side: str, at: str) -> Bytes:
    return head_lines([f'{{"side":"{side}","event_time":"{at}","price_level":"'.encode()])


def _trades(kind: str, rows: list[bytes], moment: Moment) -> bytes:
    events = b'[{"type":"%b","trades":[%b]}]' % (kind.encode(), b",".join(rows))
    return message(MARKET_TRADES, events, moment.wall_ns)
