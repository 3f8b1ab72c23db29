"""Schedules and the tails of sampled costs: closed forms on numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np

from fillcast.evidence.row import Row
from fillcast.models.risk import empirical_conditional_value_at_risk, empirical_quantiles
from fillcast.models.schedule import participation_lots, twap, vwap

SIZE, HORIZON = 100.0, 60.0
VOLUMES = (10.0, 30.0, 60.0)
SHARE = 0.2  # of all volume: a quarter of the others'
OTHERS = (100, 200, 400)
COSTS = tuple(float(cost) for cost in range(1, 11))
LEVEL = 0.85  # the worst 1.5 of ten costs: 10, and half of 9
ROUNDING = 1e-12


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    even = twap(SIZE, 4, HORIZON).sizes
    by_volume = vwap(SIZE, VOLUMES, HORIZON / 3).sizes
    shares = participation_lots(OTHERS, SHARE, 1_000)
    found = [Row("TWAP", "n_1 of 4, X = 100", "n = X / N", 25.0, float(even[0]), 0.0, "golden case")]
    found += [
        Row(
            "VWAP",
            f"n_{place}, volume {volume:g} of 100",
            "n = X v / sum v",
            volume,
            float(ours),
            ROUNDING,
            "golden case",
        )
        for place, (volume, ours) in enumerate(zip(VOLUMES, by_volume, strict=True), 1)
    ]
    found += [
        Row(
            "POV",
            f"n_{place}, others trade {others}",
            "n = rho / (1 - rho) v, rho = 0.2",
            others / 4,
            float(ours),
            0.0,
            "golden case",
        )
        for place, (others, ours) in enumerate(zip(OTHERS, shares, strict=True), 1)
    ]
    source = "Rockafellar and Uryasev (2002), J. Banking & Finance 26: costs 1 .. 10"
    value_at_risk = float(empirical_quantiles(np.array(COSTS), LEVEL))
    conditional = float(empirical_conditional_value_at_risk(np.array(COSTS), LEVEL))
    return [
        *found,
        Row("sampled costs", "VaR 85%", source, 9.0, value_at_risk, 0.0, "golden case"),
        Row("sampled costs", "CVaR 85%", source, 9.0 + 2.0 / 3.0, conditional, ROUNDING, "golden case"),
    ]
