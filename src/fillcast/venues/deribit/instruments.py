"""Deribit instrument metadata: `public/get_instruments` for spot and futures, perpetuals among them.

Options are not followed: their prices and fees are counted in the coin, and a fee of 0.0003 coins a contract, capped
at a share of the option's price, is no share of the traded value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote

import msgspec

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.published import PublishedFees, PublishedTier
from fillcast.errors import InstrumentError, UnknownInstrumentError, VenueError
from fillcast.venues.deribit.frames import NONE, Digits, Failure, text
from fillcast.venues.listing import Listing
from fillcast.venues.published import FRACTION, published_fees, rate_bps, tier

LIST_PATH: Final = "/api/v2/public/get_instruments?currency=any&kind="
ONE_PATH: Final = "/api/v2/public/get_instrument?instrument_name="
KINDS: Final = ("spot", "future")
SYMBOL: Final = re.compile(r"[A-Z0-9]+_[A-Z0-9]+|([A-Z0-9]+(?:_[A-Z0-9]+)?-(?:PERPETUAL|[0-9]{1,2}[A-Z]{3}[0-9]{2}))")
FEES_SOURCE: Final = "Deribit, public/get_instruments: maker_commission and taker_commission"
TIER: Final = "Standard"  # the one of the dated file: every account pays the same
DOLLAR: Final = Decimal(1)  # quote currency: what one unit of an inverse contract's amount is worth


class Head(msgspec.Struct, frozen=True):
    """Which instrument an entry is about: read first, so that one odd entry costs no other."""

    instrument_name: str = ""
    kind: str = ""
    is_active: bool = False
    state: str = "open"


class Step(msgspec.Struct, frozen=True):
    """The tick above some price."""

    tick_size: Digits


class Entry(Head, frozen=True, kw_only=True):
    """One instrument. Recordings of 2021 lack the type: all futures were inverse then."""

    base_currency: str
    quote_currency: str
    tick_size: Digits
    min_trade_amount: Digits
    contract_size: Digits
    tick_size_steps: list[Step] | None = None
    instrument_type: str = ""
    settlement_currency: str = ""
    settlement_period: str = ""
    maker_commission: Digits = msgspec.Raw()  # fractions of the traded value
    taker_commission: Digits = msgspec.Raw()


class Reply(msgspec.Struct, frozen=True):
    """REST `get_instruments` (a list) or `get_instrument` (one entry), or a refusal."""

    result: msgspec.Raw = msgspec.Raw()
    error: Failure | None = None


decode_reply = msgspec.json.Decoder(Reply).decode
decode_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_entry = msgspec.json.Decoder(Entry).decode


def instrument_kind(symbol: str) -> str:
    """Return the kind by which Deribit lists a symbol: spot or future.

    Raises
    ------
    UnknownInstrumentError
        When it is spelled like neither (options and combinations are not followed).
    """
    match = SYMBOL.fullmatch(symbol)
    if match is None:
        known = "BTC_USDC, BTC-PERPETUAL, BTC_USDC-PERPETUAL or BTC-26DEC25; options are not followed"
        raise UnknownInstrumentError(f"deribit has no symbol {symbol!r}: write {known}")
    return "future" if match[1] else "spot"


def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the REST paths that describe the kinds of these symbols, or everything when there are none."""
    kinds = dict.fromkeys(instrument_kind(symbol) for symbol in symbols) or KINDS
    return tuple(LIST_PATH + kind for kind in kinds)


def instrument_path(symbol: str) -> str:
    """Return the REST path that describes one symbol."""
    return ONE_PATH + quote(symbol)


def list_instruments(bodies: Iterable[bytes]) -> Listing:
    """Return the instruments that trade; what is never priced (options, combinations) is left out.

    Raises
    ------
    VenueError
        When Deribit answered with an error.
    msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        reply = decode_reply(body)
        if reply.error is not None or bytes(reply.result) in NONE:
            error = reply.error or Failure(0, "no result")
            raise VenueError(f"deribit refused the instruments: {error.message} (code {error.code})")
        one = bytes(reply.result).startswith(b"{")
        for raw in [reply.result] if one else decode_entries(reply.result):
            _add(listing, raw)
    return listing


def _add(listing: Listing, raw: msgspec.Raw) -> None:
    name = ""
    try:
        head = decode_head(raw)
        name = head.instrument_name
        if head.is_active and head.state == "open" and head.kind in KINDS:
            listing.instruments.append(as_instrument(decode_entry(raw)))
    except InstrumentError as error:
        listing.problems[name] = str(error)
    except msgspec.DecodeError as error:
        listing.problems[name] = f"deribit:{name}: its metadata cannot be read: {error}"


def _number(digits: Digits) -> Decimal:
    """Return a number without the point that JSON numbers of whole value carry (10.0)."""
    value = Decimal(text(digits))
    return Decimal(int(value)) if value == value.to_integral_value() else value


def as_instrument(entry: Entry) -> Instrument:
    """Return one entry as an instrument; `InstrumentError` when its figures cannot be used.

    The tick may grow above some prices, the least amount of an order may be several steps of the book: the unit is
    the finest of each.
    """
    steps = entry.tick_size_steps or []
    try:
        tick = min(_number(digits) for digits in (entry.tick_size, *(step.tick_size for step in steps)))
        lot = min(_number(entry.min_trade_amount), _number(entry.contract_size))
    except InvalidOperation:
        raise InstrumentError(f"deribit:{entry.instrument_name}: its tick or amounts are no numbers") from None
    base, money, name = entry.base_currency, entry.quote_currency, entry.instrument_name
    fees = _fees(entry)
    if entry.kind == "spot":
        return Instrument("deribit", name, base, money, tick, lot, fee_group="spot", published_fees=fees)
    kind, settle = entry.instrument_type or "reversed", entry.settlement_currency or base
    period = entry.settlement_period
    group = period if period in ("perpetual", "week") else "future"
    if kind == "linear" and settle == money:
        return Instrument("deribit", name, base, money, tick, lot, settle=settle, fee_group=group, published_fees=fees)
    if kind == "reversed" and settle == base:
        return Instrument(
            "deribit",
            name,
            base,
            money,
            tick,
            lot,
            ContractKind.INVERSE,
            DOLLAR,
            sized_in="contracts",
            settle=settle,
            fee_group=group,
            published_fees=fees,
        )
    raise InstrumentError(f"deribit:{name}: a {kind} contract in {money} settled in {settle} is not known here")


def _fees(entry: Entry) -> PublishedFees | None:
    """Return what the entry says that every account pays; None where it does not say."""
    maker, taker = entry.maker_commission, entry.taker_commission
    if bytes(maker) in NONE and bytes(taker) in NONE:
        return None

    def read() -> list[PublishedTier]:
        return [
            tier(TIER, rate_bps(maker, FRACTION, "maker_commission"), rate_bps(taker, FRACTION, "taker_commission"))
        ]

    return published_fees(FEES_SOURCE, read)
