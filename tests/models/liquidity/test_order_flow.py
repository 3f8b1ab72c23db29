from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.liquidity import (
    OnlineOrderFlow,
    fit_depth_law,
    flow_events,
    flow_slope,
    integrated_flow,
    integration_weights,
    level_scale,
    ridge_slopes,
    stylised_slope,
)

GOLDEN = [
    (100.0, 10, 100.1, 12),
    (100.0, 14, 100.1, 12),
    (100.1, 5, 100.2, 8),
    (100.1, 3, 100.2, 9),
    (100.0, 14, 100.1, 4),
    (100.0, 14, 100.1, 7),
]
touches = st.lists(
    st.tuples(st.integers(95, 100), st.integers(1, 50), st.integers(101, 106), st.integers(1, 50)),
    min_size=2,
    max_size=60,
)
Touch = tuple[float, float, float, float]


def fed(flow: list[Touch]) -> OnlineOrderFlow:
    online = OnlineOrderFlow()
    for touch in flow:
        online.update(*touch)
    return online


def test_the_golden_events() -> None:
    events = flow_events(*zip(*GOLDEN, strict=True))

    assert events.tolist() == [4.0, 17.0, -3.0, -7.0, -3.0]
    assert events.sum() == 8.0
    online = OnlineOrderFlow()
    assert [online.update(*touch) for touch in GOLDEN] == [0.0, 4.0, 17.0, -3.0, -7.0, -3.0]
    assert (online.total, online.events) == (8.0, 5)


@given(flow=touches)
def test_online_equals_batch(flow: list[Touch]) -> None:
    assert fed(flow).total == flow_events(*zip(*flow, strict=True)).sum()


def test_the_comparison_can_fail() -> None:
    moved = [(bid, size, ask, ask_size + 1) for bid, size, ask, ask_size in GOLDEN[1:]]

    assert fed([GOLDEN[0], *moved]).total != 8.0


@given(flow=touches)
def test_the_mirrored_book_has_the_opposite_flow(flow: list[Touch]) -> None:
    mirrored = [(200 - ask, ask_size, 200 - bid, size) for bid, size, ask, ask_size in flow]

    assert fed(mirrored).total == -fed(flow).total


def test_an_empty_side_starts_the_flow_anew() -> None:
    online = fed([GOLDEN[0], (100.0, 0.0, 100.1, 12.0), GOLDEN[1], GOLDEN[2]])

    assert (online.total, online.events) == (17.0, 1)
    assert fed([GOLDEN[0], (math.nan, 1.0, 100.1, 12.0), GOLDEN[1]]).events == 0


def test_every_level_has_the_flow_of_its_own_queue() -> None:
    bid, bid_size, ask, ask_size = (np.array(column) for column in zip(*GOLDEN, strict=True))
    deeper = [np.column_stack((one, other)) for one, other in ((bid, bid - 0.1), (bid_size, bid_size * 2))]
    deeper += [np.column_stack((one, other)) for one, other in ((ask, ask + 0.1), (ask_size, ask_size * 2))]

    assert flow_events(*deeper).tolist() == [[e, 2 * e] for e in (4.0, 17.0, -3.0, -7.0, -3.0)]


