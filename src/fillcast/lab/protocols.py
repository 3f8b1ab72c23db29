"""Every protocol that the lab speaks. The one place to add another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fillcast.lab.binance_protocol import BINANCE_USDM
from fillcast.lab.bybit_protocol import BYBIT_INVERSE, BYBIT_LINEAR, BYBIT_SPOT
from fillcast.lab.coinbase_protocol import COINBASE
from fillcast.lab.deribit_protocol import DERIBIT
from fillcast.lab.kraken_protocol import KRAKEN
from fillcast.lab.okx_protocol import OKX
from fillcast.lab.protocol import VenueProtocol

PROTOCOLS: dict[str, VenueProtocol] = {
    one.name: one
    for one in (
        OKX,
        BINANCE_USDM,
        BYBIT_SPOT,
        BYBIT_LINEAR,
        BYBIT_INVERSE,
        KRAKEN,
        DERIBIT,
        COINBASE,
    )
}

Listed = Mapping[str, Sequence[str]]
"""Symbols by protocol."""


def listed_symbols() -> dict[str, tuple[str, ...]]:
    """Return what the lab lists."""
    return {name: tuple(item.instrument.symbol for item in one.listings) for name, one in PROTOCOLS.items()}


def protocol_of(symbol: str, listed: Listed) -> str:
    """Return the first protocol that lists a symbol, empty when none does."""
    return next((name for name, symbols in listed.items() if symbol in symbols), "")
