"""OKX as an entry of the directory, and how recordings of it are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.okx import frames as wire
from fillcast.venues.okx.connection import REST_WEIGHT, OkxConnection
from fillcast.venues.okx.instruments import instrument_paths, list_instruments
from fillcast.venues.recorded import REPLY, Dialect, Recorded
from fillcast.venues.settings import Settings

FACTS: Final = read_facts("okx")
BOOKS: Final = ("books", "books-l2-tbt", "books50-l2-tbt")


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments; see `directory.Connect`."""
    size = FACTS.streams_per_connection // (1 + trades + touch)
    return [
        OkxConnection(shard, trades=trades, touch=touch, settings=settings, fast=fast)
        for shard in shards(instruments, size)
    ]


def book_entries(frame: bytes) -> list[wire.BookEntry]:
    """Return the entries of a recorded book message; none of other frames."""
    envelope = wire.decode_envelope(frame)
    arg = envelope.arg
    if arg is None or not envelope.action or arg.channel not in BOOKS or arg.instType:
        return []
    return wire.decode_books(envelope.data)


def is_numbered(frame: bytes) -> bool:
    """Whether a recorded frame is a book message with ids."""
    entries = book_entries(frame)
    return bool(entries) and entries[0].seqId is not None


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    envelope = wire.decode_envelope(frame)
    if envelope.arg is None or not envelope.data:
        return []
    symbol, channel = envelope.arg.instId, envelope.arg.channel
    if channel in BOOKS:
        kind = SNAPSHOT if envelope.action == "snapshot" else UPDATE
        levels = [level for one in wire.decode_books(envelope.data) for level in (*one.bids, *one.asks)]
        return [Recorded(kind, symbol, levels)]
    if channel == "trades":
        return [Recorded(TRADES, symbol, [(one.px, one.sz) for one in wire.decode_trades(envelope.data)])]
    return []


def read_reply(symbol: str, body: bytes) -> Recorded:
    """Return what a recorded REST snapshot holds."""
    entries = wire.decode_book_reply(body).data
    return Recorded(REPLY, symbol, [level for one in entries for level in (*one.bids, *one.asks)])


def recorded_connection(instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> Connection:
    """Return the protocol that reads a recording."""
    return OkxConnection(instruments, settings=settings, fast=fast)


V5: Final = Dialect(
    "okx",
    "v5",
    is_numbered,
    lambda: read_frame,
    recorded_connection,
    fixed_decimals=False,
    read_reply=read_reply,
    list_instruments=list_instruments,
    snapshot_names=frozenset({"books"}),
    metadata_names=frozenset({"instruments"}),
    symbol_keys=("instId",),
)

OKX: Final = Venue("okx", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections, (V5,))
