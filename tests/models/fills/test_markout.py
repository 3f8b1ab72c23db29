from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.fills import (
    HORIZONS_NS,
    Estimate,
    Markout,
    adverse_bps,
    estimate_markouts,
    maker_fill_cost_bps,
)
from fillcast.models.fills.markout import LEAST_CLUSTERS, NS_PER_S

SECOND = NS_PER_S


def seen(adverse: float) -> Markout:
    return Markout(SECOND, Estimate(adverse, adverse - 0.5, adverse + 0.5, 0.9, 200))


def test_the_horizons_of_the_rule() -> None:
    assert [horizon / SECOND for horizon in HORIZONS_NS] == [0.05, 1, 15, 60, 300]


def test_a_buyer_loses_what_the_mid_falls_and_a_seller_what_it_rises() -> None:
    assert adverse_bps([1, -1, 1], [100, 100, 200], [99, 101, 201]).tolist() == pytest.approx([100.0, 100.0, -50.0])


def walk(
    fills_every: int, seconds: int, drift_bps: float, seed: int = 3
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return fills and mids of a market where the mid goes `drift_bps` against each maker in the second after."""
    random = np.random.default_rng(seed)
    times = np.arange(0, seconds * SECOND, SECOND // 10)
    fills = np.arange(SECOND // 2, (seconds - 5) * SECOND, fills_every * SECOND)
    sides = random.choice([-1, 1], len(fills))
    moves = random.normal(0.0, 1.0, len(times))
    for time, side in zip(fills, sides, strict=True):
        moves[np.searchsorted(times, time + SECOND // 2)] -= side * drift_bps
    return fills, sides, times, 100.0 * np.exp(np.cumsum(moves) / 1e4)


def test_the_move_against_the_maker_is_found() -> None:
    (one,) = estimate_markouts(*walk(3, 3_000, 2.0), horizons_ns=(SECOND,))
    estimate = one.calibrated()
    assert estimate.low < 2.0 < estimate.high
    assert estimate.n == 999
    assert estimate.high - estimate.low < 0.5
    (none,) = estimate_markouts(*walk(3, 3_000, 0.0), horizons_ns=(SECOND,))
    assert none.calibrated().low < 0.0 < none.calibrated().high


def test_the_sign_of_the_side_matters() -> None:
    fills, sides, times, mids = walk(3, 3_000, 2.0)
    (wrong,) = estimate_markouts(fills, -sides, times, mids, horizons_ns=(SECOND,))
    assert wrong.calibrated().high < -1.0


def test_the_mid_at_the_fill_is_the_one_before_it() -> None:
    times = np.arange(LEAST_CLUSTERS + 2) * SECOND
    mids = 100.0 + np.arange(len(times))
    (one,) = estimate_markouts(times[1:-1], np.ones(len(times) - 2), times, mids, horizons_ns=(SECOND,))
    by_hand = np.mean([-(mids[k + 1] - mids[k - 1]) / mids[k - 1] * 1e4 for k in range(1, len(times) - 1)])
    assert one.calibrated().value == pytest.approx(by_hand, rel=1e-12)


def test_fills_that_share_their_window_do_not_count_as_many() -> None:
    fills, sides, times, mids = walk(10, 3_000, 1.0)
    copies = 20
    (one,) = estimate_markouts(fills, sides, times, mids, horizons_ns=(SECOND,))
    (many,) = estimate_markouts(np.repeat(fills, copies), np.repeat(sides, copies), times, mids, horizons_ns=(SECOND,))
    width, wide = (found.calibrated().high - found.calibrated().low for found in (one, many))
    assert wide == pytest.approx(width, rel=1e-9)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        (one,) = estimate_markouts(*walk(3, 400, 1.0, seed), horizons_ns=(SECOND,))
        held += one.calibrated().low <= 1.0 <= one.calibrated().high
    assert 0.85 <= held / 200 <= 0.95


def test_one_side_that_fills_all_the_time_is_not_more_certain_than_it_is() -> None:
    held = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        times = np.arange(0, 120 * SECOND, SECOND // 10)
        mids = 100.0 * np.exp(np.cumsum(random.normal(0.0, 1.0, len(times))) / 1e4)
        (one,) = estimate_markouts(times, np.ones(len(times)), times, mids, horizons_ns=(SECOND,))
        held += one.calibrated().low <= 0.0 <= one.calibrated().high
    assert 0.88 <= held / 300 <= 0.95  # without the covariance of neighbours: 0.85


def test_too_few_fills_are_not_calibrated_and_price_nothing() -> None:
    found = estimate_markouts(*walk(3, 400, 1.0))
    assert [markout.adverse_bps is not None for markout in found] == [True, True, True, False, False]
    assert found[-1].reason == "not calibrated: 1 of 10 separate windows of 300 s (34 fills)"
    with pytest.raises(ParameterError, match=r"markout must be calibrated .* not calibrated: 1 of 10"):
        maker_fill_cost_bps(1.0, 0.0, found[-1])


def check_adverse_selection_is_charged(cost: object) -> None:
    """A basis point more of adverse selection costs a maker a basis point more."""
    assert callable(cost)
    cheap, dear = cost(3.0, -0.5, seen(1.0)), cost(3.0, -0.5, seen(2.0))
    assert dear.value - cheap.value == pytest.approx(1.0)
    assert dear.high - cheap.high == pytest.approx(1.0)


def test_adverse_selection_is_charged_to_every_maker_fill() -> None:
    check_adverse_selection_is_charged(maker_fill_cost_bps)
    assert maker_fill_cost_bps(3.0, -0.5, seen(1.0)).value == -3.0 - 0.5 + 1.0
    assert inspect.signature(maker_fill_cost_bps).parameters["markout"].default is inspect.Parameter.empty


def test_a_fill_at_the_half_spread_alone_is_caught() -> None:
    def alone(half_spread_bps: float, maker_fee_bps: float, markout: Markout) -> Estimate:
        return seen(0.0).calibrated().scaled(1.0, maker_fee_bps - half_spread_bps)

    with pytest.raises(AssertionError):
        check_adverse_selection_is_charged(alone)


@given(half_spread=st.floats(0, 50), fee=st.floats(-5, 20), adverse=st.floats(-20, 20))
def test_the_parts_add_up(half_spread: float, fee: float, adverse: float) -> None:
    cost = maker_fill_cost_bps(half_spread, fee, seen(adverse))
    assert cost.value == pytest.approx(adverse + fee - half_spread, abs=1e-12)
    assert cost.low <= cost.value <= cost.high


def test_bad_fills_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="side must be"):
        adverse_bps(0, 1.0, 1.0)
    with pytest.raises(ParameterError, match="mid_later must be"):
        adverse_bps(1, 1.0, 0.0)
    with pytest.raises(ParameterError, match="mid_times_ns must not decrease"):
        estimate_markouts([1], [1], [2, 1], [1.0, 1.0])
    with pytest.raises(ParameterError, match="mids must be"):
        estimate_markouts([1], [1], [1, 2], [1.0, math.nan])
    with pytest.raises(ParameterError, match="horizons_ns must be"):
        estimate_markouts([1], [1], [1, 2], [1.0, 1.0], horizons_ns=(0,))
    with pytest.raises(ParameterError, match="same shape"):
        estimate_markouts([1, 2], [1], [1, 2], [1.0, 1.0])
    with pytest.raises(ParameterError, match="half_spread_bps must be"):
        maker_fill_cost_bps(-1.0, 0.0, seen(1.0))
