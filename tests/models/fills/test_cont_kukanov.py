from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.fills import EmpiricalOutflow, ExponentialOutflow, Outflow, Split, SplitModel

MODEL = SplitModel(0.02, 0.002, 0.003, 0.05, 0.0005, ExponentialOutflow(2200.0))


@pytest.mark.parametrize(
    ("penalty", "market", "fill"),
    [(0.03, 0.0, 323.754556), (0.05, 867.318775, 51.876), (0.06, 1000.0, 0.0), (1.0, 1000.0, 0.0)],
)
def test_the_golden_cases(penalty: float, market: float, fill: float) -> None:
    split = replace(MODEL, penalty=penalty).split(1000.0, 2000.0)
    assert split.market == pytest.approx(market, abs=1e-6)  # found by a minimiser: its sixth digit is one too high
    assert split.limit + split.market == 1000.0
    assert split.expected_fill == pytest.approx(fill, abs=5e-4)
    assert split.maker_share == split.expected_fill / 1000.0


def check_no_split_is_cheaper(model: SplitModel, split: Split, size: float, queue: float) -> None:
    """Ternary search would assume what is tested, so every limit size on a fine grid is tried, and around the best."""
    grid = np.linspace(0.0, size, 2_001)
    fine = np.clip(split.limit + size * np.linspace(-2e-3, 2e-3, 401), 0.0, size)
    least = min(model.cost(grid, size, queue).min(), model.cost(fine, size, queue).min())
    scale = size * (model.half_spread + abs(model.rebate) + abs(model.taker_fee) + model.penalty + model.impact)
    assert split.expected_cost <= least + 1e-12 * scale
    assert 0.0 <= split.maker_share <= 1.0
    assert 0.0 <= split.limit <= size


outflows = st.one_of(
    st.floats(1.0, 1e4).map(ExponentialOutflow),
    st.lists(st.floats(0.0, 1e4), min_size=2, max_size=30).map(lambda seen: EmpiricalOutflow(np.array(seen))),
)


@given(
    half_spread=st.floats(0.0, 0.1),
    rebate=st.floats(-0.3, 0.05),
    taker_fee=st.floats(-0.05, 0.1),
    penalty=st.floats(0.0, 0.3),
    impact=st.floats(0.0, 0.01),
    outflow=outflows,
    size=st.floats(1.0, 5e3),
    queue=st.floats(0.0, 5e3),
)
def test_the_split_is_the_numeric_minimum(
    half_spread: float,
    rebate: float,
    taker_fee: float,
    penalty: float,
    impact: float,
    outflow: Outflow,
    size: float,
    queue: float,
) -> None:
    model = SplitModel(half_spread, rebate, taker_fee, penalty, impact, outflow)
    check_no_split_is_cheaper(model, model.split(size, queue), size, queue)


def test_a_split_that_forgets_the_queue_is_caught() -> None:
    wrong = MODEL.split(1000.0, 0.0)
    moved = replace(wrong, expected_cost=float(MODEL.cost(wrong.limit, 1000.0, 2000.0)))
    with pytest.raises(AssertionError):
        check_no_split_is_cheaper(MODEL, moved, 1000.0, 2000.0)


@given(penalty=st.floats(0.0, 0.2), more=st.floats(0.0, 0.2), queue=st.floats(0.0, 4e3), longer=st.floats(0.0, 4e3))
def test_dearer_waiting_and_longer_queues_never_send_more_as_a_limit_order(
    penalty: float, more: float, queue: float, longer: float
) -> None:
    model = replace(MODEL, penalty=penalty)
    assert replace(MODEL, penalty=penalty + more).split(1000.0, queue).limit <= model.split(1000.0, queue).limit + 1e-9
    assert model.split(1000.0, queue + longer).limit <= model.split(1000.0, queue).limit + 1e-9


def test_many_sizes_and_queues_at_once_are_those_one_by_one() -> None:
    sizes, queues = np.array([[100.0], [1000.0], [5000.0]]), np.array([0.0, 500.0, 2000.0])
    for model in (MODEL, replace(MODEL, rebate=-0.1, penalty=0.01)):
        many = model.split(sizes, queues)
        for row, size in enumerate(sizes[:, 0]):
            for column, queue in enumerate(queues):
                one = model.split(size, queue)
                assert many.limit[row, column] == one.limit
                assert many.expected_cost[row, column] == one.expected_cost
                assert many.maker_share[row, column] == one.maker_share


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("half_spread", -0.01),
        ("rebate", math.nan),
        ("taker_fee", math.inf),
        ("penalty", -1.0),
        ("impact", math.nan),
    ],
)
def test_bad_parameters_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        replace(MODEL, **{name: value})


@pytest.mark.parametrize(("size", "queue", "name"), [(0.0, 1.0, "size"), (math.nan, 1.0, "size"), (1.0, -1.0, "queue")])
def test_bad_orders_are_refused_by_name(size: float, queue: float, name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        MODEL.split(size, queue)


def test_a_limit_order_beyond_the_size_is_refused() -> None:
    with pytest.raises(ParameterError, match="market must be"):
        MODEL.cost(2.0, 1.0, 0.0)
