"""Bybit frames that cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fillcast.venues.protocol import Rejected
from tests.venues.bybit.market import LINEAR, OTHER, BybitMarket, bybit_line, bybit_live
from tests.venues.streams import dump, fetches, of, sent


def truncated(market: BybitMarket) -> bytes:
    return market.delta()[:-9]


def not_json(market: BybitMarket) -> bytes:
    return market.delta().replace(b'"b":[', b'"b":{')


def not_a_number(market: BybitMarket) -> bytes:
    return market.book("delta", [["9x.9", "1"]], [], u=101)


def negative(market: BybitMarket) -> bytes:
    return market.book("delta", [["99.9", "-1"]], [], u=101)


def no_price(market: BybitMarket) -> bytes:
    return market.book("delta", [["0", "1"]], [], u=101)


def a_float(market: BybitMarket) -> bytes:
    return market.delta().replace(b'"99"', b"99")


def long_level(market: BybitMarket) -> bytes:
    return market.book("delta", [["99.9", "1", "2"]], [], u=101)


def other_type(market: BybitMarket) -> bytes:
    return market.book("update", [], [], u=101)


def no_id(market: BybitMarket) -> bytes:
    return market.delta().replace(b'"u":', b'"w":')


def endless_id(market: BybitMarket) -> bytes:
    return market.delta(u=1 << 63)


def negative_id(market: BybitMarket) -> bytes:
    return market.delta(u=-1)


def no_time(market: BybitMarket) -> bytes:
    return market.delta().replace(b'"ts":', b'"tz":')


def endless_time(market: BybitMarket) -> bytes:
    return market.delta(cts=1 << 60)


def other_symbol(market: BybitMarket) -> bytes:
    return market.delta(s="XRPUSDT")


def one_side(market: BybitMarket) -> bytes:
    return market.delta().replace(b'"a":[],', b"")


@pytest.mark.parametrize(
    "violation",
    [
        truncated,
        not_json,
        not_a_number,
        negative,
        no_price,
        a_float,
        long_level,
        other_type,
        no_id,
        endless_id,
        negative_id,
        no_time,
        endless_time,
        other_symbol,
        one_side,
    ],
)
def test_a_book_frame_that_cannot_be_understood_breaks_its_book_only(
    violation: Callable[[BybitMarket], bytes],
) -> None:
    market, other = BybitMarket(LINEAR), BybitMarket(OTHER)
    line = bybit_line(LINEAR, OTHER)
    line.feed(market.snapshot(), other.snapshot())
    version = line.connection.books[0].version
    line.feed(violation(market))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    (rejected,) = of(Rejected, line.notices)
    assert isinstance(rejected, Rejected)
    assert rejected.reason
    assert line.connection.rejected == 1
    assert line.connection.books[0].version == version + 1  # emptied, and nothing of the frame applied
    line.feed(market.snapshot(), market.delta(), other.delta())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])
    assert len(line.recovered) == 1


def test_a_frame_that_names_two_books_breaks_both() -> None:
    market, other = BybitMarket(LINEAR), BybitMarket(OTHER)
    line = bybit_line(LINEAR, OTHER)
    line.feed(market.snapshot(), other.snapshot(), market.delta(s="ETHUSDT"))
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize("frame", [b"\xff\x00{", b"[" * 100_000, b'{"data":' * 50_000, b'{"topic":"orderbook.200.X'])
def test_bytes_that_tell_nothing_break_every_book(frame: bytes) -> None:
    line = bybit_line(LINEAR, OTHER)
    line.feed(BybitMarket(LINEAR).snapshot(), BybitMarket(OTHER).snapshot(), frame)
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize("frame", [b'{"a":1}', b"[]", b"3", b'{"topic":"tickers.BTCUSDT","data":', b'{"topic":4}'])
def test_frames_that_held_no_book_break_none(frame: bytes) -> None:
    line, _ = bybit_live()
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


def test_other_channels_are_ignored_and_other_symbols_named() -> None:
    line, market = bybit_live()
    line.feed(
        dump({"topic": "tickers.BTCUSDT", "type": "delta", "data": {"markPrice": "1"}, "ts": 1}),
        dump({"topic": "orderbook.rpi.BTCUSDT", "type": "delta", "data": {}, "ts": 1}),
        BybitMarket(LINEAR, depth=50).snapshot(),
    )
    assert (line.connection.ignored, line.connection.rejected) == (3, 0)
    line.feed(BybitMarket(OTHER).snapshot())
    (rejected,) = of(Rejected, line.notices)
    assert "ETHUSDT" in rejected.reason
    line.feed(market.delta())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize(
    ("listed", "tick"), [("0.01", "0.01"), (None, "0.01"), ("0.1", "0.01")], ids=["new", "unread", "unchanged"]
)
def test_an_off_grid_price_refetches_the_instrument_and_rebuilds(listed: str | None, tick: str) -> None:
    line, market = bybit_live()
    effects = line.feed(market.book("delta", [["99.95", "1"]], [], u=101))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["off_grid"]
    (fetch,) = fetches(effects)
    assert fetch.path == "/v5/market/instruments-info?category=linear&symbol=BTCUSDT"
    entry = {"symbol": "BTCUSDT", "contractType": "LinearPerpetual", "status": "Trading", "baseCoin": "BTC"}
    entry |= {"quoteCoin": "USDT", "settleCoin": "USDT"}
    filters = {"priceFilter": {"tickSize": listed}, "lotSizeFilter": {"qtyStep": "0.001"}}
    body = {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": [entry | filters]}}
    effects = line.reply(fetch, dump(body) if listed else b'{"retCode":10006,"retMsg":"Too many visits!"}')
    assert str(line.connection.instruments[0].tick) == tick
    assert [request["op"] for request in sent(effects)] == ["unsubscribe", "subscribe"]
    fine = BybitMarket(replace(LINEAR, tick=LINEAR.tick / 10), bids={9995: 1}, asks={10000: 2})
    line.feed(fine.snapshot(), fine.delta([(1, 9994, 2)]))
    assert line.states == ["LIVE"]
    assert fine.same_as(line.connection.books[0])
