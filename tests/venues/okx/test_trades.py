"""Trades, best bid and ask, and what OKX events say."""

from __future__ import annotations

import pytest

from fillcast.core.events import BOOK, EXTRA, KIND, LOTS, SIDE, SNAPSHOT, TICKS, TOUCH, TRADES, UPDATE
from fillcast.venues.okx.connection import OkxConnection
from tests.venues.streams import (
    OKX,
    OKX_OTHER,
    Line,
    Market,
    dump,
)


@pytest.mark.parametrize(("side", "aggressor"), [("buy", 1), ("sell", -1)])
def test_trades_carry_the_takers_side(side: str, aggressor: int, live: tuple[Line, Market]) -> None:
    line, _ = live
    entry = {"instId": "BTC-USDT", "tradeId": "130639474", "px": "100.1", "sz": "0.12", "side": side}
    entry |= {"ts": "1630048897897", "count": "3"}
    line.feed(dump({"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [entry, entry]}))
    events = line.connection.events
    assert events.count == 2
    assert events.messages[0, KIND] == TRADES
    row = events.message_rows(1)[0]
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 120, 130639474)
    assert line.connection.tally(0).trades == 2


@pytest.mark.parametrize("change", [{"side": "hold"}, {"px": "100.15"}, {"sz": "x"}, {"ts": "?"}])
def test_a_bad_trade_is_rejected_and_breaks_no_book(change: dict[str, str], live: tuple[Line, Market]) -> None:
    line, _ = live
    entry = {"instId": "BTC-USDT", "tradeId": "1", "px": "100.1", "sz": "0.12", "side": "buy", "ts": "1"} | change
    line.feed(dump({"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [entry]}))
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1
    assert line.connection.events.count == 0


def test_the_touch_is_an_event(live: tuple[Line, Market]) -> None:
    line, _ = live
    entry = {"asks": [["100.2", "1", "0", "1"]], "bids": [["100", "2", "0", "1"]], "ts": "5", "seqId": 9}
    line.feed(dump({"arg": {"channel": "bbo-tbt", "instId": "BTC-USDT"}, "data": [entry]}))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TOUCH)
    assert events.message_rows(0).tolist() == [[-1, 1002, 1000, 0], [1, 1000, 2000, 0]]


def test_events_name_their_book_and_kind() -> None:
    market, other = Market(OKX), Market(OKX_OTHER)
    line = Line(OkxConnection([OKX, OKX_OTHER]))
    line.open()
    events = line.connection.events
    line.feed(other.okx_snapshot())
    assert (events.count, events.messages[0, KIND], events.messages[0, BOOK]) == (1, SNAPSHOT, 1)
    line.feed(other.okx_update())
    assert (events.count, events.messages[0, KIND], events.messages[0, BOOK]) == (1, UPDATE, 1)
    line.feed(market.okx_snapshot(), market.okx_snapshot()[:-3])
    assert events.count == 0
