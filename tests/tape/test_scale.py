"""Grids told from recorded digits."""

from __future__ import annotations

import pytest

from fillcast.tape.scale import Scale


def scale(*seen: tuple[int, int, int]) -> Scale:
    """Return a scale that has seen (digits before the point, digits after it, levels)."""
    made = Scale()
    for before, after, levels in seen:
        made.add((before, after), levels)
    return made


@pytest.mark.parametrize(
    ("seen", "decimals"),
    [
        ([], 0),
        ([(3, 2, 10)], 2),
        ([(3, 2, 10), (1, 8, 1)], 8),  # the longest decimals, as long as they fit
        ([(5, 8, 800), (1, 17, 1)], 8),  # 17 do not fit beside five digits before the point
        ([(1, 8, 800), (0, 17, 1)], 17),  # and do beside one
        ([(5, 8, 800), (0, 300, 1)], 8),
        ([(5, 8, 800), (18, 0, 1)], 8),  # nor does one huge value take the digits away from all others
        ([(5, 8, 800), (1000, 0, 1)], 8),
        ([(0, 300, 5)], 0),
        ([(10, 8, 5)], 8),
        ([(11, 8, 5)], 0),
        ([(0, 18, 5)], 18),
        ([(3, 0, 0)], 0),
    ],
)
def test_the_grid_is_the_one_that_reads_most_levels(seen, decimals):
    assert scale(*seen).decimals() == decimals


def test_scales_merge():
    first = scale((5, 2, 3))
    first.merge(scale((5, 8, 1)))
    assert first.decimals() == 8
