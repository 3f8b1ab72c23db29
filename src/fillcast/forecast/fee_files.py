"""The fee schedules that come with the package, and what an account pays for an instrument by them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.models.account_fees import account_fee
from fillcast.models.fees import FeeRate, FeeSchedule, parse_fee_schedule

FOLDER = files("fillcast") / "venues" / "fees"  # not by its package: that would load every protocol


@cache
def fee_schedule(venue: str) -> FeeSchedule:
    """Return the fee schedule of a venue, read once.

    Raises
    ------
    UsageError
        When there is none for the venue, or its file cannot be read.
    """
    name = f"{venue}.toml"
    try:
        text = (FOLDER / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{venue}: no fee schedule comes with fillcast; state your own maker and taker fee") from None
    return parse_fee_schedule(text, name)


def fee_rate(venue: str, tier: str | None = None, group: str = "") -> FeeRate:
    """Return what a tier of a venue pays; `UsageError` names the known tiers when it has no such tier."""
    return fee_schedule(venue).rate(tier, group)


def instrument_fee(instrument: Instrument, tier: str | None = None) -> FeeRate:
    """Return what a tier pays for an instrument: as its venue publishes, else by the venue's file.

    Raises
    ------
    UsageError
        When the venue has no such tier or discount.
    """
    return account_fee(fee_schedule(instrument.venue), instrument.published_fees, tier, instrument.fee_group)
