from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.impact import (
    DiscretePropagator,
    ExponentialSum,
    Kernel,
    PowerLawKernel,
    TabulatedKernel,
    carried_by_matrix,
    exponential_optimal_trades,
    kernel_matrix,
)

KERNELS = (
    PowerLawKernel(0.5, 0.1),
    ExponentialSum.single(2.0),
    ExponentialSum((0.5, 0.3, 0.2), (5.0, 0.5, 0.01)),
    TabulatedKernel(tuple(1.0 / (1.0 + lag) for lag in range(20)), 0.1),
)
EACH_KERNEL = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
COUNTS = st.integers(1, 30)


def trade_lists(rng_seed: int, count: int, lists: int) -> NDArray[np.float64]:
    return np.random.default_rng(rng_seed).normal(size=(lists, count))


@EACH_KERNEL
def test_the_cost_is_the_quadratic_form(kernel: Kernel) -> None:
    trades = trade_lists(1, 12, 5)
    expected = [0.5 * 3.0 * row @ kernel_matrix(kernel, 12, 0.1) @ row for row in trades]
    np.testing.assert_allclose(DiscretePropagator(kernel, 3.0).impact_cost(trades, 0.1), expected, rtol=1e-12)


def test_two_trades_by_hand() -> None:
    # 2 units move the price by 2 * 2 = 4; half of that is left when 1 unit moves it by 2 more.
    model = DiscretePropagator(ExponentialSum.single(math.log(2.0)), level=2.0)
    assert model.impact_cost(np.array([2.0, 1.0]), 1.0) == pytest.approx(2 * 2.0 + 1 * (2.0 + 1.0), rel=1e-15)
    assert model.impact_cost(np.array([2.0, -1.0]), 1.0) == pytest.approx(2 * 2.0 - 1 * (2.0 - 1.0), rel=1e-15)


@given(
    st.lists(st.tuples(st.floats(0.01, 5.0), st.floats(0.001, 50.0)), min_size=1, max_size=6),
    COUNTS,
    st.floats(0.001, 10.0),
)
def test_the_recursion_of_exponentials_is_the_matrix(
    terms: list[tuple[float, float]], count: int, interval: float
) -> None:
    weights, rates = zip(*terms, strict=True)
    kernel = ExponentialSum(weights, rates)
    trades = trade_lists(2, count, 3)
    scale = sum(weights) * np.abs(trades).sum()
    recursed, multiplied = kernel.carried(trades, interval), carried_by_matrix(kernel, trades, interval)
    np.testing.assert_allclose(recursed, multiplied, rtol=0, atol=1e-13 * scale)


def test_a_recursion_with_another_rate_is_not_the_matrix() -> None:
    trades = trade_lists(2, 10, 3)
    moved = ExponentialSum((0.5, 0.3, 0.2), (5.0, 0.5, 0.0101)).carried(trades, 0.1)
    assert np.abs(moved - carried_by_matrix(KERNELS[2], trades, 0.1)).max() > 1e-13 * np.abs(trades).sum()


@given(st.integers(2, 60), st.floats(0.001, 5.0), st.floats(0.01, 20.0), st.floats(0.1, 1e6))
def test_the_closed_form_is_the_matrix_solution(count: int, interval: float, rate: float, size: float) -> None:
    solved = DiscretePropagator(ExponentialSum.single(rate), 1.0).optimal_trades(size, count, interval)
    closed = exponential_optimal_trades(size, count, interval, rate)
    np.testing.assert_allclose(solved, closed, rtol=0, atol=1e-6 * size)
    assert closed.sum() == pytest.approx(size, rel=1e-12)
    if count > 2:
        # One trade fewer in the denominator is another schedule.
        wrong = closed[0] * (count * -math.expm1(-rate * interval) + 2.0) / size
        assert abs(wrong - 1.0) > 1e-6


@EACH_KERNEL
@given(st.integers(2, 20), st.integers(0, 2**32 - 1))
def test_the_optimum_beats_every_other_schedule(kernel: Kernel, count: int, seed: int) -> None:
    model = DiscretePropagator(kernel, 1.0)
    best = model.optimal_trades(1.0, count, 0.1)
    least = float(model.impact_cost(best, 0.1))
    assert least == pytest.approx(float(model.optimal_cost(1.0, count, 0.1)), rel=1e-9)

    moves = trade_lists(seed, count, 20)
    moves -= moves.mean(axis=-1, keepdims=True)
    assert (model.impact_cost(best + moves, 0.1) > least).all()
    # The same check catches a schedule that is no optimum: it loses to the step towards the optimum.
    assert model.impact_cost(best + 0.5 * moves[0], 0.1) < model.impact_cost(best + moves[0], 0.1)


