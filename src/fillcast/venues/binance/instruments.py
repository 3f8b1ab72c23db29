"""Binance instrument metadata: `exchangeInfo` of spot, USD-M and COIN-M."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import InstrumentError, VenueError
from fillcast.venues.listing import Listing

TRADING: Final = "TRADING"
OLD_ORDER_DIGITS: Final = 3  # BTCUSDT, recorded in 2024: levels of 1e-8 on a step of 1e-5


class Filter(msgspec.Struct, frozen=True):
    """One rule of a symbol; only the price and lot rules are read."""

    filterType: str  # noqa: N815
    tickSize: str = ""  # noqa: N815
    stepSize: str = ""  # noqa: N815


class Head(msgspec.Struct, frozen=True):
    """Which symbol an entry is about: read first, so that one odd entry costs no other.

    COIN-M calls the status `contractStatus`.
    """

    symbol: str = ""
    status: str = ""
    contractStatus: str = ""  # noqa: N815


class Symbol(Head, frozen=True, kw_only=True):
    """One symbol."""

    baseAsset: str  # noqa: N815
    quoteAsset: str  # noqa: N815
    filters: list[Filter]
    marginAsset: str = ""  # noqa: N815
    baseAssetPrecision: int | None = None  # noqa: N815
    contractSize: Decimal | None = None  # noqa: N815


class Reply(msgspec.Struct, frozen=True):
    """REST `exchangeInfo`, or a refusal."""

    symbols: list[msgspec.Raw] | None = None
    code: int = 0
    msg: str = ""


decode_reply = msgspec.json.Decoder(Reply).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_symbol = msgspec.json.Decoder(Symbol).decode


def list_instruments(venue: str, bodies: Iterable[bytes]) -> Listing:
    """Return the symbols that trade.

    Parameters
    ----------
    venue
        "binance_spot", "binance_usdm" or "binance_coinm"; the last is sized in contracts of a fixed USD value.

    Raises
    ------
    VenueError
        When Binance answered with an error.
    msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        reply = decode_reply(body)
        if reply.symbols is None:
            raise VenueError(f"{venue} refused the instruments: {reply.msg or 'no symbols'} (code {reply.code})")
        for raw in reply.symbols:
            head = listing.head(venue, raw, decode_head)
            if head is None or (head.status or head.contractStatus) != TRADING:
                continue
            try:
                listing.instruments.append(as_instrument(venue, decode_symbol(raw)))
            except InstrumentError as error:
                listing.problems[head.symbol] = str(error)
            except msgspec.DecodeError as error:
                listing.problems[head.symbol] = f"{venue}:{head.symbol}: its metadata cannot be read: {error}"
    return listing


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
        order_lots = _lots_of_a_step(lot, entry.baseAssetPrecision)
        if order_lots > 1:
            lot /= order_lots
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


def _lots_of_a_step(step: Decimal, precision: int) -> int:
    """Return how many lots of a spot book an order's step is.

    Old orders rest in sizes finer than the step that new ones must keep, down to the asset's precision: the book must
    hold them exactly. A lot as fine as that precision would leave no room for the large levels of cheap tokens, so
    it goes only as far below the step as was seen; what is finer still is found when it comes.
    """
    if not (step.is_finite() and step > 0):
        return 1  # for the instrument to refuse
    digits = max(0, -int(step.normalize().as_tuple().exponent))
    finest = min(precision, digits + OLD_ORDER_DIGITS)
    return int(step.scaleb(finest)) if digits < finest else 1
