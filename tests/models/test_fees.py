from __future__ import annotations

import math

import pytest

from fillcast.errors import UsageError
from fillcast.models.fees import DisputedFee, FeeRate, parse_fee_schedule, stated_fee

SCHEDULE = """
venue = "somewhere"
as_of = 2026-03-01
source = "https://example.org/fees"
unit = "bps"

[[tier]]
name = "Regular"
maker = 10.0
taker = 10

[[tier]]
name = "VIP 3"
maker = -0.5
taker = 6.0
source = "https://example.org/announcement"
disputed = [
    { maker = 7.0, taker = 9.0, source = "a second table" },
    { maker = -1, taker = 5, source = "a third" },
]

[[tier]]
name = "Regular"
group = "perp"
maker = 2.0
taker = 5.0

[discount.bnb]
fraction = 0.25
"""


def test_the_first_tier_is_what_a_new_account_pays() -> None:
    schedule = parse_fee_schedule(SCHEDULE, "somewhere.toml")

    assert schedule.rate() == FeeRate(10.0, 10.0, "Regular", "2026-03-01", "https://example.org/fees")
    assert schedule.rate(group="perp").taker_bps == 5.0


def test_a_tier_is_found_in_any_case_and_spacing() -> None:
    schedule = parse_fee_schedule(SCHEDULE, "somewhere.toml")

    for spelling in ("VIP 3", "vip3", "Vip3", " vip 3 "):
        assert schedule.rate(spelling).taker_bps == 6.0
    assert schedule.rate("vip3").source == "https://example.org/announcement"


def test_a_group_that_is_not_listed_pays_the_ungrouped_fee() -> None:
    assert parse_fee_schedule(SCHEDULE, "somewhere.toml").rate(group="7").group == ""


def test_a_discount_lowers_what_is_paid_and_leaves_a_rebate() -> None:
    rate = parse_fee_schedule(SCHEDULE, "somewhere.toml").rate("vip3+BNB")

    assert (rate.maker_bps, rate.taker_bps, rate.tier) == (-0.5, 4.5, "VIP 3+bnb")
    assert rate.disputed[0] == DisputedFee(5.25, 6.75, "a second table")


def test_disputed_fees_span_a_range() -> None:
    schedule = parse_fee_schedule(SCHEDULE, "somewhere.toml")

    assert schedule.rate("vip3").taker_range_bps == (5.0, 9.0)
    assert schedule.rate().taker_range_bps == (10.0, 10.0)


def test_an_unknown_tier_names_those_there_are() -> None:
    schedule = parse_fee_schedule(SCHEDULE, "somewhere.toml")

    with pytest.raises(UsageError, match=r"no fee tier 'gold'; known: Regular, VIP 3"):
        schedule.rate("gold")
    with pytest.raises(UsageError, match=r"no fee tier 'VIP 3' for fee group 'perp'; known: Regular"):
        schedule.rate("VIP 3", "perp")
    with pytest.raises(UsageError, match=r"no fee discount 'okb'; known: bnb"):
        schedule.rate("Regular+okb")


def test_a_group_without_fees_is_refused_where_all_tiers_are_grouped() -> None:
    grouped = SCHEDULE.replace('name = "Regular"\nmaker = 10.0', 'name = "Regular"\ngroup = "spot"\nmaker = 10.0')
    grouped = grouped.replace('name = "VIP 3"', 'name = "VIP 3"\ngroup = "spot"')

    with pytest.raises(UsageError, match=r"fee group 'options' \(known: perp, spot\)"):
        parse_fee_schedule(grouped, "somewhere.toml").rate(group="options")


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        ('unit = "bps"', 'unit = "percent"', "unit must be"),
        ('venue = "somewhere"', "", "venue is missing"),
        ("as_of = 2026-03-01", "", "as_of is missing"),
        ('source = "https://example.org/fees"', 'source = ""', "source is missing"),
        ("maker = 10.0", 'maker = "10"', "maker must be a number"),
        ("maker = 10.0", "maker = nan", "maker must be a number"),
        ("maker = 10.0", "maker = true", "maker must be a number"),
        ("maker = 10.0", "maker = 1e9", "beyond ±1000 bps"),
        ("taker = 10\n", "", "taker must be a number"),
        ('name = "VIP 3"', 'name = "regular"', "is there twice"),
        ("fraction = 0.25", "fraction = 1.25", "needs a fraction"),
        ("[discount.bnb]\nfraction = 0.25", "[discount]\nbnb = 0.25", "needs a fraction"),
        ("[[tier]]", "[[row]]", "at least one"),
        ("venue =", "venue", "is not TOML"),
    ],
)
def test_a_schedule_that_cannot_be_right_says_what_is_wrong(found: str, written: str, message: str) -> None:
    assert found in SCHEDULE
    with pytest.raises(UsageError, match=message):
        parse_fee_schedule(SCHEDULE.replace(found, written), "somewhere.toml")


def test_a_stated_fee_carries_its_origin() -> None:
    assert stated_fee(4.5) == FeeRate(4.5, 4.5, "stated", "", "stated by you")
    assert stated_fee(4.5, -1.0).maker_bps == -1.0


@pytest.mark.parametrize("fee", [math.nan, math.inf, -math.inf, 1e6])
def test_a_stated_fee_that_cannot_be_right_is_refused(fee: float) -> None:
    with pytest.raises(UsageError, match="stated taker fee"):
        stated_fee(fee)
