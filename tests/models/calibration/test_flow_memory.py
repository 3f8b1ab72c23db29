"""What the rest of the market traded, against a double loop over all orders."""

from __future__ import annotations

import numpy as np
import pytest

from fillcast.models.calibration.flow_memory import SCALES, FlowMemory, flow_memory
from fillcast.models.calibration.metaorders import Metaorders, Orders, metaorders_of


@pytest.fixture
def tape() -> tuple[Orders, FlowMemory, Metaorders]:
    random = np.random.default_rng(2)
    orders = Orders(
        np.cumsum(random.exponential(2.0, 400)), random.choice((-1.0, 1.0), 400), random.lognormal(size=400)
    )
    found = metaorders_of(orders, random.integers(0, 4, 400), least_children=2, end_s=float(orders.times[-1]))
    return orders, flow_memory(orders, 2.0), found


def direct(orders: Orders, memory: FlowMemory, found: Metaorders, until: np.ndarray, *, own_too: bool) -> np.ndarray:
    rows = np.zeros((len(found), SCALES + 1))
    for place in range(len(found)):
        own = set(found.child[found.metaorder == place].tolist())
        for moment, factor in ((until[place], 1.0), (found.start[place], -1.0)):
            for order in np.flatnonzero(orders.times < moment):
                if own_too or order not in own:
                    fading = np.exp(-memory.rates * (moment - orders.times[order]))
                    rows[place] += factor * orders.signs[order] * np.sqrt(orders.base[order]) * fading
    return rows * found.sign[:, None]


@pytest.mark.parametrize("durations", [0.4, 1.0, 3.0])
def test_others_are_all_orders_but_its_own(tape: tuple[Orders, FlowMemory, Metaorders], durations: float) -> None:
    orders, memory, found = tape
    until = found.start + durations * (found.end - found.start)
    others = memory.others(found, until)
    np.testing.assert_allclose(others, direct(orders, memory, found, until, own_too=False), atol=1e-9)
    assert not np.allclose(others, direct(orders, memory, found, until, own_too=True), atol=1e-3)


def test_nothing_is_known_before_the_first_order(tape: tuple[Orders, FlowMemory, Metaorders]) -> None:
    orders, memory, _ = tape
    assert (memory.before(orders.times[:1]) == 0.0).all()
    after = memory.before(orders.times[:1] + 1e-9)
    np.testing.assert_allclose(after[0], orders.signs[0] * np.sqrt(orders.base[0]), rtol=1e-6)


def test_the_constants_span_an_inverse_root() -> None:
    gap = 2.0
    memory = flow_memory(Orders(np.array([0.0]), np.array([1.0]), np.array([1.0])), gap)
    ages = np.geomspace(gap / 2, 2000 * gap, 200)
    basis = np.exp(-np.outer(ages, memory.rates))
    target = 1.0 / np.sqrt(ages)
    weights = np.linalg.lstsq(basis / target[:, None], np.ones(200), rcond=None)[0]
    assert np.abs(basis @ weights / target - 1.0).max() < 0.05
    fewer = np.linalg.lstsq(basis[:, ::3] / target[:, None], np.ones(200), rcond=None)[0]
    assert np.abs(basis[:, ::3] @ fewer / target - 1.0).max() > 0.05
