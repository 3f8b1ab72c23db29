"""Fees in a venue's metadata: numbers from outside, believed only where they can be fees at all.

A rate that is read in the wrong unit is off by 100 or 10,000. The dearest retail tier of any venue is 1.2 % (Coinbase,
2026), so that a larger one is refused; one that is too small by as much is found where it is set beside the dated file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from fillcast.core.published import PublishedFees, PublishedTier
from fillcast.errors import InstrumentError

FRACTION: Final = Decimal(10_000)  # bps in a rate that is written as a fraction of the traded value
PERCENT: Final = Decimal(100)  # bps in a rate that is written in percent
MOST_BPS: Final = Decimal(150)  # 1.5 %
MOST_DIGITS: Final = 40  # characters of one number: exact decimals of a float64 have fewer
SHOWN: Final = 40  # characters of what is told of a number that cannot be read


def published_fees(source: str, read: Callable[[], Iterable[PublishedTier]]) -> PublishedFees | None:
    """Return what a reading of fees gives: its tiers, why they cannot be used, or None where there are none.

    Parameters
    ----------
    source
        The public endpoint and its fields.
    read
        Returns the tiers, the first that of a new account; raises `InstrumentError` for what cannot be a fee.
    """
    try:
        tiers = tuple(read())
    except InstrumentError as error:
        return PublishedFees(source, problem=str(error))
    return PublishedFees(source, tiers) if tiers else None


def tier(name: str, maker_bps: Decimal, taker_bps: Decimal) -> PublishedTier:
    """Return one tier.

    Raises
    ------
    InstrumentError
        When makers pay more than takers, or are paid more than takers pay: no venue does either, a mix-up would.
    """
    maker, taker = float(maker_bps), float(taker_bps)
    if maker > taker:
        raise InstrumentError(f"makers pay {maker:g} bps, more than takers with {taker:g} bps")
    if maker + taker < 0:
        raise InstrumentError(f"makers are paid {-maker:g} bps, more than takers pay with {taker:g} bps")
    return PublishedTier(name, maker, taker)


def rate_bps(raw: msgspec.Raw, unit_bps: Decimal, field: str) -> Decimal:
    """Return a rate in bps.

    Parameters
    ----------
    raw
        A JSON number, or its text.
    unit_bps
        bps in one unit of the number.
    field
        Its name, for messages.

    Raises
    ------
    InstrumentError
        When it is missing, no number, or beyond ±`MOST_BPS`.
    """
    value = number(raw, field)
    if value.copy_abs() > MOST_BPS / unit_bps:  # before it is multiplied: an exponent may be beyond what can be
        raise InstrumentError(f"{field} {_shown(raw)} would be more than {MOST_BPS} bps")
    return value * unit_bps


def number(raw: msgspec.Raw, field: str) -> Decimal:
    """Return a JSON number, or a number in a JSON text; `InstrumentError` when it is neither."""
    written = bytes(raw)
    if written in (b"", b"null", b'""'):
        raise InstrumentError(f"{field} is missing")
    try:
        value = Decimal(written[:MOST_DIGITS].decode("ascii").strip('"'))
    except (InvalidOperation, UnicodeDecodeError):
        value = Decimal("nan")
    if len(written) > MOST_DIGITS or not value.is_finite():
        raise InstrumentError(f"{field} {_shown(raw)} is no number")
    return value


def _shown(raw: msgspec.Raw) -> str:
    return bytes(raw)[:SHOWN].decode("utf-8", "replace")
