"""Fee schedules: dated, sourced text in, the rate of one tier out."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace

from fillcast.errors import UsageError

MAX_FEE_BPS = 1000.0  # 10 %: no venue charges more, and a percentage typed as a fraction of bps stays below it
STATED_TIER = "stated"
STATED_BY_YOU = "stated by you"


@dataclass(frozen=True, slots=True)
class DisputedFee:
    """What another source says a tier pays."""

    maker_bps: float
    taker_bps: float
    source: str


@dataclass(frozen=True, slots=True)
class FeeRate:
    """What one account tier pays, in bps of the traded value. Negative: a rebate.

    Attributes
    ----------
    tier, group
        The tier in the venue's own spelling, with `+name` for each discount applied; the fee group, or empty.
    as_of, source
        Date and origin of the figures.
    disputed
        What other sources say; a forecast's fee interval spans them.
    """

    maker_bps: float
    taker_bps: float
    tier: str
    as_of: str
    source: str
    group: str = ""
    disputed: tuple[DisputedFee, ...] = ()

    @property
    def taker_range_bps(self) -> tuple[float, float]:
        """The lowest and highest taker fee that any source gives."""
        if not self.disputed:
            return self.taker_bps, self.taker_bps
        others = [other.taker_bps for other in self.disputed]
        return min(self.taker_bps, *others), max(self.taker_bps, *others)

    @property
    def maker_range_bps(self) -> tuple[float, float]:
        """The lowest and highest maker fee that any source gives."""
        fees = [self.maker_bps, *(other.maker_bps for other in self.disputed)]
        return min(fees), max(fees)

    def discounted(self, name: str, fraction: float) -> FeeRate:
        """Return the rate with a fraction off every fee that is paid; rebates stay as they are."""
        return replace(
            self,
            maker_bps=_discounted(self.maker_bps, fraction),
            taker_bps=_discounted(self.taker_bps, fraction),
            tier=f"{self.tier}+{name}",
            disputed=tuple(
                replace(
                    other,
                    maker_bps=_discounted(other.maker_bps, fraction),
                    taker_bps=_discounted(other.taker_bps, fraction),
                )
                for other in self.disputed
            ),
        )


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """The fees of one venue at one date. The first tier of a group is what a new account pays.

    Attributes
    ----------
    tiers
        The tiers in the file's order; `group` is empty where a tier holds for every instrument.
    discounts
        Name and fraction off, such as ("bnb", 0.25).
    """

    venue: str
    as_of: str
    source: str
    tiers: tuple[FeeRate, ...]
    discounts: tuple[tuple[str, float], ...] = ()

    def rate(self, tier: str | None = None, group: str = "") -> FeeRate:
        """Return what a tier pays for instruments of a fee group.

        Parameters
        ----------
        tier
            The venue's name for the tier, in any case, then `+name` for each discount ("VIP1+bnb"). None: the
            tier of a new account.
        group
            The instrument's fee group. Where the schedule does not list it, the ungrouped tiers apply.

        Raises
        ------
        UsageError
            For a tier, discount or group that the schedule does not have; it names those it has.
        """
        known = [entry for entry in self.tiers if entry.group == group]
        known = known or [entry for entry in self.tiers if not entry.group]
        if not known:
            groups = ", ".join(sorted({entry.group for entry in self.tiers}))
            raise UsageError(
                f"{self.venue}: no fees are known for fee group {group!r} (known: {groups}); "
                "state your own maker and taker fee"
            )
        if tier is None:
            return known[0]
        name, *discounts = tier.split("+")
        for entry in known:
            if folded(entry.tier) == folded(name):
                break
        else:
            names = ", ".join(entry.tier for entry in known)
            where = f" for fee group {group!r}" if group else ""
            raise UsageError(f"{self.venue} has no fee tier {name!r}{where}; known: {names}")
        for discount in discounts:
            entry = entry.discounted(*self.discount(discount))
        return entry

    def discount(self, name: str) -> tuple[str, float]:
        """Return a discount's name and fraction; `UsageError` when there is none of that name."""
        for known, fraction in self.discounts:
            if folded(known) == folded(name):
                return known, fraction
        names = ", ".join(known for known, _ in self.discounts) or "none"
        raise UsageError(f"{self.venue} has no fee discount {name!r}; known: {names}")


def stated_fee(taker_bps: float, maker_bps: float | None = None, source: str = STATED_BY_YOU) -> FeeRate:
    """Return a rate that the user states; the maker fee is the taker fee where only that is known.

    Parameters
    ----------
    source
        Where it was stated.

    Raises
    ------
    UsageError
        When a fee is not finite or beyond ±1000 bps.
    """
    maker = taker_bps if maker_bps is None else maker_bps
    for name, value in (("taker", taker_bps), ("maker", maker)):
        _checked(value, f"the stated {name} fee")
    return FeeRate(float(maker), float(taker_bps), STATED_TIER, "", source)


def parse_fee_schedule(text: str, origin: str) -> FeeSchedule:
    """Read a fee schedule from TOML.

    Top level: `venue`, `as_of`, `source`, `unit = "bps"`. `[[tier]]`: `name`, `maker`, `taker`, and where
    needed `group`, `source` and `disputed = [{maker, taker, source}]`. `[discount.NAME]`: `fraction`.

    Parameters
    ----------
    text
        The file's text.
    origin
        The file's name, for messages.

    Raises
    ------
    UsageError
        When the text is not such a schedule; it says where.
    """
    try:
        table: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{origin} is not TOML: {error}") from None
    if table.get("unit") != "bps":
        raise UsageError(f'{origin}: unit must be "bps", not {table.get("unit")!r}')
    as_of, source = _text(table, "as_of", origin), _text(table, "source", origin)
    tiers: list[FeeRate] = []
    for entry in _tables(table.get("tier", []), f"{origin}: tier"):
        place = f"{origin}: tier {entry.get('name')!r}"
        disputed = tuple(
            DisputedFee(*_maker_taker(other, f"{place}: disputed"), _text(other, "source", f"{place}: disputed"))
            for other in _tables(entry.get("disputed", []), f"{place}: disputed")
        )
        origin_of_tier = _text(entry, "source", place) if "source" in entry else source
        group = str(entry.get("group", ""))
        name = _text(entry, "name", place)
        if any(folded(other.tier) == folded(name) and other.group == group for other in tiers):
            raise UsageError(f"{place} is there twice")
        tiers.append(FeeRate(*_maker_taker(entry, place), name, as_of, origin_of_tier, group, disputed))
    if not tiers:
        raise UsageError(f"{origin}: a fee schedule needs at least one [[tier]]")
    return FeeSchedule(_text(table, "venue", origin), as_of, source, tuple(tiers), _discounts(table, origin))


def _discounts(table: dict[str, object], origin: str) -> tuple[tuple[str, float], ...]:
    found: list[tuple[str, float]] = []
    discounts = table.get("discount", {})
    if not isinstance(discounts, dict):
        raise UsageError(f"{origin}: discount must be a table")
    for name, entry in discounts.items():
        fraction = entry.get("fraction") if isinstance(entry, dict) else None
        if not isinstance(fraction, int | float) or not 0 <= fraction <= 1:
            raise UsageError(f"{origin}: discount {name!r} needs a fraction between 0 and 1, not {fraction!r}")
        found.append((str(name), float(fraction)))
    return tuple(found)


def _tables(value: object, place: str) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise UsageError(f"{place} must be a list of tables")
    return value


def _text(table: dict[str, object], key: str, place: str) -> str:
    value = table.get(key)
    if value is None or str(value).strip() == "":
        raise UsageError(f"{place}: {key} is missing")
    return str(value)


def _maker_taker(table: dict[str, object], place: str) -> tuple[float, float]:
    return _checked(table.get("maker"), f"{place}: maker"), _checked(table.get("taker"), f"{place}: taker")


def _checked(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"{place} must be a number of bps, not {value!r}")
    if abs(value) > MAX_FEE_BPS:
        raise UsageError(f"{place} is {value} bps, beyond ±{MAX_FEE_BPS:.0f} bps: is it in another unit?")
    return float(value)


def _discounted(fee_bps: float, fraction: float) -> float:
    return fee_bps * (1 - fraction) if fee_bps > 0 else fee_bps


def folded(name: str) -> str:
    """Return the name of a tier or discount without case and spaces, so that `vip3` is `VIP 3`."""
    return "".join(name.split()).casefold()
