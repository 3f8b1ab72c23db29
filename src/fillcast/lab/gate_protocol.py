"""Gate spot as the lab speaks it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from aiohttp import web

from fillcast.core.instrument import Instrument
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.gate_feed import OBU, OBU_CHANNELS, TRADES, UPDATES, GateFeed
from fillcast.lab.gate_rest import gate_routes
from fillcast.lab.gate_session import INTERVAL, GateSession
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, SMALL_EVERY_MS, Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Dial, House, Session, VenueProtocol
from fillcast.lab.spoil import Spelling

NAME = "gate"
PATH = "/ws/v4/"


def _listing(base: str, tick: str, lot: str) -> Listing:
    return Listing(Instrument(NAME, f"{base}_USDT", base, "USDT", Decimal(tick), Decimal(lot)))


class GateProtocol(VenueProtocol):
    """Gate spot: `U` is one more than the `u` before it; books whole in-band, or joined to REST."""

    name = NAME
    listings = (_listing("BTC", "0.1", "0.00001"), _listing("ETH", "0.01", "0.0001"))
    channels = (OBU_CHANNELS[400], TRADES)
    paths = (PATH,)
    closed_paths = ("/ws/v4{rest:.*}",)
    spelling = Spelling(
        link=re.compile(rb'"U":(\d+)'),
        level=re.compile(rb'\["(?P<price>[0-9.]+)","(?P<size>[0-9.]+)"'),
        sides=(b'"b":[', b'"a":['),
    )
    refused: Mapping[FaultKind, str] = {FaultKind.CHECKSUM: "Gate sends no checksum"}

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        instrument = Instrument(NAME, f"{asset}_USDT", asset, "USDT", MADE_UP_TICK, MADE_UP_LOT)
        return Listing(instrument, small=True, every_ms=SMALL_EVERY_MS)

    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> GateFeed:
        """Return the frames of one pair."""
        return GateFeed(listing, market, start)

    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection."""
        feeds = self._feeds(house)

        def first(symbol: str, depth: int) -> list[bytes]:
            detail = f"a {OBU} subscription got no whole book"
            withheld = house.withheld(FaultKind.WITHHELD_SNAPSHOT, NAME, symbol, detail)
            return [] if withheld else [feeds[symbol].first(depth, house.now())]

        return GateSession(identity, feeds, first, lambda: house.now().wall_ns)

    def dial(self, topics: Sequence[str]) -> Dial:
        """Return one request for each channel, and for each book that is followed by updates."""
        payloads: list[tuple[str, list[str]]] = []
        gathered: dict[str, list[str]] = {}
        for topic in topics:
            _, channel, symbol = topic.split("/", 2)
            if channel == UPDATES:
                payloads.append((UPDATES, [symbol, INTERVAL]))
            elif channel.startswith(OBU):
                gathered.setdefault(OBU, []).append(f"ob.{symbol}{channel.removeprefix(OBU)}")
            else:
                gathered.setdefault(channel, []).append(symbol)
        payloads += gathered.items()
        requests = [
            json.dumps({"id": number, "channel": channel, "event": "subscribe", "payload": payload})
            for number, (channel, payload) in enumerate(payloads, 1)
        ]
        return Dial(PATH, requests=tuple(requests))

    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""
        return gate_routes(NAME, house, self._feeds(house))

    def _feeds(self, house: House) -> dict[str, GateFeed]:
        return {symbol: feed for symbol, feed in house.feeds(NAME).items() if isinstance(feed, GateFeed)}


GATE = GateProtocol()
