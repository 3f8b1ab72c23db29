"""Markets that know the truth, and the frames in which OKX and Binance would tell of them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from fillcast.core.book import Book
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import BinanceConnection, Product
from fillcast.venues.protocol import Effect, Effects, Fetch, Gap, Recovered, Refused, Rejected, Send
from fillcast.venues.settings import Settings
from fillcast.venues.splicing import SplicingConnection

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
START_MS = 1_700_000_000_000

OKX = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
OKX_OTHER = Instrument("okx", "ETH-USDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.001"))
SPOT = Instrument("binance_spot", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"), fixed_decimals=True)
USDM = Instrument("binance_usdm", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"), fixed_decimals=True)
USDM_OTHER = Instrument(
    "binance_usdm", "ETHUSDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.001"), fixed_decimals=True
)
COINM = Instrument(
    "binance_coinm",
    "BTCUSD_PERP",
    "BTC",
    "USD",
    Decimal("0.1"),
    Decimal(1),
    ContractKind.INVERSE,
    Decimal(100),
    sized_in="contracts",
    fixed_decimals=True,
)

PRODUCTS = {SPOT.venue: (binance.SPOT, SPOT), USDM.venue: (binance.USDM, USDM), COINM.venue: (binance.COINM, COINM)}
DEPTH_AND_TRADES = ("depth@100ms", "trade", "bookTicker")

Levels = dict[int, int]  # lots by ticks
Edit = tuple[int, int, int]  # side, ticks, lots


@dataclass
class Market:
    """One market: its levels, its last id, and the edits since the last frame.

    `step` is how far ids move with every edit; real ids move irregularly.
    """

    instrument: Instrument
    bids: Levels = field(default_factory=lambda: {1000 - level: 10 + level for level in range(20)})
    asks: Levels = field(default_factory=lambda: {1002 + level: 10 + level for level in range(20)})
    last: int = 100
    before: int = 90  # id of the frame before
    now_ms: int = START_MS

    def apply(self, edits: Iterable[Edit], step: int = 1) -> None:
        """Change levels; ids and time move on."""
        self.before = self.last
        for side, ticks, lots in edits:
            levels = self.bids if side > 0 else self.asks
            if lots:
                levels[ticks] = lots
            else:
                levels.pop(ticks, None)
        self.last += step
        self.now_ms += 100

    def texts(self, side: int, limit: int | None = None) -> list[list[str]]:
        """Return (price, size) texts of a side, best first."""
        levels = sorted((self.bids if side > 0 else self.asks).items(), reverse=side > 0)[:limit]
        return [[self.instrument.price_text(ticks), self.instrument.size_text(lots)] for ticks, lots in levels]

    def edit_texts(self, edits: Iterable[Edit], side: int) -> list[list[str]]:
        """Return (price, size) texts of the edits of a side."""
        one = self.instrument
        return [[one.price_text(ticks), one.size_text(lots)] for way, ticks, lots in edits if way == side]

    def same_as(self, book: Book) -> bool:
        """Whether a book holds exactly these levels."""
        for side, levels in ((1, self.bids), (-1, self.asks)):
            ticks, lots = book.levels(side)
            if dict(zip(ticks.tolist(), lots.tolist(), strict=True)) != levels:
                return False
        return True

    # OKX.

    def okx(self, action: str, bids: list[list[str]], asks: list[list[str]], **fields: object) -> bytes:
        """Return a `books` frame."""
        entry: dict[str, object] = {
            "asks": [[*level, "0", "1"] for level in asks],
            "bids": [[*level, "0", "1"] for level in bids],
            "ts": str(self.now_ms),
            "checksum": 0,
            "seqId": self.last,
            "prevSeqId": -1 if action == "snapshot" else self.before,
        }
        entry.update(fields)
        argument = {"channel": "books", "instId": self.instrument.symbol}
        return dump({"arg": argument, "action": action, "data": [entry]})

    def okx_snapshot(self, **fields: object) -> bytes:
        """Return the whole book as the stream's own snapshot."""
        return self.okx("snapshot", self.texts(1), self.texts(-1), **fields)

    def okx_update(self, edits: Iterable[Edit] = ((1, 990, 7),), step: int = 1, **fields: object) -> bytes:
        """Change the market and return the frame that tells of it."""
        edits = list(edits)
        self.apply(edits, step)
        return self.okx("update", self.edit_texts(edits, 1), self.edit_texts(edits, -1), **fields)

    def okx_keepalive(self) -> bytes:
        """Return the message that OKX sends when nothing has changed for a minute."""
        return self.okx("update", [], [], prevSeqId=self.last)

    def okx_rest(self, **fields: object) -> bytes:
        """Return the reply of `market/books`."""
        entry: dict[str, object] = {
            "asks": [[*level, "0", "1"] for level in self.texts(-1)],
            "bids": [[*level, "0", "1"] for level in self.texts(1)],
            "ts": str(self.now_ms),
            "seqId": self.last,
        }
        entry.update(fields)
        return dump({"code": "0", "msg": "", "data": [entry]})

    # Binance.

    def depth(self, edits: Iterable[Edit] = ((1, 990, 7),), step: int = 3, **fields: object) -> bytes:
        """Change the market and return the combined stream's `depthUpdate`."""
        edits = list(edits)
        self.apply(edits, step)
        spot = self.instrument.venue == "binance_spot"
        event: dict[str, object] = {"e": "depthUpdate", "E": self.now_ms + 5}
        if not spot:
            event["T"] = self.now_ms
        event |= {"s": self.instrument.symbol, "U": self.before + 1, "u": self.last}
        if not spot:
            event["pu"] = self.before
        event |= {"b": self.edit_texts(edits, 1), "a": self.edit_texts(edits, -1)}
        event.update(fields)
        return self.stream("depth@100ms", event)

    def stream(self, name: str, event: dict[str, object]) -> bytes:
        """Return an event wrapped as the combined stream wraps it."""
        return dump({"stream": f"{self.instrument.symbol.lower()}@{name}", "data": event})

    def ticker(self, **fields: object) -> bytes:
        """Return a `bookTicker` of the market as it stands."""
        (bid, bid_size), (ask, ask_size) = self.texts(1, 1)[0], self.texts(-1, 1)[0]
        event: dict[str, object] = {"e": "bookTicker", "u": self.last, "s": self.instrument.symbol}
        event |= {"b": bid, "B": bid_size, "a": ask, "A": ask_size, "T": self.now_ms, "E": self.now_ms}
        event.update(fields)
        return self.stream("bookTicker", event)

    def rest(self, **fields: object) -> bytes:
        """Return the reply of `depth`."""
        body: dict[str, object] = {"lastUpdateId": self.last, "E": self.now_ms, "T": self.now_ms}
        body |= {"bids": self.texts(1), "asks": self.texts(-1)}
        body.update(fields)
        return dump(body)


