"""Binance's three products as entries of the directory, and how recordings of them are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from fillcast.core.events import TOUCH as BEST
from fillcast.core.events import TRADES as TRADE
from fillcast.core.events import UPDATE
from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance import frames as wire
from fillcast.venues.binance.connection import BinanceConnection, Product
from fillcast.venues.binance.instruments import list_instruments
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.recorded import REPLY, Dialect, Recorded
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
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments of a product; see `directory.Connect`."""
    book_path, trade_path = PATHS[product.venue]
    plan = {book_path: [DEPTH, *([TOUCH] if touch else [])]}
    if trades:
        plan.setdefault(trade_path, []).append(TRADES[product.venue])
    limit = read_facts(product.venue).streams_per_connection
    return [
        BinanceConnection(product, path, shard, streams, settings=settings, fast=fast)
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
    dialects = (streams_dialect(product),)
    return Venue(product.venue, facts, instrument_paths, product.metadata_weight, read, connect, dialects)


def streams_dialect(product: Product) -> Dialect:
    """Return how recordings of a product are read."""
    return Dialect(
        product.venue,
        "streams",
        partial(is_depth_update, product),
        lambda: read_frame,
        partial(recorded_connection, product),
        read_reply=read_reply,
        list_instruments=partial(list_instruments, product.venue),
        snapshot_names=frozenset({"depth"}),
        metadata_names=frozenset({"exchangeInfo"}),
    )


def is_depth_update(product: Product, frame: bytes) -> bool:
    """Whether a recorded frame is a book update of a product.

    It names none: `pu` shows futures, a pair (`ps`) COIN-M.
    """
    payload = payload_of(frame)
    head = wire.decode_payload(payload)
    if head.event != "depthUpdate":
        return False
    if wire.decode_depth(payload).previous is None:
        return product is binance.SPOT
    return product is (binance.COINM if head.pair else binance.USDM)


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    envelope = wire.decode_envelope(frame)
    if envelope.last_update >= 0:
        snapshot = wire.decode_snapshot(frame)
        return [Recorded(REPLY, snapshot.symbol, [*snapshot.bids, *snapshot.asks])]
    payload = payload_of(frame)
    head = wire.decode_payload(payload)
    if head.event == "depthUpdate":
        depth = wire.decode_depth(payload)
        return [Recorded(UPDATE, head.symbol, [*depth.bids, *depth.asks])]
    if head.event in ("trade", "aggTrade"):
        trade = wire.decode_trade(payload)
        return [Recorded(TRADE, head.symbol, [(trade.price, trade.size)])]
    if head.event == "bookTicker" or envelope.stream.endswith("@bookTicker"):
        best = wire.decode_best(payload)
        return [Recorded(BEST, head.symbol, [(best.bid, best.bid_size), (best.ask, best.ask_size)])]
    return []


def read_reply(symbol: str, body: bytes) -> Recorded:
    """Return what a recorded REST snapshot holds."""
    snapshot = wire.decode_snapshot(body)
    return Recorded(REPLY, symbol, [*snapshot.bids, *snapshot.asks])


def recorded_connection(
    product: Product, instruments: Sequence[Instrument], *, settings: Settings, fast: bool
) -> Connection:
    """Return the protocol that reads a recording of a product."""
    return BinanceConnection(product, "/stream", instruments, (DEPTH, "trade", TOUCH), settings=settings, fast=fast)


def payload_of(frame: bytes) -> bytes | msgspec.Raw:
    """Return the event of a frame of a single or of a combined stream."""
    envelope = wire.decode_envelope(frame)
    return envelope.data if envelope.stream else frame


BINANCE_SPOT: Final = make_venue(binance.SPOT)
BINANCE_USDM: Final = make_venue(binance.USDM)
BINANCE_COINM: Final = make_venue(binance.COINM)
