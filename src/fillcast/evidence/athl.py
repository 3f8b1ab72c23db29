"""Almgren-Thum-Hauptmann-Li: the paper's example, an order of 10 % of a day's volume in IBM."""

from __future__ import annotations

from dataclasses import replace

from fillcast.core.units import BPS
from fillcast.evidence.row import Row
from fillcast.models.impact import US_SHARES_2003, AthlImpact

MODEL = "Almgren-Thum-Hauptmann-Li"
SOURCE = "Almgren et al., Risk 18(7) 57-62 (2005), IBM example"

# Daily volume, shares outstanding and daily volatility as printed; costs are fractions of the price, so it is 1.
IBM = AthlImpact(US_SHARES_2003, sigma=0.0157, volume=6.561e6, price=1.0, outstanding=1728e6)
SIZE = 656_100.0

TURNOVER = 263.374
PERMANENT_PER_SIGMA = 0.126
PERMANENT_BPS = 20.0
PERMANENT_BPS_EXACT = 19.860

# Days; K/sigma; K and J in bps as printed, and as the formula gives them.
BY_DURATION = (
    (0.1, 0.142, 22.0, 32.0, 22.294, 32.224),
    (0.2, 0.094, 15.0, 25.0, 14.709, 24.638),
    (0.5, 0.054, 8.0, 18.0, 8.488, 18.418),
)

THREE_DECIMALS = 0.0005
WHOLE_BPS = 0.5
FORMULA_BPS = 0.01


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    permanent = float(IBM.permanent(SIZE))
    found = [
        _row("Theta/V", TURNOVER, _turnover(), THREE_DECIMALS),
        _row("I/sigma", PERMANENT_PER_SIGMA, permanent / IBM.sigma, THREE_DECIMALS),
        _row("I, bps", PERMANENT_BPS, permanent * BPS, WHOLE_BPS),
        _formula("I, bps", PERMANENT_BPS_EXACT, permanent * BPS),
    ]
    for days, per_sigma, temporary_bps, cost_bps, temporary_exact, cost_exact in BY_DURATION:
        temporary, cost = float(IBM.temporary(SIZE, days)), float(IBM.cost_fraction(SIZE, days))
        found += [
            _row(f"K/sigma, T = {days:g} d", per_sigma, temporary / IBM.sigma, THREE_DECIMALS),
            _row(f"K, T = {days:g} d, bps", temporary_bps, temporary * BPS, WHOLE_BPS),
            _formula(f"K, T = {days:g} d, bps", temporary_exact, temporary * BPS),
            _row(f"J, T = {days:g} d, bps", cost_bps, cost * BPS, WHOLE_BPS),
            _formula(f"J, T = {days:g} d, bps", cost_exact, cost * BPS),
        ]
    return found


def _turnover() -> float:
    """Return Theta/V: the permanent impact of one day's volume when gamma, delta and sigma are 1."""
    bare = replace(IBM, coefficients=replace(US_SHARES_2003, gamma=1.0, delta=1.0), sigma=1.0)
    return float(bare.permanent(IBM.volume))


def _row(quantity: str, published: float, ours: float, tolerance: float) -> Row:
    return Row(MODEL, quantity, SOURCE, published, ours, tolerance, "published")


def _formula(quantity: str, published: float, ours: float) -> Row:
    return Row(MODEL, f"{quantity}, by formula", SOURCE, published, ours, FORMULA_BPS, "recomputed")
