from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fillcast.errors import UsageError
from fillcast.forecast.comparison import compare
from fillcast.models.fees import stated_fee
from tests.forecast.examples import CROSS, INVERSE, SPOT, SWAP, priced, view_of

ELSEWHERE = replace(SPOT, venue="binance_spot", symbol="BTCUSDT")


def test_one_reference_for_all() -> None:
    # Mids 100 and 102: the reference is 101. The second venue's mid lies badly: against its own mid it costs
    # nothing but its half-spread, against the reference a buyer pays 102.01.
    first = priced(view_of(SPOT, [("99.99", "1")], [("100.01", "1")]), "buy", "1", stated_fee(10.0))
    second = priced(view_of(ELSEWHERE, [("101.99", "1")], [("102.01", "1")]), "buy", "1")
    third = priced(view_of(SWAP, [("100.9", "999")], [("101.1", "999")]), "buy", "1")

    one, two, three = compare([first, second, third])
    assert one.common_reference is not None
    assert (one.common_reference.price, one.common_reference.currency) == (pytest.approx(101.0), "USDT")
    assert one.common_reference.name == "median of 3 mids"
    assert one.common_reference == two.common_reference == three.common_reference
    assert one.net_vs_common_bps == pytest.approx(1e4 * (100.01 * 1.001 - 101) / 101)
    assert two.net_vs_common_bps == pytest.approx(1e4 * (102.01 - 101) / 101)
    assert one.net == first.net


def test_selling_has_the_other_sign() -> None:
    forecasts = [
        priced(view_of(instrument, [(bid, "1")], [(ask, "1")]), "sell", "1")
        for instrument, bid, ask in ((SPOT, "99", "101"), (ELSEWHERE, "101", "103"))
    ]

    one, two = compare(forecasts)
    assert one.net_vs_common_bps == pytest.approx(1e4 * (101 - 99) / 101)
    assert two.net_vs_common_bps == pytest.approx(0.0, abs=1e-9)


def test_dollar_coins_are_compared_with_a_stated_rate_only() -> None:
    coin = priced(view_of(SPOT, [("999", "1")], [("1001", "1")]), "buy", "0.5")
    dollar = priced(view_of(INVERSE, [("989", "100")], [("991", "100")]), "buy", "0.5")

    one, two = compare([coin, dollar])
    assert two.net_vs_common_bps is None
    assert "state the rate of USDT in USD" in two.not_compared
    assert one.common_reference is not None
    assert one.common_reference.price == pytest.approx(1000.0)

    one, two = compare([coin, dollar], {"usdt": 0.99})  # 990 USD are 1000 USDT
    assert one.common_reference is not None
    assert one.common_reference.price == pytest.approx(1000.0)
    assert two.net_vs_common_bps == pytest.approx(1e4 * (991 / 0.99 - 1000) / 1000)
    assert two.not_compared == ""


def test_what_is_something_else_is_not_compared() -> None:
    spot = priced(view_of(SPOT, [("999", "1")], [("1001", "1")]), "buy", "0.5")
    ether = priced(view_of(CROSS, [("0.04", "1")], [("0.05", "1")]), "buy", "0.5")

    assert "is in ETH" in compare([spot, ether])[1].not_compared


def test_what_has_no_forecast_takes_no_part() -> None:
    spot = priced(view_of(SPOT, [("999", "1")], [("1001", "1")]), "buy", "0.5")
    empty = priced(view_of(ELSEWHERE, [], []), "buy", "0.5")

    for order in ([spot, empty], [empty, spot]):
        compared = {found.instrument.venue: found for found in compare(order)}
        assert compared["binance_spot"].not_compared == "no forecast"
        assert compared["okx"].common_reference is not None
        assert compared["okx"].common_reference.name == "median of 1 mids"
    assert compare([empty])[0].not_compared == "no forecast"


def test_a_comparison_that_makes_no_sense_is_refused() -> None:
    view = view_of(SPOT, [("999", "1")], [("1001", "1")])

    with pytest.raises(UsageError, match="same side"):
        compare([priced(view, "buy", "1"), priced(view, "sell", "1")])
    for rate in (0.0, math.nan, -1.0, math.inf):
        with pytest.raises(UsageError, match="rate of USDT"):
            compare([priced(view, "buy", "1")], {"USDT": rate})
