"""Every protocol that the lab speaks. The one place to add another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fillcast.lab.binance_protocol import BINANCE_COINM, BINANCE_SPOT, BINANCE_USDM
from fillcast.lab.bitfinex_protocol import BITFINEX
from fillcast.lab.bybit_protocol import BYBIT_INVERSE, BYBIT_LINEAR, BYBIT_SPOT
from fillcast.lab.coinbase_protocol import COINBASE
from fillcast.lab.deribit_protocol import DERIBIT
from fillcast.lab.gate_protocol import GATE
from fillcast.lab.instruments import Listing, made_up_asset
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
        BINANCE_SPOT,
        BINANCE_COINM,
        GATE,
        BITFINEX,
    )
}

Listed = Mapping[str, Sequence[str]]
"""Symbols by protocol."""


def listings(protocol: VenueProtocol, made_up: int = 0) -> list[Listing]:
    """Return what a protocol lists in a lab with so many made-up assets."""
    return [*protocol.listings, *(protocol.made_up(made_up_asset(index)) for index in range(made_up))]


def listed_symbols(made_up: int = 0) -> dict[str, tuple[str, ...]]:
    """Return what a lab with so many made-up assets lists."""
    return {name: tuple(item.instrument.symbol for item in listings(one, made_up)) for name, one in PROTOCOLS.items()}


def protocol_of(symbol: str, listed: Listed) -> str:
    """Return the first protocol that lists a symbol, empty when none does."""
    return next((name for name, symbols in listed.items() if symbol in symbols), "")
