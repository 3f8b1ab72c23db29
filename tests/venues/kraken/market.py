"""A market that knows the truth, and the frames in which Kraken's second version would tell of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from fillcast.core.instrument import Instrument
from fillcast.venues.kraken.connection import KrakenConnection
from fillcast.venues.settings import Settings
from tests.venues.streams import Edit, Levels, Line, Market, dump

BTC = Instrument("kraken", "BTC/USD", "BTC", "USD", Decimal("0.1"), Decimal("0.001"), fixed_decimals=True)
ETH = Instrument("kraken", "ETH/USD", "ETH", "USD", Decimal("0.01"), Decimal("0.001"), fixed_decimals=True)
HEARTBEAT = b'{"channel":"heartbeat"}'
PONG = b'{"method":"pong","req_id":4,"time_in":"2026-08-24T22:21:56.724795Z","time_out":"2026-08-24T22:21:56.724853Z"}'


@dataclass
class KrakenMarket(Market):
    """One market, of which the venue shows the best `depth` levels a side."""

    depth: int = 500
    prices: str = ""  # how a number is written: "" as the instrument does, else a format
    sizes: str = ""

    def number(self, value: Decimal, form: str, plain: str) -> str:
        return format(value, form) if form else plain

    def price(self, ticks: int) -> str:
        return self.number(self.instrument.price(ticks), self.prices, self.instrument.price_text(ticks))

    def size(self, lots: int) -> str:
        return self.number(self.instrument.size(lots), self.sizes, self.instrument.size_text(lots))

    def shown(self, side: int) -> Levels:
        """The levels that a subscriber sees."""
        best = sorted((self.bids if side > 0 else self.asks).items(), reverse=side > 0)
        return dict(best[: self.depth])

    @property
    def checksum(self) -> int:
        """Spelled out from the venue's rule."""
        text = ""
        for side in (-1, 1):
            for ticks, lots in list(self.shown(side).items())[:10]:
                for number in (self.price(ticks), self.size(lots)):
                    text += number.replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())

    @property
    def timestamp(self) -> str:
        return datetime.fromtimestamp(self.now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def rows(self, levels: Iterable[tuple[int, int]]) -> str:
        return ",".join(f'{{"price":{self.price(ticks)},"qty":{self.size(lots)}}}' for ticks, lots in levels)

    def entry(self, bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]], checksum: int | None) -> str:
        crc = self.checksum if checksum is None else checksum
        head = f'{{"symbol":"{self.instrument.symbol}","bids":[{self.rows(bids)}],"asks":[{self.rows(asks)}]'
        return f'{head},"checksum":{crc},"timestamp":"{self.timestamp}"}}'

    def snapshot(self, checksum: int | None = None) -> bytes:
        """Return the whole book as the venue shows it."""
        return frame("book", "snapshot", self.entry(self.shown(1).items(), self.shown(-1).items(), checksum))

    def change(self, edits: Iterable[Edit] = ((1, 990, 7),), checksum: int | None = None) -> str:
        """Change the market; return the entry that tells of it: changes within the depth, and what came into it."""
        before = {side: self.shown(side) for side in (1, -1)}
        edits = list(edits)
        self.apply(edits)
        told: dict[int, list[tuple[int, int]]] = {1: [], -1: []}
        for side, ticks, lots in edits:
            if ticks in before[side] or ticks in self.shown(side):
                told[side].append((ticks, lots))
        for side in (1, -1):
            named = {ticks for ticks, _ in told[side]}
            came = self.shown(side).keys() - before[side].keys() - named
            told[side] += [(ticks, self.shown(side)[ticks]) for ticks in came]
        return self.entry(told[1], told[-1], checksum)

    def update(self, edits: Iterable[Edit] = ((1, 990, 7),), checksum: int | None = None) -> bytes:
        """Change the market and return the frame that tells of it."""
        return frame("book", "update", self.change(edits, checksum))

    def lost(self) -> bytes:
        """Lose an update near the touch and return the next one."""
        self.update([(1, 1000, self.last)])  # ids only grow: never the size that it has
        return self.update()

    def trade(self, side: str = "buy", **fields: object) -> dict[str, object]:
        entry: dict[str, object] = {"symbol": self.instrument.symbol, "side": side, "price": 100.2, "qty": 0.012}
        entry |= {"ord_type": "limit", "trade_id": 109116693, "timestamp": self.timestamp}
        return entry | fields

    def trades(self, *trades: dict[str, object], kind: str = "update") -> bytes:
        return frame("trade", kind, ",".join(json.dumps(one) for one in trades))

    def rest(self, count: int = 500, **fields: object) -> bytes:
        """Return the reply of REST `Depth`: sizes of three digits."""
        sides = {}
        for name, side in (("asks", -1), ("bids", 1)):
            best = sorted((self.bids if side > 0 else self.asks).items(), reverse=side > 0)[:count]
            one = self.instrument
            sides[name] = [
                [f"{one.price(ticks):.5f}", f"{one.size(lots):.3f}", self.now_ms // 1000] for ticks, lots in best
            ]
        return dump({"error": [], "result": {self.instrument.symbol: sides | fields}})


def frame(channel: str, kind: str, *entries: str) -> bytes:
    """Return pushed data."""
    return f'{{"channel":"{channel}","type":"{kind}","data":[{",".join(entries)}]}}'.encode()


def deep_levels(count: int, tick: int = 1) -> tuple[Levels, Levels]:
    """Return bids and asks of so many levels."""
    bids = {1000 * tick - level: 10 + level % 7 for level in range(count)}
    return bids, {1000 * tick + 2 + level: 10 + level % 5 for level in range(count)}


def kraken_line(*instruments: Instrument, settings: Settings | None = None, trades: bool = True) -> Line:
    """Return an open line."""
    line = Line(KrakenConnection(instruments, settings=settings, trades=trades))  # type: ignore[arg-type]
    line.open()
    return line


def kraken_live(settings: Settings | None = None, instrument: Instrument = BTC) -> tuple[Line, KrakenMarket]:
    """Return a line whose one book is LIVE."""
    line, market = kraken_line(instrument, settings=settings), KrakenMarket(instrument)
    line.feed(acknowledged(instrument.symbol), market.snapshot())
    assert line.states == ["LIVE"]
    return line, market


def acknowledged(symbol: str, channel: str = "book", method: str = "subscribe", **fields: object) -> bytes:
    """Return the answer to a request about one symbol."""
    result: dict[str, object] = {"channel": channel, "symbol": symbol}
    if channel == "book":
        result["depth"] = 500
    return dump({"method": method, "result": result | fields, "success": True, "req_id": 1})


def left(symbol: str) -> bytes:
    """Return the answer to the end of a subscription."""
    return acknowledged(symbol, method="unsubscribe")


def refused(error: str, symbol: str = "", method: str = "subscribe", req_id: int = 1) -> bytes:
    """Return a refusal."""
    named = {"symbol": symbol} if symbol else {}
    return dump({"error": error, "method": method, "success": False, "req_id": req_id} | named)


def fine(instrument: Instrument) -> Instrument:
    """Return an instrument with a tick of a tenth."""
    return replace(instrument, tick=instrument.tick / 10)