def dump(value: object) -> bytes:
    """Return JSON as venues send it, without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def sent(effects: Iterable[Effect]) -> list[dict[str, object]]:
    """Return the JSON requests among effects."""
    return [json.loads(effect.text) for effect in effects if isinstance(effect, Send) and effect.text != "ping"]


def fetches(effects: Iterable[Effect]) -> list[Fetch]:
    """Return the REST requests among effects."""
    return [effect for effect in effects if isinstance(effect, Fetch)]


def of(kind: type[Effect], effects: Iterable[Effect]) -> list[Effect]:
    """Return the effects of one kind."""
    return [effect for effect in effects if isinstance(effect, kind)]


def okx_text_checksum(book: Book) -> tuple[str, int]:
    """Return the checksum text of a book and its CRC32, spelled out from the venue's rule."""
    one = book.instrument
    sides = []
    for side in (1, -1):
        ticks, lots = book.levels(side, 25)
        sides.append([(one.price_text(price), one.size_text(size)) for price, size in zip(ticks, lots, strict=True)])
    parts: list[str] = []
    for rank in range(25):
        for levels in sides:
            if rank < len(levels):
                parts += levels[rank]
    text = ":".join(parts)
    return text, int(np.int32(np.uint32(zlib.crc32(text.encode()))))


