"""Deribit as the lab speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.lab.deribit_feed import DeribitFeed
from fillcast.lab.deribit_rest import deribit_routes
from fillcast.lab.deribit_session import DeribitSession
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "deribit"
PATH = "/ws/api/v2"


def _inverse(base: str, tick: str, lot: str, pace: float) -> Listing:
    instrument = Instrument(
        NAME,
        f"{base}-PERPETUAL",
        base,
        "USD",
        Decimal(tick),
        Decimal(lot),
        kind=ContractKind.INVERSE,
        sized_in="contracts",
        settle=base,
    )
    return Listing(instrument, pace, price_places=1, size_places=1)


BTC_USDC = Listing(
    Instrument(NAME, "BTC_USDC-PERPETUAL", "BTC", "USDC", Decimal("0.5"), Decimal("0.0001"), settle="USDC"),
    0.5,
    price_places=1,
    size_places=1,
)


class DeribitProtocol(VenueProtocol):
    """Deribit: JSON-RPC, chained change ids, JSON numbers, sizes of inverse contracts in USD."""

    name = NAME
    listings = (_inverse("BTC", "0.5", "10", 0.8), _inverse("ETH", "0.05", "1", 0.7), BTC_USDC)
    channels = ("book.100ms", "trades.100ms")
    paths = (PATH,)
    spelling = Spelling(
        link=re.compile(rb'"prev_change_id":(\d+)'),
        level=re.compile(rb'\["(?:new|change|delete)",(?P<price>[0-9.]+),(?P<size>[0-9.]+)\]'),
        sides=(b'"bids":[', b'"asks":['),
    )
    refused: Mapping[FaultKind, str] = {
        FaultKind.CHECKSUM: "Deribit sends no checksum",
        FaultKind.STALE_SNAPSHOT: "Deribit's book is one with its snapshot; use withheld_snapshot",
    }

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(
            NAME, f"{asset}_USDC-PERPETUAL", asset, "USDC", MADE_UP_TICK, MADE_UP_LOT, settle="USDC"
        )
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS, price_places=1, size_places=1)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> DeribitFeed:
        """Return the frames of one instrument."""
        return DeribitFeed(listing, market)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = self._feeds(house)
        owners = {topic: feed for feed in feeds.values() for topic in feed.topics.values()}

        def first(topic: str) -> list[bytes]:
            feed = owners[topic]
            if topic not in feed.books:
                return []
            detail = f"a subscription to {topic} got no snapshot"
            withheld = house.withheld(FaultKind.WITHHELD_SNAPSHOT, NAME, feed.symbol, detail)
            return [] if withheld else [feed.snapshot(topic, house.now())]

        return DeribitSession(owners, first, lambda: house.now().wall_ns)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return one request for all topics."""
        request = {"jsonrpc": "2.0", "id": 1, "method": "public/subscribe", "params": {"channels": list(topics)}}
        return Dial(PATH, requests=(json.dumps(request),))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return deribit_routes(self._feeds(house))

    def _feeds(self, house: House) -> dict[str, DeribitFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, DeribitFeed)}


DERIBIT = DeribitProtocol()
