"""Coinbase Advanced Trade as the lab speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import Instrument
from fillcast.lab.coinbase_feed import LEVEL2, MARKET_TRADES, CoinbaseFeed
from fillcast.lab.coinbase_rest import coinbase_routes
from fillcast.lab.coinbase_session import CoinbaseSession
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "coinbase"
PATH = "/"


def _listing(base: str, tick: str, lot: str) -> Listing:
    return Listing(Instrument(NAME, f"{base}-USD", base, "USD", Decimal(tick), Decimal(lot)))


class CoinbaseProtocol(VenueProtocol):
    """Coinbase Advanced Trade: one count of messages for all channels of a connection, whole books in-band."""

    name = NAME
    listings = (_listing("BTC", "0.01", "0.00000001"), _listing("ETH", "0.01", "0.00000001"))
    channels = (LEVEL2, MARKET_TRADES)
    paths = (PATH,)
    spelling = Spelling(
        link=re.compile(rb'"sequence_num":(\d+)'),
        level=re.compile(
            rb'\{"side":"(?P<side>bid|offer)","event_time":"[^"]*","price_level":"(?P<price>[0-9.]+)",'
            rb'"new_quantity":"(?P<size>[0-9.]+)"\}'
        ),
        sides=None,
    )
    refused: Mapping[FaultKind, str] = {
        FaultKind.CHECKSUM: "Coinbase sends no checksum",
        FaultKind.STALE_SNAPSHOT: "Coinbase's book is one with its snapshot; use withheld_snapshot",
    }

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(NAME, f"{asset}-USD", asset, "USD", MADE_UP_TICK, MADE_UP_LOT)
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> CoinbaseFeed:
        """Return the frames of one product."""
        return CoinbaseFeed(listing, market)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = self._feeds(house)

        def first(topic: str) -> list[bytes]:
            _, channel, symbol = topic.split("/", 2)
            detail = "a level2 subscription got no snapshot"
            if channel == LEVEL2 and house.withheld(FaultKind.WITHHELD_SNAPSHOT, NAME, symbol, detail):
                return []
            return [feeds[symbol].first(topic, house.now())]

        return CoinbaseSession(feeds, first, lambda: house.now().wall_ns)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return one request for each channel."""
        products: dict[str, list[str]] = {}
        for topic in topics:
            _, channel, symbol = topic.split("/", 2)
            products.setdefault(channel, []).append(symbol)
        requests = [
            json.dumps({"type": "subscribe", "product_ids": named, "channel": channel})
            for channel, named in products.items()
        ]
        return Dial(PATH, requests=tuple(requests))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return coinbase_routes(self._feeds(house))

    def _feeds(self, house: House) -> dict[str, CoinbaseFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, CoinbaseFeed)}


COINBASE = CoinbaseProtocol()
