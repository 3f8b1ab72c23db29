"""Bitfinex's REST replies, in its own shapes."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from fillcast.lab.bitfinex_feed import BitfinexFeed
from fillcast.lab.instruments import Listing

CURRENCY_NAMES = [["UST", "USDt"], ["TSD", "TUSD"]]  # codes of the venue's own, and what others call them
LEAST, MOST = "0.00004", "2000.0"


def bitfinex_routes(feeds: Mapping[str, BitfinexFeed]) -> list[web.RouteDef]:
    """Return Bitfinex's routes over its feeds."""

    async def configs(request: web.Request) -> web.Response:
        told: dict[str, list[object]] = {
            "pub:list:pair:exchange": [feed.symbol[1:] for feed in feeds.values()],
            "pub:map:currency:sym": [*CURRENCY_NAMES],
            "pub:info:pair": [_info(feed.listing) for feed in feeds.values()],
        }
        return web.json_response([told.get(key, []) for key in request.match_info["keys"].split(",")])

    async def status(request: web.Request) -> web.Response:
        return web.json_response([1])

    return [web.get("/v2/conf/{keys}", configs), web.get("/v2/platform/status", status)]


def _info(listing: Listing) -> list[object]:
    """Return a pair's least and largest order, at their places in a row of otherwise unused ones."""
    return [listing.instrument.symbol[1:], [None, None, None, LEAST, MOST, None, None, None, None, None, None, None]]
