"""Options that hold for every venue, or for one that is named: `--tier VIP1`, `--tier okx=Lv2`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from fillcast.core.units import BPS
from fillcast.errors import UsageError

Value = TypeVar("Value")

PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class PerVenue(Generic[Value]):
    """One option as it was typed.

    Attributes
    ----------
    named
        By venue.
    others
        For venues that are not named; None where nothing was stated for them.
    """

    named: Mapping[str, Value]
    others: Value | None = None

    def of(self, venue: str) -> Value | None:
        """Return what holds for a venue, or None."""
        return self.named.get(venue, self.others)


def per_venue(
    option: str, words: Sequence[str], venues: Sequence[str], read: Callable[[str, str], Value]
) -> PerVenue[Value]:
    """Read the words of one option, `VALUE` or `VENUE=VALUE`; the last of several for one venue counts.

    Parameters
    ----------
    venues
        Those that are asked; no other may be named.
    read
        Makes the value of an option's name and a text; raises `UsageError` for what it cannot read.

    Raises
    ------
    UsageError
        When a venue is not asked for, or a value cannot be read.
    """
    named: dict[str, Value] = {}
    others: Value | None = None
    for word in words:
        venue, equals, text = (part.strip() for part in word.rpartition("="))
        value = read(option, text)
        if not equals:
            others = value
        elif venue in venues:
            named[venue] = value
        else:
            raise UsageError(f"{option} {word!r}: {venue!r} is not among the venues asked: {', '.join(venues)}")
    return PerVenue(named, others)


def read_fee_bps(option: str, text: str) -> float:
    """Read a fee such as `10`, `10bps` or `0.1%`, in bps.

    Raises
    ------
    UsageError
        When it is no finite number.
    """
    folded = text.lower()
    try:
        fee_bps = (
            float(folded.removesuffix("%")) * (BPS / PERCENT)
            if folded.endswith("%")
            else float(folded.removesuffix("bps"))
        )
    except ValueError:
        fee_bps = math.nan
    if not math.isfinite(fee_bps):
        raise UsageError(f"{option} {text!r} is not a fee: write 10 or 10bps, or 0.1%")
    return fee_bps
