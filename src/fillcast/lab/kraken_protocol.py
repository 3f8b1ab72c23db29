"""Kraken v2 (spot) as the lab speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import Instrument
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.kraken_feed import TRADE, KrakenFeed
from fillcast.lab.kraken_rest import kraken_routes
from fillcast.lab.kraken_session import BOOK, KrakenSession
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "kraken"
PATH = "/v2"
CHECKSUM = re.compile(rb'"checksum":(\d+)')


def _listing(base: str, tick: str, lot: str) -> Listing:
    symbol = f"{base}/USD"
    return Listing(Instrument(NAME, symbol, base, "USD", Decimal(tick), Decimal(lot), fixed_decimals=True))


class KrakenProtocol(VenueProtocol):
    """Kraken v2: no ids at all, a CRC32 of the best ten in every message, books cut to the subscribed depth."""

    name = NAME
    listings = (_listing("BTC", "0.1", "0.00000001"), _listing("ETH", "0.01", "0.00000001"))
    channels = ("book-100", TRADE)
    paths = (PATH,)
    spelling = Spelling(
        link=CHECKSUM,
        level=re.compile(rb'\{"price":(?P<price>[0-9.]+),"qty":(?P<size>[0-9.]+)\}'),
        sides=(b'"bids":[', b'"asks":['),
        end=b"}]",
        checksum=CHECKSUM,
    )
    refused: Mapping[FaultKind, str] = {
        FaultKind.SEQUENCE_RESET: "Kraken's frames carry no ids",
        FaultKind.STALE_SNAPSHOT: "Kraken's book is one with its snapshot; use withheld_snapshot",
    }

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(NAME, f"{asset}/USD", asset, "USD", MADE_UP_TICK, MADE_UP_LOT, fixed_decimals=True)
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> KrakenFeed:
        """Return the frames of one instrument."""
        return KrakenFeed(listing, market)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = self._feeds(house)

        def first(topic: str) -> list[bytes]:
            _, channel, symbol = topic.split("/", 2)
            detail = f"a {channel} subscription got no snapshot"
            if channel != TRADE and house.withheld(FaultKind.WITHHELD_SNAPSHOT, NAME, symbol, detail):
                return []
            return [feeds[symbol].first(topic, house.now())]

        return KrakenSession(int(identity, 16), feeds, first, lambda: house.now().wall_ns)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return one request for each channel and depth."""
        symbols: dict[str, list[str]] = {}
        for topic in topics:
            _, channel, symbol = topic.split("/", 2)
            symbols.setdefault(channel, []).append(symbol)
        return Dial(PATH, requests=tuple(_request(channel, named) for channel, named in symbols.items()))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return kraken_routes(self._feeds(house))

    def _feeds(self, house: House) -> dict[str, KrakenFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, KrakenFeed)}


def _request(channel: str, symbols: list[str]) -> str:
    name, _, depth = channel.partition("-")
    params: dict[str, object] = {"channel": name, "symbol": symbols}
    if name == BOOK:
        params["depth"] = int(depth)
    return json.dumps({"method": "subscribe", "params": params})


KRAKEN = KrakenProtocol()
