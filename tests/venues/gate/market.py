"""A market that knows the truth, and the frames in which Gate would tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fillcast.core.instrument import Instrument
from fillcast.venues.gate.connection import GateConnection, GateObuConnection, GateUpdateConnection
from tests.venues.streams import Edit, Line, Market, dump, fetches

PAIR = Instrument("gate", "BTC_USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
OTHER = Instrument("gate", "ETH_USDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.001"))


@dataclass
class Gate(Market):
    """A market and the frames in which Gate would tell of it."""

    def pushed(self, channel: str, result: object, **fields: object) -> bytes:
        frame: dict[str, object] = {"time": self.now_ms // 1000, "time_ms": self.now_ms + 5, "channel": channel}
        return dump(frame | {"event": "update", "result": result} | fields)

    def levels(self) -> dict[str, object]:
        return {"b": self.texts(1), "a": self.texts(-1)}

    def edit(self, edits: list[Edit], step: int) -> dict[str, object]:
        self.apply(edits, step)
        ids = {"t": self.now_ms, "U": self.before + 1, "u": self.last}
        return ids | {"b": self.edit_texts(edits, 1), "a": self.edit_texts(edits, -1)}

    # spot.obu

    def obu(self, result: dict[str, object], level: int = 400) -> bytes:
        return self.pushed("spot.obu", {"s": f"ob.{self.instrument.symbol}.{level}"} | result)

    def full(self, **fields: object) -> bytes:
        return self.obu({"t": self.now_ms, "full": True, "u": self.last} | self.levels() | fields)

    def change(self, edits: list[Edit] | None = None, step: int = 3, **fields: object) -> bytes:
        return self.obu(self.edit([(1, 990, 7)] if edits is None else edits, step) | fields)

    # spot.order_book_update

    def update(self, edits: list[Edit] | None = None, step: int = 3, **fields: object) -> bytes:
        result = {"e": "depthUpdate", "E": self.now_ms // 1000, "s": self.instrument.symbol}
        result |= self.edit([(1, 990, 7)] if edits is None else edits, step)
        return self.pushed("spot.order_book_update", result | fields)

    def rest(self, **fields: object) -> bytes:
        body: dict[str, object] = {"id": self.last, "current": self.now_ms + 9, "update": self.now_ms}
        return dump(body | {"asks": self.texts(-1), "bids": self.texts(1)} | fields)

    def trade(self, **fields: object) -> bytes:
        trade: dict[str, object] = {"id": 816996977, "create_time": 1619093560, "create_time_ms": "1619093560720.907"}
        trade |= {"side": "sell", "currency_pair": self.instrument.symbol, "amount": "0.3760000000", "price": "100.10"}
        return self.pushed("spot.trades", trade | fields)


def obu(*instruments: Instrument) -> tuple[Line, list[Gate]]:
    """Return a line whose books are LIVE by `spot.obu`."""
    markets = [Gate(one) for one in instruments or (PAIR,)]
    line = Line(GateObuConnection([one.instrument for one in markets]), ended)
    line.open()
    line.feed(*(market.full() for market in markets))
    assert set(line.states) == {"LIVE"}
    return line, markets


def ended(request: dict[str, object]) -> bytes | None:
    """Return the confirmation that a subscription has ended."""
    if request.get("event") != "unsubscribe":
        return None
    answer = {"time": 1, "id": request["id"], "channel": request["channel"], "event": "unsubscribe"}
    return dump(answer | {"error": None, "result": {"status": "success"}})


def updates(*instruments: Instrument) -> tuple[Line, list[Gate]]:
    """Return a line whose books are LIVE by `spot.order_book_update`."""
    markets = [Gate(one) for one in instruments or (PAIR,)]
    line = Line(GateUpdateConnection([one.instrument for one in markets]))
    line.open()
    for market in markets:
        (fetch,) = fetches(line.feed(market.update()))
        line.reply(fetch, market.rest())
        line.feed(market.update())
    assert set(line.states) == {"LIVE"}
    return line, markets


def lives(line: Line, market: Gate) -> bool:
    """Whether the first book is LIVE and holds what the market does."""
    connection = line.connection
    assert isinstance(connection, GateConnection)
    return line.states[0] == "LIVE" and market.same_as(connection.books[0])
