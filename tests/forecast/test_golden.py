"""One market order per contract kind, computed by hand: the arithmetic stands beside each figure."""

from __future__ import annotations

import pytest

from fillcast.forecast.forecast import Forecast
from fillcast.models.fees import stated_fee
from tests.forecast.examples import INVERSE, QUANTO, SPOT, SWAP, priced, view_of


def parts(forecast: Forecast) -> dict[str, float]:
    return {part.name: part.bps for part in forecast.components}


def test_linear_in_base() -> None:
    # Asks 1 at 100.00, 2 at 100.01, 5 at 100.05; buy 6: 100 + 200.02 + 3 x 100.05 = 600.17, average
    # 100.028333... Mid (99.99 + 100.00) / 2 = 99.995. Half-spread 0.005 / 99.995 = 0.50002500 bps; slippage
    # 0.028333... / 99.995 = 2.83347500 bps; together 3.33350001. Fee 4 bps of 600.17 = 0.240068; over 6 x
    # 99.995 = 599.97 it is 4.00133340 bps.
    view = view_of(SPOT, [("99.99", "10")], [("100.00", "1"), ("100.01", "2"), ("100.05", "5"), ("100.20", "10")])
    forecast = priced(view, "buy", "6", stated_fee(4.0))

    assert forecast.fill is not None
    assert forecast.net is not None
    assert forecast.arrival_mid == pytest.approx(99.995, rel=1e-14)
    assert forecast.fill.average_price == pytest.approx(600.17 / 6, rel=1e-14)
    assert parts(forecast) == pytest.approx(
        {
            "half_spread": 1e4 * 0.005 / 99.995,
            "slippage": 1e4 * (600.17 / 6 - 100) / 99.995,
            "latency": 0.0,
            "fee": 1e4 * 0.240068 / 599.97,
        },
        rel=1e-10,
    )
    assert parts(forecast)["half_spread"] + parts(forecast)["slippage"] == pytest.approx(3.3335, abs=5e-7)
    assert parts(forecast)["slippage"] == pytest.approx(2.833333, abs=2e-4)  # published over the touch, here the mid
    assert [part.quote for part in forecast.components][3] == pytest.approx(0.240068, rel=1e-12)
    assert forecast.net.quote == pytest.approx(600.17 - 599.97 + 0.240068, rel=1e-12)
    assert forecast.fill.worst_price == 100.05
    assert forecast.fill.levels == 3
    assert forecast.fill.all_in_price == pytest.approx((600.17 + 0.240068) / 6, rel=1e-14)


def test_linear_contracts() -> None:
    # A contract is 0.01 BTC; sell 0.25 BTC = 25 contracts: 10 at 60000, 15 at 59999. Average
    # (10 x 60000 + 15 x 59999) / 25 = 59999.4. Mid 60000.5: half-spread 0.5, slippage 0.6, both over 60000.5.
    # Fee 5 bps of 0.25 x 59999.4 = 14999.85 is 7.499925.
    view = view_of(SWAP, [("60000", "10"), ("59999", "20")], [("60001", "5")])
    forecast = priced(view, "sell", "0.25", stated_fee(5.0))

    assert forecast.fill is not None
    assert forecast.net is not None
    assert forecast.fill.lots == 2500
    assert forecast.fill.base == pytest.approx(0.25, rel=1e-14)
    assert forecast.fill.average_price == pytest.approx(59999.4, rel=1e-14)
    assert parts(forecast) == pytest.approx(
        {
            "half_spread": 1e4 * 0.5 / 60000.5,
            "slippage": 1e4 * 0.6 / 60000.5,
            "latency": 0.0,
            "fee": 1e4 * 7.499925 / (0.25 * 60000.5),
        },
        rel=1e-9,
    )
    # Received 14999.85 - 7.499925 for what was worth 0.25 x 60000.5 = 15000.125.
    assert forecast.net.quote == pytest.approx(15000.125 - (14999.85 - 7.499925), rel=1e-9)
    assert forecast.fill.all_in_price == pytest.approx((14999.85 - 7.499925) / 0.25, rel=1e-12)
    assert forecast.cost_currency == "USDT"


def test_inverse() -> None:
    # A contract is 100 USD; buy 30: 10 at 50000 and 20 at 60000. Base 1000/50000 + 2000/60000 = 0.05333...;
    # average 3000 / 0.05333... = 56250 (harmonic; by contracts it would be 56666.67). Mid (40000 + 50000) / 2
    # = 45000: half-spread 5000 / 45000 = 1111.11 bps, slippage 6250 / 45000 = 1388.89 bps. The fee is paid in
    # base, 5 bps of 0.05333... BTC, and counted at the mid: 5 bps exactly, 0.05333... x 45000 x 5e-4 = 1.2
    # USD.
    view = view_of(INVERSE, [("40000", "50")], [("50000", "10"), ("60000", "40")])
    forecast = priced(view, "buy", "30ct", stated_fee(5.0))

    assert forecast.fill is not None
    assert forecast.net is not None
    assert forecast.fill.base == pytest.approx(0.16 / 3, rel=1e-14)
    assert forecast.fill.quote == 3000.0
    assert forecast.fill.average_price == pytest.approx(56250.0, rel=1e-14)
    assert parts(forecast) == pytest.approx(
        {"half_spread": 1e4 / 9, "slippage": 1e4 * 6250 / 45000, "latency": 0.0, "fee": 5.0}, rel=1e-12
    )
    assert forecast.components[3].quote == pytest.approx(1.2, rel=1e-12)
    assert forecast.net.quote == pytest.approx(0.16 / 3 * (56250 - 45000) + 1.2, rel=1e-12)
    assert forecast.cost_currency == "USD"


def test_quanto() -> None:
    # A contract pays 0.000001 BTC per point; sell 1000: 400 at 2000.00 and 600 at 1999.00, average 1999.4.
    # Mid 2000.5: half-spread 0.5, slippage 0.6, both over 2000.5. Notional at the mid 1000 x 0.000001 x
    # 2000.5 = 2.0005 BTC, so the walk costs 0.0011 BTC. Fee 7.5 bps of 1.9994 BTC = 0.00149955 BTC.
    view = view_of(QUANTO, [("2000.00", "400"), ("1999.00", "900")], [("2001.00", "1")])
    forecast = priced(view, "sell", "1000ct", stated_fee(7.5))

    assert forecast.fill is not None
    assert forecast.net is not None
    assert forecast.fill.average_price == pytest.approx(1999.4, rel=1e-14)
    assert parts(forecast) == pytest.approx(
        {
            "half_spread": 1e4 * 0.5 / 2000.5,
            "slippage": 1e4 * 0.6 / 2000.5,
            "latency": 0.0,
            "fee": 7.5 * 1999.4 / 2000.5,
        },
        rel=1e-9,
    )
    assert forecast.net.quote == pytest.approx(0.0011 + 0.00149955, rel=1e-9)
    assert forecast.cost_currency == "BTC"
