"""The split of an implementation shortfall: its parts are the whole, exactly.

Tails and the simulated mean of an optimal plan are held by the rows of Almgren-Chriss, whose plan they are of.
"""

from __future__ import annotations

from decimal import Decimal

from fillcast.evidence.row import Row
from fillcast.models.risk.shortfall_parts import PaperTrade, PricedFill, perold_shortfall, shortfall_parts


def rows() -> list[Row]:
    """Ten units to buy at 100, released at 100.5, seven filled, 103 at the end: 16.45 by Perold's formula."""
    paper = PaperTrade("buy", Decimal(10), Decimal(100), Decimal("100.5"), Decimal(103))
    fills = [PricedFill(Decimal(4), Decimal("100.75")), PricedFill(Decimal(3), Decimal("101.25"))]
    fees = Decimal("0.7")
    parts = shortfall_parts(paper, fills, fees)
    left = float(parts.total - perold_shortfall(paper, fills, fees))
    model, source = "implementation shortfall", "Perold (1988), J. Portfolio Management 14(3)"
    each = {
        "delay": (5.0, parts.delay),
        "trading": (3.25, parts.trading),
        "opportunity": (7.5, parts.opportunity),
        "fees": (0.7, parts.fees),
    }
    split = "Kissell (2006), J. Trading 1(3): the expanded split, by hand"
    found = [Row(model, name, split, value, float(ours), 0.0, "golden case") for name, (value, ours) in each.items()]
    return [
        *found,
        Row(model, "parts less the whole", source, 0.0, left, 0.0, "golden case"),
        Row(model, "whole, ten units of which seven filled", source, 16.45, float(parts.total), 0.0, "golden case"),
    ]
