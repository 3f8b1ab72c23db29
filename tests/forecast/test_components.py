from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.forecast.components import on_common_grid

PARTS = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=4, max_size=4)


def sums(values: tuple[float, ...]) -> set[float]:
    """Every sum that adding left to right in some order can give."""
    found = set()
    for order in itertools.permutations(values):
        total = 0.0
        for value in order:
            total += value
        found.add(total)
    return found


@given(PARTS)
def test_parts_on_a_grid_have_one_sum(values: list[float]) -> None:
    assert len(sums(on_common_grid(tuple(values)))) == 1


@given(PARTS)
def test_the_grid_loses_nothing_that_matters(values: list[float]) -> None:
    largest = max(map(abs, values))
    assert on_common_grid(tuple(values)) == pytest.approx(tuple(values), rel=0, abs=1e-14 * largest)


def test_plain_floats_have_several_sums() -> None:
    assert len(sums((0.1, 0.2, 0.3, 1e-3))) > 1
    assert on_common_grid((0.0, 0.0)) == (0.0, 0.0)
