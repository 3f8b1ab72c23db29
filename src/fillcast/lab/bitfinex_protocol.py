"""Bitfinex v2 as the lab speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import Instrument
from fillcast.lab.bitfinex_feed import TRADES, BitfinexFeed
from fillcast.lab.bitfinex_rest import bitfinex_routes
from fillcast.lab.bitfinex_session import BOOK, CHECKSUMS, NUMBERS, BitfinexSession
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "bitfinex"
PATH = "/ws/2"
LOT = Decimal("0.00000001")


def _listing(base: str, tick: str) -> Listing:
    return Listing(Instrument(NAME, f"t{base}USD", base, "USD", Decimal(tick), LOT))


class BitfinexProtocol(VenueProtocol):
    """Bitfinex v2: one count of messages for all channels of a connection, and a CRC32 after each batch of changes.

    The venue writes prices with five significant digits; the ticks are what that is near the prices of the lab.
    """

    name = NAME
    listings = (_listing("BTC", "1"), _listing("ETH", "0.1"))
    channels = ("book-250", TRADES)
    paths = (PATH,)
    spelling = Spelling(
        # The number is the last part, or the one before the time.
        link=re.compile(rb'(?:\]|"cs",-?\d+),(\d+)(?:,\d{13})?\]$'),
        level=re.compile(rb"^\[\d+,\[(?P<price>[0-9.]+),[1-9][0-9]*,(?P<side>-?)(?P<size>[0-9.]+(?:e-[0-9]+)?)\]"),
        sides=None,
        bid=b"",
        checksum=re.compile(rb'^\[\d+,"cs",(-?\d+)'),
    )
    refused: Mapping[FaultKind, str] = {
        FaultKind.STALE_SNAPSHOT: "Bitfinex's book is one with its snapshot; use withheld_snapshot",
    }

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(NAME, f"t{asset}:USD", asset, "USD", MADE_UP_TICK, MADE_UP_LOT)
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> BitfinexFeed:
        """Return the frames of one pair."""
        return BitfinexFeed(listing, market)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = self._feeds(house)

        def first(topic: str) -> list[bytes]:
            _, channel, symbol = topic.split("/", 2)
            detail = f"a {channel} subscription got no snapshot"
            if channel != TRADES and house.withheld(FaultKind.WITHHELD_SNAPSHOT, NAME, symbol, detail):
                return []
            return [feeds[symbol].first(topic, house.now())]

        return BitfinexSession(int(identity, 16), feeds, first, lambda: house.now().wall_ms)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return the flags for numbers and checksums, and one request for each topic."""
        requests = [json.dumps({"event": "conf", "flags": NUMBERS | CHECKSUMS})]
        for topic in topics:
            _, name, symbol = topic.split("/", 2)
            channel, _, length = name.partition("-")
            options = {"prec": "P0", "freq": "F0", "len": length} if channel == BOOK else {}
            requests.append(json.dumps({"event": "subscribe", "channel": channel, "symbol": symbol, **options}))
        return Dial(PATH, requests=tuple(requests))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return bitfinex_routes(self._feeds(house))

    def _feeds(self, house: House) -> dict[str, BitfinexFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, BitfinexFeed)}


BITFINEX = BitfinexProtocol()
