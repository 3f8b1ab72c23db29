from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.schedule import largest_remainder, participation_lots, within_caps
from fillcast.models.schedule.participation import MAX_LOTS

WEIGHTS = st.lists(st.floats(0, 1e9), min_size=1, max_size=12).filter(any)
TOTALS = st.integers(0, MAX_LOTS)


def faults(weights: list[float], total: int, lots: NDArray[np.int64]) -> list[str]:
    """Return what is wrong with lots that should be in proportion to weights."""
    found = []
    if sum(lots.tolist()) != total:
        found.append("sum")
    whole = sum(map(Fraction, weights))
    for weight, given_lots in zip(weights, lots.tolist(), strict=True):
        if abs(Fraction(weight) * total / whole - given_lots) >= 1:
            found.append("a lot from its quota")
    return found


@given(WEIGHTS, TOTALS)
def test_lots_add_up_exactly_and_stay_within_a_lot_of_their_quota(weights: list[float], total: int) -> None:
    assert faults(weights, total, largest_remainder(weights, total)) == []


def test_the_checks_see_rounding_to_the_nearest_and_a_remainder_in_one_slice() -> None:
    weights, total = [1.0] * 7, 10
    quotas = np.array(weights) / 7 * total
    assert "sum" in faults(weights, total, np.rint(quotas).astype(np.int64))
    heaped = np.floor(quotas).astype(np.int64)
    heaped[0] += total - heaped.sum()
    assert faults(weights, total, heaped) == ["a lot from its quota"]


def test_lots_left_over_go_to_the_largest_remainders_the_earlier_first() -> None:
    assert largest_remainder([3.3, 3.4, 3.3], 10).tolist() == [3, 4, 3]
    assert largest_remainder([1, 1, 1], 2).tolist() == [1, 1, 0]
    assert sum(largest_remainder([1.0, 1.0, 1.0], MAX_LOTS).tolist()) == MAX_LOTS


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 500)), min_size=1, max_size=10), st.integers(0, 3000))
def test_caps_hold_and_only_a_lack_of_room_leaves_lots_over(cells: list[tuple[float, int]], total: int) -> None:
    weights = [weight for weight, _ in cells]
    if not any(weights):
        return
    caps = np.array([cap for _, cap in cells])
    lots = within_caps(weights, total, caps)
    room = sum(int(cap) for weight, cap in cells if weight > 0)
    assert (lots <= caps).all()
    assert lots.sum() == min(total, room)
    uncapped = largest_remainder(weights, total)
    assert (uncapped > caps).any() or lots.tolist() == uncapped.tolist()


def test_a_cap_that_is_just_reached_changes_nothing() -> None:
    weights = [990739.0, 232604.0, 224386.0, 229635.0, 400510.0, 407567.0]
    uncapped = largest_remainder(weights, 29)
    assert within_caps(weights, 29, uncapped).tolist() == uncapped.tolist()
    assert within_caps(weights, 28, uncapped).sum() == 28


def test_what_a_cap_cuts_off_goes_to_the_others_in_proportion() -> None:
    assert within_caps([6.0, 2.0, 2.0], 100, np.array([20, 100, 100])).tolist() == [20, 40, 40]
    assert within_caps([6.0, 2.0, 2.0], 100, np.array([20, 30, 30])).tolist() == [20, 30, 30]


def share_kept(volumes: list[float], share: float, lots: NDArray[np.int64]) -> bool:
    """Whether no prefix of the lots is above its exact share of all volume."""
    done = np.cumsum(lots).tolist()
    seen = np.cumsum([Fraction(volume) for volume in volumes]).tolist()
    return all(mine <= Fraction(share) * (others + mine) for mine, others in zip(done, seen, strict=True))


@given(
    st.lists(st.integers(0, 10_000).map(float), min_size=1, max_size=20), st.floats(0.01, 0.9), st.integers(0, 50_000)
)
def test_participation_never_exceeds_its_share_nor_lags_by_a_lot(
    volumes: list[float], share: float, total: int
) -> None:
    lots = participation_lots(volumes, share, total)
    assert (lots >= 0).all()
    assert share_kept(volumes, share, lots)
    full = Fraction(share) / (1 - Fraction(share)) * int(sum(volumes))
    assert int(lots.sum()) == min(total, int(full))


def test_the_check_of_the_share_sees_a_share_of_the_others_volume_and_rounding_up() -> None:
    assert not share_kept([75.0], 0.25, np.array([26]))
    assert participation_lots([75.0, 75.0, 75.0], 0.25, 60).tolist() == [25, 25, 10]
    assert participation_lots([1.0] * 6, 0.25, 10).tolist() == [0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("share", [0.0, 1.0, 1.5, -0.1, np.nan])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ParameterError, match="share"):
        participation_lots([1.0], share, 1)


@pytest.mark.parametrize("total", [-1, MAX_LOTS + 1, 1.5])
def test_a_total_beyond_lots_is_refused(total: int) -> None:
    with pytest.raises(ParameterError, match="total_lots"):
        largest_remainder([1.0], total)
    with pytest.raises(ParameterError, match="total_lots"):
        participation_lots([1.0], 0.1, total)


def test_weights_and_caps_are_refused_by_name() -> None:
    for weights in ([0.0, 0.0], [-1.0], [np.inf], []):
        with pytest.raises(ParameterError, match="weights"):
            largest_remainder(weights, 1)
    for caps in (np.array([1.0]), np.array([1, 2]), np.array([-1])):
        with pytest.raises(ParameterError, match="caps"):
            within_caps([1.0], 1, caps)
