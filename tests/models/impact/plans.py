"""Costs of plans as plain sums, and the published test case of Almgren and Chriss (2000), table 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.models.impact.almgren_chriss import AlmgrenChriss

FloatArray = NDArray[np.float64]

TABLE_1 = AlmgrenChriss(sigma=0.95, permanent=2.5e-7, temporary=2.5e-6, half_spread=0.0625)
SIZE = 1e6
DAYS = 5


def simulated_expectation(model: AlmgrenChriss, trades: FloatArray, interval: float) -> float:
    """Return the cost of a sale by walking its price without noise, one slice after the other."""
    price, got = 0.0, 0.0
    for trade in trades:
        got += trade * (price - model.half_spread * np.sign(trade) - model.temporary * trade / interval)
        price -= model.permanent * trade
    return -float(got)


def summed_variance(sigma: float, trades: FloatArray, interval: float) -> FloatArray:
    """Return sigma^2 tau sum x_k^2 of trades (..., N)."""
    left = trades.sum(axis=-1, keepdims=True) - np.cumsum(trades, axis=-1)
    return np.asarray(sigma**2 * interval * (left**2).sum(axis=-1))


def worst_gain(utility: FloatArray, perturbed: FloatArray) -> float:
    """Return how much the best of perturbed plans saves, as a part of the plan's own utility; <= 0 for an optimum."""
    return float((utility - perturbed.min()) / abs(utility))


def perturbations(generator: np.random.Generator, trades: FloatArray, number: int, part: float) -> FloatArray:
    """Return plans (number, N) of the same sum, none of which trades back, near to the given one."""
    moved = generator.normal(size=(number, len(trades))) * part * trades.sum() / len(trades)
    changed = np.abs(trades + moved)
    return np.asarray(changed * (trades.sum() / changed.sum(axis=-1, keepdims=True)))
