"""Frames of Coinbase Advanced Trade, numbered as one connection sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fillcast.core.instrument import Instrument
from fillcast.venues.coinbase.connection import CoinbaseConnection
from fillcast.venues.settings import Settings
from tests.venues.streams import START_MS, Edit, Line, Market, dump

BTC = Instrument("coinbase", "BTC-USD", "BTC", "USD", Decimal("0.1"), Decimal("0.001"))
ETH = Instrument("coinbase", "ETH-USD", "ETH", "USD", Decimal("0.01"), Decimal("0.001"))
SOL = Instrument("coinbase", "SOL-USD", "SOL", "USD", Decimal("0.01"), Decimal("0.001"))


def text_time(ms: int, digits: str = "000789") -> str:
    """Return a venue time with nine digits after the second, the last six as given."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{digits}Z"


class Venue:
    """The venue's end of one connection: its markets by product, and the number of its next message."""

    def __init__(self, *instruments: Instrument) -> None:
        self.markets = {one.symbol: Market(one) for one in instruments}
        self.number = 0

    def frame(self, channel: str, events: object, **fields: object) -> bytes:
        """Return the next message of any channel."""
        ms = max((market.now_ms for market in self.markets.values()), default=START_MS)
        head = {"channel": channel, "client_id": "", "timestamp": text_time(ms + 5), "sequence_num": self.number}
        self.number += 1
        return dump(head | {"events": events} | fields)

    def snapshot_event(self, symbol: str) -> dict[str, Any]:
        """Return the whole book of a product."""
        market = self.markets[symbol]
        return {
            "type": "snapshot",
            "product_id": symbol,
            "updates": [*levels("bid", market.texts(1), market), *levels("offer", market.texts(-1), market)],
        }

    def update_event(self, symbol: str, edits: Iterable[Edit] = ((1, 990, 7),)) -> dict[str, Any]:
        """Change a product's market and return the event that tells of it."""
        market, edits = self.markets[symbol], list(edits)
        market.apply(edits)
        bids, asks = (market.edit_texts(edits, side) for side in (1, -1))
        updates = [*levels("bid", bids, market), *levels("offer", asks, market)]
        return {"type": "update", "product_id": symbol, "updates": updates}

    def snapshot(self, *symbols: str) -> bytes:
        """Return one message with the books of some products, of the first where none is named."""
        return self.frame("l2_data", [self.snapshot_event(one) for one in symbols or list(self.markets)[:1]])

    def update(self, symbol: str = "BTC-USD", edits: Iterable[Edit] = ((1, 990, 7),), **fields: object) -> bytes:
        """Change a market and return the message that tells of it."""
        return self.frame("l2_data", [self.update_event(symbol, edits)], **fields)

    def trades(self, *trades: dict[str, object], kind: str = "update") -> bytes:
        """Return a message of trades; each differs from a usual one as given."""
        usual = {"trade_id": "71", "product_id": "BTC-USD", "price": "100.1", "size": "0.25", "side": "BUY"}
        usual["time"] = text_time(START_MS + 3)
        return self.frame("market_trades", [{"type": kind, "trades": [usual | one for one in trades or ({},)]}])

    def heartbeat(self) -> bytes:
        """Return what comes every second."""
        return self.frame("heartbeats", [{"current_time": "2023-11-14 22:13:20 +0000 UTC", "heartbeat_counter": 3}])

    def confirmed(self, **channels: list[str]) -> bytes:
        """Return the list of what is subscribed to."""
        return self.frame("subscriptions", [{"subscriptions": channels}])

    def ended(self, *symbols: str) -> bytes:
        """Return the list that answers the end of the subscriptions of some books, the others being listed."""
        return self.confirmed(level2=[one for one in self.markets if one not in symbols], heartbeats=["heartbeats"])


def levels(side: str, texts: list[list[str]], market: Market) -> list[dict[str, str]]:
    """Return levels as the venue writes them."""
    time = text_time(market.now_ms, "000000")
    return [{"side": side, "event_time": time, "price_level": price, "new_quantity": size} for price, size in texts]


def connected(*instruments: Instrument, settings: Settings | None = None, trades: bool = True) -> tuple[Line, Venue]:
    """Return an open line, and the venue's end of it."""
    followed = instruments or (BTC,)
    line = Line(CoinbaseConnection(followed, settings=settings, trades=trades))
    line.open()
    return line, Venue(*followed)


def live(*instruments: Instrument, settings: Settings | None = None) -> tuple[Line, Venue]:
    """Return a line whose books are all LIVE."""
    line, venue = connected(*instruments, settings=settings)
    line.feed(venue.snapshot(*venue.markets), venue.confirmed(level2=list(venue.markets), heartbeats=["heartbeats"]))
    assert line.states == ["LIVE"] * len(venue.markets)
    return line, venue


def asked(effects: Iterable[object]) -> list[tuple[str, str, list[str]]]:
    """Return the requests among effects: operation, channel, products."""
    texts = [json.loads(effect.text) for effect in effects if hasattr(effect, "text")]
    return [(one["type"], one["channel"], one.get("product_ids", [])) for one in texts]
