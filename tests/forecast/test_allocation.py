from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.forecast.allocation import Supply, allocate

Runs = list[tuple[int, float]]
CHAINS = ((1,), (1, 2), (1, 3, 6), (2, 6), (1, 5, 10), (4,))


def supply(runs: Runs) -> Supply:
    return Supply(np.array([count for count, _ in runs], np.int64), np.array([price for _, price in runs]))


def cost(runs: Runs, units: int, step: int) -> float:
    total = 0.0
    for count, price in runs:
        taken = min(count, units)
        total += taken * price * step
        units -= taken
    return total


def best_of_all(runs: Sequence[Runs], steps: Sequence[int], total: int) -> tuple[int, float]:
    """Return the most that can be filled and its least cost, out of every allocation there is."""
    filled: list[tuple[int, float]] = []
    for units in itertools.product(*(range(sum(count for count, _ in one) + 1) for one in runs)):
        if (given_ := sum(unit * step for unit, step in zip(units, steps, strict=True))) <= total:
            costs = (cost(one, unit, step) for one, unit, step in zip(runs, units, steps, strict=True))
            filled.append((-given_, sum(costs)))
    most, least = min(filled)
    return -most, least


def outcome(runs: Sequence[Runs], steps: Sequence[int], units: Sequence[int]) -> tuple[int, float]:
    return (
        sum(unit * step for unit, step in zip(units, steps, strict=True)),
        sum(cost(one, unit, step) for one, unit, step in zip(runs, units, steps, strict=True)),
    )


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Runs], list[int], int]:
    chain = draw(st.sampled_from(CHAINS))
    runs, steps = [], []
    for _ in range(draw(st.integers(1, 3))):
        prices = sorted(draw(st.sets(st.integers(-20, 20), min_size=1, max_size=3)))
        runs.append([(draw(st.integers(1, 5)), float(price)) for price in prices])
        steps.append(draw(st.sampled_from(chain)))
    return runs, steps, draw(st.integers(0, 40))


@given(markets())
def test_it_is_the_best_of_all_allocations(market: tuple[list[Runs], list[int], int]) -> None:
    runs, steps, total = market

    units = allocate([supply(one) for one in runs], steps, total)
    filled, paid = outcome(runs, steps, units)
    most, least = best_of_all(runs, steps, total)
    assert filled == most
    assert paid == pytest.approx(least, abs=1e-9)


def test_a_coarse_step_may_be_worth_leaving_finer_units_that_are_cheap() -> None:
    # Steps of 10 at 1 and then at 3; single units, eight at 2, then at 9. Of 25: whole steps cost 10 and 30, and the
    # finer 5 units 10. A merge by the unit takes one step and what is cheapest of the rest: 10 + 16 + 63.
    runs = [[(1, 1.0), (1, 3.0)], [(8, 2.0), (20, 9.0)]]

    units = allocate([supply(one) for one in runs], [10, 1], 25)
    assert units == [2, 5]
    assert outcome(runs, [10, 1], units) == (25, 50.0)
    assert outcome(runs, [10, 1], [1, 15]) == (25, 10 + 16 + 63)
    assert outcome(runs, [10, 1], [1, 15]) != best_of_all(runs, [10, 1], 25)


def test_the_remainder_of_a_coarse_step_is_no_part_of_its_price() -> None:
    # Of 3, the finer supply must give 1 in any case. Two more of it cost 20, a step of two 12; with the first unit at 1
    # mixed in, the finer two would look like 11.
    assert allocate([supply([(1, 1.0), (4, 10.0)]), supply([(1, 6.0)])], [1, 2], 3) == [1, 1]


def test_at_one_price_the_earlier_supply_gives_first() -> None:
    same = supply([(5, 7.0)])

    assert allocate([same, same], [1, 1], 7) == [5, 2]


def test_steps_are_cut_out_of_runs_and_a_broken_one_is_left_out() -> None:
    found = supply([(5, 1.0), (1, 2.0), (9, 4.0)]).in_steps(3)

    # 1 1 1 | 1 1 2 | 4 4 4 | 4 4 4 | 4 4 4
    assert found.counts.tolist() == [1, 1, 3]
    assert found.prices.tolist() == [1.0, pytest.approx(4 / 3), 4.0]
    later = supply([(5, 1.0), (1, 2.0), (9, 4.0)]).in_steps(4, start=2)
    # after 1 1: 1 1 1 2 | 4 4 4 4 | 4 4 4 4, and one over
    assert later.counts.tolist() == [1, 2]
    assert later.prices.tolist() == [1.25, 4.0]
    assert supply([(2, 1.0)]).in_steps(3).total == 0


def test_too_little_is_filled_as_far_as_whole_steps_go() -> None:
    # Only three single units: 23 is the most below 25 that two steps of 10 and they make up.
    assert allocate([supply([(2, 1.0)]), supply([(3, 9.0)])], [10, 1], 25) == [2, 3]
    assert allocate([supply([(2, 1.0)]), supply([(3, 9.0)])], [10, 1], 0) == [0, 0]
