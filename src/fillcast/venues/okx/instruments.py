"""OKX instrument metadata: `/api/v5/public/instruments` for SPOT, SWAP and FUTURES."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import InstrumentError, UnknownInstrumentError, VenueError
from fillcast.venues.listing import Listing

PATH: Final = "/api/v5/public/instruments?instType="
TYPES: Final = ("SPOT", "SWAP", "FUTURES")
SYMBOL: Final = re.compile(r"[A-Z0-9]+-[A-Z0-9]+(?:-(?:(SWAP)|([0-9]{6})))?")
FIRST_GROUP: Final = "1"


class Head(msgspec.Struct, frozen=True):
    """Which instrument an entry is about: read first, so that one odd entry costs no other."""

    instId: str = ""  # noqa: N815
    instType: str = ""  # noqa: N815
    state: str = ""


class Entry(Head, frozen=True, kw_only=True):
    """One instrument; empty text where a field does not apply."""

    tickSz: str  # noqa: N815
    lotSz: str  # noqa: N815
    baseCcy: str = ""  # noqa: N815
    quoteCcy: str = ""  # noqa: N815
    settleCcy: str = ""  # noqa: N815
    ctType: str = ""  # noqa: N815
    ctVal: str = ""  # noqa: N815
    ctMult: str = ""  # noqa: N815
    ctValCcy: str = ""  # noqa: N815
    groupId: str = ""  # noqa: N815


class Reply(msgspec.Struct, frozen=True):
    """REST `/api/v5/public/instruments`."""

    code: str
    msg: str = ""
    data: list[msgspec.Raw] = []


decode_reply = msgspec.json.Decoder(Reply).decode
decode_head = msgspec.json.Decoder(Head).decode
decode_entry = msgspec.json.Decoder(Entry).decode


def instrument_type(symbol: str) -> str:
    """Return the OKX type of a symbol: SPOT, SWAP or FUTURES.

    Raises
    ------
    UnknownInstrumentError
        When it is spelled like none of them (options are not followed).
    """
    match = SYMBOL.fullmatch(symbol)
    if match is None:
        known = "BTC-USDT, BTC-USDT-SWAP or BTC-USD-261225; options are not followed"
        raise UnknownInstrumentError(f"okx has no symbol {symbol!r}: write {known}")
    return "SWAP" if match[1] else "FUTURES" if match[2] else "SPOT"


def instrument_paths(symbols: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the REST paths that describe these symbols, or everything when there are none."""
    kinds = dict.fromkeys(instrument_type(symbol) for symbol in symbols) or TYPES
    return tuple(PATH + kind for kind in kinds)


def list_instruments(bodies: Iterable[bytes]) -> Listing:
    """Return the instruments that are live in these replies; what is never priced (options) is left out.

    Raises
    ------
    VenueError
        When OKX answered with an error.
    msgspec.DecodeError
        When a body is not such a reply.
    """
    listing = Listing()
    for body in bodies:
        reply = decode_reply(body)
        if reply.code != "0":
            raise VenueError(f"okx refused the instruments: {reply.msg} (code {reply.code})")
        for raw in reply.data:
            head = listing.head("okx", raw, decode_head)
            if head is None or head.state != "live" or head.instType not in TYPES:
                continue
            try:
                listing.instruments.append(as_instrument(decode_entry(raw)))
            except InstrumentError as error:
                listing.problems[head.instId] = str(error)
            except msgspec.DecodeError as error:
                listing.problems[head.instId] = f"okx:{head.instId}: its metadata cannot be read: {error}"
    return listing


def as_instrument(entry: Entry) -> Instrument:
    """Return one entry as an instrument; `InstrumentError` when its figures cannot be used."""
    try:
        tick, lot = Decimal(entry.tickSz), Decimal(entry.lotSz)
        product = entry.instType.lower()
        # Fees follow a group within a product; group 1 is what all published tables are about.
        group = product if entry.groupId in ("", FIRST_GROUP) else f"{product}:{entry.groupId}"
        if entry.instType == "SPOT":
            return Instrument("okx", entry.instId, entry.baseCcy, entry.quoteCcy, tick, lot, fee_group=group)
        base, quote = entry.instId.split("-")[:2]
        contract_value = Decimal(entry.ctVal) * Decimal(entry.ctMult or "1")
    except (InvalidOperation, ValueError):
        raise InstrumentError(f"okx:{entry.instId}: its symbol, tick, lot or contract value cannot be used") from None
    kind = ContractKind(entry.ctType) if entry.ctType in ("linear", "inverse") else None
    expected = quote if kind is ContractKind.INVERSE else base
    if kind is None or entry.ctValCcy not in ("", expected):
        what = f"{entry.ctType or 'nameless'} contract valued in {entry.ctValCcy}"
        raise InstrumentError(f"okx:{entry.instId}: a {what} is not known here")
    return Instrument(
        "okx",
        entry.instId,
        base,
        quote,
        tick,
        lot,
        kind,
        contract_value,
        sized_in="contracts",
        settle=entry.settleCcy,
        fee_group=group,
    )
