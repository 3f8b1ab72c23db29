"""Transient impact and the square-root law: closed forms and cases that the models are held to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.evidence.row import Row
from fillcast.models.impact import (
    GATHERAL_DECAY_MIN,
    SQUARE_ROOT,
    DiscretePropagator,
    ExponentialSum,
    ObizhaevaWang,
    PowerLawKernel,
    PowerLawPropagator,
    RateSquareRoot,
    SquareRootLaw,
    exponential_optimal_trades,
)

GATHERAL = "Gatheral, QF 10(7) 749-759 (2010), gamma = delta = 1/2"
FRUTH = "Alfonsi, Fruth and Schied, QF 10(2) 143-157 (2010)"
OBIZHAEVA_WANG = "Obizhaeva and Wang, JFM 16(1) 1-32 (2013)"
SQUARE_ROOT_LAW = "square-root law at a constant rate"

# eta, sigma, V and X of 1 leave the pure numbers of the formulas.
PURE = PowerLawPropagator(eta=1.0, sigma=1.0, volume=1.0, decay=0.5, exponent=SQUARE_ROOT)
PURE_LAW = SquareRootLaw(1.0, SQUARE_ROOT, crossover=0.0, sigma=1.0, volume=1.0, price=1.0)
PURE_RATE = RateSquareRoot(temporary=1.0, permanent=0.0, sigma=1.0, volume=1.0, price=1.0)
DECAY_MIN = 0.4150374993
COST_PER_UNIT = 4.0 / 3.0
AVERAGE_OVER_PEAK = 2.0 / 3.0
HORIZONS = (1.0, 16.0)
LEFT_AFTER = ((1.5, 0.5176380902), (2.0, 0.4142135624), (5.0, 0.2360679775))
TEN_DECIMALS = 5e-11

# Eleven trades (N = 10) of 1e5 units in all, 0.1 apart, resilience 2.2231.
SIZE = 1e5
COUNT = 11
INTERVAL = 0.1
RESILIENCE = 2.2231
ENDS = 26357.434716
INTERIOR = 5253.903397
SIX_DECIMALS = 5e-7
# The size of the last digit printed: the number between is 5253.9033964, printed a unit too high.
LAST_DIGIT = 1e-6

# The kernel (1 + 10 t)^(-1/2), eleven trades 0.1 apart over a horizon of 1, size 1: the first six of a mirrored list.
ROUNDED_SQRT = PowerLawKernel(decay=0.5, time_scale=0.1)
ROUNDED_SQRT_TRADES = (0.184203, 0.084465, 0.071327, 0.065718, 0.063116, 0.062341)

# Resilience and the block at each end for 1e5 units over a horizon of 1.
BLOCKS = ((0.5, 40000.0), (1.0, 33333.3), (5.0, 14285.7), (20.0, 4545.5))
ONE_DECIMAL = 0.05

# A book of 5e5 units a dollar, a quarter of whose impact stays, rho = 5, spread 0.02: X s / 2 = 1000, lambda X^2 / 2 =
# 2500, kappa X^2 / (rho T + 2) = 15000 / 7.
BOOK = ObizhaevaWang(depth=5e5, permanent=5e-7, resilience=5.0, spread=0.02)
BOOK_COST = 1000.0 + 2500.0 + 15000.0 / 7.0
BOOK_RATE = 500000.0 / 7.0  # rho X / (rho T + 2)
FAST = 1e6  # a resilience without end, for this horizon
ROUNDING = 1e-6  # of amounts up to 1e5


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_square_root(), *_power_law(), *_exponential(), *_rounded_power_law(), *_obizhaeva_wang()]


def _square_root() -> list[Row]:
    ratio = float(PURE_LAW.average(1.0) / PURE_LAW.peak(1.0))
    trades = np.full(4, 0.01)
    slower = {name: _slower(model, trades) for name, model in (("total size", PURE_LAW), ("rate", PURE_RATE))}
    printed = [
        ("average over peak", AVERAGE_OVER_PEAK, ratio),
        ("cost at a quarter of the speed over cost, total size", 1.0, slower["total size"]),
        ("cost at a quarter of the speed over cost, rate", 0.5, slower["rate"]),
    ]
    return [
        Row("square-root law", name, SQUARE_ROOT_LAW, value, ours, TEN_DECIMALS, "recomputed")
        for name, value, ours in printed
    ]


def _slower(model: SquareRootLaw | RateSquareRoot, trades: NDArray[np.float64]) -> float:
    return float(model.impact_cost(trades, 1.0) / model.impact_cost(trades, 0.25))


def _power_law() -> list[Row]:
    model = "power-law propagator"
    least = "least decay that nonlinear impact allows, 2 - log 3 / log 2"
    found = [Row(model, least, GATHERAL, DECAY_MIN, GATHERAL_DECAY_MIN, TEN_DECIMALS, "recomputed")]
    for horizon in HORIZONS:
        cost, peak = float(PURE.cost(1.0, horizon)), float(PURE.peak(1.0, horizon))
        found += [
            Row(model, f"cost per unit, T = {horizon:g}", GATHERAL, COST_PER_UNIT, cost, TEN_DECIMALS, "recomputed"),
            Row(
                model,
                f"average over peak, T = {horizon:g}",
                GATHERAL,
                AVERAGE_OVER_PEAK,
                cost / peak,
                TEN_DECIMALS,
                "recomputed",
            ),
        ]
    for elapsed, left in LEFT_AFTER:
        ours = float(PURE.left_after(elapsed))
        found.append(Row(model, f"left at {elapsed:g} T", GATHERAL, left, ours, TEN_DECIMALS, "recomputed"))
    return found


def _exponential() -> list[Row]:
    solved = DiscretePropagator(ExponentialSum.single(RESILIENCE), level=1.0).optimal_trades(SIZE, COUNT, INTERVAL)
    closed = exponential_optimal_trades(SIZE, COUNT, INTERVAL, RESILIENCE)
    found = []
    for name, trades in (("closed form", closed), ("matrix", solved)):
        model = f"exponential propagator, {name}"
        found += [
            Row(model, "end trades", FRUTH, ENDS, float(trades[0]), LAST_DIGIT, "recomputed"),
            Row(model, "last trade", FRUTH, ENDS, float(trades[-1]), LAST_DIGIT, "recomputed"),
            Row(model, "trades between", FRUTH, INTERIOR, float(trades[COUNT // 2]), LAST_DIGIT, "recomputed"),
        ]
    return found


def _rounded_power_law() -> list[Row]:
    trades = DiscretePropagator(ROUNDED_SQRT, level=1.0).optimal_trades(1.0, COUNT, INTERVAL)
    source = "kernel (1 + 10 t)^(-1/2), 11 trades over 1"
    return [
        Row("discrete propagator", f"n_{index}", source, golden, float(ours), SIX_DECIMALS, "golden case")
        for index, (golden, ours) in enumerate(
            zip((*ROUNDED_SQRT_TRADES, *ROUNDED_SQRT_TRADES[-2::-1]), trades, strict=True)
        )
    ]


def _obizhaeva_wang() -> list[Row]:
    found = []
    for resilience, block in BLOCKS:
        model = ObizhaevaWang(depth=1.0, permanent=0.0, resilience=resilience, spread=0.0)
        ours = float(model.optimal(SIZE, 1.0).block)
        quantity = f"block at each end, rho = {resilience:g}"
        found.append(Row("Obizhaeva-Wang", quantity, OBIZHAEVA_WANG, block, ours, ONE_DECIMAL, "recomputed"))
    even = exponential_optimal_trades(SIZE, 5, 0.25, FAST)
    halves = ObizhaevaWang(depth=1.0, permanent=0.0, resilience=0.0, spread=0.0).optimal(SIZE, 1.0)
    printed = [
        ("rate between the blocks, rho = 5", BOOK_RATE, float(BOOK.optimal(SIZE, 1.0).rate)),
        ("cost over fair value, rho = 5", BOOK_COST, float(BOOK.optimal_cost(SIZE, 1.0))),
        ("block at each end, rho = 0", SIZE / 2.0, float(halves.block)),
        ("first of five trades, rho without end", SIZE / 5.0, float(even[0])),
        ("third of five trades, rho without end", SIZE / 5.0, float(even[2])),
    ]
    return found + [
        Row("Obizhaeva-Wang", name, f"{OBIZHAEVA_WANG}, closed forms", value, ours, ROUNDING, "recomputed")
        for name, value, ours in printed
    ]
