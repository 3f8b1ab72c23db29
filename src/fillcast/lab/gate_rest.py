"""Gate's REST replies, in its own shapes and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from fillcast.core.units import NS_PER_MS
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.gate_feed import UPDATES_DEPTH, GateFeed
from fillcast.lab.instruments import Listing
from fillcast.lab.protocol import House

ROOT = "/api/v4/spot"
JSON = "application/json"
LIMIT_DEFAULT = 10
LISTED_S = 1516378650
NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum"}


def gate_routes(name: str, house: House, feeds: Mapping[str, GateFeed]) -> list[web.RouteDef]:
    """Return Gate's routes over its feeds; `name` is the protocol's."""

    async def pairs(request: web.Request) -> web.Response:
        return web.json_response([_pair(feed.listing) for feed in feeds.values()])

    async def pair(request: web.Request) -> web.Response:
        feed = feeds.get(request.match_info["pair"])
        return _no_pair(request.match_info["pair"]) if feed is None else web.json_response(_pair(feed.listing))

    async def order_book(request: web.Request) -> web.Response:
        symbol = request.query.get("currency_pair", "")
        limit = request.query.get("limit", str(LIMIT_DEFAULT))
        feed = feeds.get(symbol)
        if not symbol:
            return _refused("MISSING_REQUIRED_PARAM", "Missing required parameter: currency_pair")
        if feed is None:
            return _no_pair(symbol)
        if not (limit.isascii() and limit.isdigit() and int(limit[:9]) > 0):
            return _refused("INVALID_PARAM_VALUE", f"Invalid limit {limit[:20]}")
        if house.withheld(FaultKind.WITHHELD_SNAPSHOT, name, symbol, "the REST book was answered with 503"):
            return _refused("TOO_BUSY", "Busy, please try again later", status=503)
        if house.withheld(FaultKind.STALE_SNAPSHOT, name, symbol, "the REST book was an old one"):
            identity, body = feed.old_book
        else:
            identity, body = feed.rest_book(house.now(), min(int(limit), UPDATES_DEPTH))
        numbered = request.query.get("with_id", "false") == "true"
        return web.Response(body=(b'{"id":%d,' % identity if numbered else b"{") + body, content_type=JSON)

    async def clock(request: web.Request) -> web.Response:
        return web.json_response({"server_time": time.time_ns() // NS_PER_MS})

    return [
        web.get(f"{ROOT}/currency_pairs", pairs),
        web.get(f"{ROOT}/currency_pairs/{{pair}}", pair),
        web.get(f"{ROOT}/order_book", order_book),
        web.get(f"{ROOT}/time", clock),
    ]


def _refused(label: str, message: str, status: int = 400) -> web.Response:
    return web.json_response({"label": label, "message": message}, status=status)


def _no_pair(symbol: str) -> web.Response:
    return _refused("INVALID_CURRENCY_PAIR", f"Invalid currency pair {symbol[:50]}")


def _pair(listing: Listing) -> dict[str, object]:
    one = listing.instrument
    return {
        "id": one.symbol,
        "base": one.base,
        "base_name": NAMES.get(one.base, one.base),
        "quote": one.quote,
        "quote_name": "Tether",
        "fee": "0.2",
        "min_base_amount": listing.size_text(1),
        "min_quote_amount": "3",
        "max_quote_amount": "5000000",
        "amount_precision": one.size_grid.decimals,
        "precision": one.price_grid.decimals,
        "trade_status": "tradable",
        "sell_start": LISTED_S,
        "buy_start": LISTED_S,
        "delisting_time": 0,
        "type": "normal",
        "trade_url": f"https://www.gate.io/trade/{one.symbol}",
        "st_tag": False,
    }
