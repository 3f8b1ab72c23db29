"""Binance USD-M frames of one instrument, made from its market. No sockets."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import numpy as np

from fillcast.lab import engine_kernels as engine
from fillcast.lab.encode_kernels import LEVEL_BYTES, read_top, touched, write_levels
from fillcast.lab.engine_kernels import BUY, SELL, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment

SNAPSHOT_DEPTH = 1000
CHANGES_MAX = 1 << 13  # levels of a side that one event can list
# The venue calls its fastest stream 0ms; a capture of August 2024 shows it every 52 ms.
DEPTH_EVERY_MS = {"depth@0ms": 50, "depth@100ms": 100, "depth": 250, "depth@250ms": 250, "depth@500ms": 500}
STREAMS = (*DEPTH_EVERY_MS, "bookTicker", "aggTrade")
RESET_ID = 1000
OLD_DEPTH_MS = 5000


@dataclass(slots=True)
class _DepthStream:
    """How far one cadence has read the journal, and the last id it sent."""

    topic: str
    every_ms: int
    read: int
    last_id: int
    counts: Int64Array = field(default_factory=lambda: np.zeros(2, np.int64))


class BinanceFeed:
    """The frames of one Binance USD-M instrument.

    Attributes
    ----------
    old_depth
        A REST reply of 5 to 10 s of market time ago, or the first of the lab's life.
    """

    def __init__(self, listing: Listing, market: Market, start: Moment) -> None:
        self.listing, self.market = listing, market
        self.symbol = listing.instrument.symbol
        self._name = self.symbol.encode()
        self._form = listing.text_form
        self._out = np.zeros(max(SNAPSHOT_DEPTH, CHANGES_MAX) * LEVEL_BYTES, np.uint8)
        self._snapshot = np.zeros((SNAPSHOT_DEPTH, 3), np.int64)
        self._bids, self._asks = (np.zeros((CHANGES_MAX, 3), np.int64) for _ in range(2))
        self._touch = (0, 0, 0, 0)
        self.topics = {stream: f"{self.symbol.lower()}@{stream}" for stream in STREAMS}
        changes = int(market.words[engine.CHANGES])
        self._streams = [
            _DepthStream(self.topics[stream], every_ms, changes, market.update_id)
            for stream, every_ms in DEPTH_EVERY_MS.items()
        ]
        self.books = frozenset(stream.topic for stream in self._streams)
        self._fills = FillReader(market)
        self.old_depth = self._kept_depth = self.rest_depth(start, SNAPSHOT_DEPTH)
        self._kept_ms = 0

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        if due_ms - self._kept_ms >= OLD_DEPTH_MS:
            self._kept_ms = due_ms
            self.old_depth, self._kept_depth = self._kept_depth, self.rest_depth(moment, SNAPSHOT_DEPTH)
        frames = self._agg_trades(moment, self.topics["aggTrade"] in wanted)
        ticker = self._book_ticker(moment)
        if ticker is not None and self.topics["bookTicker"] in wanted:
            frames.append(Frame(self.topics["bookTicker"], self.symbol, ticker))
        for stream in self._streams:
            if due_ms % stream.every_ms == 0:
                data = self._depth_update(stream, moment, stream.topic in wanted)
                if data is not None:
                    frames.append(Frame(stream.topic, self.symbol, data, book=True))
        return frames

    def rest_depth(self, moment: Moment, limit: int) -> bytes:
        """Return the reply of `GET /fapi/v1/depth`: the book as it is now, nothing beyond `limit` levels."""
        view = self._snapshot[:limit]
        bids = self._levels(view, read_top(self.market.words, self.market.levels, BUY, view))
        asks = self._levels(view, read_top(self.market.words, self.market.levels, SELL, view))
        changed_ms = moment.wall_ms_of(self.market.changed_ns)
        return b'{"lastUpdateId":%d,"E":%d,"T":%d,"bids":%b,"asks":%b}' % (
            self.market.update_id,
            moment.wall_ms,
            changed_ms,
            bids,
            asks,
        )

    def reset_sequence(self) -> int:
        """Restart the ids, as a new engine would: `pu` no longer meets the last `u`. Return the first."""
        self.market.words[engine.UPDATE_ID] = RESET_ID
        for stream in self._streams:
            stream.last_id = RESET_ID
            stream.read = int(self.market.words[engine.CHANGES])
        return RESET_ID

    def _depth_update(self, stream: _DepthStream, moment: Moment, wanted: bool) -> bytes | None:
        market = self.market
        read, stream.read = stream.read, int(market.words[engine.CHANGES])
        previous, last = stream.last_id, market.update_id
        if stream.read == read:
            return None
        stream.last_id = last
        if not wanted:
            return None
        first = touched(market.words, market.levels, market.journal, read, self._bids, self._asks, stream.counts)
        if first < 0:
            raise RuntimeError(f"{stream.topic}: more changes in {stream.every_ms} ms than the journal keeps")
        return b'{"e":"depthUpdate","E":%d,"T":%d,"s":"%b","U":%d,"u":%d,"pu":%d,"b":%b,"a":%b}' % (
            moment.wall_ms,
            moment.wall_ms_of(market.changed_ns),
            self._name,
            first,
            last,
            previous,
            self._levels(self._bids, int(stream.counts[0])),
            self._levels(self._asks, int(stream.counts[1])),
        )

    def _book_ticker(self, moment: Moment) -> bytes | None:
        market = self.market
        bid, ask = market.best(BUY), market.best(SELL)
        touch = (bid, market.lots_at(bid), ask, market.lots_at(ask))
        if touch == self._touch:
            return None
        self._touch = touch
        instrument = self.listing.instrument
        text = (
            f'{{"e":"bookTicker","u":{market.update_id},"s":"{self.symbol}",'
            f'"b":"{instrument.price_text(bid)}","B":"{instrument.size_text(touch[1])}",'
            f'"a":"{instrument.price_text(ask)}","A":"{instrument.size_text(touch[3])}",'
            f'"T":{moment.wall_ms_of(market.changed_ns)},"E":{moment.wall_ms}}}'
        )
        return text.encode()

    def _agg_trades(self, moment: Moment, wanted: bool) -> list[Frame]:
        instrument = self.listing.instrument

        def encode(fill: Fill) -> bytes:
            text = (
                f'{{"e":"aggTrade","E":{moment.wall_ms},"a":{fill.number + 1},"s":"{self.symbol}",'
                f'"p":"{instrument.price_text(fill.ticks)}","q":"{instrument.size_text(fill.lots)}",'
                f'"f":{fill.trade_id - fill.matches + 1},"l":{fill.trade_id},"T":{moment.wall_ms_of(fill.at_ns)},'
                f'"m":{"true" if fill.side == SELL else "false"}}}'
            )
            return text.encode()

        topic = self.topics["aggTrade"]
        return [Frame(topic, self.symbol, data) for data in self._fills.encoded(encode, wanted=wanted)]

    def _levels(self, view: Int64Array, count: int) -> bytes:
        end = write_levels(self._out, 0, view, count, self._form, False)
        return self._out[:end].tobytes()
