"""Liquidity and order flow: the numbers that the models are held to."""

from __future__ import annotations

import numpy as np

from fillcast.evidence.row import Row
from fillcast.models.liquidity import (
    amihud_illiquidity,
    bucket_imbalances,
    bulk_buy_fraction,
    flow_events,
    flow_slope,
    kyle_lambda,
    quoted_spread,
    roll_covariance,
    roll_spread,
    split_spread,
    stylised_slope,
    vpin_of_buckets,
)
from fillcast.models.volatility import log_returns

# The golden series: nine prices.
PRICES = (100.0, 100.02, 99.99, 100.01, 100.03, 100.0, 100.02, 100.05, 100.04)

# The golden touches: bid, its size, ask, its size.
TOUCHES = (
    (100.0, 10, 100.1, 12),
    (100.0, 14, 100.1, 12),
    (100.1, 5, 100.2, 8),
    (100.1, 3, 100.2, 9),
    (100.0, 14, 100.1, 4),
    (100.0, 14, 100.1, 7),
)
EVENTS = (4.0, 17.0, -3.0, -7.0, -3.0)

# Twelve intervals, and what statsmodels 0.15.0 makes of them: OLS, cov_type="HAC", maxlags = 0, 1, 3.
VOLUMES = (1.5, -2.0, 0.5, 3.0, -1.0, 2.5, -3.5, 0.0, 4.0, -0.5, 1.0, -2.5)
CHANGES = (0.31, -0.35, 0.02, 0.66, -0.28, 0.41, -0.77, 0.09, 0.85, 0.02, 0.12, -0.58)
SLOPE = 0.20761904761904754
ERRORS = ((0, 0.006994250046014638), (1, 0.005687461805758414), (3, 0.003085257564768764))
ROUNDING = 1e-14
SPREAD_ROUNDING = 5e-11  # quote currency: differences of prices near 60,000

QUOTES = ((0, 1_000_000_000, 4_000_000_000), (99.0, 98.0, 98.0), (100.0, 100.0, 101.0))
VPIN_SOURCE = "Easley, Lopez de Prado and O'Hara (2012), Review of Financial Studies 25"

DEPTH = 10
LEVELS_TAKEN = (1, 2, 3, 1, 4)


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_roll(), *_kyle(), *_spreads(), *_one_sidedness(), *_order_flow()]


def _roll() -> list[Row]:
    returns = log_returns(PRICES)
    source = "nine prices 100 .. 100.04, log returns"
    return [
        Row("Roll", "covariance", source, -3.07068125e-8, roll_covariance(returns), 5e-17, "golden case"),
        Row("Roll", "spread", source, 3.50467188e-4, roll_spread(returns), 5e-13, "golden case"),
    ]


def _kyle() -> list[Row]:
    source = "statsmodels 0.15.0, OLS with HAC errors"
    found = [Row("Kyle", "lambda", source, SLOPE, kyle_lambda(CHANGES, VOLUMES).slope, ROUNDING, "recomputed")]
    for lags, error in ERRORS:
        ours = kyle_lambda(CHANGES, VOLUMES, lags).standard_error
        found.append(Row("Kyle", f"Newey-West error, {lags} lags", source, error, ours, ROUNDING, "recomputed"))
    return found


def _spreads() -> list[Row]:
    """A taker buys at 60001.37 with the mid at 60000.115, which is 60000.845 at the horizon."""
    parts = split_spread([1], [60_001.37], [60_000.115], [60_000.845])
    effective, realised, impact = (float(part[0]) for part in (parts.effective, parts.realised, parts.impact))
    source = "Huang and Stoll (1996), J. Financial Economics 41: definitions"
    cases = [
        ("quoted, 1 for a second, 2 for three", 1.75, quoted_spread(*QUOTES), 0.0),
        ("effective less realised and impact", 0.0, effective - (realised + impact), 0.0),
        ("effective, 2 s (P - m)", 2.51, effective, SPREAD_ROUNDING),
        ("realised, 2 s (P - m')", 1.05, realised, SPREAD_ROUNDING),
        ("impact, 2 s (m' - m)", 1.46, impact, SPREAD_ROUNDING),
    ]
    return [Row("spreads", name, source, exact, ours, within, "golden case") for name, exact, ours, within in cases]


def _one_sidedness() -> list[Row]:
    """Ten lots bought, then six sold: buckets of eight hold 8 - 0 and 2 - 6."""
    buckets = bucket_imbalances([10, 6], [1, 0], 8)
    amihud = amihud_illiquidity([0.001, -0.002], [1e6, 5e5])
    bulk = float(bulk_buy_fraction([0.5], 0.5)[0])
    cases = [
        ("Amihud", "mean |r| / value traded", "Amihud (2002), J. Financial Markets 5", 2.5e-9, amihud, 1e-24),
        ("VPIN", "two buckets of eight lots", VPIN_SOURCE, 0.75, vpin_of_buckets(buckets, 8, 2), 0.0),
        ("VPIN", "bulk share bought at dP = sigma", VPIN_SOURCE, 0.8413447461, bulk, 5e-11),
    ]
    return [
        Row(model, quantity, source, value, ours, within, "golden case")
        for model, quantity, source, value, ours, within in cases
    ]


def _order_flow() -> list[Row]:
    events = flow_events(*zip(*TOUCHES, strict=True))
    formula = "Cont, Kukanov and Stoikov (2014), J. Financial Econometrics 12"
    cases = [(f"e_{place}", e, float(events[place - 1])) for place, e in enumerate(EVENTS, 1)]
    cases.append(("OFI", 8.0, float(events.sum())))
    found = [Row("order flow", name, formula, exact, ours, 0.0, "golden case") for name, exact, ours in cases]
    stylised = 1 / (2 * DEPTH)
    slope = stylised_slope(DEPTH)
    found.append(Row("order flow", "beta = 1 / (2 D), D = 10", formula, stylised, slope, 0.0, "golden case"))
    fitted = flow_slope(*_stylised_market()).slope
    found.append(Row("order flow", "beta fitted on that book", formula, stylised, fitted, ROUNDING, "golden case"))
    return found


def _stylised_market() -> tuple[list[float], list[float]]:
    """Return mid changes in ticks and OFI while whole ask levels are taken and the bid follows at once."""
    bid, changes, flows = 100, [], []
    for levels in LEVELS_TAKEN:
        states = [(bid, DEPTH, bid + 1, DEPTH)]
        for _ in range(levels):
            bid += 1
            states.append((bid, DEPTH, bid + 1, DEPTH))
        changes.append(float(levels))
        flows.append(float(np.sum(flow_events(*zip(*states, strict=True)))))
    return changes, flows
