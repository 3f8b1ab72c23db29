"""Binance's three products as entries of the directory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from fillcast.core.instrument import Instrument
from fillcast.venues import binance
from fillcast.venues.binance import BinanceConnection, Product
from fillcast.venues.binance_instruments import list_instruments
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.settings import Settings

DEPTH: Final = "depth@100ms"
TOUCH: Final = "bookTicker"
TRADES: Final = {"binance_spot": "trade", "binance_usdm": "aggTrade", "binance_coinm": "aggTrade"}
# Paths of the combined stream for books and for trades: one connection where they are the same.
PATHS: Final = {
    "binance_spot": ("/stream", "/stream"),
    "binance_usdm": ("/public/stream", "/market/stream"),
    "binance_coinm": ("/stream", "/stream"),
}


def connections(
    product: Product,
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
) -> list[Connection]:
    """Return connections that follow some instruments of a product; see `directory.Connect`."""
    book_path, trade_path = PATHS[product.venue]
    plan = {book_path: [DEPTH, *([TOUCH] if touch else [])]}
    if trades:
        plan.setdefault(trade_path, []).append(TRADES[product.venue])
    limit = read_facts(product.venue).streams_per_connection
    return [
        BinanceConnection(product, path, shard, streams, settings=settings)
        for path, streams in plan.items()
        for shard in shards(instruments, limit // len(streams))
    ]


def make_venue(product: Product) -> Venue:
    """Return the directory's entry of a product."""

    def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
        # Spot lists the permissions of every symbol unless told not to: most of a long reply.
        return (product.rest + "/exchangeInfo" + ("" if product.futures else "?showPermissionSets=false"),)

    facts, connect = read_facts(product.venue), partial(connections, product)
    read = partial(list_instruments, product.venue)
    return Venue(product.venue, facts, instrument_paths, product.metadata_weight, read, connect)


BINANCE_SPOT: Final = make_venue(binance.SPOT)
BINANCE_USDM: Final = make_venue(binance.USDM)
BINANCE_COINM: Final = make_venue(binance.COINM)
