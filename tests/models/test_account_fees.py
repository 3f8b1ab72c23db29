"""What an account pays: the venue's own figures beside the dated file's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.published import PublishedFees, PublishedTier
from fillcast.errors import UsageError
from fillcast.models.account_fees import UNIT_RATIO, account_fee
from fillcast.models.fees import FeeRate, parse_fee_schedule

SCHEDULE = parse_fee_schedule(
    """
venue = "somewhere"
as_of = 2026-03-01
source = "a page"
unit = "bps"
[[tier]]
name = "Regular"
maker = 10.0
taker = 20.0
[[tier]]
name = "VIP 3"
maker = 4.0
taker = 8.0
[[tier]]
name = "Regular"
group = "perp"
maker = 2.0
taker = 5.0
[discount.coin]
fraction = 0.25
""",
    "somewhere.toml",
)
TODAY = "2026-11-24"


def published(*tiers: tuple[str, float, float], problem: str = "") -> PublishedFees:
    return PublishedFees("Somewhere, public/pairs", tuple(PublishedTier(*one) for one in tiers), problem, TODAY)


def figures(rate: FeeRate) -> tuple[str, float, float]:
    return rate.tier, rate.maker_bps, rate.taker_bps


def spans(rate: FeeRate, *takers: float) -> bool:
    """Whether the fee interval of a rate holds all these."""
    low, high = rate.taker_range_bps
    return low <= min(takers) and max(takers) <= high


def test_without_anything_published_the_file_holds() -> None:
    for tier, group in ((None, ""), ("vip3", ""), ("vip3+coin", ""), (None, "perp")):
        assert account_fee(SCHEDULE, None, tier, group) == SCHEDULE.rate(tier, group)


def test_what_is_published_comes_first_and_is_dated_today() -> None:
    rate = account_fee(SCHEDULE, published(("Regular", 10.0, 20.0)))
    assert figures(rate) == ("Regular", 10.0, 20.0)
    assert (rate.as_of, rate.source, rate.disputed) == (TODAY, "Somewhere, public/pairs", ())
    assert account_fee(SCHEDULE, published(("Regular", 2.0, 5.0)), group="perp").group == "perp"


@pytest.mark.parametrize("live", [(10.0, 15.0), (12.0, 20.0), (0.0, 0.0), (-1.0, 30.0)])
def test_where_they_differ_the_file_is_the_other_view(live: tuple[float, float]) -> None:
    rate = account_fee(SCHEDULE, published(("Regular", *live)))
    assert figures(rate) == ("Regular", *live)
    (other,) = rate.disputed
    assert (other.maker_bps, other.taker_bps) == (10.0, 20.0)
    assert other.source == "the dated file, 2026-03-01: a page"
    assert spans(rate, live[1], 20.0)


def test_a_tier_is_the_venues_own_where_it_publishes_it() -> None:
    fees = published(("Regular", 9.0, 19.0), ("VIP3", 3.0, 7.0), ("VIP9", 1.0, 2.0))
    rate = account_fee(SCHEDULE, fees, "vip 3")
    assert figures(rate) == ("VIP3", 3.0, 7.0)
    assert spans(rate, 7.0, 8.0)
    new = account_fee(SCHEDULE, fees, "vip9")
    assert (figures(new), new.disputed) == (("VIP9", 1.0, 2.0), ()), "a tier that is younger than the file"


def test_a_tier_without_a_published_rate_pays_the_files_and_says_so() -> None:
    rate = account_fee(SCHEDULE, published(("Regular", 9.0, 19.0)), "vip3")
    assert figures(rate) == ("VIP 3", 4.0, 8.0)
    assert (rate.as_of, rate.disputed) == ("2026-03-01", ())
    assert rate.source == "a page; not the venue's own (Somewhere, public/pairs): it has no rate of tier VIP 3"


def test_discounts_come_off_both_views() -> None:
    rate = account_fee(SCHEDULE, published(("Regular", 8.0, 16.0)), "regular+COIN")
    assert figures(rate) == ("Regular+coin", 6.0, 12.0)
    assert rate.disputed[0].taker_bps == 15.0
    with pytest.raises(UsageError, match="no fee discount 'other'"):
        account_fee(SCHEDULE, published(("Regular", 8.0, 16.0)), "regular+other")


def test_a_tier_that_nobody_knows_is_refused() -> None:
    for fees in (None, published(("Regular", 1.0, 2.0)), published(problem="odd")):
        with pytest.raises(UsageError, match="no fee tier 'VIP9'"):
            account_fee(SCHEDULE, fees, "VIP9")


def test_what_cannot_be_used_is_told() -> None:
    rate = account_fee(SCHEDULE, published(problem="taker is no number"))
    assert figures(rate) == ("Regular", 10.0, 20.0)
    assert rate.source.endswith("not the venue's own (Somewhere, public/pairs): taker is no number")


@pytest.mark.parametrize(
    ("live", "says"),
    [
        ((0.1, 0.2), "maker 0.1 bps where the dated file says 10 bps looks like another unit"),
        ((10.0, 0.2), "taker 0.2 bps"),
        ((1000.0, 2000.0), "maker 1000 bps"),
        ((-1000.0, 20.0), "maker -1000 bps"),
    ],
)
def test_a_rate_in_another_unit_is_not_believed(live: tuple[float, float], says: str) -> None:
    rate = account_fee(SCHEDULE, published(("Regular", *live)))
    assert figures(rate) == ("Regular", 10.0, 20.0)
    assert says in rate.source


BPS = st.floats(-20.0, 150.0)


@given(BPS, BPS, st.sampled_from([None, "regular", "vip3", "vip3+coin"]))
def test_the_interval_holds_the_file_and_what_is_believed(maker: float, taker: float, tier: str | None) -> None:
    filed = SCHEDULE.rate(tier)
    fees = published(("Regular", maker, taker), ("VIP3", maker, taker))
    rate = account_fee(SCHEDULE, fees, tier)
    assert spans(rate, filed.taker_bps, rate.taker_bps)
    believed = rate.as_of == TODAY
    ratios = [(abs(ours), abs(theirs)) for ours, theirs in ((10, maker), (20, taker))]
    if tier in (None, "regular") and all(not theirs or 1 / 10 < ours / theirs < 10 for ours, theirs in ratios):
        assert believed
    if believed and "coin" not in (tier or ""):
        assert (rate.maker_bps, rate.taker_bps) == (maker, taker)
    if rate.disputed and rate.taker_bps != filed.taker_bps:
        planted = replace(rate, disputed=())
        assert not spans(planted, filed.taker_bps, rate.taker_bps), "planted: the file's view is forgotten"


def test_units_are_told_apart_from_changes() -> None:
    assert 10 < UNIT_RATIO < 100
