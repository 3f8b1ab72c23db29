"""Kraken frames that cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from fillcast.venues.protocol import Rejected
from tests.venues.kraken.market import BTC, ETH, KrakenMarket, acknowledged, fine, frame, kraken_line, kraken_live, left
from tests.venues.streams import dump, fetches, of, sent

PATH = "/0/public/AssetPairs"


def no_number(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"price":99.0', b'"price":"9x.9"')


def an_object(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"price":99.0', b'"price":{}')


def nothing(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"price":99.0', b'"price":null')


def negative(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"qty":0.007', b'"qty":-0.007')


def no_price(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"price":99.0', b'"price":0.0')


def too_large(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"qty":0.007', b'"qty":1e30')


def no_quantity(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"qty"', b'"quantity"')


def no_checksum(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"checksum"', b'"crc"')


def a_signed_checksum(market: KrakenMarket) -> bytes:
    return market.update(checksum=-5)


def a_long_checksum(market: KrakenMarket) -> bytes:
    return market.update(checksum=1 << 32)


def one_side(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"asks":[],', b"")


def other_type(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"type":"update"', b'"type":"delta"')


def odd_time(market: KrakenMarket) -> bytes:
    return market.update().replace(b'"timestamp":"20', b'"timestamp":"2x')


def many_digits(market: KrakenMarket) -> bytes:
    return market.snapshot().replace(b'"qty":0.010', b'"qty":0.010' + b"0" * 30)


def a_second_entry(market: KrakenMarket) -> bytes:
    return frame("book", "update", market.change([(1, 1001, 3)]), market.change([(1, 1001, 4)]).replace("0.004", "x"))


VIOLATIONS = [
    no_number,
    an_object,
    nothing,
    negative,
    no_price,
    too_large,
    no_quantity,
    no_checksum,
    a_signed_checksum,
    a_long_checksum,
    one_side,
    other_type,
    odd_time,
    many_digits,
]


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_book_frame_that_cannot_be_understood_breaks_its_book_only(
    violation: Callable[[KrakenMarket], bytes],
) -> None:
    market, other = KrakenMarket(BTC), KrakenMarket(ETH)
    line = kraken_line(BTC, ETH)
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
    line.feed(left("BTC/USD"), market.snapshot(), market.update(), other.update())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])
    assert len(line.recovered) == 1


@pytest.mark.parametrize("cut", [9, 60])
def test_bytes_that_end_early_may_have_held_any_book(cut: int) -> None:
    market, other = KrakenMarket(BTC), KrakenMarket(ETH)
    line = kraken_line(BTC, ETH)
    line.feed(market.snapshot(), other.snapshot(), market.update()[:-cut])
    assert line.states == ["BROKEN", "BROKEN"]


def test_nothing_of_a_frame_is_applied_when_a_later_entry_is_wrong() -> None:
    line, market = kraken_live()
    version = line.connection.books[0].version
    line.feed(a_second_entry(market))
    assert line.reasons == ["malformed"]
    assert line.connection.books[0].version == version + 1


def test_a_frame_of_too_many_books_or_levels_is_refused_whole() -> None:
    line, market = kraken_live()
    line.feed(frame("book", "update", *[market.change([]) for _ in range(1025)]))
    assert line.reasons == ["malformed"]
    line, market = kraken_live()
    levels = {1000 - level % 900: 5 for level in range(900)}
    entry = market.entry(list(levels.items()) * 40, [], None)
    line.feed(frame("book", "update", entry, entry))
    assert line.reasons == ["malformed"]


@pytest.mark.parametrize(
    "data", [b"\xff\x00{", b"[" * 100_000, b'{"data":' * 50_000, b'{"channel":"book', b'{"channel":4}', b"3", b"[]"]
)
def test_bytes_that_tell_nothing_break_every_book(data: bytes) -> None:
    line = kraken_line(BTC, ETH)
    line.feed(KrakenMarket(BTC).snapshot(), KrakenMarket(ETH).snapshot(), data)
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize(
    "data",
    [
        b'{"channel":"book","type":"update","data":[]}',  # nothing, and nothing is wrong with it
        b'{"channel":"heartbeat","type":5}',
        b'{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD"}]}',
        b'{"channel":"trade","type":"delta","data":[]}',
        b'{"channel":"status","type":"update","data":[{"system":7}]}',
        b'{"channel":"status","type":"update","data":{}}',
        b'{"a":1}',
        b'{"method":"subscribe","success":true,"result":{"channel":"book","symbol":"BTC/USD","depth":11}}',
    ],
)
def test_frames_that_held_no_book_break_none(data: bytes) -> None:
    line, market = kraken_live()
    line.feed(data, market.update())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize(
    "data",
    [
        b'{"channel":"book","type":"update","data":{"symbol":"BTC/USD"}}',
        b'{"channel":"book","type":"update","data":[4]}',
        b'{"channel":"book","type":"update","data":[{"symbol":4}]}',
        b'{"channel":"book","type":"update"}',
        b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD"},{"symbol":"XRP/USD"}]}',
    ],
)
def test_a_book_frame_that_does_not_say_of_what_breaks_every_book(data: bytes) -> None:
    line = kraken_line(BTC, ETH)
    line.feed(KrakenMarket(BTC).snapshot(), KrakenMarket(ETH).snapshot(), data)
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize(
    "fields",
    [
        {"side": "none"},
        {"price": 0},
        {"price": "x"},
        {"price": 100.25},
        {"qty": -1},
        {"timestamp": "now"},
        {"trade_id": -1},
        {"trade_id": 1 << 63},
    ],
)
def test_a_trade_that_cannot_be_right_is_refused_with_its_frame(fields: dict[str, object]) -> None:
    line, market = kraken_live()
    line.feed(market.trades(market.trade(), market.trade(**fields)))  # type: ignore[arg-type]
    assert line.connection.rejected == 1
    assert line.connection.tally(0).trades == 0
    assert line.states == ["LIVE"]


def test_a_frame_of_too_many_trades_is_refused_whole() -> None:
    line, market = kraken_live()
    line.feed(market.trades(*[market.trade()] * 1025))
    assert line.connection.rejected == 1
    assert line.connection.tally(0).trades == 0


def test_other_channels_are_ignored_and_other_symbols_named() -> None:
    line, market = kraken_live()
    line.feed(
        dump({"channel": "ticker", "type": "update", "data": [{"symbol": "BTC/USD", "bid": 1.0}]}),
        dump({"channel": "instrument", "type": "snapshot", "data": {}}),
    )
    assert (line.connection.ignored, line.connection.rejected) == (2, 0)
    line.feed(KrakenMarket(ETH).snapshot(), KrakenMarket(ETH).trades(KrakenMarket(ETH).trade()))
    assert ["ETH/USD" in one.reason for one in of(Rejected, line.notices)] == [True, True]  # type: ignore[attr-defined]
    line.feed(market.update())
    assert line.states == ["LIVE"]


def test_numbers_as_text_are_read_as_well() -> None:
    line, market = kraken_line(BTC), KrakenMarket(BTC)
    line.feed(market.snapshot(), market.update([(1, 990, 7)]).replace(b'"qty":0.007', b'"qty":"0.007"'))
    assert line.states == ["LIVE"]
    assert line.connection.books[0].size_at(1, 990) == 7


@pytest.mark.parametrize(
    ("listed", "tick"), [("0.01", "0.01"), (None, "0.01"), ("0.1", "0.01")], ids=["new", "unread", "unchanged"]
)
def test_an_off_grid_price_refetches_the_instrument_and_rebuilds(listed: str | None, tick: str) -> None:
    line, market = kraken_live()
    effects = line.feed(market.update([(1, 990, 7)]).replace(b'"price":99.0', b'"price":99.05'))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["off_grid"]
    (fetch,) = fetches(effects)
    assert fetch.path == PATH
    pair = {"wsname": "XBT/USD", "pair_decimals": 2, "lot_decimals": 3, "tick_size": listed, "status": "online"}
    body = dump({"error": [], "result": {"XXBTZUSD": pair}})
    effects = line.reply(fetch, body if listed else b'{"error":["EGeneral:Too many requests"]}')
    assert line.connection.instruments[0].tick == Decimal(tick)
    assert [request["method"] for request in sent(effects)] == ["unsubscribe", "subscribe"]
    finer = KrakenMarket(fine(BTC), bids={9995: 1}, asks={10000: 2})
    line.feed(left("BTC/USD"), acknowledged("BTC/USD"), finer.snapshot(), finer.update([(1, 9994, 2)]))
    assert line.states == ["LIVE"]
    assert finer.same_as(line.connection.books[0])
