from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.risk.shortfall_parts import PaperTrade, PricedFill, perold_shortfall, shortfall_parts

PRICES = st.decimals("0.00000001", "1000000", places=8)
SIZES = st.decimals("0.00000001", "1000", places=8)
FEES = st.decimals("-100", "100", places=10)
FILLS = st.lists(st.builds(PricedFill, SIZES, PRICES), max_size=8)
PAPER = PaperTrade("buy", Decimal(10), Decimal(100), Decimal("100.5"), Decimal(103))
PARTLY = [PricedFill(Decimal(4), Decimal("100.75")), PricedFill(Decimal(3), Decimal("101.25"))]


@given(st.sampled_from(["buy", "sell"]), SIZES, FILLS, PRICES, PRICES, PRICES, FEES)
def test_the_parts_add_up_exactly(
    side: str,
    left: Decimal,
    fills: list[PricedFill],
    decided: Decimal,
    released: Decimal,
    ended: Decimal,
    fees: Decimal,
) -> None:
    size = left + sum(each.size for each in fills)
    paper = PaperTrade(side, size, decided, released, ended)
    parts = shortfall_parts(paper, fills, fees)
    assert parts.total == perold_shortfall(paper, fills, fees)
    assert replace(parts, fees=fees + Decimal("1e-18")).total != perold_shortfall(paper, fills, fees)


def test_a_case_by_hand() -> None:
    parts = shortfall_parts(PAPER, PARTLY, Decimal("0.7"))
    assert parts.delay == 5
    assert parts.trading == Decimal("3.25")
    assert parts.opportunity == Decimal("7.5")
    assert parts.total == Decimal("16.45")
    sold = shortfall_parts(replace(PAPER, side="sell"), PARTLY, Decimal("0.7"))
    assert sold.total == Decimal("-15.05")


def test_floats_would_not_add_up() -> None:
    decided, released, price = 0.1, 0.2, 0.9
    assert (released - decided) + (price - released) != price - decided
    paper = PaperTrade("buy", Decimal(1), Decimal("0.1"), Decimal("0.2"), Decimal(101))
    total = shortfall_parts(paper, [PricedFill(Decimal(1), Decimal("0.9"))], Decimal(0)).total
    assert total == Decimal("0.8")


def test_bad_orders_are_refused_by_name() -> None:
    for name in ("size", "decided", "released", "ended"):
        for value in ("0", "-1", "NaN", "Infinity"):
            with pytest.raises(ParameterError, match=name):
                shortfall_parts(replace(PAPER, **{name: Decimal(value)}), [], Decimal(0))
    with pytest.raises(ParameterError, match="side"):
        shortfall_parts(replace(PAPER, side="hold"), [], Decimal(0))
    with pytest.raises(ParameterError, match="fills"):
        shortfall_parts(replace(PAPER, size=Decimal(6)), PARTLY, Decimal(0))
    with pytest.raises(ParameterError, match="price of a fill"):
        perold_shortfall(PAPER, [PricedFill(Decimal(1), Decimal(0))], Decimal(0))
    with pytest.raises(ParameterError, match="fees"):
        shortfall_parts(PAPER, PARTLY, Decimal("NaN"))
