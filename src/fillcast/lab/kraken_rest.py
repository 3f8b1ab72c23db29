"""Kraken's REST replies, in its own shapes and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal

from aiohttp import web

from fillcast.core.units import NS_PER_S
from fillcast.lab.instruments import Listing
from fillcast.lab.kraken_feed import KrakenFeed

OLD_NAMES = {"BTC": "XBT"}  # REST keeps the names that the second WebSocket version gave up
LEGACY = {"XBT": "XXBT", "ETH": "XETH"}  # assets of the first years carry a leading X
DEPTH_DEFAULT, DEPTH_MAX = 100, 500
UNKNOWN = "EQuery:Unknown asset pair"


def kraken_routes(feeds: Mapping[str, KrakenFeed]) -> list[web.RouteDef]:
    """Return Kraken's routes over its feeds."""
    pairs = {_key(feed.listing): feed for feed in feeds.values()}
    names = {name: key for key, feed in pairs.items() for name in (key, _alternative(feed.listing), _old(feed.listing))}

    async def asset_pairs(request: web.Request) -> web.Response:
        asked = request.query.get("pair")
        if asked is None:
            return _done({key: _pair(feed.listing) for key, feed in pairs.items()})
        keys = [names.get(name, "") for name in asked.split(",")]
        if "" in keys:
            return _refused(UNKNOWN)
        return _done({key: _pair(pairs[key].listing) for key in keys})

    async def depth(request: web.Request) -> web.Response:
        key = names.get(request.query.get("pair", ""))
        count = request.query.get("count", str(DEPTH_DEFAULT))
        if key is None:
            return _refused(UNKNOWN)
        if not count.isascii() or not count.isdigit() or not 1 <= int(count[:9]) <= DEPTH_MAX:
            return _refused("EGeneral:Invalid arguments:count")
        feed = pairs[key]
        now = time.time_ns() // NS_PER_S

        def levels(side: int) -> list[list[object]]:
            rows = feed.market.top(side, int(count))
            one = feed.listing.instrument
            return [[f"{one.price(row.ticks):.5f}", f"{one.size(row.lots):.3f}", now] for row in rows]

        return _done({key: {"asks": levels(-1), "bids": levels(1)}})

    async def clock(request: web.Request) -> web.Response:
        return _done({"unixtime": time.time_ns() // NS_PER_S})

    return [
        web.get("/0/public/AssetPairs", asset_pairs),
        web.get("/0/public/Depth", depth),
        web.get("/0/public/Time", clock),
    ]


def _done(result: dict[str, object]) -> web.Response:
    return web.json_response({"error": [], "result": result})


def _refused(error: str) -> web.Response:
    return web.json_response({"error": [error]})


def _base(listing: Listing) -> str:
    return OLD_NAMES.get(listing.instrument.base, listing.instrument.base)


def _old(listing: Listing) -> str:
    return f"{_base(listing)}/{listing.instrument.quote}"


def _alternative(listing: Listing) -> str:
    return f"{_base(listing)}{listing.instrument.quote}"


def _key(listing: Listing) -> str:
    base = _base(listing)
    return f"{LEGACY[base]}Z{listing.instrument.quote}" if base in LEGACY else _alternative(listing)


def _pair(listing: Listing) -> dict[str, object]:
    one = listing.instrument
    base = _base(listing)
    return {
        "altname": _alternative(listing),
        "wsname": _old(listing),
        "aclass_base": "currency",
        "base": LEGACY.get(base, base),
        "aclass_quote": "currency",
        "quote": f"Z{one.quote}",
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": one.price_grid.decimals,
        "lot_decimals": one.size_grid.decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [],  # both empty since September 2026
        "fees_maker": [],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{max(one.lot, Decimal('0.00005')):f}",
        "costmin": "0.5",
        "tick_size": one.price_text(1),
        "status": "online",
    }
