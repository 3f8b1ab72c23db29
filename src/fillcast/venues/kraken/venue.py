"""Kraken as an entry of the directory, and how recordings of its second version are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.kraken import frames as wire
from fillcast.venues.kraken.checksum import ChecksumRule
from fillcast.venues.kraken.connection import KrakenConnection
from fillcast.venues.kraken.instruments import REST_WEIGHT, instrument_paths, list_instruments
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message, Slot

FACTS: Final = read_facts("kraken")


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments; the touch is that of their books."""
    size = FACTS.streams_per_connection // (1 + trades)
    return [KrakenConnection(shard, trades=trades, settings=settings) for shard in shards(instruments, size)]


class RecordedKrakenConnection(KrakenConnection):
    """One recorded connection. It sends nothing: a wrong book waits for a snapshot.

    The depth is that of the answer to the subscription; where none was recorded, the least that holds the snapshot.
    """

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool = False) -> None:
        super().__init__(instruments, settings=settings, depth=0)

    def _subscribe(self) -> None:
        return

    def _request_books(self, slots: list[Slot]) -> None:
        return

    def _first_book(self, slot: Slot, message: Message, rule: ChecksumRule) -> None:
        if slot.book is not None and not slot.book.depth:
            bids = int((message.rows[:, 0] > 0).sum())
            most = max(bids, len(message.rows) - bids)
            slot.book.depth = next((depth for depth in wire.DEPTHS if depth >= most), wire.DEPTHS[-1])
        super()._first_book(slot, message, rule)


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a book message."""
    envelope = wire.decode_envelope(frame)
    if envelope.channel != wire.BOOK or envelope.type not in (wire.SNAPSHOT, wire.UPDATE):
        return False
    return any(entry.symbol for entry in wire.decode_books(envelope.data))


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    envelope = wire.decode_envelope(frame)
    if envelope.channel == wire.BOOK:
        kind = SNAPSHOT if envelope.type == wire.SNAPSHOT else UPDATE
        return [
            Recorded(kind, entry.symbol, [*wire.level_texts(entry.bids), *wire.level_texts(entry.asks)])
            for entry in wire.decode_books(envelope.data)
        ]
    if envelope.channel == wire.TRADE and envelope.type == wire.UPDATE:
        return [
            Recorded(TRADES, entry.symbol, [(wire.number_text(entry.price), wire.number_text(entry.qty))])
            for entry in wire.decode_trades(envelope.data)
        ]
    return []


V2: Final = Dialect(
    "kraken",
    "v2",
    is_book,
    lambda: read_frame,
    RecordedKrakenConnection,
    as_written=True,
    list_instruments=list_instruments,
    metadata_names=frozenset({"AssetPairs"}),
)

KRAKEN: Final = Venue("kraken", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections, (V2,))
