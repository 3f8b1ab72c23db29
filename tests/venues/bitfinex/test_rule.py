"""What Bitfinex sends, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.book import Book
from fillcast.core.decimals import Grid
from fillcast.core.events import EXTRA, LOTS, SIDE, TICKS, TRADES
from fillcast.core.state import Proof
from fillcast.venues.bitfinex.checksum import ChecksumRule
from fillcast.venues.bitfinex.connection import BitfinexConnection
from fillcast.venues.protocol import Reconnect, Rejected, Send
from fillcast.venues.settings import Settings
from tests.venues.bitfinex.streams import BTC, COIN, TINY, Side, Wire, again, javascript, started
from tests.venues.streams import Line, dump, of, sent

OTHER = replace(BTC, symbol="tETHUSD", base="ETH")

# Books and checksum as in the venue's own Python client, tests of version 1: a market of 1e-6, where prices have
# exponents (bitfinexcom/bitfinex-api-py, bfxapi/tests/test_ws_orderbook.py).
OFFICIAL_BIDS = (
    "0.00000121 304023.8109708 0.0000012 518315.33310128 0.00000119 566200.89 0.00000118 260000 0.00000117 100000"
    " 0.00000116 160000 0.00000114 60000 0.00000113 198500 0.00000112 60000 0.0000011 60000 0.00000106 113868.87735849"
    " 0.00000105 105000 0.00000103 3000 0.00000102 105000 0.00000101 202970 0.000001 21000 7e-7 10000 6.6e-7 10000"
    " 6e-7 100000 4.9e-7 10000 2.5e-7 2000 6e-8 100000 5e-8 200000 1e-8 640000"
)
OFFICIAL_ASKS = (
    "0.00000122 312043.19 0.00000123 415094.8939744 0.00000124 348181.23 0.00000125 12000 0.00000126 143872.31"
    " 0.00000127 5000 0.0000013 5000 0.00000134 8249.18938656 0.00000135 230043.1337899 0.00000136 13161.25184766"
    " 0.00000145 2914 0.0000015 54448.5 0.00000152 5538.54849594 0.00000153 62691.75475079 0.00000159 2914"
    " 0.0000016 52631.10296831 0.00000164 4000 0.00000166 3831.46784605 0.00000171 14575.17730379"
    " 0.00000174 3124.81815395 0.0000018 18000 0.00000182 16000 0.00000186 4000 0.00000189 10000.686624"
    " 0.00000191 14500"
)
OFFICIAL_CHECKSUM = 1770440002


def pairs(text: str) -> list[tuple[str, str]]:
    words = text.split()
    return list(zip(words[::2], words[1::2], strict=True))


# Subscriptions.


def test_asks_for_numbers_times_and_checksums_then_for_books_and_trades() -> None:
    requests = sent(BitfinexConnection([BTC, TINY]).opened(0, 0))
    assert requests[0] == {"event": "conf", "flags": 32768 + 65536 + 131072}
    assert requests[1:3] == [
        {"event": "subscribe", "channel": "book", "symbol": symbol, "prec": "P0", "freq": "F0", "len": "250"}
        for symbol in ("tBTCUSD", "tTINY:USD")
    ]
    assert requests[3:] == [
        {"event": "subscribe", "channel": "trades", "symbol": symbol} for symbol in ("tBTCUSD", "tTINY:USD")
    ]
    assert len(sent(BitfinexConnection([BTC], trades=False).opened(0, 0))) == 2


def test_a_snapshot_and_updates_make_the_book() -> None:
    line, wire, (market,) = started(BTC)
    book = line.connection.books[0]
    assert (book.proof, book.depth) == (Proof.CONNECTION_SEQUENCE, 250)
    line.feed(
        market.update((1, 60_000 * COIN, 0)),
        market.update((-1, 60_001 * COIN, 123)),
        market.update((1, 1, 5)),  # 1e-8: no price is too far for the grid
        market.update((-1, 99_999 * COIN, 0)),  # was never there
        market.checksum(),
    )
    assert market.same_as(line)
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.updates, tally.sequence_checked) == (1, 4, 4)
    assert (tally.checksums_matched, tally.checksums_checked, tally.trades) == (1, 1, 0)
    assert (book.last_id, book.event_ns) == (wire.number - 1, (wire.now_ms - 100) * 1_000_000)
    assert not line.notices


def test_exponents_are_numbers_too() -> None:
    line, wire, (market,) = started(BTC)
    line.feed(wire.array(market.channel, "[1.1e-7,1,2.5E2]"), wire.array(market.channel, "[6.1e+4,1,-1E-8]"))
    book = line.connection.books[0]
    assert (book.size_at(1, 11), book.size_at(-1, 61_000 * COIN)) == (250 * COIN, 1)


def test_an_empty_book_is_a_book() -> None:
    wire = Wire()
    market = Side(wire, bids={}, asks={})
    line = Line(BitfinexConnection([BTC]))
    line.open()
    line.feed(market.subscribed(), market.snapshot(), market.checksum(), market.update((1, COIN, 5)))
    assert line.states == ["LIVE"]
    assert market.same_as(line)


def test_depth_is_what_the_venue_confirmed_and_moves_what_is_proven() -> None:
    wire = Wire(stamped=False)
    market = Side(wire)
    line = Line(BitfinexConnection([BTC]))
    line.open()
    line.feed(market.subscribed(len=25), market.snapshot())
    book = line.connection.books[0]
    assert book.depth == 25
    assert book.proven_ticks(1) == (60_000 - 24) * COIN
    assert book.event_ns == 0  # no times: recorded without that flag


# The numbers of a connection.


def a_level(wire: Wire, market: Side) -> bytes:
    return market.update((1, 59_000 * COIN, 3))


def a_heartbeat(wire: Wire, market: Side) -> bytes:
    return wire.beat(market.channel)


def a_checksum(wire: Wire, market: Side) -> bytes:
    return market.checksum()


def a_trade(wire: Wire, market: Side) -> bytes:
    return market.trade("1")


def an_unknown_channel(wire: Wire, market: Side) -> bytes:
    return wire.beat(9999)


ARRAYS = [a_level, a_heartbeat, a_checksum, a_trade, an_unknown_channel]


@pytest.mark.parametrize("array", ARRAYS)
def test_every_array_takes_a_number(array: Callable[[Wire, Side], bytes]) -> None:
    line, wire, (market, other) = started(BTC, OTHER)
    for _ in range(3):
        line.feed(array(wire, market), other.update())
    assert line.states == ["LIVE", "LIVE"]
    assert isinstance(line.connection, BitfinexConnection)
    assert line.connection.numbering.checked == wire.number - 1  # nothing to compare the first one with
    assert line.connection.numbering.gaps == 0


@pytest.mark.parametrize("array", ARRAYS)
def test_one_lost_array_concerns_every_book(array: Callable[[Wire, Side], bytes]) -> None:
    line, wire, (market, other) = started(BTC, OTHER)
    array(wire, market)  # lost
    effects = line.feed(other.update(), other.update())
    assert line.states == ["BROKEN", "BROKEN"]
    assert line.reasons == ["sequence", "sequence"]
    assert [gap.loss for gap in line.gaps] == [1, 1]
    assert f"array {wire.number - 1} of the connection instead of {wire.number - 2}" in line.gaps[0].detail
    assert len(of(Reconnect, effects)) == 1
    again(line, [market, other])
    assert line.states == ["LIVE", "LIVE"]
    assert [str(one.gap.reason) for one in line.recovered] == ["sequence", "sequence"]
    assert market.same_as(line)


@pytest.mark.parametrize("step", [0, -1, -3])
def test_a_number_that_repeats_or_goes_back_is_a_gap_of_unknown_size(step: int) -> None:
    line, wire, (market,) = started(BTC)
    line.feed(market.update(), market.update())
    wire.number += step - 1
    effects = line.feed(market.update())
    assert line.reasons == ["sequence"]
    assert line.gaps[0].loss is None
    assert of(Reconnect, effects)


def test_a_new_socket_starts_its_numbers_over() -> None:
    line, wire, (market,) = started(BTC)
    line.feed(market.update())
    again(line, [market])
    line.feed(market.update(), market.update())
    assert line.states == ["LIVE"]
    assert line.reasons == ["disconnect"]
    assert wire.number == 3
    assert isinstance(line.connection, BitfinexConnection)
    assert line.connection.numbering.gaps == 0


def test_a_heartbeat_may_come_before_its_channel_is_confirmed() -> None:
    wire = Wire()
    market = Side(wire)
    line = Line(BitfinexConnection([BTC]))
    line.open()
    line.feed(wire.beat(market.channel), market.subscribed(), market.snapshot(), market.update())
    assert line.states == ["LIVE"]
    assert line.connection.ignored == 1


# Checksums.


def test_the_venues_own_checksum_of_a_market_below_a_millionth() -> None:
    book = Book.from_levels(TINY, pairs(OFFICIAL_BIDS), pairs(OFFICIAL_ASKS))
    assert ChecksumRule().checksum(book) == OFFICIAL_CHECKSUM
    assert ChecksumRule(exponents=False).checksum(book) != OFFICIAL_CHECKSUM
    assert "2500000000" not in ChecksumRule().text(book)


def test_the_text_of_a_checksum() -> None:
    book = Book.from_levels(BTC, [("6000", "1"), ("5900", "2")], [("6100", "3"), ("6200", "4"), ("6300", "0.5")])
    assert ChecksumRule().text(book) == "6000:1:6100:-3:5900:2:6200:-4:6300:-0.5"
    deep = Book.from_levels(BTC, [(str(5000 - level), "1") for level in range(40)], [])
    assert ChecksumRule().text(deep).count(":") == 2 * 25 - 1


@pytest.mark.parametrize(
    ("units", "text", "plain"),
    [
        (1, "1e-8", "0.00000001"),
        (11, "1.1e-7", "0.00000011"),
        (10, "1e-7", "0.0000001"),
        (99, "9.9e-7", "0.00000099"),
        (100, "0.000001", "0.000001"),
        (123_456_789, "1.23456789", "1.23456789"),
        (10 * COIN, "10", "10"),
        (60_417 * COIN, "60417", "60417"),
    ],
)
def test_numbers_in_a_checksum(units: int, text: str, plain: str) -> None:
    grid = Grid.of(Decimal("1e-8"))
    assert ChecksumRule().number(grid, units) == text == javascript(grid.value(units))
    assert ChecksumRule(exponents=False).number(grid, units) == plain


@given(st.integers(1, 10**15), st.integers(0, 12))
def test_numbers_in_a_checksum_are_javascripts(units: int, decimals: int) -> None:
    grid = Grid(decimals, 1)
    assert ChecksumRule().number(grid, units) == javascript(grid.value(units))


def test_checksums_follow_the_book() -> None:
    line, _, (market, other) = started(BTC, OTHER)
    for step in range(20):
        line.feed(market.update((1, (59_999 - step) * COIN, 5 + step)), market.update((-1, 60_002 * COIN, step)))
        line.feed(market.checksum(), other.checksum())
    tally = line.connection.tally(0)
    assert (tally.checksums_matched, tally.checksums_checked) == (20, 20)
    assert ChecksumRule().text(line.connection.books[0]) == market.text()
    assert line.states == ["LIVE", "LIVE"]


def test_a_checksum_that_differs_breaks_its_book_which_is_subscribed_anew() -> None:
    line, wire, (market, other) = started(BTC, OTHER)
    market.update((1, 59_999 * COIN, 1))
    wire.number -= 1  # lost where no number tells
    effects = line.feed(market.checksum())
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["checksum"]
    assert sent(effects) == [{"event": "unsubscribe", "chanId": market.channel}]
    assert sent(line.feed(market.update(), market.checksum(), wire.beat(market.channel))) == []  # still under way
    line.feed(market.snapshot())  # of the channel that ends: nothing would follow it
    assert line.states == ["BROKEN", "LIVE"]
    (request,) = sent(line.feed(market.unsubscribed()))
    assert (request["event"], request["symbol"]) == ("subscribe", "tBTCUSD")
    line.feed(market.subscribed(), market.snapshot(), market.update(), market.checksum(), other.update())
    assert line.states == ["LIVE", "LIVE"]
    assert str(line.recovered[0].gap.reason) == "checksum"
    assert market.same_as(line)


def test_checksums_of_tiny_prices_can_be_taken_over_plain_decimals() -> None:
    for exponents, states in ((True, ["LIVE"]), (False, ["BROKEN"])):
        line, _, (market,) = started(BTC, settings=Settings(checksum_exponents=exponents))
        market.bids, market.asks = {11: COIN}, {12: COIN}
        line.feed(market.snapshot(), market.checksum())
        assert line.states == states


# Trades.


@pytest.mark.parametrize(("amount", "side"), [("0.5", 1), ("-0.5", -1)])
def test_the_sign_of_a_trade_is_the_takers_side(amount: str, side: int) -> None:
    line, _, (market,) = started(BTC)
    line.feed(market.trade(amount, "60001", trade_id=77))
    events = line.connection.events
    assert events.messages[0, 0] == TRADES
    (row,) = events.message_rows(0)
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (side, 60_001 * COIN, COIN // 2, 77)


def test_a_trade_is_counted_once() -> None:
    line, wire, (market,) = started(BTC)
    before = wire.array(market.trades_channel, "[[1,1,2,3],[2,1,-2,3]]")
    line.feed(before, market.trade("1"), market.trade("1", kind="tu"), wire.beat(market.trades_channel))
    assert line.connection.tally(0).trades == 1
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("amount", ["0", '"1"', "null", "0.000000001"])
def test_a_trade_that_cannot_be_read_harms_no_book(amount: str) -> None:
    line, _, (market,) = started(BTC)
    line.feed(market.trade(amount), market.update())
    assert line.states == ["LIVE"]
    assert len(of(Rejected, line.notices)) == 1
    assert line.connection.tally(0).trades == 0


def test_a_subscription_to_something_else_is_not_followed() -> None:
    line, wire, (market,) = started(BTC)
    line.feed(
        market.subscribed(chanId=90, prec="R0"),
        market.subscribed(chanId=91, prec="P1"),
        dump({"event": "subscribed", "channel": "ticker", "chanId": 92, "symbol": "tBTCUSD"}),
    )
    for channel in (90, 91, 92):
        line.feed(wire.array(channel, "[60100,60200,1]"))
    assert line.states == ["LIVE"]
    assert market.same_as(line)
    line.feed(market.subscribed(chanId=93, symbol="tXRPUSD"), wire.array(93, "[1,1,1]"))
    assert len(of(Rejected, line.notices)) == 1
    assert line.connection.ignored == 4


def test_questions_are_json() -> None:
    line, _, _ = started(BTC)
    (question,) = of(Send, line.wait(2.25))
    assert isinstance(question, Send)
    assert json.loads(question.text) == {"event": "ping"}
    line.feed(dump({"event": "pong", "ts": 1}))
    assert line.states == ["LIVE"]
