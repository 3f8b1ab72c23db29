"""Two thirds of the peak on average, and the decay after the end, of markets built to show them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.calibration.impact_path import ImpactPath, impact_path
from fillcast.models.calibration.proxies import Assignment, tapes_of
from fillcast.models.calibration.square_root_sums import gathered
from tests.models.calibration.square_root_worlds import world

DURING = np.arange(0.05, 1.0, 0.1)  # middles of tenths of the duration
AFTER = np.array([1.5, 2.0, 5.0])
DECAY = np.sqrt(AFTER) - np.sqrt(AFTER - 1.0)  # 0.518, 0.414, 0.236
MANY_CHILDREN = 20  # so that the first one alone is no large part of the path
LEAST_CHILDREN = 5


@cache
def path(law: str = "square root", days: float = 3.0) -> ImpactPath:
    made = world(21, days=days, stay=0.97, noise=0.3, law=law, steps_per_s=2)
    sums = gathered(
        tapes_of([made.stretch]), Assignment(made.traders, np.inf, 1, 1), MANY_CHILDREN, [made.owners], 3600.0
    )
    return impact_path(sums, np.concatenate((DURING, AFTER)))


def average(found: ImpactPath) -> float:
    return float(found.part[: len(DURING)].mean())


def test_on_average_two_thirds_of_the_peak_are_paid() -> None:
    assert average(path()) == pytest.approx(2 / 3, abs=0.05)
    assert average(path("linear")) == pytest.approx(1 / 2, abs=0.05)  # a linear market pays half: no two thirds


def test_the_impact_decays_as_the_law_says() -> None:
    found = path()
    np.testing.assert_allclose(found.part[len(DURING) :], DECAY, atol=0.06)
    assert (np.abs(found.part[len(DURING) :] - DECAY) < 4 * found.error[len(DURING) :]).all()
    stays = path("linear").part[len(DURING) :]
    assert (stays - DECAY > 0.3).all()  # and one that stays is seen to stay
    np.testing.assert_allclose(stays, 1.0, atol=0.15)


@pytest.mark.long
def test_path_and_decay_closely() -> None:
    found = path(days=15.0)
    assert average(found) == pytest.approx(2 / 3, abs=0.03)
    np.testing.assert_allclose(found.part[len(DURING) :], DECAY, atol=0.03)


def test_no_peak_gives_no_path() -> None:
    made = world(3, days=1.0, steps_per_s=1, impact=0.0)
    assignment = Assignment(made.traders, np.inf, 1, 1)
    found = impact_path(gathered(tapes_of([made.stretch]), assignment, LEAST_CHILDREN, None, 3600.0), AFTER)
    assert np.isnan(found.part).all() or (found.error > 0.2).any()


def test_a_moment_before_the_start_is_refused() -> None:
    made = world(3, days=0.1, steps_per_s=1)
    sums = gathered(tapes_of([made.stretch]), Assignment(8, np.inf, 1, 1), LEAST_CHILDREN, None, 3600.0)
    with pytest.raises(ParameterError, match="elapsed"):
        impact_path(sums, [0.0])
