"""OKX as an entry of the directory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fillcast.core.instrument import Instrument
from fillcast.venues.connection import Connection
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.okx import REST_WEIGHT, OkxConnection
from fillcast.venues.okx_instruments import instrument_paths, list_instruments
from fillcast.venues.settings import Settings

FACTS: Final = read_facts("okx")


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
) -> list[Connection]:
    """Return connections that follow some instruments; see `directory.Connect`."""
    size = FACTS.streams_per_connection // (1 + trades + touch)
    return [OkxConnection(shard, trades=trades, touch=touch, settings=settings) for shard in shards(instruments, size)]


OKX: Final = Venue("okx", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections)
