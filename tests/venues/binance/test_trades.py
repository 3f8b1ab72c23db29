"""Trades, best bid and ask, and the ids of Binance events."""

from __future__ import annotations

import pytest

from fillcast.core.events import EXTRA, FIRST, KIND, LAST, LINK, LOTS, SENT_NS, SIDE, TICKS, TOUCH, TRADES
from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import BinanceConnection, Product
from fillcast.venues.settings import Settings
from tests.venues.streams import (
    COINM,
    MILLISECOND,
    SPOT,
    USDM,
    USDM_OTHER,
    Line,
    Market,
    started,
    usdm,
)


@pytest.mark.parametrize(("maker", "aggressor"), [(True, -1), (False, 1)])
@pytest.mark.parametrize("kind", ["trade", "aggTrade"])
def test_a_buyer_that_was_maker_means_that_the_taker_sold(kind: str, maker: bool, aggressor: int) -> None:
    line, market = usdm()
    event: dict[str, object] = {"e": kind, "E": 1_700_000_000_009, "s": "BTCUSDT", "p": "100.1", "q": "0.250"}
    event |= {"T": 1_700_000_000_007, "m": maker, ("t" if kind == "trade" else "a"): 4711}
    line.feed(market.stream(kind, event))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TRADES)
    assert events.messages[0, SENT_NS] == 1_700_000_000_009 * MILLISECOND
    row = events.message_rows(0)[0]
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 250, 4711)


def test_a_bad_trade_breaks_no_book() -> None:
    line, market = usdm()
    event: dict[str, object] = {
        "e": "trade",
        "E": 1,
        "s": "BTCUSDT",
        "p": "100.15",
        "q": "1",
        "T": 1,
        "m": True,
        "t": 1,
    }
    line.feed(market.stream("trade", event))
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1
    line.feed(market.stream("trade", event | {"X": "NA", "p": "0", "q": "0"}))
    assert (line.connection.rejected, line.connection.ignored) == (1, 1)


def test_a_connection_of_trades_carries_no_books() -> None:
    connection = BinanceConnection(binance.USDM, "/market/stream", [USDM, USDM_OTHER], ("aggTrade",))
    assert connection.books == ()
    line = Line(connection)
    line.open()
    event: dict[str, object] = {
        "e": "aggTrade",
        "E": 1,
        "s": "ETHUSDT",
        "p": "1.5",
        "q": "1",
        "T": 1,
        "m": True,
        "a": 1,
    }
    line.feed(Market(USDM_OTHER).stream("aggTrade", event))
    assert connection.events.messages[0, :2].tolist() == [TRADES, 1]
    line.feed(b'{"stream":"btcusdt@agg')
    line.wait(15)
    line.close()
    assert len(line.notices) == 1


def test_the_touch_is_compared_with_the_book_at_the_same_id(product: tuple[Product, Instrument], fast: bool) -> None:
    rules, one = product
    line, market = started(rules, one, Settings(check_touch=True), fast=fast)
    tally = line.connection.tally(0)
    line.feed(market.ticker())  # after its update
    assert line.connection.events.messages[0, KIND] == TOUCH
    update = market.depth([(1, 1001, 5)])
    line.feed(market.ticker(), update)  # before it
    assert (tally.touches_checked, tally.touches_matched) == (2, 2)
    line.feed(market.ticker(u=market.last - 1), market.ticker(u=market.last + 100), market.depth())
    assert (tally.touches_checked, tally.touches_matched) == (2, 2)
    assert line.states == ["LIVE"]
    assert not line.connection.books[0].held or line.connection.books[0].last_id < market.last + 100
    update = market.depth([(1, 1001, 6)])
    line.feed(market.ticker(B="0.007" if one is not COINM else "7"), update)
    assert line.states == ["BROKEN"]
    assert line.reasons == ["touch"]
    assert (tally.touches_checked, tally.touches_matched) == (3, 2)


def test_the_touch_is_not_compared_unless_asked() -> None:
    line, market = usdm()
    line.feed(market.ticker(B="9"))
    assert line.states == ["LIVE"]
    assert not line.connection.books[0].held


def test_events_carry_the_venues_ids() -> None:
    line, market = usdm()
    before = market.last
    line.feed(market.depth())
    message = line.connection.events.messages[0]
    assert message[[LINK, FIRST, LAST]].tolist() == [before, before + 1, market.last]
    line, market = started(binance.SPOT, SPOT)
    before = market.last
    line.feed(market.depth())
    message = line.connection.events.messages[0]
    assert message[[LINK, FIRST, LAST]].tolist() == [before, before + 1, market.last]
