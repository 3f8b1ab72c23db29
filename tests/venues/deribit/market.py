"""A market that knows the truth, and the frames in which Deribit would tell of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.venues.deribit.connection import DeribitConnection
from fillcast.venues.protocol import Effect
from tests.venues.streams import Edit, Line, Market, dump, sent

PERPETUAL = Instrument(
    "deribit",
    "BTC-PERPETUAL",
    "BTC",
    "USD",
    Decimal("0.5"),
    Decimal(10),
    ContractKind.INVERSE,
    sized_in="contracts",
    settle="BTC",
    fee_group="perpetual",
)
SPOT = Instrument("deribit", "BTC_USDC", "BTC", "USDC", Decimal("0.01"), Decimal("0.0001"), fee_group="spot")


@dataclass
class Deribit(Market):
    """A market and the frames in which Deribit would tell of it."""

    def pushed(self, data: object, channel: str = "book.{}.100ms") -> bytes:
        params = {"channel": channel.format(self.instrument.symbol), "data": data}
        return dump({"jsonrpc": "2.0", "method": "subscription", "params": params})

    def numbers(self, action: str, levels: list[list[str]]) -> list[list[object]]:
        """Return levels with JSON numbers, as Python writes floats."""
        return [["delete" if float(size) == 0 else action, float(price), float(size)] for price, size in levels]

    def snapshot(self, **fields: object) -> bytes:
        data: dict[str, object] = {"type": "snapshot", "timestamp": self.now_ms, "change_id": self.last}
        data |= {"instrument_name": self.instrument.symbol}
        data |= {"bids": self.numbers("new", self.texts(1)), "asks": self.numbers("new", self.texts(-1))}
        return self.pushed(data | fields)

    def change(self, edits: list[Edit] | None = None, step: int = 7, **fields: object) -> bytes:
        edits = [(1, 990, 7)] if edits is None else edits
        self.apply(edits, step)
        data: dict[str, object] = {"type": "change", "timestamp": self.now_ms, "change_id": self.last}
        data |= {"prev_change_id": self.before, "instrument_name": self.instrument.symbol}
        data |= {"bids": self.numbers("change", self.edit_texts(edits, 1))}
        data |= {"asks": self.numbers("change", self.edit_texts(edits, -1))}
        return self.pushed(data | fields)

    def trades(self, *changes: dict[str, object]) -> bytes:
        entry: dict[str, object] = {"trade_seq": 7, "trade_id": "ETH-2696083", "timestamp": self.now_ms}
        entry |= {"instrument_name": self.instrument.symbol, "price": 500.5, "amount": 120.0, "direction": "sell"}
        entry |= {"mark_price": 500.61, "index_price": 500.7, "tick_direction": 2}
        return self.pushed([entry | change for change in changes], "trades.{}.100ms")


def started() -> tuple[Line, Deribit]:
    """Return a line whose one book is LIVE."""
    line, market = Line(DeribitConnection([PERPETUAL]), ended), Deribit(PERPETUAL)
    line.open()
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]
    return line, market


def two() -> tuple[Line, Deribit, Deribit]:
    """A line whose two books are LIVE."""
    line, market, other = Line(DeribitConnection([PERPETUAL, SPOT]), ended), Deribit(PERPETUAL), Deribit(SPOT)
    line.open()
    line.feed(market.snapshot(), other.snapshot())
    assert line.states == ["LIVE", "LIVE"]
    return line, market, other


def ended(request: dict[str, object]) -> bytes | None:
    """Return the confirmation that subscriptions have ended."""
    if request["method"] != "public/unsubscribe":
        return None
    params = request["params"]
    assert isinstance(params, dict)
    return dump({"jsonrpc": "2.0", "id": request["id"], "result": params["channels"]})


def calls(effects: Iterable[Effect]) -> list[tuple[object, object]]:
    """Return the method and the channels of each request."""
    return [(one["method"], one["params"].get("channels")) for one in sent(effects)]
