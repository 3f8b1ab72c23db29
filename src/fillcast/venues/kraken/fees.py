"""Kraken's fees in `AssetPairs`: steps of 30-day volume in USD, one ladder for takers and one for makers, in percent.

Both are empty since 8 September 2026 (change log of the venue), and were out of date for two months before: the venue
changed its fees on 9 July 2026, and the ladders did not. They are read where a reply has them, beside the dated file.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from fillcast.core.published import PublishedFees, PublishedTier
from fillcast.errors import InstrumentError
from fillcast.venues.published import PERCENT, number, published_fees, rate_bps, tier

SOURCE: Final = "Kraken, public/AssetPairs: fees and fees_maker"
MOST_STEPS: Final = 64  # the venue has 17 tiers
NOTHING: Final = (b"", b"null", b"[]")
MILLION: Final = Decimal(1_000_000)  # USD
THOUSAND: Final = Decimal(1_000)
MOST_VOLUME: Final = Decimal(10) ** 15  # USD in 30 days: beyond any account, within what is written without exponent

Ladder = dict[Decimal, Decimal]  # bps from some volume in USD on, in rising order

decode_steps = msgspec.json.Decoder(list[tuple[msgspec.Raw, msgspec.Raw]]).decode


def pair_fees(fees: msgspec.Raw, fees_maker: msgspec.Raw) -> PublishedFees | None:
    """Return the fees of one pair; None where the reply has none.

    Parameters
    ----------
    fees, fees_maker
        Lists of [volume, percent]. Without the second, makers pay what takers do.
    """
    if bytes(fees) in NOTHING and bytes(fees_maker) in NOTHING:
        return None
    return published_fees(SOURCE, lambda: _tiers(fees, fees_maker))


def tier_name(volume: Decimal) -> str:
    """Return the name that the dated file has for the tier from a volume in USD on: `0`, `10K`, `2.5M`."""
    for size, letter in ((MILLION, "M"), (THOUSAND, "K")):
        if volume >= size:
            return f"{(volume / size).normalize():f}{letter}"
    return f"{volume.normalize():f}"


def _tiers(fees: msgspec.Raw, fees_maker: msgspec.Raw) -> list[PublishedTier]:
    takers = _ladder(fees, "fees")
    makers = takers if bytes(fees_maker) in NOTHING else _ladder(fees_maker, "fees_maker")
    return [tier(tier_name(volume), _at(makers, volume), _at(takers, volume)) for volume in sorted({*takers, *makers})]


def _ladder(raw: msgspec.Raw, field: str) -> Ladder:
    try:
        steps = decode_steps(raw)
    except msgspec.DecodeError:
        raise InstrumentError(f"{field} is no list of volumes and rates") from None
    ladder: Ladder = {}
    last = Decimal(-1)
    for step, rate in steps[:MOST_STEPS]:
        volume = number(step, f"a volume of {field}")
        if not last < volume <= MOST_VOLUME or (not ladder and volume):
            raise InstrumentError(f"the volumes of {field} do not rise from 0")
        ladder[volume] = rate_bps(rate, PERCENT, f"a rate of {field}")
        last = volume
    if not ladder or len(steps) > MOST_STEPS:
        raise InstrumentError(f"{field} has {len(steps)} steps")
    return ladder


def _at(ladder: Ladder, volume: Decimal) -> Decimal:
    return ladder[max(step for step in ladder if step <= volume)]
