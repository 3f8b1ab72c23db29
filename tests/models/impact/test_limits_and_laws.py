"""What every plan does as the aversion to risk goes to 0, and how every cost grows with size, time and money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.models.impact import (
    AlmgrenChriss,
    DiscretePropagator,
    ExponentialSum,
    ObizhaevaWang,
    PortfolioImpact,
    PowerLawImpact,
    PowerLawKernel,
)
from tests.models.impact.plans import SIZE, TABLE_1, FloatArray

Plan = Callable[[float], FloatArray]

ROOT = PowerLawImpact(sigma=0.95, permanent=0.0, temporary=1.118e-3, exponent=0.5, half_spread=0.0)
PAIR = PortfolioImpact(
    covariance=np.array([[0.9, 1.1], [1.1, 3.6]]),
    permanent=np.diag([2.5e-7, 5e-7]),
    temporary=np.diag([2.5e-6, 5e-6]),
    half_spread=np.array([0.0625, 0.05]),
)
BOOK = ObizhaevaWang(depth=5e5, permanent=5e-7, resilience=5.0, spread=0.0)
COUNT = 8
PLANS: dict[str, Plan] = {
    "almgren-chriss": lambda aversion: TABLE_1.optimal_trades(SIZE, COUNT, 0.5, aversion) / SIZE,
    "power law": lambda aversion: ROOT.optimal_trades(SIZE, COUNT, 0.5, aversion) / SIZE,
    "portfolio": lambda aversion: PAIR.optimal_trades([SIZE, -0.3 * SIZE], COUNT, 0.5, aversion)[:, 0] / SIZE,
}
SMALL = 1e-10  # per dollar: far below the aversion at which these plans bend


def goes_to_twap(plan: Plan) -> bool:
    """Whether a plan is even without aversion, and its distance from that falls in proportion to the aversion."""
    far, near, none = (float(np.abs(plan(aversion) - 1.0 / COUNT).max()) for aversion in (SMALL, 0.1 * SMALL, 0.0))
    return none < 1e-12 and bool(0.0 < far < 1e-2) and abs(near / far - 0.1) < 1e-3


@pytest.mark.parametrize("name", PLANS)
def test_the_limit_without_aversion_is_twap(name: str) -> None:
    plan = PLANS[name]
    assert goes_to_twap(plan)
    assert not goes_to_twap(lambda aversion: plan(aversion + SMALL))  # it keeps an urgency of its own
    assert not goes_to_twap(lambda aversion: plan(np.sqrt(aversion * SMALL)))  # it goes there too slowly
    assert not goes_to_twap(lambda aversion: np.roll(plan(1e4 * SMALL), 1))  # it goes elsewhere


def exponent_of(cost: Callable[[float], FloatArray], factor: float) -> float:
    """Return p: a cost multiplied by factor^p when what it depends on is multiplied by the factor."""
    return float(np.log(float(cost(factor)) / float(cost(1.0))) / np.log(factor))


TRADES = 1e4 * np.array([3.0, 1.0, 2.0, 0.5])
FREE = replace(TABLE_1, half_spread=0.0)
TRANSIENT = DiscretePropagator(PowerLawKernel(0.5, 0.2), 2.0)
# What each cost grows with, and the power that it grows by.
LAWS: dict[str, tuple[Callable[[float], FloatArray], float]] = {
    "Almgren-Chriss, size": (lambda f: FREE.impact_cost(f * TRADES, 0.5), 2.0),
    "Almgren-Chriss, money": (lambda f: money(f).impact_cost(TRADES, 0.5), 1.0),
    "Almgren-Chriss, speed without permanent impact": (
        lambda f: replace(FREE, permanent=0.0).impact_cost(TRADES, 0.5 * f),
        -1.0,
    ),
    "Almgren-Chriss, variance by sigma": (
        lambda f: replace(FREE, sigma=0.95 * f).frontier(SIZE, 5, 1.0, 0.0).variance,
        2.0,
    ),
    "power law, size": (lambda f: ROOT.impact_cost(f * TRADES, 0.5), 1.5),
    "power law, speed": (lambda f: ROOT.impact_cost(TRADES, 0.5 * f), -0.5),
    "portfolio, size": (lambda f: PAIR_FREE.impact_cost(f * np.stack((TRADES, -TRADES), axis=-1), 0.5), 2.0),
    "portfolio, variance by covariance": (
        lambda f: replace(PAIR, covariance=f * PAIR.covariance).variance(np.stack((TRADES, TRADES), axis=-1), 0.5),
        1.0,
    ),
    "Obizhaeva-Wang, size": (lambda f: BOOK.impact_cost(f * TRADES, 0.5), 2.0),
    "Obizhaeva-Wang, depth": (
        lambda f: replace(BOOK, depth=5e5 * f, permanent=5e-7 / f).impact_cost(TRADES, 0.5),
        -1.0,
    ),
    "Obizhaeva-Wang, unit of time": (lambda f: replace(BOOK, resilience=5.0 / f).impact_cost(TRADES, 0.5 * f), 0.0),
    "propagator, size": (lambda f: TRANSIENT.impact_cost(f * TRADES, 0.5), 2.0),
    "propagator, level": (lambda f: replace(TRANSIENT, level=2.0 * f).impact_cost(TRADES, 0.5), 1.0),
    "propagator, unit of time": (
        lambda f: DiscretePropagator(PowerLawKernel(0.5, 0.2 * f), 2.0).impact_cost(TRADES, 0.5 * f),
        0.0,
    ),
    "propagator, unit of time of exponentials": (
        lambda f: DiscretePropagator(ExponentialSum.single(2.0 / f), 2.0).impact_cost(TRADES, 0.5 * f),
        0.0,
    ),
}
PAIR_FREE = replace(PAIR, half_spread=np.zeros(2))


def money(factor: float) -> AlmgrenChriss:
    """Return the model in another currency, of which there are `factor` for one."""
    return AlmgrenChriss(*(factor * part for part in (0.95, 2.5e-7, 2.5e-6, 0.0625)))


@pytest.mark.parametrize("law", LAWS)
@given(factor=st.floats(1.2, 4.0))
def test_costs_grow_by_their_power(law: str, factor: float) -> None:
    cost, power = LAWS[law]
    assert exponent_of(cost, factor) == pytest.approx(power, abs=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_a_power_that_is_off_by_a_hundredth_is_caught(law: str) -> None:
    cost, power = LAWS[law]
    assert exponent_of(lambda f: f**0.01 * cost(f), 2.0) != pytest.approx(power, abs=1e-9)


def slopes_of(variance: FloatArray, expected: FloatArray) -> FloatArray:
    order = np.argsort(variance)
    return np.asarray(np.diff(expected[order]) / np.diff(variance[order]))


def test_the_frontier_of_a_portfolio_is_convex_and_flat_where_risk_costs_nothing() -> None:
    aversions = np.geomspace(1e-9, 1e-4, 60)
    place = PAIR.frontier([SIZE, -0.3 * SIZE], COUNT, 0.5, aversions)
    assert (np.diff(slopes_of(place.variance, place.expected)) > 0.0).all()
    dented = place.expected.copy()
    dented[30] *= 1.01
    assert not (np.diff(slopes_of(place.variance, dented)) > 0.0).all()
    near = PAIR.frontier([SIZE, -0.3 * SIZE], COUNT, 0.5, [0.0, SMALL])
    assert abs(slopes_of(near.variance, near.expected)[0]) < SMALL
    assert abs(slopes_of(near.variance, near.expected + 1e-8 * near.variance)[0]) > SMALL


def test_a_portfolio_with_permanent_impact_far_above_its_temporary_one_would_profit() -> None:
    class Planted(PortfolioImpact):
        def _slope(self, interval: float) -> FloatArray:
            return np.asarray(self.temporary / interval - 100.0 * self.permanent)

    trades = np.random.default_rng(1).normal(size=(500, 5, 2)) * 1e5
    trades -= trades.mean(axis=1, keepdims=True)
    planted = Planted(PAIR.covariance, PAIR.permanent, PAIR.temporary, np.zeros(2))
    assert PAIR_FREE.impact_cost(trades, 1.0).min() > 0.0
    assert planted.impact_cost(trades, 1.0).min() < 0.0
