"""Bybit's REST replies, in its own shapes and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.lab.bybit_feed import SPOT, BybitFeed
from fillcast.lab.instruments import Listing

LAUNCH_TIME_MS = "1584230400000"
CONTRACT_TYPES = {"linear": "LinearPerpetual", "inverse": "InversePerpetual"}
PARAMS_ERROR = 10001


def bybit_routes(categories: Mapping[str, Mapping[str, BybitFeed]]) -> list[web.RouteDef]:
    """Return Bybit's routes over its feeds by category and symbol."""

    async def instruments(request: web.Request) -> web.Response:
        category, symbol = request.query.get("category", ""), request.query.get("symbol")
        if category not in categories:
            return _reply(PARAMS_ERROR, "params error: Category is invalid", {})
        feeds = categories[category]
        if symbol is not None and symbol not in feeds:
            return _reply(PARAMS_ERROR, "params error: symbol invalid", {})
        describe = _spot if category == SPOT else _contract
        listed = [describe(feed.listing) for name, feed in feeds.items() if symbol in (None, name)]
        result: dict[str, object] = {"category": category, "list": listed}
        if category != SPOT:  # everything is on one page
            result["nextPageCursor"] = ""
        return _reply(0, "OK", result)

    async def clock(request: web.Request) -> web.Response:
        now_ns = time.time_ns()
        return _reply(0, "OK", {"timeSecond": str(now_ns // NS_PER_S), "timeNano": str(now_ns)})

    return [web.get("/v5/market/instruments-info", instruments), web.get("/v5/market/time", clock)]


def _reply(code: int, message: str, result: dict[str, object]) -> web.Response:
    now_ms = time.time_ns() // NS_PER_MS
    body = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now_ms}
    return web.json_response(body)


def _spot(listing: Listing) -> dict[str, object]:
    one = listing.instrument
    return {
        "symbol": one.symbol,
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "innovation": "0",
        "status": "Trading",
        "marginTrading": "utaOnly",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": listing.size_text(1),
            "quotePrecision": "0.0000001",
            "minOrderQty": listing.size_text(1),
            "maxOrderQty": "100",
            "minOrderAmt": "5",
            "maxOrderAmt": "8000000",
        },
        "priceFilter": {"tickSize": listing.price_text(1)},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }


def _contract(listing: Listing) -> dict[str, object]:
    one = listing.instrument
    tick, lot = listing.price_text(1), listing.size_text(1)
    return {
        "symbol": one.symbol,
        "contractType": CONTRACT_TYPES[one.kind.value],
        "status": "Trading",
        "baseCoin": one.base,
        "quoteCoin": one.quote,
        "launchTime": LAUNCH_TIME_MS,
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(len(tick.partition(".")[2])),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": tick, "maxPrice": "1999999.80", "tickSize": tick},
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": lot,
            "qtyStep": lot,
            "postOnlyMaxOrderQty": "1190.000",
            "maxMktOrderQty": "500.000",
            "minNotionalValue": "5",
        },
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
        "settleCoin": one.settle,
        "copyTrading": "both",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
    }
