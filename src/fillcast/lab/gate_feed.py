"""Gate spot frames of one pair, made from its market. No sockets."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.lab import engine_kernels as engine
from fillcast.lab.encode_kernels import LEVEL_BYTES, write_levels
from fillcast.lab.engine_kernels import BUY, SELL, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.published import PublishedBook

UPDATES, TRADES, TICKER, OBU = "spot.order_book_update", "spot.trades", "spot.book_ticker", "spot.obu"
UPDATES_DEPTH, UPDATES_EVERY_MS = 100, 100
OBU_EVERY_MS = {400: 100, 50: 20}  # venue: cadence by depth
OBU_CHANNELS = {depth: f"{OBU}.{depth}" for depth in OBU_EVERY_MS}
RESET_ID = 1000
OLD_BOOK_MS = 5000
TRADE_PLACES = 10  # decimals of prices and amounts of trades, as captured


class GateFeed:
    """The frames of one Gate pair.

    Attributes
    ----------
    old_book
        The REST book of 5 to 10 s of market time ago, or the first of the lab's life, with its times.
    """

    def __init__(self, listing: Listing, market: Market, start: Moment) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self._form = listing.text_form
        self._out = np.zeros(2 * max(OBU_EVERY_MS) * LEVEL_BYTES, np.uint8)
        self.topics = {
            channel: f"gate/{channel}/{self.symbol}" for channel in (*OBU_CHANNELS.values(), UPDATES, TICKER, TRADES)
        }
        self._updates = PublishedBook(self.topics[UPDATES], market, UPDATES_DEPTH, UPDATES_EVERY_MS)
        self._obu = {
            depth: PublishedBook(self.topics[OBU_CHANNELS[depth]], market, depth, every_ms, ids=True)
            for depth, every_ms in OBU_EVERY_MS.items()
        }
        self.books = frozenset(stream.topic for stream in self._streams)
        self._fills = FillReader(market)
        self._touch = (0, 0, 0, 0)
        self.old_book = self._kept_book = self.rest_book(start, UPDATES_DEPTH)
        self._kept_ms = 0

    @property
    def _streams(self) -> list[PublishedBook]:
        return [self._updates, *self._obu.values()]

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        frames = self._trades(moment, self.topics[TRADES] in wanted)
        ticker = self._book_ticker(moment)
        if ticker is not None and self.topics[TICKER] in wanted:
            frames.append(Frame(self.topics[TICKER], self.symbol, ticker))
        if self._updates.due(due_ms, wanted):
            frames.append(self._frame(self._updates, self._update(moment)))
        if due_ms - self._kept_ms >= OLD_BOOK_MS:
            self._kept_ms = due_ms
            self.old_book, self._kept_book = self._kept_book, self.rest_book(moment, UPDATES_DEPTH)
        for depth, stream in self._obu.items():
            if stream.due(due_ms, wanted):
                frames.append(self._frame(stream, self._change(depth, stream, moment)))
        return frames

    def first(self, depth: int, moment: Moment) -> bytes:
        """Return the whole book that a subscription to `spot.obu` starts with."""
        stream = self._obu[depth]
        stream.refresh()
        result = b'{"t":%d,"full":true,"s":"%b","u":%d,"b":%b,"a":%b}' % (
            moment.wall_ms_of(stream.changed_ns),
            self._stream_name(depth),
            stream.last_id,
            self._levels(stream.bids.view, stream.bids.count),
            self._levels(stream.asks.view, stream.asks.count),
        )
        return pushed(OBU, result, moment)

    def rest_book(self, moment: Moment, limit: int) -> tuple[int, bytes]:
        """Return REST `order_book`, with its id and without: the book as `spot.order_book_update` told it last."""
        stream = self._updates
        stream.refresh()
        body = b'"current":%d,"update":%d,"asks":%b,"bids":%b}' % (
            moment.wall_ms,
            moment.wall_ms_of(stream.changed_ns),
            self._levels(stream.asks.view, min(limit, stream.asks.count)),
            self._levels(stream.bids.view, min(limit, stream.bids.count)),
        )
        return stream.last_id, body

    def reset_sequence(self) -> int:
        """Restart the ids, as a new engine would: the next `U` does not meet the last `u`. Return the first."""
        self.market.words[engine.UPDATE_ID] = RESET_ID
        for stream in self._streams:
            stream.last_id = RESET_ID
        return RESET_ID

    def _frame(self, stream: PublishedBook, data: bytes) -> Frame:
        return Frame(stream.topic, self.symbol, data, book=True)

    def _update(self, moment: Moment) -> bytes:
        stream = self._updates
        result = b'{"t":%d,"l":"%d","e":"depthUpdate","E":%d,"s":"%b","U":%d,"u":%d,"b":%b,"a":%b}' % (
            moment.wall_ms_of(stream.changed_ns),
            UPDATES_DEPTH,
            moment.wall_ns // NS_PER_S,
            self.symbol.encode(),
            stream.previous_id + 1,
            stream.last_id,
            self._levels(stream.bids.changes, stream.bids.changed),
            self._levels(stream.asks.changes, stream.asks.changed),
        )
        return pushed(UPDATES, result, moment)

    def _change(self, depth: int, stream: PublishedBook, moment: Moment) -> bytes:
        """Return a change of `spot.obu`: a side without one is left out, both when only the id has moved."""
        sides = b""
        for name, side in ((b"b", stream.bids), (b"a", stream.asks)):
            if side.changed:
                sides += b',"%b":%b' % (name, self._levels(side.changes, side.changed))
        result = b'{"t":%d,"s":"%b","U":%d,"u":%d%b}' % (
            moment.wall_ms_of(stream.changed_ns),
            self._stream_name(depth),
            stream.previous_id + 1,
            stream.last_id,
            sides,
        )
        return pushed(OBU, result, moment)

    def _stream_name(self, depth: int) -> bytes:
        return f"ob.{self.symbol}.{depth}".encode()

    def _book_ticker(self, moment: Moment) -> bytes | None:
        market = self.market
        bid, ask = market.best(BUY), market.best(SELL)
        touch = (bid, market.lots_at(bid), ask, market.lots_at(ask))
        if touch == self._touch:
            return None
        self._touch = touch
        one = self.listing
        result = (
            f'{{"t":{moment.wall_ms_of(market.changed_ns)},"u":{market.update_id},"s":"{self.symbol}",'
            f'"b":"{one.price_text(bid)}","B":"{one.size_text(touch[1])}",'
            f'"a":"{one.price_text(ask)}","A":"{one.size_text(touch[3])}"}}'
        )
        return pushed(TICKER, result.encode(), moment)

    def _trades(self, moment: Moment, wanted: bool) -> list[Frame]:
        rows = self._fills.encoded(lambda fill: self._trade(fill, moment), wanted=wanted)
        topic = self.topics[TRADES]
        return [Frame(topic, self.symbol, pushed(TRADES, row, moment)) for row in rows]

    def _trade(self, fill: Fill, moment: Moment) -> bytes:
        at_ns = moment.wall_ns_of(fill.at_ns)
        one = self.listing.instrument
        text = (
            f'{{"id":{fill.trade_id},"create_time":{at_ns // NS_PER_S},'
            f'"create_time_ms":"{at_ns // NS_PER_MS}.{at_ns % NS_PER_MS:06d}",'
            f'"side":"{"buy" if fill.side == BUY else "sell"}","currency_pair":"{self.symbol}",'
            f'"amount":"{one.size(fill.lots):.{TRADE_PLACES}f}","price":"{one.price(fill.ticks):.{TRADE_PLACES}f}"}}'
        )
        return text.encode()

    def _levels(self, view: Int64Array, count: int) -> bytes:
        end = write_levels(self._out, 0, view, count, self._form, False)
        return self._out[:end].tobytes()


def pushed(channel: str, result: bytes, moment: Moment) -> bytes:
    """Return the message that tells a channel's subscribers of something."""
    return b'{"time":%d,"time_ms":%d,"channel":"%b","event":"update","result":%b}' % (
        moment.wall_ns // NS_PER_S,
        moment.wall_ms,
        channel.encode(),
        result,
    )
