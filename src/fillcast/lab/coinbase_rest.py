"""Coinbase's REST replies, in its own shapes and errors."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from fillcast.lab.coinbase_feed import CoinbaseFeed

PATH = "/api/v3/brokerage/market/products"
NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum"}


def coinbase_routes(feeds: Mapping[str, CoinbaseFeed]) -> list[web.RouteDef]:
    """Return Coinbase's routes over its feeds."""

    async def products(request: web.Request) -> web.Response:
        asked = request.query.getall("product_ids", [])
        listed = [_product(feed) for symbol, feed in feeds.items() if not asked or symbol in asked]
        return web.json_response({"products": listed, "num_products": len(listed)})

    async def product(request: web.Request) -> web.Response:
        feed = feeds.get(request.match_info["product"])
        if feed is None:
            error = {"error": "NOT_FOUND", "error_details": "valid product_id is required", "message": ""}
            return web.json_response(error, status=404)
        return web.json_response(_product(feed))

    return [web.get(PATH, products), web.get(PATH + "/{product}", product)]


def _product(feed: CoinbaseFeed) -> dict[str, object]:
    one = feed.listing.instrument
    tick, lot = one.price_text(1), one.size_text(1)
    return {
        "product_id": one.symbol,
        "price": one.price_text(feed.market.best(1)),
        "price_percentage_change_24h": "0",
        "volume_24h": "0",
        "volume_percentage_change_24h": "0",
        "base_increment": lot,
        "quote_increment": tick,
        "quote_min_size": "1",
        "quote_max_size": "150000000",
        "base_min_size": lot,
        "base_max_size": "3400",
        "base_name": NAMES.get(one.base, one.base),
        "quote_name": "US Dollar",
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "product_type": "SPOT",
        "quote_currency_id": one.quote,
        "base_currency_id": one.base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [f"{one.base}-USDC"],
        "base_display_symbol": one.base,
        "quote_display_symbol": one.quote,
        "view_only": False,
        "price_increment": tick,
        "display_name": one.symbol,
        "product_venue": "CBE",
    }
