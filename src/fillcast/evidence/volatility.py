"""Volatility: the numbers that the models are held to."""

from __future__ import annotations

import numpy as np

from fillcast.evidence.row import Row
from fillcast.models.volatility import (
    averaged_variance,
    bipower_variation,
    ewma_decay,
    kernel_noise_bias,
    log_returns,
    noise_variance,
    parzen,
    realised_variance,
    scale_ratio,
    two_scale_variance,
    yang_zhang_weight,
)
from fillcast.models.volatility.autocovariances import PARZEN_BANDWIDTH

# The golden series: nine prices, eight returns.
PRICES = (100.0, 100.02, 99.99, 100.01, 100.03, 100.0, 100.02, 100.05, 100.04)
SUBGRIDS = 2
GOLDEN_SOURCE = "nine prices 100 .. 100.04"

# Half a unit of the ninth digit printed.
HALF_UNIT_E7 = 5e-16
HALF_UNIT_E8 = 5e-17

PARZEN_CURVATURE = -12.0  # k''(0)
# The paper prints int k^2, which is 151/560 = 0.2696, as 0.269: c* changes by its fifth root.
CUT_INTEGRAL = 2e-3
GRID = 100_001


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_golden(), *_constants(), *_closed_forms()]


def _golden() -> list[Row]:
    returns = log_returns(PRICES)
    short = float(two_scale_variance(PRICES, SUBGRIDS, adjustment="none"))
    adjusted = float(two_scale_variance(PRICES, SUBGRIDS, adjustment="small sample"))
    cases = [
        ("realised variance", "RV", 4.39860058e-7, float(realised_variance(returns)), HALF_UNIT_E7),
        ("two scales", "RV_avg, K = 2", 2.44905540e-7, float(averaged_variance(PRICES, SUBGRIDS)), HALF_UNIT_E7),
        ("two scales", "nbar / n", 0.4375, scale_ratio(len(returns), SUBGRIDS), 0.0),
        ("two scales", "TSRV", 5.24667646e-8, short, HALF_UNIT_E8),
        ("two scales", "TSRV, small sample", 9.32742482e-8, adjusted, HALF_UNIT_E8),
        ("bipower variation", "BV", 5.81026628e-7, float(bipower_variation(returns)), HALF_UNIT_E7),
        ("noise variance", "omega^2", 2.74912536e-8, float(noise_variance(returns)), HALF_UNIT_E8),
    ]
    return [
        Row(model, quantity, GOLDEN_SOURCE, published, ours, tolerance, "golden case")
        for model, quantity, published, ours, tolerance in cases
    ]


def _constants() -> list[Row]:
    places = np.linspace(0.0, 1.0, GRID)
    squares = parzen(places) ** 2
    integral = float((squares[1:] + squares[:-1]).mean() / 2)
    derived = (PARZEN_CURVATURE**2 / integral) ** (1 / 5)
    kernels = "Barndorff-Nielsen, Hansen, Lunde and Shephard (2009), Econometrics J. 12"
    return [
        Row(
            "realised kernel",
            "c* from the Parzen function",
            kernels,
            3.5134,
            derived,
            CUT_INTEGRAL,
            "recomputed",
        ),
        Row("realised kernel", "c* in use", kernels, 3.5134, PARZEN_BANDWIDTH, 0.0, "recomputed"),
        Row(
            "Yang-Zhang",
            "k, n = 10",
            "Yang and Zhang (2000), J. Business 73",
            0.1326973,
            yang_zhang_weight(10),
            5e-8,
            "recomputed",
        ),
    ]


def _closed_forms() -> list[Row]:
    # The kernel without lags is RV: n = 1000 returns, omega^2 = 1e-8, bias 2 n omega^2.
    return [
        Row(
            "EWMA",
            "lambda after one half-life",
            "lambda = 2^(-dt / half-life)",
            0.5,
            ewma_decay(60.0, 60.0),
            0.0,
            "golden case",
        ),
        Row(
            "EWMA",
            "lambda after two half-lives",
            "lambda = 2^(-dt / half-life)",
            0.25,
            ewma_decay(120.0, 60.0),
            0.0,
            "golden case",
        ),
        Row(
            "realised variance",
            "noise bias, 1000 ticks, omega 1 bp",
            "2 n omega^2",
            2e-5,
            kernel_noise_bias(1_000, 0, 1e-8),
            1e-20,
            "golden case",
        ),
    ]
