from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.impact.sinh_profile import (
    drift_traded,
    held,
    held_squares,
    lowest_urgency,
    require_count,
    steps_of,
    traded,
    traded_squares,
)

COUNTS = st.integers(1, 60)
# s over more than all scales that a plan feels: from TWAP to the last bit to a single block.
URGENCIES = st.one_of(st.just(0.0), st.floats(-300.0, 150.0).map(lambda power: 10.0**power))
# Of the size: below it the end of a plan underflows.
NEGLIGIBLE = 1e-200


def second_difference_error(urgency: float, profile: np.ndarray) -> float:
    """Return by how much a profile misses x_(j-1) - 2 x_j + x_(j+1) = s x_j, as a part of its largest term."""
    inner = profile[1:-1]
    wrong = profile[:-2] - (2.0 + urgency) * inner + profile[2:]
    return float(np.abs(wrong / (profile[:-2] + (2.0 + abs(urgency)) * inner + NEGLIGIBLE)).max(initial=0.0))


@given(URGENCIES, COUNTS)
def test_the_profile_solves_its_difference_equation_and_sums_to_one(urgency: float, count: int) -> None:
    steps = steps_of(urgency, count)
    profile = held(steps, count)
    slices = traded(steps, count)
    assert profile[0] == pytest.approx(1.0, rel=1e-15)
    assert profile[-1] == 0.0
    assert second_difference_error(urgency, profile) < 1e-10
    assert slices.sum() == pytest.approx(1.0, rel=1e-13)
    assert -np.diff(profile) == pytest.approx(slices, abs=1e-14)
    assert (slices >= 0.0).all()


def test_the_check_sees_a_profile_of_another_urgency() -> None:
    assert second_difference_error(1.0, held(steps_of(1.01, 9), 9)) > 1e-3


@given(st.floats(0.001, 0.999), st.integers(2, 60))
def test_a_negative_urgency_turns_sinh_into_sin_and_never_trades_back(part: float, count: int) -> None:
    urgency = part * lowest_urgency(count)
    steps = steps_of(urgency, count)
    slices = traded(steps, count)
    assert second_difference_error(urgency, held(steps, count)) < 1e-10
    assert slices.sum() == pytest.approx(1.0, rel=1e-13)
    assert (slices > 0.0).all()
    assert slices[-1] >= slices[0]


def test_below_the_lowest_urgency_the_first_slice_would_trade_back() -> None:
    lowest = lowest_urgency(5)
    with pytest.raises(ParameterError, match="risk_aversion"):
        steps_of(1.001 * lowest, 5)
    beyond = np.array(-2.0 * np.arcsin(0.5 * np.sqrt(-1.01 * lowest)))
    assert traded(beyond, 5)[0] < 0.0
    assert lowest_urgency(1) == -np.inf


@given(st.one_of(URGENCIES, st.floats(-0.999, 0.0)), COUNTS)
def test_closed_forms_equal_the_sums(value: float, count: int) -> None:
    lowest = lowest_urgency(count) if count > 1 else -1.0
    steps = steps_of(value if value >= 0 else -value * lowest, count)
    assert traded_squares(steps, count) == pytest.approx((traded(steps, count) ** 2).sum(), rel=1e-13)
    left = (held(steps, count)[1:] ** 2).sum()
    assert held_squares(steps, count) == pytest.approx(left, rel=1e-13, abs=NEGLIGIBLE)


def test_the_textbook_form_fails_where_ours_does_not() -> None:
    """Sinh as printed overflows at a long horizon and cancels at a short one: why the forms are rewritten."""
    count = 50
    steps = steps_of([1e-20, 1e20], count)
    with np.errstate(all="ignore"):
        sines = np.sinh(steps * count), np.sinh(steps)
        printed = 0.5 * (sines[0] * np.cosh(steps * (count - 1)) - count * sines[1]) / (sines[0] ** 2 * sines[1])
    summed = (held(steps, count)[:, 1:] ** 2).sum(axis=-1)
    assert held_squares(steps, count) == pytest.approx(summed, rel=1e-13)
    assert abs(printed[0] / summed[0] - 1) > 0.01
    assert np.isnan(printed[1])


def test_no_urgency_is_even_exactly_and_the_largest_is_one_block() -> None:
    assert traded(steps_of(0.0, 8), 8).tolist() == [0.125] * 8
    assert traded_squares(steps_of(0.0, 8), 8) == 0.125
    assert held_squares(steps_of(0.0, 5), 5) == pytest.approx(5 / 3 * (1 - 1 / 5) * (1 - 1 / 10), rel=1e-15)
    block = steps_of(np.finfo(np.float64).max, 8)
    assert traded(block, 8).tolist() == pytest.approx([1.0] + [0.0] * 7, abs=1e-300)
    assert float(traded_squares(block, 8)) == 1.0
    assert float(held_squares(block, 8)) == 0.0


@given(URGENCIES, st.integers(1, 40))
def test_what_drift_shifts_sums_to_nothing_and_starts_even(urgency: float, count: int) -> None:
    steps = steps_of(urgency, count)
    shifted = drift_traded(steps, count)
    assert np.isfinite(shifted).all()
    assert shifted == pytest.approx(-shifted[::-1], abs=1e-14 * count)
    assert drift_traded(steps_of(0.0, count), count).tolist() == list(range(1 - count, count, 2))


def test_leading_axes_are_kept() -> None:
    steps = steps_of([[0.0, 0.1, 2.0], [-0.01, 1e3, 1e9]], 7)
    for values, last in ((held, 8), (traded, 7), (drift_traded, 7)):
        every = values(steps, 7)
        assert every.shape == (2, 3, last)
        assert every[1, 0].tolist() == values(steps[1, 0], 7).tolist()
    assert traded_squares(steps, 7).shape == held_squares(steps, 7).shape == (2, 3)


@pytest.mark.parametrize("count", [0, -1, 2.0, True, (1 << 20) + 1])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(ParameterError, match="count"):
        require_count(count)
