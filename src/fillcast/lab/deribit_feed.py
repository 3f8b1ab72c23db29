"""Deribit frames of one instrument, made from its market. No sockets."""

from __future__ import annotations

from collections.abc import Container

from fillcast.lab import engine_kernels as engine
from fillcast.lab.engine_kernels import BUY, SELL, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.published import PublishedBook
from fillcast.lab.rows import RowWriter, head_lines

EVERY_MS = {"100ms": 100, "agg2": 1000}  # venue: agg2 gathers about a second
DEPTH = 8192  # the venue tells the whole book; the lab's sides are far smaller
RESET_ID = 1000
HEADS = head_lines([b'["new",', b'["change",', b'["delete",'])


class DeribitFeed:
    """The frames of one Deribit instrument."""

    def __init__(self, listing: Listing, market: Market) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self._writer = RowWriter(listing.text_form, b",", b"]")
        self.topics = {f"book.{every}": f"book.{self.symbol}.{every}" for every in EVERY_MS}
        self.books = frozenset(self.topics.values())
        self._streams = {
            self.topics[f"book.{every}"]: PublishedBook(
                self.topics[f"book.{every}"], market, DEPTH, every_ms, marked=True
            )
            for every, every_ms in EVERY_MS.items()
        }
        self._trades = {f"trades.{self.symbol}.{every}": every_ms for every, every_ms in EVERY_MS.items()}
        self.topics |= {f"trades.{every}": f"trades.{self.symbol}.{every}" for every in EVERY_MS}
        self.topics["quote"] = f"quote.{self.symbol}"
        self._touch = (0, 0, 0, 0)
        self._rows: dict[str, list[bytes]] = {topic: [] for topic in self._trades}
        self._fills = FillReader(market)
        self._last_tick = 0

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        frames = self._told_trades(moment, due_ms, wanted)
        quote = self._quote(moment)
        if quote is not None and self.topics["quote"] in wanted:
            frames.append(Frame(self.topics["quote"], self.symbol, quote))
        for topic, stream in self._streams.items():
            if stream.due(due_ms, wanted):
                bids, asks = (side.changes[: side.changed] for side in (stream.bids, stream.asks))
                frames.append(Frame(topic, self.symbol, self._book(stream, moment, bids, asks), book=True))
        return frames

    def snapshot(self, topic: str, moment: Moment) -> bytes:
        """Return the frame that answers a subscription to a book."""
        stream = self._streams[topic]
        stream.refresh()
        bids, asks = (side.view[: side.count] for side in (stream.bids, stream.asks))
        return self._book(stream, moment, bids, asks, whole=True)

    def reset_sequence(self) -> int:
        """Restart the ids, as a new engine would: the next `prev_change_id` meets no id that was sent."""
        self.market.words[engine.UPDATE_ID] = RESET_ID
        for stream in self._streams.values():
            stream.last_id = RESET_ID
        return RESET_ID

    def _book(
        self, stream: PublishedBook, moment: Moment, bids: Int64Array, asks: Int64Array, *, whole: bool = False
    ) -> bytes:
        at = b'"timestamp":%d' % moment.wall_ms_of(stream.changed_ns)
        name = b'"instrument_name":"%b"' % self.symbol.encode()
        sides = b'"bids":[%b],"asks":[%b]' % (
            self._writer.write(HEADS, bids, len(bids)),
            self._writer.write(HEADS, asks, len(asks)),
        )
        if whole:
            data = b'{"type":"snapshot",%b,%b,"change_id":%d,%b}' % (at, name, stream.last_id, sides)
        else:
            link = b'"prev_change_id":%d' % stream.previous_id
            data = b'{"type":"change",%b,%b,%b,"change_id":%d,%b}' % (at, link, name, stream.last_id, sides)
        return notification(stream.topic, data)

    def _quote(self, moment: Moment) -> bytes | None:
        """Return the message of the best bid and ask; None while they stand as they were."""
        market, listing = self.market, self.listing
        bid, ask = market.best(BUY), market.best(SELL)
        touch = (bid, market.lots_at(bid), ask, market.lots_at(ask))
        if touch == self._touch:
            return None
        self._touch = touch
        text = (
            f'{{"timestamp":{moment.wall_ms_of(market.changed_ns)},"instrument_name":"{self.symbol}",'
            f'"best_bid_price":{listing.price_text(bid)},"best_bid_amount":{listing.size_text(touch[1])},'
            f'"best_ask_price":{listing.price_text(ask)},"best_ask_amount":{listing.size_text(touch[3])}}}'
        )
        return notification(self.topics["quote"], text.encode())

    def _told_trades(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        listened = [topic for topic in self._trades if topic in wanted]
        rows = self._fills.encoded(lambda fill: self._trade(fill, moment), wanted=bool(listened))
        frames: list[Frame] = []
        for topic in self._trades:
            waiting = self._rows[topic]
            if topic not in listened:
                waiting.clear()
                continue
            waiting += rows
            if waiting and due_ms % self._trades[topic] == 0:
                frames.append(Frame(topic, self.symbol, notification(topic, b"[%b]" % b",".join(waiting))))
                waiting.clear()
        return frames

    def _trade(self, fill: Fill, moment: Moment) -> bytes:
        step = fill.ticks - self._last_tick
        self._last_tick = fill.ticks
        direction = 0 if step > 0 else 2 if step < 0 else 1  # venue: plus, zero-plus, minus
        price = self.listing.price_text(fill.ticks)
        text = (
            f'{{"trade_seq":{fill.number + 1},"trade_id":"{fill.trade_id}","timestamp":{moment.wall_ms_of(fill.at_ns)},'
            f'"tick_direction":{direction},"price":{price},"mark_price":{price},'
            f'"instrument_name":"{self.symbol}","index_price":{price},'
            f'"direction":"{"buy" if fill.side == BUY else "sell"}","amount":{self.listing.size_text(fill.lots)}}}'
        )
        return text.encode()


def notification(topic: str, data: bytes) -> bytes:
    """Return the message that tells a channel's subscribers of something."""
    return b'{"jsonrpc":"2.0","method":"subscription","params":{"channel":"%b","data":%b}}' % (topic.encode(), data)
