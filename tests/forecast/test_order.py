from __future__ import annotations

import dataclasses
import math

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
