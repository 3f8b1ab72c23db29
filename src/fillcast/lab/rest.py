"""The lab's REST replies, in the venues' own shapes and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from fillcast.core.instrument import ContractKind
from fillcast.core.units import NS_PER_MS
from fillcast.lab.faults import FaultKind
from fillcast.lab.hub import Hub
from fillcast.lab.instruments import BINANCE, Listing
from fillcast.lab.okx_feed import DEPTH

DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
DEPTH_DEFAULT = 500
LIST_TIME_MS = "1548133413000"
FAR_FUTURE_MS = 4133404800000  # the venue's delivery date of a perpetual
INSTRUMENT_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS")
NO_INSTRUMENT = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(hub: Hub) -> list[web.RouteDef]:
    """Return the REST routes of both venues."""
    return [*okx_routes(hub), *binance_routes(hub)]


def okx_routes(hub: Hub) -> list[web.RouteDef]:
    """Return OKX's routes."""

    async def instruments(request: web.Request) -> web.Response:
        kind, symbol = request.query.get("instType", ""), request.query.get("instId")
        if not kind:
            return _okx_error("50014", "instType cannot be empty", 400)
        if kind not in INSTRUMENT_TYPES:
            return _okx_error("51000", "Parameter instType error", 400)
        listed = [_okx_instrument(feed.listing) for feed in hub.exchange.okx.values()]
        found = [row for row in listed if row["instType"] == kind and symbol in (None, row["instId"])]
        if symbol is not None and not found:
            return _okx_error("51001", NO_INSTRUMENT)
        return _okx(json.dumps(found, separators=(",", ":")).encode())

    async def books(request: web.Request) -> web.Response:
        feed = hub.exchange.okx.get(request.query.get("instId", ""))
        if feed is None:
            return _okx_error("51001", NO_INSTRUMENT)
        size = request.query.get("sz", "1")
        if not size.isascii() or not size.isdigit() or not 1 <= int(size[:9]) <= DEPTH:
            return _okx_error("51000", "Parameter sz error", 400)
        return _okx(b"[%b]" % feed.rest_book(int(size)))

    async def clock(request: web.Request) -> web.Response:
        return _okx(b'[{"ts":"%d"}]' % (time.time_ns() // NS_PER_MS))

    return [
        web.get("/api/v5/public/instruments", instruments),
        web.get("/api/v5/market/books", books),
        web.get("/api/v5/public/time", clock),
    ]


def binance_routes(hub: Hub) -> list[web.RouteDef]:
    """Return Binance USD-M's routes."""

    async def depth(request: web.Request) -> web.Response:
        symbol = request.query.get("symbol", "")
        if not symbol:
            message = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            return _binance_error(-1102, message)
        feed = hub.exchange.binance.get(symbol)
        if feed is None:
            return _binance_error(-1121, "Invalid symbol.")
        limit = request.query.get("limit", str(DEPTH_DEFAULT))
        if limit not in map(str, DEPTH_LIMITS):
            return _binance_error(-4021, f"{limit[:20]} is not valid depth limit")
        if hub.withheld(FaultKind.WITHHELD_SNAPSHOT, BINANCE, symbol, "the REST depth was answered with 503"):
            return web.Response(status=503, text='{"code":-1008,"msg":"Server is busy."}', content_type=JSON)
        if hub.withheld(FaultKind.STALE_SNAPSHOT, BINANCE, symbol, "the REST depth was an old one"):
            return web.Response(body=hub.old_depth[symbol], content_type=JSON)
        moment = hub.exchange.moment(time.time_ns())
        return web.Response(body=feed.rest_depth(moment, int(limit)), content_type=JSON)

    async def exchange_info(request: web.Request) -> web.Response:
        symbols = [_binance_symbol(feed.listing) for feed in hub.exchange.binance.values()]
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


@web.middleware
async def unknown_paths(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a path that does not exist as the venue whose it looks like would."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith("/api/v5/"):
            return web.json_response({"code": "404", "data": {}, "msg": "Not Found"}, status=404)
        return web.json_response({"error": f"the lab has no {request.path}"}, status=404)


JSON = "application/json"


def _okx(data: bytes) -> web.Response:
    return web.Response(body=b'{"code":"0","msg":"","data":%b}' % data, content_type=JSON)


def _okx_error(code: str, message: str, status: int = 200) -> web.Response:
    return web.json_response({"code": code, "data": [], "msg": message}, status=status)


def _binance_error(code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "msg": message}, status=400)


def _okx_instrument(listing: Listing) -> dict[str, str]:
    """Return an instrument as `GET /api/v5/public/instruments` lists it."""
    one = listing.instrument
    contract = one.sized_in == "contracts"
    inverse = one.kind is ContractKind.INVERSE
    return {
        "alias": "",
        "baseCcy": "" if contract else one.base,
        "category": "1",
        "ctMult": "1" if contract else "",
        "ctType": one.kind.value if contract else "",
        "ctVal": f"{one.contract_value:f}" if contract else "",
        "ctValCcy": (one.quote if inverse else one.base) if contract else "",
        "expTime": "",
        "groupId": one.fee_group,
        "instFamily": f"{one.base}-{one.quote}" if contract else "",
        "instId": one.symbol,
        "instType": "SWAP" if contract else "SPOT",
        "lever": "100" if contract else "10",
        "listTime": LIST_TIME_MS,
        "lotSz": one.size_text(1),
        "maxLmtSz": "100000000",
        "maxMktSz": "10000" if contract else "1000000",
        "minSz": one.size_text(1),
        "optType": "",
        "quoteCcy": "" if contract else one.quote,
        "ruleType": "normal",
        "settleCcy": one.settle if contract else "",
        "state": "live",
        "stk": "",
        "tickSz": one.price_text(1),
        "uly": f"{one.base}-{one.quote}" if contract else "",
    }


def _binance_symbol(listing: Listing) -> dict[str, object]:
    """Return an instrument as `GET /fapi/v1/exchangeInfo` lists it."""
    one = listing.instrument
    tick, lot = one.price_text(1), one.size_text(1)
    return {
        "symbol": one.symbol,
        "pair": one.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": FAR_FUTURE_MS,
        "onboardDate": int(LIST_TIME_MS),
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
