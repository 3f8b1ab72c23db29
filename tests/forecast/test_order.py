from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from fillcast.errors import SizeError, UsageError
from fillcast.forecast.order import DEFAULT_LATENCY_S, Order, parse_order
from fillcast.forecast.size import parse_size
from tests.forecast.examples import SPOT


def test_an_order_is_read() -> None:
    order = parse_order(SPOT, "Sell", "2.5", tier="vip1", latency="40ms")

    assert (order.instrument, order.side, order.side_name) == ("okx:BTC-USDT", -1, "sell")
    assert (order.type, order.tier, order.latency_s) == ("market", "vip1", 0.04)
    assert parse_order(SPOT, "buy", 1).latency_s == DEFAULT_LATENCY_S


def test_an_order_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse_order(SPOT, "buy", 1).side = -1  # type: ignore[misc]


def test_words_that_mean_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="a side is buy or sell, not 'long'"):
        parse_order(SPOT, "long", "1")
    with pytest.raises(UsageError, match="order type 'iceberg' is not offered; market, limit, twap"):
        parse_order(SPOT, "buy", "1", type="iceberg")
    with pytest.raises(SizeError):
        parse_order(SPOT, "buy", "0")


@pytest.mark.parametrize("latency_s", [-0.1, math.nan, math.inf])
def test_a_latency_must_be_a_number_of_seconds(latency_s: float) -> None:
    with pytest.raises(UsageError, match="latency"):
        Order(SPOT.key, 1, parse_size("1", SPOT), latency_s=latency_s)


def test_a_side_is_one_of_two_numbers() -> None:
    with pytest.raises(UsageError, match=r"a side is \+1"):
        Order(SPOT.key, 0, parse_size("1", SPOT))


def test_the_terms_of_a_type_have_its_defaults() -> None:
    pov, shortfall, limit = (
        parse_order(SPOT, "buy", "1", type=name, price="60000" if name == "limit" else None)
        for name in ("pov", "IS", "limit")
    )

    assert (pov.participation, pov.horizon_s) == (0.1, 600.0)
    assert (shortfall.type, shortfall.risk_aversion) == ("is", 1e-6)
    assert (limit.price_ticks, limit.horizon_s, limit.post_only) == (6_000_000, 60.0, False)
    assert parse_order(SPOT, "buy", "1", type="twap", horizon="1h").horizon_s == 3600.0


@pytest.mark.parametrize(
    ("why", "terms"),
    [
        ("a limit order needs a price", {"type": "limit"}),
        ("a market order takes no price", {"price": "60000"}),
        ("a twap order takes no price", {"type": "twap", "price": "60000"}),
        ("not a multiple of", {"type": "limit", "price": "60000.001"}),
        ("not a decimal number", {"type": "limit", "price": "sixty"}),
        ("price of a limit order must be positive", {"type": "limit", "price": "0"}),
        ("price of a limit order must be positive", {"type": "limit", "price": "-5"}),
        ("post-only says nothing of a market order", {"post_only": True}),
        ("a market order is done at once", {"horizon": "10m"}),
        ("a horizon must be above 0 and at most a day, not 0 s", {"type": "twap", "horizon": "0s"}),
        ("a horizon must be above 0 and at most a day", {"type": "is", "horizon": "25h"}),
        ("a participation says nothing of a market order", {"participation": 0.1}),
        ("a participation says nothing of a limit order", {"type": "limit", "price": "1", "participation": 0.1}),
        ("a participation must be above 0 and below 1, not 1.5", {"type": "pov", "participation": 1.5}),
        ("a participation must be above 0 and below 1, not nan", {"type": "twap", "participation": math.nan}),
        ("a participation must be above 0 and below 1, not 0", {"type": "vwap", "participation": 0.0}),
        ("a risk aversion says nothing of a twap order", {"type": "twap", "risk_aversion": 1e-6}),
        ("a risk aversion must be finite and not negative, not inf", {"type": "is", "risk_aversion": math.inf}),
        ("a risk aversion must be finite and not negative, not -1", {"type": "is", "risk_aversion": -1.0}),
        ("a risk aversion must be finite and not negative, not nan", {"type": "is", "risk_aversion": math.nan}),
    ],
)
def test_terms_that_make_no_order_are_refused_by_name(why: str, terms: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"^okx:BTC-USDT: .*{why}"):
        parse_order(SPOT, "buy", "1", **terms)


def test_an_order_that_lacks_what_its_type_needs_cannot_be_built() -> None:
    size = parse_size("1", SPOT)
    with pytest.raises(UsageError, match="a pov order needs a participation"):
        Order(SPOT.key, 1, size, "pov", horizon_s=60.0)
    with pytest.raises(UsageError, match="an is order needs a risk aversion"):
        Order(SPOT.key, 1, size, "is", horizon_s=60.0)
