from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.fills import diffusion_limit, probability_up
from fillcast.models.fills.cont_de_larrard import MAX_LOTS

EDGE = 80  # lots at which the chain is closed with the limit's value


def markov_chain(edge: int = EDGE) -> NDArray[np.float64]:
    """Return P(up) for 1..edge lots on each side (bid first) of the chain that moves by one lot in one of four ways.

    Block elimination: row n of the grid is x_n = A_n x_(n+1) + b_n.
    """
    size = np.arange(1, edge + 1)
    own = 4.0 * np.eye(edge) - np.eye(edge, k=1) - np.eye(edge, k=-1)
    closed = (2 / math.pi) * np.arctan(size / (edge + 1))  # at edge + 1 lots offered, for n = 1..edge bid
    factors, terms = [], []
    factor, term = np.zeros((edge, edge)), np.zeros(edge)  # no bid: the price went down
    for n in size:
        right = np.zeros(edge)
        right[0] += 1.0  # nothing offered: the price goes up
        right[-1] += closed[n - 1]
        pivot = np.linalg.inv(own - factor)
        factor, term = pivot, pivot @ (right + term)
        factors.append(factor)
        terms.append(term)
    row = (2 / math.pi) * np.arctan((edge + 1) / size)
    rows = []
    for factor, term in zip(reversed(factors), reversed(terms), strict=True):
        row = factor @ row + term
        rows.append(row)
    return np.array(rows[::-1])


def test_the_integral_is_the_markov_chain() -> None:
    chain = markov_chain()
    size = np.arange(1, 13)
    ours = probability_up(size[:, None], size[None, :])
    np.testing.assert_allclose(ours, chain[:12, :12], rtol=0.0, atol=2e-7)
    with pytest.raises(AssertionError):  # of the queues exchanged
        np.testing.assert_allclose(ours.T, chain[:12, :12], rtol=0.0, atol=2e-7)


@pytest.mark.parametrize(
    ("bid", "ask", "up"), [(1, 1, 0.5), (2, 1, 0.69765273), (1, 2, 0.30234727), (3, 1, 0.79061091)]
)
def test_values_given_to_eight_digits(bid: int, ask: int, up: float) -> None:
    assert float(probability_up(bid, ask)) == pytest.approx(up, abs=5e-9)


lots = st.integers(1, 3_000)


@given(bid=lots, ask=lots)
def test_what_moves_one_side_moves_the_other_against(bid: int, ask: int) -> None:
    up = float(probability_up(bid, ask))
    assert 0.0 < up < 1.0
    assert up + float(probability_up(ask, bid)) == pytest.approx(1.0, abs=1e-11)
    assert float(probability_up(bid + 1, ask)) > up
    assert up == pytest.approx(
        float(diffusion_limit(bid, ask)), abs=0.05 / max(bid, ask) if max(bid, ask) > 5 else 0.02
    )


def test_large_queues_reach_the_limit() -> None:
    sizes = np.array([10, 100, 1_000, 10_000, MAX_LOTS // 2])
    distance = np.abs(probability_up(2 * sizes, sizes) - diffusion_limit(2.0, 1.0))
    assert np.all(distance < 1.0 / sizes.astype(float) ** 2 + 1e-11)


@pytest.mark.parametrize("rho", [-0.9, -0.5, 0.0, 0.5, 0.9])
def test_the_limit_for_any_correlation_is_harmonic(rho: float) -> None:
    """p solves p_nn + p_pp + 2 rho p_np = 0, is 1 with nothing offered and 0 with nothing bid."""
    step, n, p = 1e-3, 1.7, 0.6

    def up(x: float, y: float) -> float:
        return float(diffusion_limit(x, y, rho))

    own = (up(n + step, p) + up(n - step, p) - 2 * up(n, p)) / step**2
    other = (up(n, p + step) + up(n, p - step) - 2 * up(n, p)) / step**2
    cross = (up(n + step, p + step) + up(n - step, p - step) - up(n + step, p - step) - up(n - step, p + step)) / (
        4 * step**2
    )
    assert own + other + 2 * rho * cross == pytest.approx(0.0, abs=1e-5)
    assert abs(own + other) > 1e-3 or rho == 0.0
    assert up(1e9, 1e-9) == pytest.approx(1.0)
    assert up(1e-9, 1e9) == pytest.approx(0.0, abs=1e-12)
    if rho == 0.0:
        assert up(n, p) == pytest.approx(2 / math.pi * math.atan(n / p), rel=1e-14)


@pytest.mark.parametrize("bid", [0, -1, 1.5, math.nan, math.inf, MAX_LOTS + 1])
def test_what_is_no_lot_is_refused(bid: float) -> None:
    with pytest.raises(ParameterError, match="bid_lots must be"):
        probability_up(bid, 1)


@pytest.mark.parametrize("rho", [-1.0, 1.0, math.nan])
def test_a_correlation_out_of_range_is_refused(rho: float) -> None:
    with pytest.raises(ParameterError, match="rho must be"):
        diffusion_limit(1.0, 1.0, rho)
