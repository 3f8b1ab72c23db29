from __future__ import annotations

import pytest

from tests.forecast.worked_orders import priced_of, worked


@pytest.mark.parametrize("order_type", ["twap", "vwap", "is"])
def test_a_participation_just_below_one_limits_nothing(order_type: str) -> None:
    """Its limit was once more lots than an int64 holds."""
    free = priced_of(worked(order_type, "10", horizon="24h")).slices

    assert priced_of(worked(order_type, "10", horizon="24h", participation=1 - 2**-53)).slices == free


def test_a_plan_says_all_that_is_to_be_known_of_it() -> None:
    note = priced_of(worked("vwap", "1000", horizon="10m", participation=0.2)).note

    assert "volume curve not calibrated: even slices; 0.2 of the volume leaves 850 untraded at the end" in note