def stylised_market(depth: int, flow: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mid changes and OFI of a book with `depth` on every level and one tick of spread, taken lot by lot.

    The taker eats the ask (or the bid) lot by lot, and the other side follows at once when a level is gone.
    """
    bid, bid_size, ask_size = 10_000, depth, depth
    changes, flows = [], []
    for lots in flow.tolist():
        states = [(bid, bid_size, bid + 1, ask_size)]
        for _ in range(abs(lots)):
            if lots > 0:
                ask_size -= 1
                if ask_size == 0:
                    bid, bid_size, ask_size = bid + 1, depth, depth
            else:
                bid_size -= 1
                if bid_size == 0:
                    bid, bid_size, ask_size = bid - 1, depth, depth
            states.append((bid, bid_size, bid + 1, ask_size))
        flows.append(flow_events(*zip(*states, strict=True)).sum() if len(states) > 1 else 0.0)
        changes.append(states[-1][0] - states[0][0])
    return np.array(changes, dtype=np.float64), np.array(flows)


@pytest.mark.parametrize("depth", [4, 10, 25])
def test_the_stylised_book_has_its_slope(depth: int) -> None:
    # When a level goes both queues count: D more was bought than was taken, so that a tick costs 2 D of flow.
    flow = np.random.default_rng(depth).integers(-8, 9, 400) * depth
    changes, flows = stylised_market(depth, flow)
    fit = flow_slope(changes, flows)

    assert fit.slope == pytest.approx(stylised_slope(depth), rel=0.01)
    assert fit.r_squared > 0.99
    assert fit.slope != pytest.approx(stylised_slope(2 * depth), rel=0.3)


def test_the_law_of_depth_is_found() -> None:
    depths = np.array([5.0, 10.0, 20.0, 40.0, 80.0])
    law = fit_depth_law(0.7 * depths**-1.1, depths)

    assert law.scale == pytest.approx(0.7, rel=1e-12)
    assert law.exponent == pytest.approx(1.1, rel=1e-12)
    assert law.slope(depths) == pytest.approx(0.7 * depths**-1.1, rel=1e-12)
    stylised = fit_depth_law([stylised_slope(depth) for depth in depths], depths)
    assert (stylised.scale, stylised.exponent) == pytest.approx((0.5, 1.0), rel=1e-12)


def market(levels: int = 5, count: int = 600) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return alike flows of several levels, and price changes that all of them make."""
    random = np.random.default_rng(9)
    shared = random.normal(0, 1, (count, 1))
    flows = shared * np.linspace(1.0, 0.6, levels) + random.normal(0, 0.3, (count, levels))
    return flows, flows @ np.full(levels, 0.2) + random.normal(0, 0.1, count)


def test_integration_explains_more_than_the_best_level() -> None:
    flows, changes = market()
    weights = integration_weights(flows)

    assert np.abs(weights).sum() == pytest.approx(1.0, rel=1e-12)
    assert (weights > 0).all()
    assert (np.diff(weights) < 0).all()
    integrated = flow_slope(changes, integrated_flow(flows, weights))
    assert integrated.r_squared > flow_slope(changes, flows[:, 0]).r_squared + 0.02
    # The component is of the covariance: shifting every flow changes nothing.
    assert integration_weights(flows + 3.0) == pytest.approx(weights, rel=1e-9)


def test_levels_are_scaled_by_the_mean_size_of_both_sides() -> None:
    assert level_scale([[1.0, 3.0]], [[5.0, 7.0]]) == 4.0


def test_ridge_is_the_minimum_of_what_it_minimises() -> None:
    flows, changes = market()
    slopes, intercept = ridge_slopes(flows, changes, 5.0)

    def loss(tried: NDArray[np.float64], start: float) -> float:
        return float(((changes - start - flows @ tried) ** 2).sum() + 5.0 * (tried @ tried))

    least = loss(slopes, intercept)
    for place in range(5):
        for step in (-1e-4, 1e-4):
            assert loss(slopes + step * np.eye(5)[place], intercept) > least
    assert loss(slopes, intercept + 1e-4) > least
    assert slopes == pytest.approx(np.full(5, 0.2), abs=0.05)


def test_ridge_bears_levels_that_are_the_same_and_least_squares_does_not() -> None:
    flows, changes = market(1)
    twice = np.column_stack((flows, flows))

    slopes, _ = ridge_slopes(twice, changes, 1e-3)
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-9)
    with pytest.raises(ParameterError, match="penalty must be positive"):
        ridge_slopes(twice, changes, 0.0)
    single, intercept = ridge_slopes(flows, changes, 0.0)
    line = flow_slope(changes, flows[:, 0])
    assert (single[0], intercept) == pytest.approx((line.slope, line.intercept), rel=1e-9)


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="ask_sizes must be finite and not negative"):
        flow_events([1, 1], [1, 1], [2, 2], [1, -1])
    with pytest.raises(ParameterError, match="at least 2 states"):
        flow_events([1], [1], [2], [1])
    with pytest.raises(ParameterError, match="same shape"):
        flow_events([1, 1], [1, 1], [2, 2], [1])
    with pytest.raises(ParameterError, match="depth must be positive"):
        stylised_slope(0.0)
    with pytest.raises(ParameterError, match="slopes must be positive"):
        fit_depth_law([0.1, -0.1, 0.2], [1, 2, 3])
    with pytest.raises(ParameterError, match="weights must have one value a level"):
        integrated_flow([[1.0, 2.0]], [1.0])
    with pytest.raises(ParameterError, match="flows must vary"):
        integration_weights([[1.0, 2.0], [1.0, 2.0]])
    with pytest.raises(ParameterError, match="must not all be zero"):
        level_scale([[0.0]], [[0.0]])
    with pytest.raises(ParameterError, match="same length"):
        ridge_slopes([[1.0], [2.0]], [1.0, 2.0, 3.0], 1.0)
