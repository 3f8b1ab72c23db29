from __future__ import annotations

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.liquidity import interval_sums, last_known

TIMES = [10, 20, 20, 30]
VALUES = [1.0, 2.0, 3.0, 4.0]


def test_the_last_known_value_is_never_a_later_one() -> None:
    known = last_known(TIMES, VALUES, [9, 10, 19, 20, 29, 99])

    assert np.isnan(known[0])
    assert known[1:].tolist() == [1.0, 1.0, 3.0, 3.0, 4.0]
    strict = last_known(TIMES, VALUES, [10, 20, 21], strictly_before=True)
    assert np.isnan(strict[0])
    assert strict[1:].tolist() == [1.0, 3.0]
    assert np.isnan(last_known([], [], [5])).all()


def test_an_interval_holds_its_right_edge_and_what_is_outside_is_left_out() -> None:
    assert interval_sums(TIMES, VALUES, [10, 20, 25, 40]).tolist() == [5.0, 0.0, 4.0]
    assert interval_sums([], [], [0, 10]).tolist() == [0.0]


def test_sums_and_changes_between_the_same_edges_cover_the_same_events() -> None:
    random = np.random.default_rng(1)
    times = np.sort(random.integers(0, 1_000, 400))
    steps = random.integers(-5, 6, 400).astype(np.float64)
    edges = np.arange(0, 1_001, 50)

    levels = last_known(np.append(-1, times), np.append(0.0, np.cumsum(steps)), edges)
    assert np.array_equal(np.diff(levels), interval_sums(times, steps, edges))
    shifted = interval_sums(times + 1, steps, edges)  # planted: the other side of the edge
    assert not np.array_equal(np.diff(levels), shifted)


def test_times_that_go_back_or_are_no_nanoseconds_are_refused() -> None:
    with pytest.raises(ParameterError, match="times_ns must not decrease, as they do after place 0"):
        last_known([2, 1], [1.0, 1.0], [3])
    with pytest.raises(ParameterError, match="whole nanoseconds"):
        last_known([1.0, 2.0], [1.0, 1.0], [3])
    with pytest.raises(ParameterError, match="edges_ns must have at least 2"):
        interval_sums(TIMES, VALUES, [5])
    with pytest.raises(ParameterError, match="same shape"):
        interval_sums(TIMES, VALUES[:-1], [5, 6])
