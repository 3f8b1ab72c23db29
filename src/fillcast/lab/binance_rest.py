"""Binance's REST replies, in its own shapes and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from fillcast.core.units import NS_PER_MS
from fillcast.lab.binance_feed import BinanceFeed
from fillcast.lab.binance_metadata import exchange_info
from fillcast.lab.binance_products import BinanceProduct
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.protocol import House

JSON = "application/json"
ILLEGAL_DIGITS = "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'."
LIMIT_DIGITS = 20


def binance_routes(product: BinanceProduct, house: House, feeds: Mapping[str, BinanceFeed]) -> list[web.RouteDef]:
    """Return a product's routes over its feeds."""

    async def depth(request: web.Request) -> web.Response:
        symbol = request.query.get("symbol", "")
        if not symbol:
            message = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            return _refused(-1102, message)
        feed = feeds.get(symbol)
        if feed is None:
            return _refused(-1121, "Invalid symbol.")
        limit = request.query.get("limit", str(product.depth_default))
        if product.depth_limits and limit not in map(str, product.depth_limits):
            return _refused(-4021, f"{limit[:20]} is not valid depth limit")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= LIMIT_DIGITS):
            return _refused(-1100, ILLEGAL_DIGITS)
        if house.withheld(FaultKind.WITHHELD_SNAPSHOT, product.name, symbol, "the REST depth was answered with 503"):
            return web.Response(status=503, text='{"code":-1008,"msg":"Server is busy."}', content_type=JSON)
        if house.withheld(FaultKind.STALE_SNAPSHOT, product.name, symbol, "the REST depth was an old one"):
            return web.Response(body=feed.old_depth, content_type=JSON)
        return web.Response(body=feed.rest_depth(house.now(), int(limit)), content_type=JSON)

    async def information(request: web.Request) -> web.Response:
        symbol = request.query.get("symbol")
        if product.futures or symbol is None:  # futures list everything whatever is asked
            return web.json_response(exchange_info(product, [feed.listing for feed in feeds.values()]))
        if symbol not in feeds:
            return _refused(-1121, "Invalid symbol.")
        return web.json_response(exchange_info(product, [feeds[symbol].listing]))

    async def clock(request: web.Request) -> web.Response:
        return web.json_response({"serverTime": time.time_ns() // NS_PER_MS})

    async def ping(request: web.Request) -> web.Response:
        return web.json_response({})

    root = product.base + product.rest
    return [
        web.get(f"{root}/depth", depth),
        web.get(f"{root}/exchangeInfo", information),
        web.get(f"{root}/time", clock),
        web.get(f"{root}/ping", ping),
    ]


def _refused(code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "msg": message}, status=400)
