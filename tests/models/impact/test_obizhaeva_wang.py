from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.impact import AlmgrenChriss, DiscretePropagator, ExponentialSum, ObizhaevaWang
from fillcast.models.schedule import Schedule

BOOK = ObizhaevaWang(depth=5000.0, permanent=1e-4, resilience=2.2231, spread=0.02)


@given(st.floats(0.0, 50.0), st.floats(0.01, 10.0), st.floats(-1e5, 1e5))
def test_blocks_and_rate_add_up_to_the_size(resilience: float, horizon: float, size: float) -> None:
    plan = replace(BOOK, resilience=resilience).optimal(size, horizon)
    assert 2.0 * plan.block + plan.rate * horizon == pytest.approx(size, rel=1e-12, abs=1e-12)


def test_limits_of_the_resilience() -> None:
    fast = replace(BOOK, resilience=1e9).optimal(1e5, 2.0)
    assert fast.block == pytest.approx(0.0, abs=1e-4)
    assert fast.rate == pytest.approx(5e4, rel=1e-8)
    none = replace(BOOK, resilience=0.0).optimal(1e5, 2.0)
    assert none.block == 5e4
    assert none.rate == 0.0


def test_many_sizes_and_horizons_at_once() -> None:
    sizes, horizons = np.array([[1e4], [1e5]]), np.array([0.5, 1.0, 2.0])
    plan = BOOK.optimal(sizes, horizons)
    assert plan.block.shape == plan.rate.shape == (2, 3)
    np.testing.assert_allclose(plan.block[1], 10.0 * plan.block[0], rtol=1e-12)
    np.testing.assert_array_equal(BOOK.optimal_cost(sizes, horizons)[1, 2], BOOK.optimal_cost(1e5, 2.0))


def test_the_cost_by_hand() -> None:
    # s X / 2 + lambda X^2 / 2 + kappa X^2 / (rho T + 2), kappa = 1/5000 - 1e-4.
    expected = 0.01 * 1e5 + 0.5e-4 * 1e10 + 1e-4 * 1e10 / 4.2231
    assert BOOK.transient == pytest.approx(1e-4, rel=1e-12)
    assert BOOK.optimal_cost(1e5, 1.0) == pytest.approx(expected, rel=1e-12)
    # One block: half the spread and half of the move that the depth allows.
    assert BOOK.impact_cost(np.array([1e3]), 1.0) == pytest.approx(0.01 * 1e3 + 0.5 * 1e6 / 5000.0, rel=1e-12)


def test_many_trades_come_near_the_continuous_optimum_from_above() -> None:
    least = float(BOOK.optimal_cost(1e5, 1.0))
    excess = []
    for intervals in (10, 100, 1000):
        trades = BOOK.optimal_trades(1e5, intervals + 1, 1.0 / intervals)
        excess.append(float(BOOK.impact_cost(trades, 1.0 / intervals)) - least)
    assert excess[0] > excess[1] > excess[2] > 0.0
    assert excess[1] / excess[2] == pytest.approx(100.0, rel=0.01)
    assert excess[2] < 1e-6 * least


@given(st.floats(0.0, 20.0), st.floats(0.01, 2.0), st.integers(1, 15), st.integers(0, 2**32 - 1))
def test_the_optimal_trades_beat_every_other_schedule(
    resilience: float, interval: float, count: int, seed: int
) -> None:
    book = replace(BOOK, resilience=resilience, spread=0.0)
    best = book.optimal_trades(100.0, count, interval)
    least = float(book.impact_cost(best, interval))
    moves = np.random.default_rng(seed).normal(size=(20, count))
    moves -= moves.mean(axis=-1, keepdims=True)
    assert (book.impact_cost(best + moves, interval) >= least * (1.0 - 1e-12)).all()


def test_a_schedule_for_another_resilience_costs_more() -> None:
    other = replace(BOOK, resilience=4.0).optimal_trades(1e5, 11, 0.1)
    best = BOOK.optimal_trades(1e5, 11, 0.1)
    assert BOOK.impact_cost(other, 0.1) > BOOK.impact_cost(best, 0.1) * (1.0 + 1e-6)
    np.testing.assert_allclose(best, best[::-1], rtol=1e-12)


