"""Bybit trades, and best bid and ask."""

from __future__ import annotations

import pytest

from fillcast.core.events import BOOK, EVENT_NS, EXTRA, KIND, LOTS, SENT_NS, SIDE, TICKS, TOUCH, TRADES
from tests.venues.bybit.market import LINEAR, BybitMarket, bybit_live
from tests.venues.streams import MILLISECOND


@pytest.mark.parametrize(("side", "aggressor"), [("Buy", 1), ("Sell", -1)])
def test_trades_carry_the_takers_side(side: str, aggressor: int) -> None:
    line, market = bybit_live()
    line.feed(market.trades(market.trade(side), market.trade(side, i="2290000001211680903")))
    events = line.connection.events
    assert events.count == 2
    assert events.messages[1, KIND] == TRADES
    assert events.messages[1, EVENT_NS] == market.now_ms * MILLISECOND
    assert events.messages[1, SENT_NS] == (market.now_ms + 3) * MILLISECOND
    rows = [events.message_rows(index)[0] for index in range(2)]
    assert [(row[SIDE], row[TICKS], row[LOTS]) for row in rows] == [(aggressor, 1001, 120)] * 2
    assert [row[EXTRA] for row in rows] == [0, 2290000001211680903]  # futures number theirs by UUID
    assert line.connection.tally(0).trades == 2


def test_block_trades_met_no_book() -> None:
    line, market = bybit_live()
    line.feed(market.trades(market.trade(), market.trade(BT=True, v="5000")))
    assert line.connection.tally(0).trades == 1


@pytest.mark.parametrize(
    "change", [{"S": "Hold"}, {"p": "100.15"}, {"v": "x"}, {"T": -5}, {"s": "ETHUSDT"}, {"p": 100.1}, {"S": None}]
)
def test_a_bad_trade_is_rejected_whole_and_breaks_no_book(change: dict[str, object]) -> None:
    line, market = bybit_live()
    line.feed(market.trades(market.trade(), market.trade(**change)))
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1
    assert line.connection.events.count == line.connection.tally(0).trades == 0


def test_a_thousand_trades_of_one_message_are_all_told() -> None:
    line, market = bybit_live()
    line.feed(market.trades(*[market.trade()] * 1024))
    assert line.connection.tally(0).trades == line.connection.events.count == 1024


def test_the_touch_is_an_event_and_no_change_of_the_book() -> None:
    line, market = bybit_live(touch=True)
    version = line.connection.books[0].version
    best = BybitMarket(LINEAR, depth=1)
    best.last = 5
    line.feed(best.snapshot())
    events = line.connection.events
    assert (events.count, events.messages[0, KIND], events.messages[0, BOOK]) == (1, TOUCH, 0)
    assert events.message_rows(0).tolist() == [[1, 1000, 10, 0], [-1, 1002, 10, 0]]
    assert line.connection.books[0].version == version
    line.feed(best.snapshot(b=[["x", "1"]]), best.delta(), market.delta())
    assert line.connection.rejected == 2  # depth 1 sends whole books only
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
