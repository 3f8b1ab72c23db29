"""Bitfinex as an entry of the directory, and how recordings of it are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.venues.bitfinex import frames as wire
from fillcast.venues.bitfinex.connection import BOOK, TRADES_CHANNEL, BitfinexConnection, followed_kind
from fillcast.venues.bitfinex.instruments import REST_WEIGHT, instrument_paths, list_instruments
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.recorded import Dialect, Reader, Recorded
from fillcast.venues.settings import Settings
from fillcast.venues.streaming import Overheard

FACTS: Final = read_facts("bitfinex")


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments; there is no channel of best bid and ask alone."""
    size = FACTS.streams_per_connection // (1 + trades)
    return [BitfinexConnection(shard, trades=trades, settings=settings) for shard in shards(instruments, size)]


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a numbered array of book levels: price, count of orders, amount."""
    found = wire.decode_frame(frame)
    if found.kind:
        return False
    levels = wire.decode_levels(found.payload)
    return bool(levels.bids or levels.asks)


def reader() -> Reader:
    """Return what reads every frame of a recording in turn; it remembers which channels are whose."""
    channels: dict[int, tuple[str, str]] = {}  # kind and symbol

    def read(frame: bytes) -> list[Recorded]:
        if frame.lstrip().startswith(b"{"):
            event = wire.decode_event(frame)
            if event.event == "subscribed" and event.chanId is not None:
                channels[event.chanId] = followed_kind(event), event.symbol
            return []
        found = wire.decode_frame(frame)
        kind, symbol = channels.get(found.channel, ("", ""))
        if kind == BOOK and not found.kind:
            levels = wire.decode_levels(found.payload)
            return [Recorded(SNAPSHOT if levels.whole else UPDATE, symbol, [*levels.bids, *levels.asks])]
        if kind == TRADES_CHANNEL and found.kind == wire.TRADE:
            _, _, amount, price = wire.decode_trade(found.payload)
            return [Recorded(TRADES, symbol, [(wire.text_of(price), wire.signed(amount)[1])])]
        return []

    return read


class RecordedBitfinexConnection(BitfinexConnection, Overheard):
    """The protocol that reads a recording."""

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> None:
        super().__init__(instruments, settings=settings)


V2: Final = Dialect("bitfinex", "v2", is_book, reader, RecordedBitfinexConnection, fixed_decimals=False)

BITFINEX: Final = Venue("bitfinex", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections, (V2,))
