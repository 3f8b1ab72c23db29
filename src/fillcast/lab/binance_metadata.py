"""Binance's `exchangeInfo`, as each of its products writes it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fillcast.core.units import NS_PER_MS
from fillcast.lab.binance_products import BinanceProduct
from fillcast.lab.instruments import Listing

LIST_TIME_MS = 1548133413000
FAR_FUTURE_MS = 4133404800000  # the venue's delivery date of a perpetual
SPOT_PRECISION = 8
FUTURES_WEIGHT, SPOT_WEIGHT = 2400, 6000  # venue: REST weight a minute


def exchange_info(product: BinanceProduct, listings: Sequence[Listing]) -> dict[str, object]:
    """Return the reply that describes some instruments of a product."""
    describe = (_inverse if product.inverse else _linear) if product.futures else _spot
    weight = FUTURES_WEIGHT if product.futures else SPOT_WEIGHT
    info: dict[str, object] = {"timezone": "UTC", "serverTime": time.time_ns() // NS_PER_MS}
    if not product.inverse and product.futures:
        info["futuresType"] = "U_MARGINED"
    info["rateLimits"] = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight}]
    info["exchangeFilters"] = []
    if not product.inverse and product.futures:
        info["assets"] = [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}]
    info["symbols"] = [describe(listing) for listing in listings]
    return info


def _filters(listing: Listing, most_price: str, most_size: str) -> list[dict[str, object]]:
    tick, lot = listing.price_text(1), listing.size_text(1)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": most_price, "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most_size, "stepSize": lot},
    ]


def _linear(listing: Listing) -> dict[str, object]:
    one = listing.instrument
    lot = one.size_text(1)
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
            *_filters(listing, "4529764", "1000"),
            {"filterType": "MARKET_LOT_SIZE", "minQty": lot, "maxQty": "120", "stepSize": lot},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _inverse(listing: Listing) -> dict[str, object]:
    """Return a COIN-M contract: its status and its worth have names of their own."""
    one = listing.instrument
    return {
        "symbol": one.symbol,
        "pair": f"{one.base}{one.quote}",
        "contractType": "PERPETUAL",
        "deliveryDate": FAR_FUTURE_MS,
        "onboardDate": LIST_TIME_MS,
        "contractStatus": "TRADING",
        "contractSize": int(one.contract_value),
        "marginAsset": one.settle,
        "baseAsset": one.base,
        "quoteAsset": one.quote,
        "pricePrecision": one.price_grid.decimals,
        "quantityPrecision": 0,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "equalQtyPrecision": 4,
        "underlyingType": "COIN",
        "filters": _filters(listing, "4520958", "1000000"),
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _spot(listing: Listing) -> dict[str, object]:
    one = listing.instrument
    return {
        "symbol": one.symbol,
        "status": "TRADING",
        "baseAsset": one.base,
        "baseAssetPrecision": SPOT_PRECISION,
        "quoteAsset": one.quote,
        "quotePrecision": SPOT_PRECISION,
        "quoteAssetPrecision": SPOT_PRECISION,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [
            *_filters(listing, "1000000.00000000", "9000.00000000"),
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        ],
        "permissions": [],
    }
