"""Binance's three products as entries of the directory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from fillcast.core.instrument import Instrument
from fillcast.venues import binance
from fillcast.venues.binance import BinanceConnection, Product
from fillcast.venues.binance_instruments import parse_instruments
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

    def parse(bodies: Iterable[bytes]) -> list[Instrument]:
        return parse_instruments(product.venue, bodies)

    return Venue(product.venue, read_facts(product.venue), instrument_paths, parse, partial(connections, product))


BINANCE_SPOT: Final = make_venue(binance.SPOT)
BINANCE_USDM: Final = make_venue(binance.USDM)
BINANCE_COINM: Final = make_venue(binance.COINM)
