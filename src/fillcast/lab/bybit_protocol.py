"""Bybit v5 as the lab speaks it: spot, linear and inverse, each at an address of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.lab.bybit_feed import EVERY_MS, SPOT, TRADES, BybitFeed
from fillcast.lab.bybit_rest import bybit_routes
from fillcast.lab.bybit_session import SPOT_ARGS_MAX, BybitSession
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

LINEAR, INVERSE = "linear", "inverse"
CATEGORIES = (SPOT, LINEAR, INVERSE)


def _spot(base: str, tick: str, lot: str) -> Listing:
    return Listing(Instrument(f"bybit_{SPOT}", f"{base}USDT", base, "USDT", Decimal(tick), Decimal(lot)))


def _linear(base: str, tick: str, lot: str, pace: float) -> Listing:
    instrument = Instrument(
        f"bybit_{LINEAR}",
        f"{base}USDT",
        base,
        "USDT",
        Decimal(tick),
        Decimal(lot),
        settle="USDT",
        fixed_decimals=True,
    )
    return Listing(instrument, pace, price_places=2)


BTCUSD = Listing(
    Instrument(
        f"bybit_{INVERSE}",
        "BTCUSD",
        "BTC",
        "USD",
        Decimal("0.1"),
        Decimal(1),
        kind=ContractKind.INVERSE,
        sized_in="contracts",
        settle="BTC",
        fixed_decimals=True,
    ),
    pace=0.7,
    price_places=2,
)
LISTINGS = {
    SPOT: (_spot("BTC", "0.1", "0.000001"), _spot("ETH", "0.01", "0.00001")),
    LINEAR: (_linear("BTC", "0.1", "0.001", 1.3), _linear("ETH", "0.01", "0.01", 1.0)),
    INVERSE: (BTCUSD,),
}


class BybitProtocol(VenueProtocol):
    """Bybit v5: books of several depths in-band, `u` + 1 a message, a snapshot with `u` 1 after a restart.

    Parameters
    ----------
    category
        "spot", "linear" or "inverse".
    """

    channels = ("orderbook.50", TRADES)
    spelling = Spelling(
        link=re.compile(rb'"u":(\d+)'),
        level=re.compile(rb'\["(?P<price>[0-9.]+)","(?P<size>[0-9.]+)"'),
        sides=(b'"b":[', b'"a":['),
    )
    refused: Mapping[FaultKind, str] = {
        FaultKind.CHECKSUM: "Bybit sends no checksum",
        FaultKind.STALE_SNAPSHOT: "Bybit's book is one with its snapshot; use withheld_snapshot",
    }

    def __init__(self, category: str) -> None:
        self.category = category
        self.name = f"bybit_{category}"
        self.listings = LISTINGS[category]
        self.paths = (f"/v5/public/{category}",)

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        inverse = self.category == INVERSE
        quote = "USD" if inverse else "USDT"
        instrument = Instrument(
            self.name,
            f"{asset}{quote}",
            asset,
            quote,
            MADE_UP_TICK,
            Decimal(1) if inverse else MADE_UP_LOT,
            kind=ContractKind.INVERSE if inverse else ContractKind.LINEAR,
            sized_in="contracts" if inverse else "base",
            settle={SPOT: "", LINEAR: quote, INVERSE: asset}[self.category],
            fixed_decimals=self.category != SPOT,
        )
        return Listing(instrument, small=True, every_ms=EVERY_MS[50])

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> BybitFeed:
        """Return the frames of one instrument."""
        return BybitFeed(self.category, listing, market)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = _feeds(house, self.name)

        def first(topic: str) -> list[bytes]:
            channel, _, symbol = topic.rpartition(".")
            if channel.endswith(TRADES):
                return []
            detail = f"a subscription to {topic} got no snapshot"
            withheld = house.withheld(FaultKind.WITHHELD_SNAPSHOT, self.name, symbol, detail)
            return [] if withheld else [feeds[symbol].snapshot(topic, house.now())]

        return BybitSession(self.category, f"lab-{identity}", feeds, first)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return requests for all topics, each as long as spot allows."""
        args = [topic.partition("/")[2] for topic in topics]
        parts = [args[start : start + SPOT_ARGS_MAX] for start in range(0, len(args), SPOT_ARGS_MAX)]
        return Dial(self.paths[0], requests=tuple(json.dumps({"op": "subscribe", "args": part}) for part in parts))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return the REST routes: one address tells of all categories, so spot's protocol brings them."""
        if self.category != SPOT:
            return []
        return bybit_routes({category: _feeds(house, f"bybit_{category}") for category in CATEGORIES})


def _feeds(house: House, name: str) -> dict[str, BybitFeed]:
    return {symbol: feed for symbol, feed in house.feeds(name).items() if isinstance(feed, BybitFeed)}


BYBIT_SPOT, BYBIT_LINEAR, BYBIT_INVERSE = (BybitProtocol(category) for category in CATEGORIES)
