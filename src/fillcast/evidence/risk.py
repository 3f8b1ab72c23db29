"""Tails, simulation and the split of a shortfall: the numbers that the risk models are held to."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from fillcast.evidence.row import Provenance, Row
from fillcast.models.risk.monte_carlo import normal_moves, simulated_costs
from fillcast.models.risk.shortfall_parts import PaperTrade, PricedFill, perold_shortfall, shortfall_parts
from fillcast.models.schedule import Schedule

CENT = 5e-3  # half a unit of the second decimal
HALF_UNIT_4 = 5e-4  # five units of the fourth: the trade list is printed to as many
SIMULATED = 1e-9  # of the expected cost, as the identity states
VOLATILITY = 0.95  # dollars a share per root day
EXPECTED = 911226.986304  # dollars
PLAN = Schedule(np.array([458044.4456, 252101.3350, 141956.7316, 85755.6862, 62141.8016]), 1.0)  # shares, daily
SOURCE = "inputs of Almgren and Chriss (2000), table 1, at lambda = 1e-6"


class PublishedCost:
    """The expected cost of the plan as printed, so that these rows hold the risk models and no model of impact."""

    def impact_cost(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        """Return the printed cost for every order, dollars, (...)."""
        return np.full(trades.shape[:-1], EXPECTED)


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_tails(), *_simulation(), *_split()]


def _tails() -> list[Row]:
    cost = PLAN.cost(PublishedCost(), VOLATILITY)
    cases = [
        ("standard deviation of the cost", 603430.6688, float(np.sqrt(cost.variance)), HALF_UNIT_4),
        ("VaR 95 %", 1903782.11, float(cost.value_at_risk(0.95)), CENT),
        ("CVaR 95 %", 2155931.16, float(cost.conditional_value_at_risk(0.95)), CENT),
        ("VaR 99 %", 2315016.64, float(cost.value_at_risk(0.99)), CENT),
        ("CVaR 99 %", 2519498.99, float(cost.conditional_value_at_risk(0.99)), CENT),
    ]
    provenance: Provenance = "recomputed"
    return [Row("normal tail", name, SOURCE, value, ours, within, provenance) for name, value, ours, within in cases]


def _simulation() -> list[Row]:
    moves = normal_moves(10_000, PLAN.count, VOLATILITY, PLAN.interval, 1, antithetic=True)
    ours = float(simulated_costs(PLAN, PublishedCost(), moves, "sell").mean())
    name = "mean cost of antithetic paths"
    return [Row("Monte Carlo", name, SOURCE, EXPECTED, ours, SIMULATED * EXPECTED, "recomputed")]


def _split() -> list[Row]:
    """Ten units to buy at 100, released at 100.5, seven filled, 103 at the end: 16.45 by Perold's formula."""
    paper = PaperTrade("buy", Decimal(10), Decimal(100), Decimal("100.5"), Decimal(103))
    fills = [PricedFill(Decimal(4), Decimal("100.75")), PricedFill(Decimal(3), Decimal("101.25"))]
    fees = Decimal("0.7")
    parts = shortfall_parts(paper, fills, fees)
    left = float(parts.total - perold_shortfall(paper, fills, fees))
    model, source = "implementation shortfall", "Perold (1988), J. Portfolio Management 14(3)"
    return [
        Row(model, "parts less the whole", source, 0.0, left, 0.0, "golden case"),
        Row(model, "whole, ten units of which seven filled", source, 16.45, float(parts.total), 0.0, "golden case"),
    ]
