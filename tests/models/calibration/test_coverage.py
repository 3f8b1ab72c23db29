from __future__ import annotations

import pytest

from fillcast.models.estimate import Estimate
from tests.models.calibration.coverage import CASES, Case, covered, estimates, narrowed, shifted

# Of 20 worlds an interval of 90 % misses 7 or more in 1 of 400 series; of 200 worlds 85 to 95 % are asked for.
FEW, LEAST_OF_FEW = 20, 14
MANY, LEAST_OF_MANY, MOST_OF_MANY = 200, 170, 190


def enough_of_few(found: list[Estimate], truth: float) -> bool:
    return covered(found, truth) >= LEAST_OF_FEW


def right_of_many(found: list[Estimate], truth: float) -> bool:
    return LEAST_OF_MANY <= covered(found, truth) <= MOST_OF_MANY


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_intervals_hold_the_truth_in_twenty_worlds(case: Case) -> None:
    found = list(estimates(case, FEW))

    assert enough_of_few(found, case.truth)
    # Planted: an interval a third as wide, and an estimator biased by 1.5 half-widths.
    assert not enough_of_few([narrowed(one, 3.0) for one in found], case.truth)
    assert not enough_of_few([shifted(one, 1.5) for one in found], case.truth)
    assert not enough_of_few([shifted(one, -1.5) for one in found], case.truth)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_intervals_of_90_percent_hold_the_truth_in_85_to_95_percent_of_worlds(case: Case) -> None:
    found = list(estimates(case, MANY))

    share = covered(found, case.truth) / MANY
    assert right_of_many(found, case.truth), f"{case.name}: {share:.1%} of {MANY} worlds"
    # Planted: intervals three times too narrow or twice too wide, and a bias of one half-width either way.
    assert not right_of_many([narrowed(one, 3.0) for one in found], case.truth)
    assert not right_of_many([narrowed(one, 0.5) for one in found], case.truth)
    assert not right_of_many([shifted(one, 1.0) for one in found], case.truth)
    assert not right_of_many([shifted(one, -1.0) for one in found], case.truth)
