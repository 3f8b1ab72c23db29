from __future__ import annotations

import math

import pytest

from fillcast.models.calibration.names import PERMANENT, RESILIENCE
from tests.forecast.test_worked import faults_of, known
from tests.forecast.worked_orders import worked


@pytest.mark.parametrize("interval", [(-0.02, 0.01), (-0.02, -0.001)])
def test_a_slope_below_zero_is_an_impact_of_zero(interval: tuple[float, float]) -> None:
    """Noise of a quiet recording once refused every worked order."""
    low, high = interval
    found = worked("twap", "10", conditions=known(PERMANENT, (low + high) / 2, low, high))

    assert not faults_of(found)
    (part,) = (one for one in found.components if one.name == "permanent_impact")
    assert (part.bps, part.low_bps) == (0.0, 0.0)
    assert (part.high_bps > 0) == (high > 0)


def test_a_rate_of_refill_without_an_upper_end_leaves_nothing_there() -> None:
    found = worked("twap", "10", conditions=known(RESILIENCE, 0.05, 0.04, math.inf))

    assert not faults_of(found)
    (part,) = (one for one in found.components if one.name == "transient_impact")
    assert part.low_bps == pytest.approx(0.0, abs=1e-12)
    assert part.bps > 0.0
