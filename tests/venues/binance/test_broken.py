"""Binance frames that cannot be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import Product
from fillcast.venues.protocol import Rejected
from tests.venues.streams import (
    USDM,
    USDM_OTHER,
    Line,
    Market,
    connect,
    dump,
    fetches,
    of,
    started,
    usdm,
)


def truncated(market: Market) -> bytes:
    return market.depth()[:-7]


def not_a_number(market: Market) -> bytes:
    return market.depth(b=[["99.x", "1"]])


def a_float(market: Market) -> bytes:
    return market.depth(b=[[99.0, "1"]])


def long_level(market: Market) -> bytes:
    return market.depth(b=[["99.0", "1", "2"]])


def text_id(market: Market) -> bytes:
    return market.depth(u="5")


def ids_backwards(market: Market) -> bytes:
    return market.depth(U=market.last + 9)


def negative_id(market: Market) -> bytes:
    return market.depth(U=-5)


def no_link(market: Market) -> bytes:
    return market.depth(pu=None)


def no_time(market: Market) -> bytes:
    return market.depth(E=1 << 60)


def zero_price(market: Market) -> bytes:
    return market.depth(b=[["0.0", "1"]])


@pytest.mark.parametrize(
    "violation",
    [truncated, not_a_number, a_float, long_level, text_id, ids_backwards, negative_id, no_link, no_time, zero_price],
)
def test_an_update_that_cannot_be_understood_breaks_its_book_only(
    violation: Callable[[Market], bytes], fast: bool
) -> None:
    line = Line(connect(binance.USDM, USDM, USDM_OTHER, fast=fast))
    market, beside = Market(USDM), Market(USDM_OTHER)
    line.open()
    for each in (market, beside):
        (fetch,) = fetches(line.feed(each.depth()))
        line.reply(fetch, each.rest())
    line.feed(violation(market))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    assert line.connection.rejected == 1
    assert isinstance(line.notices[0], Rejected)
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_raw_update_that_cannot_be_understood_breaks_its_book() -> None:
    line, market = usdm()
    line.feed(b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,')
    assert line.states == ["BROKEN"]
    line, market = usdm()
    line.feed(b'{"e":"aggTrade","E":1,"s":"BTCUSDT",')
    line.feed(b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTr')
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 2
    line.feed(market.depth())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("frame", [b"", b"\xff{", b"[" * 100_000, b'{"data":' * 50_000])
def test_bytes_that_tell_nothing_break_every_book_and_never_raise(frame: bytes) -> None:
    line, _ = usdm()
    line.feed(frame)
    assert line.states == ["BROKEN"]


def test_a_symbol_that_is_not_followed_is_named_and_breaks_nothing() -> None:
    line, _ = usdm()
    line.feed(Market(USDM_OTHER).depth())
    assert line.states == ["LIVE"]
    (rejected,) = of(Rejected, line.notices)
    assert "ETHUSDT" in rejected.reason


def test_other_streams_are_ignored() -> None:
    line, market = usdm()
    line.feed(market.stream("markPrice@1s", {"e": "markPriceUpdate", "s": "BTCUSDT"}))
    line.feed(market.stream("depth5", {"lastUpdateId": 5, "bids": [], "asks": []}))
    assert line.connection.ignored == 2
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("frame", [b'{"a":1}', b"[]"])
def test_what_is_no_event_is_rejected(frame: bytes) -> None:
    line, _ = usdm()
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


def test_a_crossed_book_is_broken(fast: bool) -> None:
    line, market = usdm(fast=fast)
    line.feed(market.depth([(1, 1002, 1)]))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["crossed"]


def test_deleting_a_level_that_is_not_there_is_normal(product: tuple[Product, Instrument]) -> None:
    line, market = started(*product)
    line.feed(market.depth([(1, 500, 0), (-1, 5000, 0)]))
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_raw_frames_are_read_as_combined_ones() -> None:
    line, market = usdm()
    frame = market.depth([(1, 1000, 3)])
    line.feed(frame.partition(b'"data":')[2][:-1])
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_an_off_grid_size_refetches_the_instrument_and_rebuilds(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = started(rules, one)
    (fetch,) = fetches(line.feed(market.depth(b=[["99.0", "0.0001"]])))
    assert line.reasons == ["off_grid"]
    assert fetch.path.startswith(f"{rules.rest}/exchangeInfo")
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.0001"},
    ]
    symbol = {"symbol": one.symbol, "baseAsset": "BTC", "quoteAsset": one.quote, "filters": filters}
    symbol |= {"status": "TRADING", "contractStatus": "TRADING", "contractSize": 100}
    line.reply(fetch, dump({"symbols": [symbol]}))
    assert str(line.connection.books[0].instrument.lot) == "0.0001"
    fine = Market(line.connection.instruments[0], last=market.last)
    (fetch,) = fetches(line.feed(fine.depth()))
    line.reply(fetch, fine.rest())
    line.feed(fine.depth())
    assert line.states == ["LIVE"]
    assert fine.same_as(line.connection.books[0])
