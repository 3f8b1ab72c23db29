"""Implementation shortfall split into parts that add up exactly: what was paid against a paper portfolio.

For an order of X base units decided at P_0, released at P_d, filled n_i at P_i, with P_end when it ended:

    delay       s X (P_d - P_0)
    trading     s sum n_i (P_i - P_d)
    opportunity s (X - sum n_i) (P_end - P_d)
    fees

whose sum is Perold's `s sum n_i (P_i - P_0) + s (X - sum n_i) (P_end - P_0) + fees`, s = +1 for a buy and -1 for a
sell: Perold, "The implementation shortfall: paper versus reality", J. Portfolio Management 14(3), 1988; the expanded
split is Kissell's, "The expanded implementation shortfall", J. Trading 1(3), 2006. All in decimals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, localcontext

from fillcast.errors import ParameterError
from fillcast.models.risk.monte_carlo import side_sign

# Digits enough for products of any venue's prices and sizes; a result that would be rounded raises instead.
EXACT = Context(prec=10_000, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class PricedFill:
    """A fill: base units > 0, and its price, > 0, quote currency per base unit."""

    size: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class PaperTrade:
    """What an order was to be, and the prices it is measured against.

    Attributes
    ----------
    side
        "buy" or "sell".
    size
        X, base units > 0.
    decided, released, ended
        P_0, P_d and P_end, quote currency per base unit, > 0.
    """

    side: str
    size: Decimal
    decided: Decimal
    released: Decimal
    ended: Decimal


@dataclass(frozen=True, slots=True)
class ShortfallParts:
    """Parts of an implementation shortfall, quote currency, positive = bad for the order."""

    delay: Decimal
    trading: Decimal
    opportunity: Decimal
    fees: Decimal

    @property
    def total(self) -> Decimal:
        """The sum of the parts, exactly."""
        with localcontext(EXACT):
            return self.delay + self.trading + self.opportunity + self.fees


def shortfall_parts(paper: PaperTrade, fills: Sequence[PricedFill], fees: Decimal) -> ShortfallParts:
    """Return the parts of what an order cost.

    Parameters
    ----------
    paper
        The order and its reference prices.
    fills
        Not more base units together than the order has.
    fees
        Quote currency, positive = paid, negative = rebate.

    Raises
    ------
    ParameterError
        For a price or size that is not positive and finite, fills beyond the order, or another side.
    """
    sign = side_sign(paper.side)
    unfilled = _unfilled(paper, fills, fees)
    with localcontext(EXACT):
        trading = sum((each.size * (each.price - paper.released) for each in fills), Decimal(0))
        return ShortfallParts(
            delay=sign * paper.size * (paper.released - paper.decided),
            trading=sign * trading,
            opportunity=sign * unfilled * (paper.ended - paper.released),
            fees=fees,
        )


def perold_shortfall(paper: PaperTrade, fills: Sequence[PricedFill], fees: Decimal) -> Decimal:
    """Return the whole shortfall by Perold's formula, which knows no moment of release; as `shortfall_parts`."""
    sign = side_sign(paper.side)
    unfilled = _unfilled(paper, fills, fees)
    with localcontext(EXACT):
        traded = sum((each.size * (each.price - paper.decided) for each in fills), Decimal(0))
        return sign * traded + sign * unfilled * (paper.ended - paper.decided) + fees


def _unfilled(paper: PaperTrade, fills: Sequence[PricedFill], fees: Decimal) -> Decimal:
    named = [("size", paper.size), ("decided", paper.decided), ("released", paper.released), ("ended", paper.ended)]
    for each in fills:
        named += [("size of a fill", each.size), ("price of a fill", each.price)]
    for name, value in named:
        if not (value.is_finite() and value > 0):
            raise ParameterError(f"{name} must be positive and finite, not {value}")
    if not fees.is_finite():
        raise ParameterError(f"fees must be finite, not {fees}")
    with localcontext(EXACT):
        unfilled = paper.size - sum((each.size for each in fills), Decimal(0))
    if unfilled < 0:
        raise ParameterError(f"fills must not add up to more than the size {paper.size}, but do by {-unfilled}")
    return unfilled
