"""Volatility: the numbers that the models are held to."""

from __future__ import annotations

import numpy as np

from fillcast.evidence.row import Row
from fillcast.models.volatility import (
    averaged_variance,
    bipower_variation,
    ewma_decay,
    garman_klass,
    kernel_bandwidth,
    kernel_noise_bias,
    log_returns,
    noise_variance,
    parkinson,
    parzen,
    realised_kernel,
    realised_variance,
    rogers_satchell,
    scale_ratio,
    two_scale_variance,
    yang_zhang,
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

# A bar's open, high, low and close; four of them; and what the formulas give, computed apart.
BAR = (100.0, 102.0, 99.0, 101.0)
BARS = (
    (100.0, 101.0, 99.0, 100.5),
    (100.7, 102.0, 100.0, 101.5),
    (101.4, 103.0, 101.0, 102.0),
    (102.2, 102.5, 100.5, 101.0),
)
BAR_VARIANCES = {
    "Parkinson": 3.214322418856e-4,
    "Garman-Klass": 4.073530535255e-4,
    "Rogers-Satchell": 3.961147721684e-4,
}
YANG_ZHANG = 1.601287919657e-4
HALF_UNIT_E4 = 5e-17  # of the thirteenth digit
PARZEN_VALUES = ((0.25, 0.71875), (0.5, 0.25), (0.75, 0.03125), (1.0, 0.0))
KERNEL_LAGS = 2
# The same nine prices, as double sums of weighted products of returns.
KERNEL, FLAT_TOP_KERNEL = 2.287995198e-7, 2.496601630e-8
# n = 4000, omega 1 bp, sqrt(IQ) = 4e-4: 3.5134 (2.5e-5)^(2/5) 4000^(3/5) = 7.35.
BANDWIDTH = (4_000, 1e-8, 1.6e-7, 8.0)

PARZEN_CURVATURE = -12.0  # k''(0)
# The paper prints int k^2, which is 151/560 = 0.2696, as 0.269: c* changes by its fifth root.
CUT_INTEGRAL = 2e-3
KERNELS = "Barndorff-Nielsen, Hansen, Lunde and Shephard (2009), Econometrics J. 12"
GRID = 100_001


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_golden(), *_kernels(), *_bars(), *_constants(), *_closed_forms()]


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


def _kernels() -> list[Row]:
    returns = log_returns(PRICES)
    count, noise, quarticity, lags = BANDWIDTH
    flat = float(realised_kernel(returns, KERNEL_LAGS, flat_top=True))
    cases = [(f"Parzen k({place:g})", value, float(parzen(place)), 0.0) for place, value in PARZEN_VALUES]
    cases += [
        ("kernel, H = 2, nine prices", KERNEL, float(realised_kernel(returns, KERNEL_LAGS)), HALF_UNIT_E8),
        ("flat-top kernel, H = 2, nine prices", FLAT_TOP_KERNEL, flat, 5e-18),
        ("H*, n = 4000", lags, float(kernel_bandwidth(count, noise, quarticity)), 0.0),
    ]
    return [
        Row("realised kernel", name, KERNELS, value, ours, within, "golden case") for name, value, ours, within in cases
    ]


def _bars() -> list[Row]:
    ours = {
        "Parkinson": parkinson([BAR[1]], [BAR[2]]),
        "Garman-Klass": garman_klass(*([price] for price in BAR)),
        "Rogers-Satchell": rogers_satchell(*([price] for price in BAR)),
    }
    found = [
        Row(name, "variance of a bar", "100, 102, 99, 101", value, float(ours[name][0]), HALF_UNIT_E4, "golden case")
        for name, value in BAR_VARIANCES.items()
    ]
    together = float(yang_zhang(*zip(*BARS, strict=True)))
    return [
        *found,
        Row(
            "Yang-Zhang",
            "variance of three bars",
            "four bars by hand",
            YANG_ZHANG,
            together,
            HALF_UNIT_E4,
            "golden case",
        ),
    ]


def _constants() -> list[Row]:
    places = np.linspace(0.0, 1.0, GRID)
    squares = parzen(places) ** 2
    integral = float((squares[1:] + squares[:-1]).mean() / 2)
    derived = (PARZEN_CURVATURE**2 / integral) ** (1 / 5)
    return [
        Row(
            "realised kernel",
            "c* from the Parzen function",
            KERNELS,
            3.5134,
            derived,
            CUT_INTEGRAL,
            "recomputed",
        ),
        Row("realised kernel", "c* in use", KERNELS, 3.5134, PARZEN_BANDWIDTH, 0.0, "recomputed"),
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
