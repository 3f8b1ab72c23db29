"""Bybit's three products as entries of the directory, and how recordings of them are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from fillcast.core import events
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.venues.bybit import frames as wire
from fillcast.venues.bybit import instruments as metadata
from fillcast.venues.bybit.connection import REST_WEIGHT, TOUCH_DEPTH, BybitConnection, beside_channels, book_channel
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Slot
from fillcast.venues.streaming import Overheard

ARGUMENT_CHARACTERS: Final = 20_000  # of one connection; the venue takes 21,000


def connections(
    category: str,
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments of a product; see `directory.Connect`."""
    channels = (book_channel(), *beside_channels(trades=trades, touch=touch))
    limit = read_facts(f"bybit_{category}").streams_per_connection // len(channels)
    return [
        BybitConnection(category, shard, trades=trades, touch=touch, settings=settings)
        for shard in shards(instruments, channels, limit)
    ]


def shards(instruments: Sequence[Instrument], channels: Sequence[str], limit: int) -> Iterator[list[Instrument]]:
    """Yield the instruments in groups of at most `limit` whose topics one connection may ask for."""
    group: list[Instrument] = []
    characters = 0
    for one in instruments:
        needed = sum(len(channel + one.symbol) + len('"",') for channel in channels)
        if group and (len(group) >= limit or characters + needed > ARGUMENT_CHARACTERS):
            yield group
            group, characters = [], 0
        group.append(one)
        characters += needed
    if group:
        yield group


def make_venue(category: str, dialects: tuple[Dialect, ...] = ()) -> Venue:
    """Return the directory's entry of a product."""
    name = f"bybit_{category}"
    return Venue(
        name,
        read_facts(name),
        partial(metadata.instrument_paths, category),
        REST_WEIGHT,
        partial(metadata.list_instruments, name, category),
        partial(connections, category),
        dialects,
        metadata.next_path,
    )


class RecordedBybitConnection(BybitConnection, Overheard):
    """One recorded connection, of a product that its frames do not name, which may hold books of several depths.

    Each book follows the deepest that has come; depth 1 beside a deeper one is the best bid and ask.
    """

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> None:
        super().__init__(metadata.SPOT, instruments, settings=settings, depth=0)
        self.venue = "bybit"

    def _follows(self, slot: Slot, depth: int, *, first: bool) -> bool:
        followed = slot.book.depth if slot.book is not None else 0
        return depth == followed or (first and depth > followed)

    def _go_live(self, slot: Slot) -> None:
        super()._go_live(slot)
        if slot.book is not None and slot.book.depth == TOUCH_DEPTH:
            slot.book.proof = Proof.TRANSPORT  # its ids tell of no loss


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a book message."""
    envelope = wire.decode_envelope(frame)
    if not wire.BOOK_TOPIC.fullmatch(envelope.topic) or envelope.type not in (wire.SNAPSHOT, wire.DELTA):
        return False
    return bool(wire.decode_book(envelope.data).s)


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    envelope = wire.decode_envelope(frame)
    book, trade = wire.BOOK_TOPIC.fullmatch(envelope.topic), wire.TRADE_TOPIC.fullmatch(envelope.topic)
    if book:
        entry = wire.decode_book(envelope.data)
        first = envelope.type == wire.SNAPSHOT or entry.u == wire.RESTARTED
        return [Recorded(events.SNAPSHOT if first else events.UPDATE, book[2], [*entry.b, *entry.a])]
    if trade:
        trades = [(one.p, one.v) for one in wire.decode_trades(envelope.data)]
        return [Recorded(events.TRADES, trade[1], trades)]
    return []


# Metadata is not read: it would be that of one product, and frames do not say which one they are of.
V5: Final = Dialect("bybit", "v5", is_book, lambda: read_frame, RecordedBybitConnection, fixed_decimals=False)

BYBIT_SPOT: Final = make_venue(metadata.SPOT)
BYBIT_LINEAR: Final = make_venue(metadata.LINEAR, (V5,))
BYBIT_INVERSE: Final = make_venue(metadata.INVERSE)