class Line:
    """One connection driven by hand: every input comes at `now_ns`, of both clocks; notices are kept.

    `ended` is the venue's answer to a request that ends subscriptions, None to any other; it comes at once.
    """

    def __init__(
        self, connection: SplicingConnection, ended: Callable[[dict[str, object]], bytes | None] | None = None
    ) -> None:
        self.connection = connection
        self.ended = ended
        self.now_ns = START_MS * MILLISECOND
        self.notices: list[Effect] = []

    def keep(self, effects: Effects) -> list[Effect]:
        """Keep the notices of one input and return all its effects."""
        self.notices += [effect for effect in effects if isinstance(effect, Gap | Recovered | Rejected | Refused)]
        kept = list(effects)
        for request in sent(effects) if self.ended is not None else ():
            answer = self.ended(request)
            if answer is not None:
                kept += self.keep(self.connection.frame(answer, self.now_ns, self.now_ns))
        return kept

    def open(self) -> list[Effect]:
        """Open the socket."""
        return self.keep(self.connection.opened(self.now_ns, self.now_ns))

    def close(self, reason: str = "reset by peer") -> list[Effect]:
        """Lose the socket."""
        return self.keep(self.connection.closed(reason, self.now_ns, self.now_ns))

    def feed(self, *frames: bytes, late_ms: int = 0) -> list[Effect]:
        """Receive frames 100 ms apart; `late_ms` later than they were sent."""
        effects = []
        for frame in frames:
            self.now_ns += 100 * MILLISECOND
            wall_ns = self.now_ns + late_ms * MILLISECOND
            effects += self.keep(self.connection.frame(frame, wall_ns, self.now_ns))
        return effects

    def reply(self, fetch: Fetch, body: bytes, status: int = 200) -> list[Effect]:
        """Answer a REST request."""
        self.now_ns += 10 * MILLISECOND
        return self.keep(self.connection.reply(fetch.request_id, status, body, self.now_ns, self.now_ns))

    def wait(self, seconds: float, *, step_ms: int = 250) -> list[Effect]:
        """Let time pass with nothing but the timer."""
        effects: list[Effect] = []
        for _ in range(round(seconds * 1000 / step_ms)):
            self.now_ns += step_ms * MILLISECOND
            effects += self.keep(self.connection.tick(self.now_ns, self.now_ns))
        return effects

    @property
    def gaps(self) -> list[Gap]:
        """Gaps so far."""
        return [notice for notice in self.notices if isinstance(notice, Gap)]

    @property
    def reasons(self) -> list[str]:
        """Reasons of the gaps so far."""
        return [str(gap.reason) for gap in self.gaps]

    @property
    def recovered(self) -> list[Recovered]:
        """Recoveries so far."""
        return [notice for notice in self.notices if isinstance(notice, Recovered)]

    @property
    def states(self) -> list[str]:
        """States of the books."""
        return [book.state.name for book in self.connection.books]


def connect(
    product: Product, *instruments: Instrument, settings: Settings | None = None, fast: bool = True
) -> BinanceConnection:
    """Return a connection to a combined stream of a Binance product."""
    return BinanceConnection(product, "/stream", instruments, DEPTH_AND_TRADES, settings=settings, fast=fast)


def started(
    product: Product, instrument: Instrument, settings: Settings | None = None, *, fast: bool = True
) -> tuple[Line, Market]:
    """Return a line whose one Binance book is LIVE."""
    line, market = Line(connect(product, instrument, settings=settings, fast=fast)), Market(instrument)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    return line, market


def usdm(settings: Settings | None = None, *, fast: bool = True) -> tuple[Line, Market]:
    """Return a line whose one USD-M book is LIVE."""
    return started(binance.USDM, USDM, settings, fast=fast)


def lost(market: Market) -> bytes:
    """Lose one Binance update and return the next."""
    market.depth([(1, 1000, 99)])
    return market.depth()


def okx_lost(market: Market) -> bytes:
    """Lose one OKX update and return the next."""
    market.apply([(1, 995, 99)], 12)
    return market.okx_update()


def okx_ack(channel: str = "books", symbol: str = "BTC-USDT") -> bytes:
    """Return OKX's confirmation of a subscription."""
    return dump({"event": "subscribe", "arg": {"channel": channel, "instId": symbol}, "connId": "a4d3ae55"})
