"""Binance frames of one instrument, made from its market. No sockets."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

import numpy as np

from fillcast.lab import engine_kernels as engine
from fillcast.lab.binance_products import BinanceProduct
from fillcast.lab.encode_kernels import LEVEL_BYTES, read_top, touched, write_levels
from fillcast.lab.engine_kernels import BUY, SELL, Int64Array
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment

CHANGES_MAX = 1 << 13  # levels of a side that one event can list
TICKER = "bookTicker"
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
    """The frames of one Binance instrument.

    Attributes
    ----------
    old_depth
        A REST reply of 5 to 10 s of market time ago, or the first of the lab's life.
    """

    def __init__(self, product: BinanceProduct, listing: Listing, market: Market, start: Moment) -> None:
        self.product, self.listing, self.market = product, listing, market
        self.symbol = listing.instrument.symbol
        pair = self.symbol.partition("_")[0]
        self._name = f'"s":"{self.symbol}",'
        if product.inverse:
            self._name += f'"ps":"{pair}",'
        self._named = f'"symbol":"{self.symbol}","pair":"{pair}",'.encode() if product.inverse else b""
        self._form = listing.text_form
        depth = min(product.snapshot_depth, len(market.levels))  # a market holds no more
        self._out = np.zeros(max(depth, CHANGES_MAX) * LEVEL_BYTES, np.uint8)
        self._snapshot = np.zeros((depth, 3), np.int64)
        self._bids, self._asks = (np.zeros((CHANGES_MAX, 3), np.int64) for _ in range(2))
        self._touch = (0, 0, 0, 0)
        streams = (*product.depth_every_ms, TICKER, *product.trades)
        self.topics = {stream: f"{product.lead}{self.symbol.lower()}@{stream}" for stream in streams}
        changes = int(market.words[engine.CHANGES])
        self._streams = [
            _DepthStream(self.topics[stream], every_ms, changes, market.update_id)
            for stream, every_ms in product.depth_every_ms.items()
        ]
        self.books = frozenset(stream.topic for stream in self._streams)
        self._fills = FillReader(market)
        self.old_depth = self._kept_depth = self.rest_depth(start, product.snapshot_depth)
        self._kept_ms = 0

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms. The market is already there."""
        if due_ms - self._kept_ms >= OLD_DEPTH_MS:
            self._kept_ms = due_ms
            self.old_depth, self._kept_depth = self._kept_depth, self.rest_depth(moment, self.product.snapshot_depth)
        frames = self._trades(moment, wanted)
        ticker = self._book_ticker(moment)
        if ticker is not None and self.topics[TICKER] in wanted:
            frames.append(Frame(self.topics[TICKER], self.symbol, ticker))
        for stream in self._streams:
            if due_ms % stream.every_ms == 0:
                data = self._depth_update(stream, moment, stream.topic in wanted)
                if data is not None:
                    frames.append(Frame(stream.topic, self.symbol, data, book=True))
        return frames

    def rest_depth(self, moment: Moment, limit: int) -> bytes:
        """Return the reply of REST `depth`: the book as it is now, nothing beyond `limit` levels."""
        view = self._snapshot[:limit]
        bids = self._levels(view, read_top(self.market.words, self.market.levels, BUY, view))
        asks = self._levels(view, read_top(self.market.words, self.market.levels, SELL, view))
        times = b""
        if self.product.futures:
            times = b'"E":%d,"T":%d,' % (moment.wall_ms, moment.wall_ms_of(self.market.changed_ns))
        return b'{"lastUpdateId":%d,%b%b"bids":%b,"asks":%b}' % (self.market.update_id, times, self._named, bids, asks)

    def reset_sequence(self) -> int:
        """Restart the ids, as a new engine would: nothing links to the last `u`. Return the first."""
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
        changed, link = b"", b""
        if self.product.futures:
            changed = b'"T":%d,' % moment.wall_ms_of(market.changed_ns)
            link = b'"pu":%d,' % previous
        else:
            first = previous + 1  # a spot symbol's ids are its own, so none is left out
        return b'{"e":"depthUpdate","E":%d,%b%b"U":%d,"u":%d,%b"b":%b,"a":%b}' % (
            moment.wall_ms,
            changed,
            self._name.encode(),
            first,
            last,
            link,
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
        heads = [f'"u":{market.update_id},']
        times = ""
        if self.product.futures:  # USD-M names the event first, COIN-M the id
            heads.insert(int(self.product.inverse), '"e":"bookTicker",')
            times = f',"T":{moment.wall_ms_of(market.changed_ns)},"E":{moment.wall_ms}'
        one = self.listing
        text = (
            f'{{{"".join(heads)}{self._name}"b":"{one.price_text(bid)}","B":"{one.size_text(touch[1])}",'
            f'"a":"{one.price_text(ask)}","A":"{one.size_text(touch[3])}"{times}}}'
        )
        return text.encode()

    def _trades(self, moment: Moment, wanted: Container[str]) -> list[Frame]:
        streams = [stream for stream in self.product.trades if self.topics[stream] in wanted]
        frames: list[Frame] = []

        def encode(fill: Fill) -> bytes:
            for stream in streams:
                text = self._agg_trade(fill, moment) if stream == "aggTrade" else self._trade(fill, moment)
                frames.append(Frame(self.topics[stream], self.symbol, text.encode()))
            return b""

        self._fills.encoded(encode, wanted=bool(streams))
        return frames

    def _agg_trade(self, fill: Fill, moment: Moment) -> str:
        at, name = moment.wall_ms_of(fill.at_ns), f'"s":"{self.symbol}",'
        number = f'"a":{fill.number + 1},'
        if self.product.futures:
            ids = f'"f":{fill.trade_id - fill.matches + 1},"l":{fill.trade_id},'
            return (
                f'{{"e":"aggTrade","E":{moment.wall_ms},{number}{name}{self._deal(fill)}{ids}"T":{at},{_maker(fill)}}}'
            )
        ids = f'"f":{fill.number + 1},"l":{fill.number + 1},'
        head = f'{{"e":"aggTrade","E":{moment.wall_ms},{name}{number}'
        return f'{head}{self._deal(fill)}{ids}"T":{at},{_maker(fill)},"M":true}}'

    def _trade(self, fill: Fill, moment: Moment) -> str:
        """Return spot's single trade; the makers that one taker met at a price are told as one."""
        return (
            f'{{"e":"trade","E":{moment.wall_ms},"s":"{self.symbol}","t":{fill.number + 1},{self._deal(fill)}'
            f'"T":{moment.wall_ms_of(fill.at_ns)},{_maker(fill)},"M":true}}'
        )

    def _deal(self, fill: Fill) -> str:
        return f'"p":"{self.listing.price_text(fill.ticks)}","q":"{self.listing.size_text(fill.lots)}",'

    def _levels(self, view: Int64Array, count: int) -> bytes:
        end = write_levels(self._out, 0, view, count, self._form, False)
        return self._out[:end].tobytes()


def _maker(fill: Fill) -> str:
    return f'"m":{"true" if fill.side == SELL else "false"}'
