"""Fixtures of the protocol tests."""

from __future__ import annotations

import pytest

from fillcast.core.instrument import Instrument
from fillcast.venues.binance.connection import Product
from fillcast.venues.okx.connection import OkxConnection
from tests.venues.streams import OKX, PRODUCTS, Line, Market


@pytest.fixture(params=[True, False], ids=["compiled", "reference"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=list(PRODUCTS))
def product(request: pytest.FixtureRequest) -> tuple[Product, Instrument]:
    return PRODUCTS[request.param]


@pytest.fixture
def live(fast: bool) -> tuple[Line, Market]:
    """A line whose one OKX book is LIVE by the stream's own snapshot."""
    market = Market(OKX)
    line = Line(OkxConnection([OKX], fast=fast))
    line.open()
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]
    return line, market