def test_the_part_that_decays_is_the_exponential_propagator() -> None:
    trades = np.random.default_rng(4).normal(size=(3, 9))
    book = replace(BOOK, permanent=0.0, spread=0.0)
    propagator = DiscretePropagator(ExponentialSum.single(book.resilience), level=book.transient)
    np.testing.assert_allclose(book.impact_cost(trades, 0.2), propagator.impact_cost(trades, 0.2), rtol=1e-12)
    whole = BOOK.impact_cost(trades, 0.2) - 0.5 * propagator.impact_cost(trades, 0.2)
    flat = 0.01 * np.abs(trades).sum(axis=-1) + 0.5e-4 * trades.sum(axis=-1) ** 2
    np.testing.assert_allclose(whole, flat, rtol=1e-11)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("depth", 0.0),
        ("depth", math.nan),
        ("permanent", -1e-9),
        ("resilience", math.inf),
        ("resilience", -1.0),
        ("spread", -0.01),
    ],
)
def test_bad_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        replace(BOOK, **{name: value})


def test_bad_orders_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="horizon must be"):
        BOOK.optimal(1.0, 0.0)
    with pytest.raises(ParameterError, match="size must be"):
        BOOK.optimal_cost(math.nan, 1.0)
    with pytest.raises(ParameterError, match="trades must be"):
        BOOK.impact_cost(np.array([math.inf]), 1.0)
    with pytest.raises(ParameterError, match="interval must be"):
        BOOK.impact_cost(np.array([1.0]), math.nan)


def risk_averse(model: ObizhaevaWang, risk_aversion: float, count: int = 12) -> NDArray[np.float64]:
    return model.risk_averse_trades(1e5, count, 0.1, volatility=0.5, risk_aversion=risk_aversion)


def objective(model: ObizhaevaWang, trades: NDArray[np.float64], risk_aversion: float) -> float:
    return float(model.impact_cost(trades, 0.1) + risk_aversion * Schedule(trades, 0.1).variance(0.5))


def test_without_aversion_the_trades_are_those_of_least_cost() -> None:
    np.testing.assert_allclose(risk_averse(BOOK, 0.0), BOOK.optimal_trades(1e5, 12, 0.1), rtol=1e-9)


@pytest.mark.parametrize("risk_aversion", [1e-7, 1e-5, 1e-3])
def test_no_shift_of_a_trade_makes_the_whole_cheaper(risk_aversion: float) -> None:
    trades = risk_averse(BOOK, risk_aversion)
    best = objective(BOOK, trades, risk_aversion)

    assert trades.sum() == pytest.approx(1e5)
    assert (trades >= 0).all()
    for source, target in itertools.permutations(range(len(trades)), 2):
        moved = trades.copy()
        shift = min(1.0, trades[source])
        moved[source] -= shift
        moved[target] += shift
        assert objective(BOOK, moved, risk_aversion) >= best - 1e-9 * best
    # The even schedule is not the optimum, and the check would see it.
    assert objective(BOOK, np.full(12, 1e5 / 12), risk_aversion) > best * (1 + 1e-6)


def test_more_aversion_trades_earlier() -> None:
    first = [risk_averse(BOOK, aversion)[0] for aversion in (0.0, 1e-6, 1e-4, 1.0)]

    assert first == sorted(first)
    assert first[-1] == pytest.approx(1e5, rel=1e-3)


def test_instant_resilience_is_the_linear_model_of_almgren_and_chriss() -> None:
    # Each trade pays half its own displacement n / q and leaves nothing: eta = tau / (2 q).
    model = ObizhaevaWang(depth=5_000.0, permanent=0.0, resilience=1e6, spread=0.0)
    other = AlmgrenChriss(sigma=0.5, permanent=0.0, temporary=0.1 / (2 * 5_000.0), half_spread=0.0)

    np.testing.assert_allclose(risk_averse(model, 1e-5), other.optimal_trades(1e5, 12, 0.1, 1e-5), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"), [("risk_aversion", np.inf), ("risk_aversion", -1.0), ("volatility", np.nan), ("size", -1.0)]
)
def test_bad_risk_is_refused_by_name(name: str, value: float) -> None:
    given = {"size": 1e5, "volatility": 0.5, "risk_aversion": 1e-6, name: value}

    with pytest.raises(ParameterError, match=name):
        BOOK.risk_averse_trades(
            given["size"], 5, 0.1, volatility=given["volatility"], risk_aversion=given["risk_aversion"]
        )


@pytest.mark.parametrize("volatility", [1e5, 1.2e3])
def test_beyond_any_number_risk_is_met_at_once(volatility: float) -> None:
    """An aversion whose product with variance is no number, or is none over all trades, was once a plan of zeros."""
    book = ObizhaevaWang(10.0, 0.0, 0.05, 0.0)
    trades = book.risk_averse_trades(8.0, 4, 5.0, volatility=volatility, risk_aversion=1e300)

    assert trades.tolist() == [8.0, 0.0, 0.0, 0.0]
