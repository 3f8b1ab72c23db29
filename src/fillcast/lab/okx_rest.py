"""OKX's REST replies, in its own shapes and errors."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from aiohttp import web

from fillcast.core.instrument import ContractKind
from fillcast.core.units import NS_PER_MS
from fillcast.lab.instruments import Listing
from fillcast.lab.okx_feed import DEPTH, OkxFeed

JSON = "application/json"
LIST_TIME_MS = "1548133413000"
INSTRUMENT_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS")
NO_INSTRUMENT = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."


def okx_routes(feeds: Mapping[str, OkxFeed]) -> list[web.RouteDef]:
    """Return OKX's routes over its feeds."""

    async def instruments(request: web.Request) -> web.Response:
        kind, symbol = request.query.get("instType", ""), request.query.get("instId")
        if not kind:
            return _refused("50014", "instType cannot be empty", 400)
        if kind not in INSTRUMENT_TYPES:
            return _refused("51000", "Parameter instType error", 400)
        listed = [_instrument(feed.listing) for feed in feeds.values()]
        found = [row for row in listed if row["instType"] == kind and symbol in (None, row["instId"])]
        if symbol is not None and not found:
            return _refused("51001", NO_INSTRUMENT)
        return _done(json.dumps(found, separators=(",", ":")).encode())

    async def books(request: web.Request) -> web.Response:
        feed = feeds.get(request.query.get("instId", ""))
        if feed is None:
            return _refused("51001", NO_INSTRUMENT)
        size = request.query.get("sz", "1")
        if not size.isascii() or not size.isdigit() or not 1 <= int(size[:9]) <= DEPTH:
            return _refused("51000", "Parameter sz error", 400)
        return _done(b"[%b]" % feed.rest_book(int(size)))

    async def clock(request: web.Request) -> web.Response:
        return _done(b'[{"ts":"%d"}]' % (time.time_ns() // NS_PER_MS))

    return [
        web.get("/api/v5/public/instruments", instruments),
        web.get("/api/v5/market/books", books),
        web.get("/api/v5/public/time", clock),
    ]


def okx_not_found(path: str) -> web.Response | None:
    """Return its answer to an address of its REST that does not exist."""
    if path.startswith("/api/v5/"):
        return web.json_response({"code": "404", "data": {}, "msg": "Not Found"}, status=404)
    return None


def _done(data: bytes) -> web.Response:
    return web.Response(body=b'{"code":"0","msg":"","data":%b}' % data, content_type=JSON)


def _refused(code: str, message: str, status: int = 200) -> web.Response:
    return web.json_response({"code": code, "data": [], "msg": message}, status=status)


def _instrument(listing: Listing) -> dict[str, str]:
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
