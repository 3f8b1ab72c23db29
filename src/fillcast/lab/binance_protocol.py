"""Binance USD-M as the lab speaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import Instrument
from fillcast.lab.binance_feed import SNAPSHOT_DEPTH, BinanceFeed
from fillcast.lab.binance_rest import binance_routes
from fillcast.lab.binance_session import BinanceSession
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "binance_usdm"
ROUTES = ("public", "market")  # what the venue's split addresses begin with
ADDRESSES = ("/ws", "/ws/{streams:.*}", "/stream")


def _listing(base: str, tick: str, lot: str, pace: float) -> Listing:
    instrument = Instrument(
        NAME, f"{base}USDT", base, "USDT", Decimal(tick), Decimal(lot), settle="USDT", fixed_decimals=True
    )
    return Listing(instrument, pace)


class BinanceProtocol(VenueProtocol):
    """Binance USD-M: `pu` links, the first book over REST, streams in the address or by request."""

    name = NAME
    listings = (_listing("BTC", "0.1", "0.001", 1.8), _listing("ETH", "0.01", "0.001", 1.4))
    channels = ("depth@100ms", "bookTicker", "aggTrade")
    paths = ADDRESSES + tuple(f"/{route}{path}" for route in ROUTES for path in ADDRESSES)
    spelling = Spelling(
        link=re.compile(rb'"pu":(\d+)'),
        level=re.compile(rb'\["(?P<price>[0-9.]+)","(?P<size>[0-9.]+)"'),
        sides=(b'"b":[', b'"a":['),
    )
    refused: Mapping[FaultKind, str] = {FaultKind.CHECKSUM: "Binance sends no checksum"}

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(
            NAME, f"{asset}USDT", asset, "USDT", MADE_UP_TICK, MADE_UP_LOT, settle="USDT", fixed_decimals=True
        )
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> BinanceFeed:
        """Return the frames of one instrument."""
        return BinanceFeed(listing, market, start)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection; streams may stand in the path or in `streams=`."""
        route = next((name for name in ROUTES if path.startswith(f"/{name}/")), "")
        combined = path.endswith("/stream")
        named = query.get("streams", "") if combined else path.partition("/ws/")[2]
        # A path's tail without "@" is no stream: some clients number their connections there.
        streams = [name for name in named.split("/") if "@" in name]
        return BinanceSession(route, streams, combined=combined, ping_s=house.options.ping_s)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return a combined address that names all topics."""
        return Dial("/stream", {"streams": "/".join(topics)})

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return binance_routes(NAME, house, self._feeds(house))

    def first_books(self, house: House) -> list[bytes]:
        """Return the REST depth of every feed."""
        return [feed.rest_depth(house.now(), SNAPSHOT_DEPTH) for feed in self._feeds(house).values()]

    def _feeds(self, house: House) -> dict[str, BinanceFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, BinanceFeed)}


BINANCE_USDM = BinanceProtocol()
