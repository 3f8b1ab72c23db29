"""A book kept from frames as anybody would: JSON, dictionaries, exact decimals."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from fillcast.core.instrument import Instrument
from fillcast.lab.market import Market

Side = dict[Decimal, Decimal]


class DictBook:
    """Bids and asks by price; `last` is the id of the last applied frame."""

    def __init__(self) -> None:
        self.bids: Side = {}
        self.asks: Side = {}
        self.last = -1

    def okx(self, frame: bytes) -> None:
        message = json.loads(frame)
        data = message["data"][0]
        if message["action"] == "snapshot":
            assert data["prevSeqId"] == -1
            self.bids, self.asks = {}, {}
        else:
            assert data["prevSeqId"] == self.last, "chain"
        self.set(data["bids"], data["asks"])
        self.last = data["seqId"]

    def okx_rest(self, body: bytes) -> None:
        data = json.loads(body)
        self.bids, self.asks = {}, {}
        self.set(data["bids"], data["asks"])
        self.last = data["seqId"]

    def binance_rest(self, body: bytes) -> None:
        data = json.loads(body)
        self.bids, self.asks = {}, {}
        self.set(data["bids"], data["asks"])
        self.last = data["lastUpdateId"]

    def binance(self, frame: bytes, *, first: bool = False) -> None:
        data = json.loads(frame)
        if first:
            assert data["U"] <= self.last <= data["u"] or data["pu"] == self.last, "bridge"
        else:
            assert data["pu"] == self.last, "chain"
        self.set(data["b"], data["a"])
        self.last = data["u"]

    def binance_spot(self, frame: bytes, *, first: bool = False) -> None:
        data = json.loads(frame)
        assert "pu" not in data
        if first:
            assert data["U"] <= self.last + 1 <= data["u"], "bridge"
        else:
            assert data["U"] == self.last + 1, "chain"
        self.set(data["b"], data["a"])
        self.last = data["u"]

    def set(self, bids: list[list[Any]], asks: list[list[Any]]) -> None:
        for levels, side in ((bids, self.bids), (asks, self.asks)):
            for price, size, *_ in levels:
                if Decimal(size):
                    side[Decimal(price)] = Decimal(size)
                else:
                    side.pop(Decimal(price), None)

    def top(self, side: int, depth: int) -> list[tuple[Decimal, Decimal]]:
        levels = self.bids if side > 0 else self.asks
        return [(price, levels[price]) for price in sorted(levels, reverse=side > 0)[:depth]]


def engine_top(market: Market, instrument: Instrument, side: int, depth: int) -> list[tuple[Decimal, Decimal]]:
    """The engine's own best levels, in decimals."""
    found = market.top(side, depth)
    return [(instrument.price(level.ticks), instrument.size(level.lots)) for level in found]
