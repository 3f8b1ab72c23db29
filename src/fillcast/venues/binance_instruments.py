"""Binance instrument metadata: `exchangeInfo` of spot, USD-M and COIN-M."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import InstrumentError, VenueError

TRADING = "TRADING"


class Filter(msgspec.Struct, frozen=True):
    """One rule of a symbol; only the price and lot rules are read."""

    filterType: str  # noqa: N815
    tickSize: str = ""  # noqa: N815
    stepSize: str = ""  # noqa: N815


class Symbol(msgspec.Struct, frozen=True):
    """One symbol. COIN-M calls its status `contractStatus`."""

    symbol: str
    baseAsset: str  # noqa: N815
    quoteAsset: str  # noqa: N815
    filters: list[Filter]
    status: str = ""
    contractStatus: str = ""  # noqa: N815
    marginAsset: str = ""  # noqa: N815
    baseAssetPrecision: int | None = None  # noqa: N815
    contractSize: Decimal | None = None  # noqa: N815


class Reply(msgspec.Struct, frozen=True):
    """REST `exchangeInfo`, or a refusal."""

    symbols: list[Symbol] | None = None
    code: int = 0
    msg: str = ""


decode_reply = msgspec.json.Decoder(Reply).decode


def parse_instruments(venue: str, bodies: Iterable[bytes]) -> list[Instrument]:
    """Return the symbols that trade.

    Parameters
    ----------
    venue
        "binance_spot", "binance_usdm" or "binance_coinm"; the last is sized in contracts of a fixed USD value.

    Raises
    ------
    VenueError
        When Binance answered with an error.
    InstrumentError
        When a trading symbol's figures cannot be used.
    msgspec.DecodeError
        When a body is not such a reply.
    """
    found = []
    for body in bodies:
        reply = decode_reply(body)
        if reply.symbols is None:
            raise VenueError(f"{venue} refused the instruments: {reply.msg or 'no symbols'} (code {reply.code})")
        trading = (entry for entry in reply.symbols if (entry.status or entry.contractStatus) == TRADING)
        found += [as_instrument(venue, entry) for entry in trading]
    return found


def as_instrument(venue: str, entry: Symbol) -> Instrument:
    """Return one symbol as an instrument; `InstrumentError` when its figures cannot be used."""
    rules = {rule.filterType: rule for rule in entry.filters}
    try:
        tick = Decimal(rules["PRICE_FILTER"].tickSize)
        lot = Decimal(rules["LOT_SIZE"].stepSize)
    except (KeyError, InvalidOperation):
        raise InstrumentError(f"{venue}:{entry.symbol}: no usable PRICE_FILTER or LOT_SIZE") from None
    order_lots = 1
    if venue == "binance_spot" and entry.baseAssetPrecision is not None:
        # Old orders rest in sizes finer than the step that new ones must keep: BTCUSDT has levels of 1e-8 on a step
        # of 1e-5. The book must hold them exactly.
        finest = Decimal(1).scaleb(-entry.baseAssetPrecision)
        if finest < lot and lot % finest == 0:
            order_lots, lot = int(lot / finest), finest
    if venue != "binance_coinm":
        return Instrument(
            venue,
            entry.symbol,
            entry.baseAsset,
            entry.quoteAsset,
            tick,
            lot,
            settle=entry.marginAsset,
            fixed_decimals=True,
            order_lots=order_lots,
        )
    if entry.contractSize is None:
        raise InstrumentError(f"{venue}:{entry.symbol}: no contract size")
    return Instrument(
        venue,
        entry.symbol,
        entry.baseAsset,
        entry.quoteAsset,
        tick,
        lot,
        ContractKind.INVERSE,
        entry.contractSize,
        sized_in="contracts",
        settle=entry.marginAsset,
        fixed_decimals=True,
    )
