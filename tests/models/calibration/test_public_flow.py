"""The model of the public trades fails as it is known to where the order flow has a memory, and only there."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.calibration import public_flow as module
from fillcast.models.calibration.flow_memory import flow_memory
from fillcast.models.calibration.metaorders import Orders
from fillcast.models.calibration.proxies import Assignment, Tape, tapes_of
from fillcast.models.calibration.public_flow import SQUARE_ROOT_LEFT, PublicFlow, public_flow, warning
from fillcast.models.calibration.square_root_sums import gathered
from tests.models.calibration.square_root_worlds import World, trades_only, world

TRADERS = 8


@cache
def market(stay: float, law: str = "square root") -> World:
    return world(31, days=2.0, stay=stay, law=law, noise=0.5, steps_per_s=2)


@cache
def compared(stay: float, law: str = "square root") -> PublicFlow:
    tapes = tapes_of([market(stay, law).stretch])
    sums = gathered(tapes, Assignment(TRADERS, np.inf, 2, 1), 5, None, 3600.0)
    return public_flow(tapes, sums, TRADERS)


def test_where_signs_persist_the_public_model_grows_nearly_linearly() -> None:
    found = compared(0.97)
    assert found.growth > 0.8
    assert found.growth > found.alone + 0.2
    assert 0.0 < found.growth_error < 0.1
    assert found.alone == pytest.approx(0.5, abs=0.12)


def test_where_signs_have_no_memory_it_does_not() -> None:
    found = compared(0.5)
    assert found.growth == pytest.approx(found.alone, abs=0.08)
    assert found.growth < 0.65
    assert found.left == pytest.approx(SQUARE_ROOT_LEFT, abs=3 * found.left_error)
    assert found.proxy_left == pytest.approx(SQUARE_ROOT_LEFT, abs=4 * found.proxy_left_error + 0.05)


def test_a_linear_market_is_linear_in_both() -> None:
    found = compared(0.9, "linear")
    assert found.alone == pytest.approx(1.0, abs=0.1)
    assert found.left > 0.85
    assert 0.0 < found.left_error < 0.1
    assert found.proxy_left > 0.8


def test_the_kernel_is_that_of_the_children() -> None:
    made = market(0.9)
    tapes = tapes_of([made.stretch])
    gap = made.stretch.seconds / len(tapes[0].orders.times)
    kernel = module._kernels(tapes, 200)[0]
    for order in (1, 4, 16, 64):
        assert kernel[order] == pytest.approx(made.child / np.sqrt((order + 0.5) * gap), rel=0.25)


def test_the_answer_is_that_of_an_autoregression() -> None:
    random = np.random.default_rng(4)
    shocks = random.normal(size=40_000)
    flow = np.empty_like(shocks)
    flow[0] = shocks[0]
    for place in range(1, len(flow)):
        flow[place] = 0.6 * flow[place - 1] + shocks[place]
    orders = Orders(np.arange(len(flow), dtype=np.float64), np.sign(flow), flow**2)
    tape = Tape(trades_only([1.0], [1], [1.0]), orders, flow_memory(orders, 1.0))
    answer = module._answers([tape], 300)[0]
    np.testing.assert_allclose(answer[:4], 0.6 ** np.arange(4), atol=0.03)
    assert abs(answer[299]) < 0.02
    shuffled = Orders(orders.times, random.permutation(orders.signs), orders.base)
    alone = module._answers([Tape(tape.stretch, shuffled, flow_memory(shuffled, 1.0))], 300)[0]
    assert np.abs(alone[1:]).max() < 0.05


def test_a_price_that_does_not_answer_has_no_growth() -> None:
    growth, left = module._predicted(-np.ones(2 * module.MOST_CHILDREN), 1)
    assert np.isnan(growth)
    assert np.isnan(left)
    growth, left = module._predicted(np.ones(2 * module.MOST_CHILDREN), 1)
    assert growth == pytest.approx(1.0)
    assert left == pytest.approx(1.0)


def test_the_warning_has_the_figures() -> None:
    text = warning(PublicFlow(0.93, 0.07, 0.51, 0.12, 0.55, 0.42, 0.03), 0.5)
    for figure in ("Q^0.93 -+ 0.07", "51% -+ 12%", "Q^0.55", "Q^0.50", "42% -+ 3%", "41%", "arXiv:2501.17096"):
        assert figure in text


def test_no_figure_is_told_where_the_public_model_has_none() -> None:
    text = warning(PublicFlow(np.nan, np.nan, np.nan, np.nan, np.nan, 0.42, 0.03), 0.5)
    assert "predicts no impact" in text
    assert "nan" not in text


def test_children_come_once_in_at_least_one_order() -> None:
    tapes = tapes_of([market(0.5).stretch])
    sums = gathered(tapes, Assignment(TRADERS, np.inf, 2, 1), 5, None, 3600.0)
    with pytest.raises(ParameterError, match="every"):
        public_flow(tapes, sums, 0)
