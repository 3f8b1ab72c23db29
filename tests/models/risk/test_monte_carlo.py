from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.risk import bootstrap_moves, normal_moves, simulated_costs
from fillcast.models.schedule import twap
from tests.models.risk.linear import DEVIATION, EXPECTED, PLAN, SIGMA, Linear

MODEL = Linear()
# What the array API standard 2023.12 names, and nothing that only NumPy has.
STANDARD = SimpleNamespace(
    **{
        name: getattr(np, name)
        for name in (
            *("arange", "asarray", "astype", "cos", "float64", "int64", "log", "matmul"),
            *("reshape", "sqrt", "stack", "take", "uint64"),
        )
    }
)


def seen(record: NDArray[np.float64], moves: NDArray[np.float64], block: int) -> bool:
    """Whether every block of every path is a run of the record, closed in a circle."""
    circle = np.concatenate((record, record))
    runs = {tuple(circle[start : start + block].tolist()) for start in range(len(record))}
    whole = moves.shape[1] // block * block
    return all(tuple(run) in runs for run in moves[:, :whole].reshape(-1, block).tolist())


def test_with_antithetic_paths_the_mean_is_the_expected_cost() -> None:
    expected = float(MODEL.impact_cost(PLAN.sizes, 1.0))
    assert expected == pytest.approx(EXPECTED, rel=1e-9)
    moves = normal_moves(1000, 5, SIGMA, 1.0, 7, antithetic=True)
    assert float(simulated_costs(PLAN, MODEL, moves, "sell").mean()) == pytest.approx(expected, rel=1e-9)
    plain = normal_moves(1000, 5, SIGMA, 1.0, 7)
    assert float(simulated_costs(PLAN, MODEL, plain, "sell").mean()) != pytest.approx(expected, rel=1e-5)


def test_moves_are_normal_and_give_the_variance_of_the_schedule() -> None:
    moves = normal_moves(40_000, 5, SIGMA, 1.0, 11)
    costs = simulated_costs(PLAN, MODEL, moves, "buy")
    assert float(costs.mean()) == pytest.approx(EXPECTED, abs=4 * DEVIATION / 200)
    assert float(costs.std()) == pytest.approx(DEVIATION, rel=4 / np.sqrt(2 * 40_000))
    standard = moves.ravel() / SIGMA
    assert float((standard**4).mean()) == pytest.approx(3.0, abs=4 * np.sqrt(96 / standard.size))
    assert np.abs(np.corrcoef(moves.T) - np.eye(5)).max() < 4 / 200


def test_a_rising_price_is_bad_for_a_buy_and_good_for_a_sell() -> None:
    schedule = twap(4.0, 2, 2.0)
    moves = np.array([[3.0, 100.0]])
    impact = float(MODEL.impact_cost(schedule.sizes, 1.0))
    assert float(simulated_costs(schedule, MODEL, moves, "buy")[0]) == pytest.approx(impact + 2.0 * 3.0)
    assert float(simulated_costs(schedule, MODEL, moves, "sell")[0]) == pytest.approx(impact - 2.0 * 3.0)


@given(st.integers(1, 12), st.integers(1, 25), st.integers(0, 2**64 - 1))
def test_a_bootstrap_keeps_the_runs_of_its_record(block: int, slices: int, seed: int) -> None:
    record = np.arange(12.0)
    moves = bootstrap_moves(20, slices, record, block, seed)
    assert moves.shape == (20, slices)
    assert seen(record, moves, block)


def test_the_check_of_runs_sees_moves_drawn_one_by_one() -> None:
    record = np.arange(12.0)
    assert not seen(record, bootstrap_moves(20, 8, record, 1, 3), 4)


def test_every_start_of_a_block_is_as_likely() -> None:
    starts = bootstrap_moves(24_000, 1, np.arange(12.0), 3, 5)[:, 0].astype(int)
    counts = np.bincount(starts, minlength=12)
    assert np.abs(counts - 2000).max() < 4.5 * np.sqrt(2000)


def test_only_names_of_the_array_standard_are_used() -> None:
    for antithetic in (False, True):
        moves = normal_moves(10, 5, SIGMA, 1.0, 3, antithetic=antithetic, xp=STANDARD)
        assert moves.tolist() == normal_moves(10, 5, SIGMA, 1.0, 3, antithetic=antithetic).tolist()
        drawn = bootstrap_moves(10, 5, [1.0, -2.0, 3.0], 2, 3, antithetic=antithetic, xp=STANDARD)
        assert drawn.tolist() == bootstrap_moves(10, 5, [1.0, -2.0, 3.0], 2, 3, antithetic=antithetic).tolist()
        costs = simulated_costs(PLAN, MODEL, moves, "buy", xp=STANDARD)
        assert costs.tolist() == simulated_costs(PLAN, MODEL, moves, "buy").tolist()
    lacking = SimpleNamespace(**{name: each for name, each in vars(STANDARD).items() if name != "stack"})
    with pytest.raises(AttributeError, match="stack"):
        normal_moves(10, 5, SIGMA, 1.0, 3, antithetic=True, xp=lacking)


def test_more_paths_and_other_seeds() -> None:
    few, many = normal_moves(3, 4, 1.0, 1.0, 9), normal_moves(8, 4, 1.0, 1.0, 9)
    assert many[:3].tolist() == few.tolist()
    assert not np.any(normal_moves(3, 4, 1.0, 1.0, 10) == few)


def test_bad_parameters_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="volatility"):
        normal_moves(2, 2, -1.0, 1.0, 0)
    with pytest.raises(ParameterError, match="interval"):
        normal_moves(2, 2, 1.0, 0.0, 0)
    with pytest.raises(ParameterError, match="seed"):
        normal_moves(2, 2, 1.0, 1.0, -1)
    with pytest.raises(ParameterError, match="paths must be even"):
        normal_moves(3, 2, 1.0, 1.0, 0, antithetic=True)
    with pytest.raises(ParameterError, match="slices"):
        normal_moves(2, 1 << 20, 1.0, 1.0, 0)
    with pytest.raises(ParameterError, match="block"):
        bootstrap_moves(2, 2, [1.0, 2.0], 3, 0)
    with pytest.raises(ParameterError, match="recorded"):
        bootstrap_moves(2, 2, [np.nan], 1, 0)
    with pytest.raises(ParameterError, match="moves"):
        simulated_costs(PLAN, MODEL, np.zeros((3, 4)), "buy")
    with pytest.raises(ParameterError, match="side"):
        simulated_costs(PLAN, MODEL, np.zeros((3, 5)), "hold")
    with pytest.raises(ParameterError, match="schedule"):
        simulated_costs(twap([1.0, 2.0], 5, 1.0), MODEL, np.zeros((3, 5)), "buy")
