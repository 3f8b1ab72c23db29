"""Bybit v5 frames of one instrument, made from its market. No sockets."""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from fillcast.lab.encode_kernels import LEVEL_BYTES, write_levels
from fillcast.lab.engine_kernels import BUY
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.published import PublishedBook, PublishedSide

EVERY_MS = {1: 10, 50: 20, 200: 100, 1000: 200}  # venue: cadence by depth
REPEAT_MS = 3000  # venue: depth 1 is pushed again when it has not changed for so long
TRADES = "publicTrade"
SPOT = "spot"


class BybitFeed:
    """The frames of one Bybit instrument.

    Parameters
    ----------
    category
        "spot", "linear" or "inverse": their frames differ in the order of keys and the format of trades.
    listing, market
        The instrument and its market.
    """

    def __init__(self, category: str, listing: Listing, market: Market) -> None:
        self.category, self.listing, self.market = category, listing, market
        self.symbol = listing.instrument.symbol
        self._form = listing.text_form
        self._out = np.zeros(2 * max(EVERY_MS) * LEVEL_BYTES, np.uint8)
        self.topics = {f"orderbook.{depth}": f"{category}/orderbook.{depth}.{self.symbol}" for depth in EVERY_MS}
        self.books = frozenset(self.topics.values())
        self._streams = {
            self.topics[f"orderbook.{depth}"]: PublishedBook(self.topics[f"orderbook.{depth}"], market, depth, every_ms)
            for depth, every_ms in EVERY_MS.items()
        }
        self._touch = self._streams[self.topics["orderbook.1"]]
        self._touch_ms = 0
        self.topics[TRADES] = f"{category}/{TRADES}.{self.symbol}"
        self._fills = FillReader(market)
        self._last_tick = 0
        self._restarted: set[str] = set()

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        frames = self._trades(moment, self.topics[TRADES] in wanted)
        for topic, stream in self._streams.items():
            changed = stream.due(due_ms, wanted)
            repeated = stream is self._touch and topic in wanted and due_ms - self._touch_ms >= REPEAT_MS
            if not changed and not repeated:
                continue
            whole = self._restart(stream) or stream is self._touch
            if stream is self._touch:
                self._touch_ms = due_ms
            frames.append(Frame(topic, self.symbol, self._book(stream, moment, whole=whole), book=True))
        return frames

    def snapshot(self, topic: str, moment: Moment) -> bytes:
        """Return the frame that answers a subscription to a book."""
        stream = self._streams[topic]
        stream.refresh()
        self._restart(stream)
        return self._book(stream, moment, whole=True)

    def reset_sequence(self) -> int:
        """Restart the ids as a restarted service does: the next message of every book is a snapshot with `u` 1."""
        self._restarted.update(self._streams)
        return 1

    def _restart(self, stream: PublishedBook) -> bool:
        """Count a stream's messages from 1 when its service was restarted; return whether it was."""
        if stream.topic not in self._restarted:
            return False
        self._restarted.remove(stream.topic)
        stream.number = 1
        return True

    def _book(self, stream: PublishedBook, moment: Moment, *, whole: bool) -> bytes:
        kind = b"snapshot" if whole else b"delta"
        data = b'{"s":"%b","b":%b,"a":%b,"u":%d,"seq":%d}' % (
            self.symbol.encode(),
            self._levels(stream.bids, whole=whole),
            self._levels(stream.asks, whole=whole),
            stream.number,
            stream.last_id,
        )
        return self._head(stream.topic, kind, moment) + b'"data":%b,"cts":%d}' % (
            data,
            moment.wall_ms_of(stream.changed_ns),
        )

    def _head(self, topic: str, kind: bytes, moment: Moment) -> bytes:
        name = topic.partition("/")[2].encode()
        if self.category == SPOT:
            return b'{"topic":"%b","ts":%d,"type":"%b",' % (name, moment.wall_ms, kind)
        return b'{"topic":"%b","type":"%b","ts":%d,' % (name, kind, moment.wall_ms)

    def _levels(self, side: PublishedSide, *, whole: bool) -> bytes:
        view, count = (side.view, side.count) if whole else (side.changes, side.changed)
        end = write_levels(self._out, 0, view, count, self._form, False)
        return self._out[:end].tobytes()

    def _trades(self, moment: Moment, wanted: bool) -> list[Frame]:
        topic = self.topics[TRADES]
        rows = self._fills.encoded(lambda fill: self._trade(fill, moment), wanted=wanted)
        if not rows:
            return []
        data = self._head(topic, b"snapshot", moment) + b'"data":[%b]}' % b",".join(rows)
        return [Frame(topic, self.symbol, data)]

    def _trade(self, fill: Fill, moment: Moment) -> bytes:
        side = "Buy" if fill.side == BUY else "Sell"
        price, size = self.listing.price_text(fill.ticks), self.listing.size_text(fill.lots)
        at, seq = moment.wall_ms_of(fill.at_ns), self.market.update_id
        if self.category == SPOT:
            text = (
                f'{{"i":"{fill.trade_id}","T":{at},"p":"{price}","v":"{size}","S":"{side}","s":"{self.symbol}",'
                f'"BT":false,"RPI":false,"seq":{seq}}}'
            )
            return text.encode()
        step = fill.ticks - self._last_tick
        self._last_tick = fill.ticks
        moved = {True: "PlusTick", False: "MinusTick"}[step > 0] if step else "ZeroPlusTick"
        text = (
            f'{{"T":{at},"s":"{self.symbol}","S":"{side}","v":"{size}","p":"{price}","L":"{moved}",'
            f'"i":"{fill.trade_id:08x}-0000-5000-8000-{fill.number:012x}","BT":false,"RPI":false,"seq":{seq}}}'
        )
        return text.encode()
