"""The fees that a user states: typed for one run, or kept in the config file by venue or instrument.

[fees.okx]
maker = "8bps"
taker = "0.1%"

[fees."okx:BTC-USDT-SWAP"]
taker = 4.5
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fillcast.cli.per_venue import read_fee_bps
from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.forecast.fee_files import instrument_fee
from fillcast.models.fees import STATED_BY_YOU, FeeRate, stated_fee

SIDES = ("maker", "taker")
IN_CONFIG = f"{STATED_BY_YOU} in the config file"


@dataclass(frozen=True, slots=True)
class Stated:
    """A fee that the user states, in bps, and where."""

    bps: float
    source: str


@dataclass(frozen=True, slots=True)
class StatedFees:
    """What a user states of one venue or instrument; None where nothing."""

    maker: Stated | None = None
    taker: Stated | None = None

    def over(self, others: StatedFees) -> StatedFees:
        """Return these fees; those of others where nothing is stated here."""
        return StatedFees(self.maker or others.maker, self.taker or others.taker)


def typed_fees(maker_bps: float | None, taker_bps: float | None) -> StatedFees:
    """Return fees that were typed for this run."""
    maker, taker = (None if bps is None else Stated(bps, STATED_BY_YOU) for bps in (maker_bps, taker_bps))
    return StatedFees(maker, taker)


def kept_fees(table: Mapping[str, StatedFees], instrument: Instrument) -> StatedFees:
    """Return what the config file states of an instrument, or else of its venue."""
    nothing = StatedFees()
    return table.get(instrument.key, nothing).over(table.get(instrument.venue, nothing))


def fee_paid(instrument: Instrument, tier: str | None, stated: StatedFees) -> FeeRate:
    """Return what the account pays: what is stated, over what the venue publishes, over the dated file.

    A taker fee alone is the maker fee too; beside a maker fee alone, takers pay what the tier does.

    Raises
    ------
    UsageError
        When the venue has no such tier or discount.
    """
    maker, taker = stated.maker, stated.taker
    if taker is None:
        rate = instrument_fee(instrument, tier)
        if maker is None:
            return rate
        disputed = tuple(replace(other, maker_bps=maker.bps) for other in rate.disputed)
        source = f"{rate.source}; maker {maker.source}"
        return replace(rate, maker_bps=maker.bps, source=source, disputed=disputed)
    if maker is None or maker.source == taker.source:
        return stated_fee(taker.bps, None if maker is None else maker.bps, taker.source)
    return stated_fee(taker.bps, maker.bps, f"taker {taker.source}, maker {maker.source}")


def read_fees(table: object, venues: tuple[str, ...]) -> dict[str, StatedFees]:
    """Read the table `fees` of the config file: by venue, or `VENUE:SYMBOL`.

    Parameters
    ----------
    venues
        Those that may be named.

    Raises
    ------
    UsageError
        When it has another shape, names an unknown venue or key, or a fee cannot be one; says where.
    """
    if not isinstance(table, dict):
        raise UsageError("fees must be a table, with one table per venue or instrument: [fees.okx]")
    found: dict[str, StatedFees] = {}
    for name, entry in table.items():
        venue, colon, symbol = name.partition(":")
        if venue not in venues or (colon and not symbol):
            known = ", ".join(venues)
            raise UsageError(f"unknown key {name!r} in [fees]; write a venue or VENUE:SYMBOL; known venues are {known}")
        if not isinstance(entry, dict):
            raise UsageError(f'fees.{name} must be a table, such as {{ maker = "8bps", taker = "0.1%" }}')
        unknown = [key for key in entry if key not in SIDES]
        if unknown or not entry:
            what = f"unknown key {unknown[0]!r}" if unknown else "nothing"
            raise UsageError(f"{what} in [fees.{name}]; known are {', '.join(SIDES)}")
        fees = {side: Stated(_bps(value, f"fees.{name}.{side}"), IN_CONFIG) for side, value in entry.items()}
        found[name] = StatedFees(fees.get("maker"), fees.get("taker"))
    return found


def _bps(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError(f"{place} must be a number of bps, or a text such as '8bps' or '0.1%', not {value!r}")
    bps = read_fee_bps(place, value if isinstance(value, str) else repr(value))
    stated_fee(bps)
    return bps
