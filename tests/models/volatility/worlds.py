"""Simulated windows of ticks, and the comparison of a sample's mean with what it should be."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RETURNS = 4_000
VARIANCE = 4e-4  # of the efficient log price over the window: 2 % a day
NOISE = 1e-8  # omega^2: 1 bp in one log price


def noisy_prices(
    worlds: int, *, returns: int = RETURNS, variance: float = VARIANCE, noise: float = NOISE, seed: int = 1
) -> NDArray[np.float64]:
    """Return (worlds, returns + 1) prices: a Brownian log price with independent normal noise on each tick."""
    random = np.random.default_rng(seed)
    steps = random.normal(0.0, math.sqrt(variance / returns), (worlds, returns))
    efficient = np.concatenate((np.zeros((worlds, 1)), np.cumsum(steps, axis=1)), axis=1)
    return 60_000.0 * np.exp(efficient + random.normal(0.0, math.sqrt(noise), efficient.shape))


def standard_errors(sample: NDArray[np.float64], expected: float) -> float:
    """Return how many standard errors the mean of a sample lies from what is expected."""
    return float((sample.mean() - expected) / (sample.std(ddof=1) / math.sqrt(len(sample))))
