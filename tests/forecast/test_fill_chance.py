from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.forecast.fill_chance import Queue, fill_chances, passes


def test_the_mid_passes_as_often_as_a_random_walk_does() -> None:
    steps = 4_000
    moves = np.random.default_rng(5).standard_normal((4_000, steps)) / math.sqrt(steps)
    lowest = moves.cumsum(axis=1).min(axis=1)
    for distance in (0.2, 1.0, 2.0):
        simulated = float((lowest <= -distance).mean())
        # Between its steps a walk misses 0.58 of a step's size of what the continuous one reaches.
        missed = 0.5826 / math.sqrt(steps)
        expected = passes(distance + missed, 1.0)
        assert simulated == pytest.approx(expected, abs=3 * math.sqrt(expected * (1 - expected) / 4_000))
        assert abs(simulated - expected / 2) > 0.01  # the end alone is not enough


def test_with_no_move_only_the_touch_is_reached() -> None:
    assert (passes(0.0, 0.0), passes(1e-9, 0.0)) == (1.0, 0.0)


def test_at_the_touch_without_moves_it_is_the_queue_alone() -> None:
    low, middle, high = fill_chances(0.0, 2.0, 0.0, Queue(3.0, 2.0), outflow=5.0, spread=1.0)

    assert low == middle == high
    assert middle.whole == pytest.approx(math.exp(-(3.0 + 2.0) / 5.0))
    assert middle.share == pytest.approx(5.0 * (math.exp(-3.0 / 5.0) - math.exp(-5.0 / 5.0)) / 2.0)


def test_without_outflow_it_is_the_price_alone() -> None:
    _, middle, _ = fill_chances(2.0, 4.0, 2.0, Queue(3.0, 2.0), outflow=0.0, spread=1.5)

    assert middle.share == middle.whole == pytest.approx(passes(4.0, 2.0))


@example(distance=0.0, half=0.0, move=0.0, ahead=0.0, own=1.0, outflow=2.2e-309, spread=1.0)  # overflowed once
@given(
    distance=st.floats(-5.0, 50.0),
    half=st.floats(0.0, 5.0),
    move=st.floats(0.0, 50.0),
    ahead=st.floats(0.0, 1e3),
    own=st.floats(1e-3, 1e3),
    outflow=st.floats(0.0, 1e4),
    spread=st.floats(1.0, 3.0),
)
def test_chances_are_chances_in_order(
    distance: float, half: float, move: float, ahead: float, own: float, outflow: float, spread: float
) -> None:
    low, middle, high = fill_chances(distance - half, distance + half, move, Queue(ahead, own), outflow, spread)

    for one in (low, middle, high):
        assert 0.0 <= one.whole <= one.share + 1e-12
        assert one.share <= 1.0
    assert low.share <= middle.share + 1e-12
    assert middle.share <= high.share + 1e-12
    further = fill_chances(distance - half + 1.0, distance + half + 1.0, move, Queue(ahead, own), outflow, spread)[1]
    assert further.share <= middle.share + 1e-12
    behind = fill_chances(distance - half, distance + half, move, Queue(ahead + 1.0, own), outflow, spread)[1]
    assert behind.share <= middle.share + 1e-12


@pytest.mark.parametrize(("name", "queue"), [("ahead", (-1.0, 1.0)), ("own", (1.0, 0.0)), ("own", (1.0, math.nan))])
def test_what_is_no_queue_is_refused_by_name(name: str, queue: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match=name):
        Queue(*queue)
