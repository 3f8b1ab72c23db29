from __future__ import annotations

import re

import pytest

from fillcast.errors import UsageError
from fillcast.forecast.fee_files import FOLDER, fee_rate, fee_schedule

VENUES = sorted(entry.name.removesuffix(".toml") for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))


def test_the_venues_of_this_version_have_fees() -> None:
    assert {"okx", "binance_spot", "binance_usdm", "binance_coinm"} <= set(VENUES)


@pytest.mark.parametrize("venue", VENUES)
def test_a_schedule_that_comes_with_the_package_can_be_read(venue: str) -> None:
    schedule = fee_schedule(venue)

    assert schedule.venue == venue
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", schedule.as_of)
    for entry in schedule.tiers:
        assert schedule.rate(entry.tier, entry.group) == entry
        assert (
            -5.0 <= entry.maker_bps <= entry.taker_bps <= 150.0
        )  # 1.5 %: the dearest retail tier of any venue is 1.2 %


def test_a_venue_without_a_schedule_asks_for_the_fee() -> None:
    with pytest.raises(UsageError, match="nowhere: no fee schedule comes with fillcast"):
        fee_rate("nowhere")
