from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.view import BookView
from fillcast.forecast.offers import Offer, offer
from fillcast.models.fees import stated_fee
from tests.forecast.examples import INVERSE, SPOT, SWAP, mirrored_books, priced, view_of

TEN_BPS = stated_fee(10.0)


def offered(view: BookView, size: str, *, side: str = "buy", rate: float = 1.0, quoted: bool = False) -> Offer:
    amount = float(size.rstrip("usdt"))
    return offer(priced(view, side, size, TEN_BPS), view, rate, amount, quoted=quoted)


def test_a_level_costs_its_price_and_the_fee_on_it() -> None:
    view = view_of(SPOT, [("99", "1"), ("98", "2"), ("97", "9")], [("101", "1"), ("102", "2"), ("103", "9")])

    assert offered(view, "2").prices.tolist() == [pytest.approx(101.101), pytest.approx(102.102)]
    assert offered(view, "2", rate=2.0).prices.tolist() == [pytest.approx(202.202), pytest.approx(204.204)]
    assert offered(view, "2", side="sell").prices.tolist() == [pytest.approx(-98.901), pytest.approx(-97.902)]
    assert len(offered(view, "204usdt", quoted=True).prices) == 2
    assert len(offered(view, "999usdt", quoted=True).prices) == 3


def test_an_inverse_contract_pays_its_fee_on_the_mid() -> None:
    view = view_of(INVERSE, [("40000", "9")], [("60000", "9"), ("80000", "9")])

    assert offered(view, "0.02").prices.tolist() == [60_050.0, 80_050.0]
    sold = view_of(INVERSE, [("40000", "9"), ("20000", "9")], [("60000", "9")])
    assert offered(sold, "0.03", side="sell").prices.tolist() == [-39_950.0, -19_950.0]


@given(mirrored_books((SPOT, SWAP, INVERSE)), st.sampled_from(("buy", "sell")), st.floats(0.1, 1.0))
def test_it_costs_what_a_forecast_says(view: BookView, side: str, part: float) -> None:
    sign = 1 if side == "buy" else -1
    levels = view.opposite(sign)
    one = priced(view, side, f"{max(float(levels.cumulative_base[-1]) * part, 0.2):.8f}", TEN_BPS)
    assert one.fill is not None
    found = offer(one, view, 2.0, float(levels.cumulative_base[-1]), quoted=False)

    assert float(found.base_of(one.fill.lots)) == pytest.approx(one.fill.base, rel=1e-12)
    assert found.quote_of(one.fill.lots) == pytest.approx(2 * one.fill.quote, rel=1e-12)
    assert found.cost_of(one.fill.lots) == pytest.approx(sign * 2 * one.fill.all_in_price * one.fill.base, rel=1e-9)
    assert (found.base_of(0), found.quote_of(0), found.cost_of(0)) == (0, 0.0, 0.0)


def test_units_of_base_give_back_the_lots_that_they_are() -> None:
    view = view_of(INVERSE, [("49000", "9")], [("50000", "3"), ("50001.1", "4"), ("50700.3", "5")])
    one = offered(view, "0.02")
    unit = Fraction(1, 10**6)
    supply = one.in_base(unit, 10**9)

    ends = supply.counts.cumsum().tolist()
    assert [one.lots_at(end, unit, 10**9) for end in ends] == [3, 7, 12]
    assert [one.lots_at(end - 1, unit, 10**9) for end in ends] == [2, 6, 11]
    assert one.in_base(unit, 7000).total == 7000
