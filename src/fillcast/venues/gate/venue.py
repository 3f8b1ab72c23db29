"""Gate spot as an entry of the directory, and how recordings of it are read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.gate import frames as wire
from fillcast.venues.gate.connection import (
    OBU,
    REST_WEIGHT,
    TICKER,
    TRADE,
    UPDATES,
    GateObuConnection,
    GateUpdateConnection,
)
from fillcast.venues.gate.instruments import instrument_paths, list_instruments
from fillcast.venues.recorded import REPLY, Dialect, Recorded
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Slot
from fillcast.venues.streaming import Overheard

FACTS: Final = read_facts("gate")


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments; see `directory.Connect`."""
    settings = settings or Settings()
    form = GateObuConnection if settings.use_gate_obu else GateUpdateConnection
    size = FACTS.streams_per_connection // (1 + trades + touch)
    return [
        form(shard, trades=trades, touch=touch, settings=settings, fast=fast) for shard in shards(instruments, size)
    ]


class RecordedObuConnection(GateObuConnection, Overheard):
    """One recorded connection, which may hold books of several depths: each follows the deepest that has come."""

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> None:
        super().__init__(instruments, touch=True, settings=settings, fast=fast, depth=0)

    def _follows(self, slot: Slot, depth: int, *, first: bool) -> bool:
        followed = slot.book.depth if slot.book is not None else 0
        return depth == followed or (first and depth > followed)


def is_book(channel: str, frame: bytes) -> bool:
    """Whether a recorded frame is a message of a book channel."""
    envelope = wire.decode_envelope(frame)
    if envelope.channel != channel or envelope.event not in ("update", ""):
        return False
    wire.decode_update(envelope.result)
    return True


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    envelope = wire.decode_envelope(frame)
    if envelope.event not in ("update", ""):
        return []
    if envelope.channel in (OBU, UPDATES):
        update = wire.decode_update(envelope.result)
        symbol = wire.topic_of(update.symbol)[0] if envelope.channel == OBU else update.symbol
        levels = [level for _, side in wire.sides(update) for level in side]
        return [Recorded(SNAPSHOT if update.full else UPDATE, symbol, levels)]
    if envelope.channel == TRADE:
        trade = wire.decode_trade(envelope.result)
        return [Recorded(TRADES, trade.currency_pair, [(trade.price, trade.amount)])]
    if envelope.channel == TICKER:
        prices = wire.decode_best(envelope.result)
        return [Recorded(TOUCH, prices.symbol, [level for _, side in wire.best(prices) for level in side])]
    return []


def read_reply(symbol: str, body: bytes) -> Recorded:
    """Return what a recorded REST snapshot holds."""
    snapshot = wire.decode_snapshot(body)
    return Recorded(REPLY, symbol, [*snapshot.bids, *snapshot.asks])


def read_updates(instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> Connection:
    """Return the protocol that reads a recording of `spot.order_book_update`."""
    return GateUpdateConnection(instruments, touch=True, settings=settings, fast=fast)


V4_UPDATES: Final = Dialect(
    "gate",
    "v4-order-book-update",
    partial(is_book, UPDATES),
    lambda: read_frame,
    read_updates,
    fixed_decimals=False,
    read_reply=read_reply,
    list_instruments=list_instruments,
    snapshot_names=frozenset({"order_book"}),
    metadata_names=frozenset({"currency_pairs"}),
    symbol_keys=("currency_pair",),
)
V4_OBU: Final = Dialect(
    "gate",
    "v4-obu",
    partial(is_book, OBU),
    lambda: read_frame,
    RecordedObuConnection,
    fixed_decimals=False,
    list_instruments=list_instruments,
    metadata_names=frozenset({"currency_pairs"}),
)

GATE: Final = Venue("gate", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections, (V4_OBU, V4_UPDATES))
