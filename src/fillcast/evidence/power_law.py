"""Power-law temporary impact: the continuous closed forms, and a discrete plan that an interior-point solver found."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fillcast.evidence.row import Row
from fillcast.models.impact import PowerLawImpact

MODEL = "power-law impact"
CONTINUOUS = "Almgren (2003), closed forms on the inputs of Almgren and Chriss (2000), table 1"
DISCRETE = "five slices, k = 1/2, by a general interior-point solver"

# Dollars, shares and days; eta such that a rate of 200,000 shares a day moves the price by half a dollar.
RATE, MOVE = 2e5, 0.5
ROOT = PowerLawImpact(sigma=0.95, permanent=0.0, temporary=MOVE / RATE**0.5, exponent=0.5, half_spread=0.0)
LINEAR = replace(ROOT, temporary=MOVE / RATE, exponent=1.0)
SQUARE = replace(ROOT, temporary=MOVE / RATE**2, exponent=2.0)
SIZE, COUNT, INTERVAL, AVERSION = 1e6, 5, 1.0, 1e-6
PERMANENT = 2.5e-7  # dollars a share for each share, as in table 1

TRADES = (656547.4, 194146.1, 78356.6, 41436.5, 29513.3)
TEMPORARY, VARIANCE = 730040.62, 1.31906734e11

# An interior-point solver leaves its plan beside the optimum by about the root of its tolerance of 1e-11, times the
# size over the number of slices: 0.6 shares. The least value of the objective it finds to the last digit printed.
SHARES = 0.6
DOLLARS = SHARES  # E and lambda V: one dollar a share at most, at these rates
OBJECTIVE = 0.01


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_continuous(), *_discrete()]


def _continuous() -> list[Row]:
    printed = [
        (ROOT, "eta", 1.118033988749895e-3, ROOT.temporary, 5e-19),
        (ROOT, "T*, days", 0.726638715570, float(ROOT.time_scale(SIZE, AVERSION)), 5e-13),
        (ROOT, "x(T*)/X", 0.421875, _left_at_scale(ROOT), 1e-15),
        (ROOT, "E", 786949.7290, float(ROOT.continuous_frontier(SIZE, AVERSION).expected), 5e-5),
        (ROOT, "V", 3.934748645e11, float(ROOT.continuous_frontier(SIZE, AVERSION).variance), 50.0),
        (ROOT, "lambda V / (k E)", 1.0, _identity(ROOT), 1e-12),
        (LINEAR, "eta", 2.5e-6, LINEAR.temporary, 1e-21),
        (LINEAR, "T*, days", 1.664356663247, float(LINEAR.time_scale(SIZE, AVERSION)), 5e-13),
        (LINEAR, "x(T*)/X", math.exp(-1.0), _left_at_scale(LINEAR), 1e-15),
        (LINEAR, "E", 751040.9443, float(LINEAR.continuous_frontier(SIZE, AVERSION).expected), 5e-5),
        (LINEAR, "V", 7.510409443e11, float(LINEAR.continuous_frontier(SIZE, AVERSION).variance), 50.0),
        (LINEAR, "lambda V / (k E)", 1.0, _identity(LINEAR), 1e-12),
        (SQUARE, "x(t)/X at its end, T* (k + 1) / (k - 1)", 0.0, _left_at_end(SQUARE), 1e-15),
    ]
    return [
        Row(MODEL, f"{name}, k = {model.exponent:g}", CONTINUOUS, value, ours, within, "recomputed")
        for model, name, value, ours, within in printed
    ]


def _discrete() -> list[Row]:
    trades = ROOT.optimal_trades(SIZE, COUNT, INTERVAL, AVERSION)
    place = ROOT.frontier(SIZE, COUNT, INTERVAL, AVERSION)
    expected, variance = float(place.expected), float(place.variance)
    even = float(ROOT.frontier(SIZE, COUNT, INTERVAL, 0.0).expected)
    printed = [(f"n_{number}", TRADES[number - 1], float(trades[number - 1]), SHARES) for number in range(1, COUNT + 1)]
    printed += [
        ("temporary cost", TEMPORARY, expected, DOLLARS),
        ("V", VARIANCE, variance, DOLLARS / AVERSION),
        ("temporary cost + lambda V", TEMPORARY + AVERSION * VARIANCE, expected + AVERSION * variance, OBJECTIVE),
        ("temporary cost of even slices", 500_000.0, even, 1e-6),
        ("gamma (X^2 - sum n^2) / 2 of even slices", 100_000.0, _permanent_cost(), 1e-6),
    ]
    return [Row(MODEL, name, DISCRETE, value, ours, within, "golden case") for name, value, ours, within in printed]


def _left_at_scale(model: PowerLawImpact) -> float:
    return float(model.continuous_holdings(SIZE, AVERSION, model.time_scale(SIZE, AVERSION))) / SIZE


def _left_at_end(model: PowerLawImpact) -> float:
    k = model.exponent
    end = model.time_scale(SIZE, AVERSION) * (k + 1.0) / (k - 1.0)
    return float(model.continuous_holdings(SIZE, AVERSION, end)) / SIZE


def _permanent_cost() -> float:
    """Return what permanent impact adds to even slices: of each slice the later ones pay it, the slice itself not."""
    trades = np.full(COUNT, SIZE / COUNT)
    with_it = replace(ROOT, permanent=PERMANENT)
    return float(with_it.impact_cost(trades, INTERVAL) - ROOT.impact_cost(trades, INTERVAL))


def _identity(model: PowerLawImpact) -> float:
    place = model.continuous_frontier(SIZE, AVERSION)
    return float(AVERSION * place.variance / (model.exponent * place.expected))
