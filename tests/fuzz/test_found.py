"""Inputs that fuzzing found to be taken wrongly once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fillcast.core.decimals import Grid
from fillcast.core.events import EXTRA, TRADES
from fillcast.core.instrument import Instrument
from fillcast.errors import FrameError
from fillcast.venues import venue
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import BinanceConnection
from fillcast.venues.bitfinex.connection import BitfinexConnection
from fillcast.venues.kraken.depth import Depth, DepthCheck
from fillcast.venues.okx.connection import OkxConnection
from tests.venues.streams import OKX, USDM, Line, Market, dump


def live(connection: OkxConnection | BinanceConnection, *frames: bytes) -> Line:
    line = Line(connection)
    line.open()
    line.feed(*frames)
    return line


@pytest.mark.parametrize("trade_id", [2**63, 2**64, -1])
def test_a_trade_id_beyond_int64_is_kept_as_none(trade_id: int) -> None:
    line = live(BinanceConnection(binance.USDM, "/stream", [USDM], ("aggTrade", "depth@100ms")))
    trade = {"e": "aggTrade", "E": 1, "s": "BTCUSDT", "p": "100.0", "q": "3", "T": 1, "m": True, "a": trade_id}
    line.feed(Market(USDM).stream("aggTrade", trade))
    events = line.connection.events
    assert events.messages[0, 0] == TRADES
    assert events.message_rows(0)[0, EXTRA] == 0


def test_trades_before_a_bad_one_in_the_same_frame_are_not_told() -> None:
    line = live(OkxConnection([OKX]), Market(OKX).okx_snapshot())
    good = {"instId": "BTC-USDT", "tradeId": "1", "px": "100.0", "sz": "1", "side": "buy", "ts": "1700000000000"}
    argument = {"channel": "trades", "instId": "BTC-USDT"}
    line.feed(dump({"arg": argument, "data": [good, good | {"px": "1e"}]}))
    assert line.connection.events.count == 0
    assert line.connection.tally(0).trades == 0
    assert line.connection.rejected == 1
    line.feed(dump({"arg": argument, "data": [good, good]}))
    assert line.connection.tally(0).trades == 2


def test_an_answer_that_carries_a_book_is_rejected_and_breaks_it() -> None:
    market = Market(OKX)
    line = live(OkxConnection([OKX]), market.okx_snapshot())
    line.feed(market.okx_update([(1, 995, 12)])[:-1] + b',"event":"subscribe"}')
    assert line.states == ["BROKEN"]
    assert line.reasons == ["malformed"]


@pytest.mark.parametrize("fast", [True, False])
def test_an_event_of_a_stream_without_a_name_is_rejected_by_both_readers(fast: bool) -> None:
    market = Market(USDM)
    connection = BinanceConnection(binance.USDM, "/stream", [USDM], ("depth@100ms",), fast=fast)
    line = live(connection, market.depth())
    line.keep(connection.snapshot_reply("BTCUSDT", market.rest(), line.now_ns, line.now_ns))
    line.feed(market.depth([(1, 995, 12)]))
    assert line.states == ["LIVE"]
    update = market.depth([(1, 994, 12)])
    line.feed(b'{"stream":""' + update[update.index(b',"data"') :])
    assert connection.rejected == 1
    assert line.states == ["BROKEN"]


@pytest.mark.parametrize("length", ["9" * 20, "\u0662\u0665", "-1", "0", ""])
def test_a_book_of_a_length_that_nobody_can_ask_for_is_rejected(length: str) -> None:
    pair = Instrument("bitfinex", "tBTCUSD", "BTC", "USD", Decimal("1e-8"), Decimal("1e-8"))
    connection = BitfinexConnection([pair])
    connection.opened(1, 1)
    ack = {"event": "subscribed", "channel": "book", "chanId": 7, "symbol": "tBTCUSD", "prec": "P0", "len": length}
    connection.frame(dump(ack), 2, 2)
    assert connection.rejected == 1
    connection.frame(dump(ack | {"len": "250"}), 3, 3)
    assert (connection.rejected, connection.books[0].depth) == (1, 250)


def test_a_trade_id_of_digits_that_are_none_is_kept_as_none() -> None:
    line = live(OkxConnection([OKX]), Market(OKX).okx_snapshot())
    trade = {"instId": "BTC-USDT", "tradeId": "\u00b2", "px": "100.0", "sz": "1", "side": "buy", "ts": "1700000000000"}
    line.feed(dump({"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [trade]}))
    assert line.connection.events.message_rows(0)[0, EXTRA] == 0


@pytest.mark.parametrize("size", ["abc.5", "-1.5", "1_0.5", ""])
def test_a_size_of_rest_depth_that_is_no_number_is_refused_when_it_comes(size: str) -> None:
    check = DepthCheck(1, 0)
    depth = Depth([["100.0", "1.000", 1]], [["101.0", size, 1]])
    with pytest.raises(FrameError, match="not a decimal number"):
        check.take(depth, Grid.of(Decimal("0.1")), 0)


def test_an_odd_head_costs_no_other_instrument() -> None:
    good = {"instId": "BTC-USDT", "instType": "SPOT", "state": "live", "tickSz": "0.1", "lotSz": "0.001"}
    body = dump({"code": "0", "data": [{"instId": 5}, good | {"baseCcy": "BTC", "quoteCcy": "USDT"}]})
    (found,) = venue("okx").parse_instruments([body])
    assert found.symbol == "BTC-USDT"
    body = dump({"retCode": 0, "result": {"list": [{"symbol": 5}]}})
    assert venue("bybit_spot").parse_instruments([body]) == []