@EACH_KERNEL
def test_the_optimum_is_symmetric_and_in_proportion_to_the_size(kernel: Kernel) -> None:
    model = DiscretePropagator(kernel, 2.0)
    sizes = np.array([[1.0, -2.0, 0.0], [10.0, 1e5, 3.0]])
    trades = model.optimal_trades(sizes, 11, 0.1)
    assert trades.shape == (2, 3, 11)
    np.testing.assert_allclose(trades, trades[..., ::-1], rtol=1e-9)
    np.testing.assert_allclose(trades.sum(axis=-1), sizes, rtol=1e-12)
    np.testing.assert_allclose(trades, sizes[..., None] * trades[0, 0], rtol=1e-12)
    np.testing.assert_allclose(model.impact_cost(trades, 0.1), model.optimal_cost(sizes, 11, 0.1), rtol=1e-9)
    np.testing.assert_allclose(model.optimal_cost(2 * sizes, 11, 0.1), 4 * model.optimal_cost(sizes, 11, 0.1))


def test_a_schedule_that_is_not_symmetric_costs_more() -> None:
    model = DiscretePropagator(PowerLawKernel(0.5, 0.1), 1.0)
    skewed = model.optimal_trades(1.0, 11, 0.1)
    skewed[[0, 1]] += (0.01, -0.01)
    assert model.impact_cost(skewed, 0.1) > model.optimal_cost(1.0, 11, 0.1)


def test_fast_decay_is_twap_and_none_is_half_at_each_end() -> None:
    np.testing.assert_allclose(exponential_optimal_trades(8.0, 5, 0.5, 1e6), np.full(5, 1.6), rtol=1e-12)
    np.testing.assert_array_equal(exponential_optimal_trades(8.0, 5, 0.5, 0.0), [4.0, 0.0, 0.0, 0.0, 4.0])
    np.testing.assert_allclose(exponential_optimal_trades(8.0, 5, 0.5, 1e-9), [4.0, 0, 0, 0, 4.0], atol=1e-7)


def test_closed_forms_for_many_rates_at_once() -> None:
    trades = exponential_optimal_trades([[1.0], [2.0]], 6, 0.1, [0.0, 1.0, 30.0])
    assert trades.shape == (2, 3, 6)
    np.testing.assert_array_equal(trades[1, 2], exponential_optimal_trades(2.0, 6, 0.1, 30.0))
    np.testing.assert_array_equal(exponential_optimal_trades(7.0, 1, 0.1, 3.0), [7.0])


def test_a_table_answers_on_its_grid_only() -> None:
    kernel = TabulatedKernel((1.0, 0.5, 0.3), 0.1)
    np.testing.assert_array_equal(kernel.at(np.array([[0.0, 0.2], [0.1, 0.1 + 1e-13]])), [[1.0, 0.3], [0.5, 0.5]])
    with pytest.raises(ParameterError, match=r"no multiple of 0\.1"):
        kernel.at(np.array([0.15]))
    with pytest.raises(ParameterError, match=r"beyond the tabulated kernel, which ends at 0\.2"):
        kernel.at(np.array([0.3]))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PowerLawKernel(0.0, 1.0), "decay must be positive"),
        (lambda: PowerLawKernel(0.5, math.nan), "time_scale must be positive"),
        (lambda: ExponentialSum((1.0, -0.1), (1.0, 2.0)), "weights must be positive and finite, not -0.1"),
        (lambda: ExponentialSum((1.0,), (math.inf,)), "rates must be positive"),
        (lambda: ExponentialSum((1.0,), (1.0, 2.0)), "weights has 1 values and rates has 2"),
        (lambda: ExponentialSum((), ()), "at least one"),
        (lambda: TabulatedKernel((), 1.0), "values is empty"),
        (lambda: TabulatedKernel((1.0, math.nan), 1.0), "values must be finite"),
        (lambda: TabulatedKernel((0.0,), 1.0), "must be positive"),
        (lambda: TabulatedKernel((1.0, 0.5), 0.0), "step must be positive"),
        (lambda: DiscretePropagator(KERNELS[0], -1.0), "level must be positive and finite, not -1.0"),
        (
            lambda: DiscretePropagator(KERNELS[0], 1.0).impact_cost(np.array([1.0, math.nan]), 1.0),
            "trades must be finite",
        ),
        (lambda: DiscretePropagator(KERNELS[0], 1.0).impact_cost(np.array([1.0]), 0.0), "interval must be positive"),
        (lambda: DiscretePropagator(KERNELS[0], 1.0).optimal_trades(math.inf, 3, 1.0), "size must be finite"),
        (lambda: DiscretePropagator(KERNELS[0], 1.0).optimal_trades(1.0, 0, 1.0), "count must be"),
        (lambda: exponential_optimal_trades(1.0, 3, 1.0, -0.5), "resilience must be finite and not negative, not -0.5"),
        (lambda: exponential_optimal_trades(1.0, 0, 1.0, 0.5), "count must be a whole number"),
        (lambda: KERNELS[0].at(np.array([-1.0])), "lags must be"),
    ],
)
def test_bad_parameters_are_refused_by_name(build: object, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        build()  # type: ignore[operator]
