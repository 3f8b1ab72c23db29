"""OKX v5 as the lab speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.units import NS_PER_S
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.okx_feed import FULL_DEPTH, OkxFeed
from fillcast.lab.okx_rest import okx_not_found, okx_routes
from fillcast.lab.okx_session import OkxSession
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "okx"
PATH = "/ws/v5/public"


def _spot(base: str, tick: str, lot: str) -> Listing:
    return Listing(Instrument(NAME, f"{base}-USDT", base, "USDT", Decimal(tick), Decimal(lot), fee_group="1"))


LISTINGS = (
    _spot("BTC", "0.1", "0.00000001"),
    _spot("ETH", "0.01", "0.000001"),
    Listing(
        Instrument(
            NAME,
            "BTC-USDT-SWAP",
            "BTC",
            "USDT",
            Decimal("0.1"),
            Decimal("0.01"),
            contract_value=Decimal("0.01"),
            sized_in="contracts",
            settle="USDT",
            fee_group="1",
        ),
        pace=1.3,
    ),
    Listing(
        Instrument(
            NAME,
            "BTC-USD-SWAP",
            "BTC",
            "USD",
            Decimal("0.1"),
            Decimal(1),
            kind=ContractKind.INVERSE,
            contract_value=Decimal(100),
            sized_in="contracts",
            settle="BTC",
            fee_group="1",
        ),
        pace=0.7,
    ),
)


class OkxProtocol(VenueProtocol):
    """OKX v5: chained sequence ids, a snapshot in-band, and the venue's old checksum on request."""

    name = NAME
    listings = LISTINGS
    channels = ("books", "trades")
    paths = (PATH,)
    closed_paths = ("/ws/v5/{rest:.*}",)
    spelling = Spelling(
        link=re.compile(rb'"prevSeqId":(\d+)'),
        level=re.compile(rb'\["(?P<price>[0-9.]+)","(?P<size>[0-9.]+)"'),
        sides=(b'"bids":[', b'"asks":['),
        checksum=re.compile(rb'"checksum":(-?\d+)'),
    )
    refused: Mapping[FaultKind, str] = {
        FaultKind.STALE_SNAPSHOT: "OKX's book is one with its snapshot; use withheld_snapshot"
    }

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(NAME, f"{asset}-USDT", asset, "USDT", MADE_UP_TICK, MADE_UP_LOT, fee_group="1")
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> OkxFeed:
        """Return the frames of one instrument."""
        keepalive_ns = int(options.keepalive_s * NS_PER_S)
        return OkxFeed(listing, market, start, checksums=options.checksums, keepalive_ns=keepalive_ns)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = self._feeds(house)

        def first(topic: str) -> list[bytes]:
            channel, _, symbol = topic.partition(":")
            feed = feeds[symbol]
            if channel in FULL_DEPTH:
                return [feed.first(channel, house.now())]
            if channel != "books" or not house.options.initial_snapshot:
                return []
            detail = "a books subscription got no snapshot"
            withheld = house.withheld(FaultKind.WITHHELD_SNAPSHOT, NAME, symbol, detail)
            return [] if withheld else [feed.snapshot()]

        return OkxSession(identity, feeds, first, house.options.idle_s)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return one request for all topics."""
        named = (topic.partition(":") for topic in topics)
        args = [{"channel": channel, "instId": symbol} for channel, _, symbol in named]
        return Dial(PATH, requests=(json.dumps({"op": "subscribe", "args": args}),))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return okx_routes(self._feeds(house))

    def not_found(self, path: str) -> web.Response | None:
        """Return its answer to an address of its REST that does not exist."""
        return okx_not_found(path)

    def _feeds(self, house: House) -> dict[str, OkxFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, OkxFeed)}


OKX = OkxProtocol()
