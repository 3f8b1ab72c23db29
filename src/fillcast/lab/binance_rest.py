"""Binance USD-M's REST replies, in its own shapes and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from fillcast.core.units import NS_PER_MS
from fillcast.lab.binance_feed import BinanceFeed
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import Listing
from fillcast.lab.protocol import House

JSON = "application/json"
DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
DEPTH_DEFAULT = 500
LIST_TIME_MS = 1548133413000
FAR_FUTURE_MS = 4133404800000  # the venue's delivery date of a perpetual


def binance_routes(name: str, house: House, feeds: Mapping[str, BinanceFeed]) -> list[web.RouteDef]:
    """Return Binance USD-M's routes over its feeds; `name` is the protocol's."""

    async def depth(request: web.Request) -> web.Response:
        symbol = request.query.get("symbol", "")
        if not symbol:
            message = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            return _refused(-1102, message)
        feed = feeds.get(symbol)
        if feed is None:
            return _refused(-1121, "Invalid symbol.")
        limit = request.query.get("limit", str(DEPTH_DEFAULT))
        if limit not in map(str, DEPTH_LIMITS):
            return _refused(-4021, f"{limit[:20]} is not valid depth limit")
        if house.withheld(FaultKind.WITHHELD_SNAPSHOT, name, symbol, "the REST depth was answered with 503"):
            return web.Response(status=503, text='{"code":-1008,"msg":"Server is busy."}', content_type=JSON)
        if house.withheld(FaultKind.STALE_SNAPSHOT, name, symbol, "the REST depth was an old one"):
            return web.Response(body=feed.old_depth, content_type=JSON)
        return web.Response(body=feed.rest_depth(house.now(), int(limit)), content_type=JSON)

    async def exchange_info(request: web.Request) -> web.Response:
        symbols = [_symbol(feed.listing) for feed in feeds.values()]
        info = {
            "timezone": "UTC",
            "serverTime": time.time_ns() // NS_PER_MS,
            "futuresType": "U_MARGINED",
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400}],
            "exchangeFilters": [],
            "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
            "symbols": symbols,
        }
        return web.json_response(info)

    async def clock(request: web.Request) -> web.Response:
        return web.json_response({"serverTime": time.time_ns() // NS_PER_MS})

    async def ping(request: web.Request) -> web.Response:
        return web.json_response({})

    return [
        web.get("/fapi/v1/depth", depth),
        web.get("/fapi/v1/exchangeInfo", exchange_info),
        web.get("/fapi/v1/time", clock),
        web.get("/fapi/v1/ping", ping),
    ]


def _refused(code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "msg": message}, status=400)


def _symbol(listing: Listing) -> dict[str, object]:
    """Return an instrument as `GET /fapi/v1/exchangeInfo` lists it."""
    one = listing.instrument
    tick, lot = one.price_text(1), one.size_text(1)
    return {
        "symbol": one.symbol,
        "pair": one.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": FAR_FUTURE_MS,
        "onboardDate": LIST_TIME_MS,
        "status": "TRADING",
        "baseAsset": one.base,
        "quoteAsset": one.quote,
        "marginAsset": one.settle,
        "pricePrecision": one.price_grid.decimals,
        "quantityPrecision": one.size_grid.decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "4529764", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "1000", "stepSize": lot},
            {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "120", "stepSize": lot},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }
