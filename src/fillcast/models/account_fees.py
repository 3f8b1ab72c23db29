"""What an account pays: what the venue publishes today beside what the dated file says.

A venue's own figures come first. They are not believed blindly: Kraken's public ladder said 25 and 40 bps for two
months after the venue had gone over to 40 and 80. So the file's figure stays as the other view where they differ, and a
forecast's fee interval spans both.
"""

from __future__ import annotations

from dataclasses import replace

from fillcast.core.published import PublishedFees, PublishedTier
from fillcast.errors import UsageError
from fillcast.models.fees import DisputedFee, FeeRate, FeeSchedule, folded

# Units of a rate (fraction, percent, bps) lie a factor of 100 apart; a venue that changes its fees moves them by less
# than 10. Half of 100 tells one from the other.
UNIT_RATIO = 50.0


def account_fee(
    schedule: FeeSchedule, published: PublishedFees | None, tier: str | None = None, group: str = ""
) -> FeeRate:
    """Return what a tier pays for an instrument.

    Parameters
    ----------
    schedule
        The venue's dated file.
    published
        What the venue's metadata says of the instrument's fees; None where it publishes none.
    tier, group
        As for `FeeSchedule.rate`. A tier that the venue publishes no rate of pays the file's.

    Raises
    ------
    UsageError
        For a tier, discount or group that neither knows.
    """
    name, *discounts = (None,) if tier is None else tier.split("+")
    live = None if published is None else _published_tier(published, name)
    try:
        rate = schedule.rate(name, group)
    except UsageError:
        if published is None or live is None:
            raise
        rate = _live_rate(published, live, group)
    else:
        if published is not None:
            rate = _beside(rate, published, live)
    for discount in discounts:
        rate = rate.discounted(*schedule.discount(discount))
    return rate


def _published_tier(published: PublishedFees, name: str | None) -> PublishedTier | None:
    if name is None:
        return next(iter(published.tiers), None)
    return next((one for one in published.tiers if folded(one.name) == folded(name)), None)


def _live_rate(published: PublishedFees, live: PublishedTier, group: str) -> FeeRate:
    return FeeRate(live.maker_bps, live.taker_bps, live.name, published.as_of, published.source, group)


def _beside(filed: FeeRate, published: PublishedFees, live: PublishedTier | None) -> FeeRate:
    """Return the published rate with the file's as the other view; the file's where the published one is no use."""
    problem = published.problem or _other_unit(filed, live)
    if problem or live is None:
        why = problem or f"it has no rate of tier {filed.tier}"
        return replace(filed, source=f"{filed.source}; not the venue's own ({published.source}): {why}")
    rate = _live_rate(published, live, filed.group)
    if (live.maker_bps, live.taker_bps) == (filed.maker_bps, filed.taker_bps):
        return rate
    other = DisputedFee(filed.maker_bps, filed.taker_bps, f"the dated file, {filed.as_of}: {filed.source}")
    return replace(rate, disputed=(other,))


def _other_unit(filed: FeeRate, live: PublishedTier | None) -> str:
    """Return how a published rate differs from the file's as only another unit would; empty where it does not."""
    if live is None:
        return ""
    for name, ours, theirs in (
        ("maker", filed.maker_bps, live.maker_bps),
        ("taker", filed.taker_bps, live.taker_bps),
    ):
        low, high = sorted((abs(ours), abs(theirs)))
        if low and high >= UNIT_RATIO * low:
            return f"{name} {theirs:g} bps where the dated file says {ours:g} bps looks like another unit"
    return ""
