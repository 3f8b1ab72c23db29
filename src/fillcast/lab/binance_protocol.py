"""Binance as the lab speaks it: spot, USD-M and COIN-M, the first and the last under an address of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aiohttp import web

from fillcast.lab.binance_feed import TICKER, BinanceFeed
from fillcast.lab.binance_products import COINM, SPOT, USDM, BinanceProduct
from fillcast.lab.binance_rest import binance_routes
from fillcast.lab.binance_session import BinanceSession
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

ADDRESSES = ("/ws", "/ws/{streams:.*}", "/stream")


class BinanceProtocol(VenueProtocol):
    """One product of Binance: ids link the events, the first book over REST, streams in the address or by request.

    Parameters
    ----------
    product
        Which.
    listings
        What it lists.
    """

    refused: Mapping[FaultKind, str] = {FaultKind.CHECKSUM: "Binance sends no checksum"}

    def __init__(self, product: BinanceProduct, listings: tuple[Listing, ...]) -> None:
        self.product, self.listings = product, listings
        self.name, self.base = product.name, product.base
        self.channels = ("depth@100ms", TICKER, product.trades[0])
        leads = ("", *(f"/{route}" for route in product.routes))
        self.paths = tuple(f"{product.base}{lead}{path}" for lead in leads for path in ADDRESSES)
        self.spelling = Spelling(
            link=re.compile(rb'"pu":(\d+)' if product.futures else rb'"U":(\d+)'),
            level=re.compile(rb'\["(?P<price>[0-9.]+)","(?P<size>[0-9.]+)"'),
            sides=(b'"b":[', b'"a":['),
        )

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        return self.product.made_up(asset)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> BinanceFeed:
        """Return the frames of one instrument."""
        return BinanceFeed(self.product, listing, market, start)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection; streams may stand in the path or in `streams=`."""
        product, path = self.product, path.removeprefix(self.base)
        route = next((name for name in product.routes if path.startswith(f"/{name}/")), "")
        combined = path.endswith("/stream")
        named = query.get("streams", "") if combined else path.partition("/ws/")[2]
        # A path's tail without "@" is no stream: some clients number their connections there.
        streams = [name for name in named.split("/") if "@" in name]
        waits = (house.options.ping_s, product.ping_s or house.options.ping_s)
        return BinanceSession(
            route,
            streams,
            combined=combined,
            ping_s=min(waits),
            lead=product.lead,
            messages_per_second=product.messages_per_second,
        )

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return a combined address that names all topics."""
        names = [topic.removeprefix(self.product.lead) for topic in topics]
        return Dial(f"{self.base}/stream", {"streams": "/".join(names)})

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return binance_routes(self.product, house, self._feeds(house))

    def first_books(self, house: House) -> list[bytes]:
        """Return the REST depth of every feed."""
        depth = self.product.snapshot_depth
        return [feed.rest_depth(house.now(), depth) for feed in self._feeds(house).values()]

    def _feeds(self, house: House) -> dict[str, BinanceFeed]:
        return {symbol: feed for symbol, feed in house.feeds(self.name).items() if isinstance(feed, BinanceFeed)}


BINANCE_USDM = BinanceProtocol(
    USDM, (USDM.listing("BTC", "0.1", "0.001", pace=1.8), USDM.listing("ETH", "0.01", "0.001", pace=1.4))
)
BINANCE_SPOT = BinanceProtocol(
    SPOT, (SPOT.listing("BTC", "0.01", "0.00001", pace=1.0), SPOT.listing("ETH", "0.01", "0.0001", pace=1.0))
)
BINANCE_COINM = BinanceProtocol(
    COINM, (COINM.listing("BTC", "0.1", "1", pace=0.8), COINM.listing("ETH", "0.01", "1", pace=0.7))
)
