"""Deribit's REST replies, in its own shapes and errors."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import web

from fillcast.core.instrument import ContractKind
from fillcast.core.units import NS_PER_MS
from fillcast.lab.deribit_feed import DeribitFeed
from fillcast.lab.deribit_session import INVALID_PARAMS, VERSION, timing
from fillcast.lab.instruments import Listing

ROOT = "/api/v2/public"
CREATED_MS = 1534242287000
NEVER_MS = 32503708800000  # the venue's expiration of a perpetual
KINDS = ("future", "option", "spot", "future_combo", "option_combo")
NOT_FOUND = 13020
MAKER, TAKER = 0.0, 0.0005  # venue: perpetuals


def deribit_routes(feeds: Mapping[str, DeribitFeed]) -> list[web.RouteDef]:
    """Return Deribit's routes over its feeds."""

    async def instruments(request: web.Request) -> web.Response:
        currency, kind = request.query.get("currency", ""), request.query.get("kind", "future")
        if not currency:
            return _refused(INVALID_PARAMS, "Invalid params", "currency")
        if kind not in KINDS:
            return _refused(INVALID_PARAMS, "Invalid params", "kind")
        listed = [describe(feed.listing) for feed in feeds.values()] if kind == "future" else []
        # The venue counts a linear contract to the currency that it settles in.
        return _done([row for row in listed if currency in ("any", row["settlement_currency"])])

    async def instrument(request: web.Request) -> web.Response:
        name = request.query.get("instrument_name")
        if name is None:
            return _refused(INVALID_PARAMS, "Invalid params", "instrument_name")
        if name not in feeds:
            return _refused(NOT_FOUND, "not_found", "instrument_name")
        return _done(describe(feeds[name].listing))

    async def clock(request: web.Request) -> web.Response:
        return _done(time.time_ns() // NS_PER_MS)

    async def alive(request: web.Request) -> web.Response:
        return _done({"version": VERSION})

    return [
        web.get(f"{ROOT}/get_instruments", instruments),
        web.get(f"{ROOT}/get_instrument", instrument),
        web.get(f"{ROOT}/get_time", clock),
        web.get(f"{ROOT}/test", alive),
    ]


def describe(listing: Listing) -> dict[str, object]:
    """Return an instrument as the venue lists it."""
    one = listing.instrument
    inverse = one.kind is ContractKind.INVERSE
    size = float(one.lot)
    return {
        "tick_size": float(one.tick),
        "tick_size_steps": [],
        "taker_commission": TAKER,
        "settlement_period": "perpetual",
        "settlement_currency": one.settle,
        "quote_currency": one.quote,
        "price_index": f"{one.base}_{one.quote}".lower(),
        "min_trade_amount": size,
        "max_liquidation_commission": 0.0075,
        "max_leverage": 50,
        "maker_commission": MAKER,
        "kind": "future",
        "is_active": True,
        "instrument_type": "reversed" if inverse else "linear",
        "instrument_name": one.symbol,
        "instrument_id": 210838,
        "future_type": "reversed" if inverse else "linear",
        "expiration_timestamp": NEVER_MS,
        "creation_timestamp": CREATED_MS,
        "counter_currency": one.quote,
        "contract_size": size,
        "block_trade_tick_size": 0.01,
        "block_trade_min_trade_amount": 200000,
        "block_trade_commission": 0.00025,
        "base_currency": one.base,
        "state": "open",
    }


def _done(result: object) -> web.Response:
    return web.json_response({"jsonrpc": "2.0", "result": result, **_timing()})


def _refused(code: int, message: str, parameter: str) -> web.Response:
    error = {"message": message, "data": {"reason": "wrong format", "param": parameter}, "code": code}
    body = {"jsonrpc": "2.0", "error": error, **_timing()}
    return web.json_response(body, status=400)


def _timing() -> dict[str, object]:
    now_ns = time.time_ns()
    return timing(now_ns, now_ns)
