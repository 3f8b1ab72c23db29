"""A market that knows the truth, and the frames in which Bybit v5 would tell of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.venues.bybit.connection import BybitConnection
from fillcast.venues.settings import Settings
from tests.venues.streams import Edit, Line, Market, dump

SPOT = Instrument("bybit_spot", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
LINEAR = Instrument("bybit_linear", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"), settle="USDT")
OTHER = Instrument("bybit_linear", "ETHUSDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.001"), settle="USDT")
INVERSE = Instrument(
    "bybit_inverse",
    "BTCUSD",
    "BTC",
    "USD",
    Decimal("0.1"),
    Decimal(1),
    ContractKind.INVERSE,
    sized_in="contracts",
    settle="BTC",
)


@dataclass
class BybitMarket(Market):
    """One market as one topic tells of it: `u` is `last`, and every message has the next."""

    depth: int = 200

    def book(self, kind: str, bids: list[list[str]], asks: list[list[str]], **fields: object) -> bytes:
        """Return an `orderbook` frame; `fields` replace those of the data, or of the frame where it has them."""
        data: dict[str, object] = {"s": self.instrument.symbol, "b": bids, "a": asks, "u": self.last, "seq": 7}
        frame: dict[str, object] = {"topic": f"orderbook.{self.depth}.{self.instrument.symbol}"}
        head = {"type": kind, "ts": self.now_ms + 3}
        if self.instrument.venue == "bybit_spot":
            head = dict(reversed(head.items()))
        frame |= head | {"data": data, "cts": self.now_ms}
        for name, value in fields.items():
            (frame if name in frame else data)[name] = value
        return dump(frame)

    def snapshot(self, **fields: object) -> bytes:
        """Return the whole book."""
        return self.book("snapshot", self.texts(1, self.depth), self.texts(-1, self.depth), **fields)

    def delta(self, edits: Iterable[Edit] = ((1, 990, 7),), **fields: object) -> bytes:
        """Change the market and return the frame that tells of it."""
        edits = list(edits)
        self.apply(edits)
        return self.book("delta", self.edit_texts(edits, 1), self.edit_texts(edits, -1), **fields)

    def lost(self) -> bytes:
        """Lose one update and return the next."""
        self.delta([(1, 995, 99)])
        return self.delta()

    def trades(self, *entries: dict[str, object]) -> bytes:
        """Return a `publicTrade` frame."""
        topic = f"publicTrade.{self.instrument.symbol}"
        return dump({"topic": topic, "type": "snapshot", "ts": self.now_ms + 3, "data": list(entries)})

    def trade(self, side: str = "Buy", **fields: object) -> dict[str, object]:
        """Return one entry of it."""
        entry: dict[str, object] = {"T": self.now_ms, "s": self.instrument.symbol, "S": side, "v": "0.12", "p": "100.1"}
        entry |= {"L": "PlusTick", "i": "20f43950-d8dd-5b31-9112-a178eb6023af", "BT": False, "RPI": False, "seq": 7}
        return entry | fields


def bybit_line(*instruments: Instrument, settings: Settings | None = None, touch: bool = False) -> Line:
    """Return an opened line of a connection that follows some instruments of one product."""
    category = instruments[0].venue.removeprefix("bybit_")
    line = Line(BybitConnection(category, instruments, settings=settings, touch=touch), ended)  # type: ignore[arg-type]
    line.open()
    return line


def bybit_live(
    instrument: Instrument = LINEAR, *, settings: Settings | None = None, touch: bool = False
) -> tuple[Line, BybitMarket]:
    """Return a line whose one book is LIVE."""
    line, market = bybit_line(instrument, settings=settings, touch=touch), BybitMarket(instrument)
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]
    return line, market


def ended(request: dict[str, object]) -> bytes | None:
    """Return the confirmation that subscriptions have ended."""
    return acknowledged(request) if request["op"] == "unsubscribe" else None


def acknowledged(request: object, **fields: object) -> bytes:
    """Return the answer to a request, a success unless `fields` say otherwise."""
    asked = dict(request)  # type: ignore[call-overload]
    answer = {"success": True, "ret_msg": "", "conn_id": "d9avt8sb86tr31f6ej90-d0qm8", "req_id": asked["req_id"]}
    return dump(answer | {"op": asked["op"]} | fields)
