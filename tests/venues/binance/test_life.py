"""Signs of life, lag and the end of a Binance connection."""

from __future__ import annotations

import pytest

from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import Product
from fillcast.venues.protocol import Reconnect, Send
from tests.venues.streams import (
    SECOND,
    USDM,
    Line,
    Market,
    connect,
    dump,
    fetches,
    of,
    sent,
    started,
    usdm,
)


def test_a_quiet_line_is_asked_for_a_sign_of_life(product: tuple[Product, Instrument]) -> None:
    line, _ = started(*product)
    (question,) = of(Send, line.wait(3))
    assert isinstance(question, Send)
    (request,) = sent([question])
    assert request["method"] == "LIST_SUBSCRIPTIONS"
    line.feed(dump({"result": ["btcusdt@depth@100ms"], "id": request["id"]}))
    (request,) = sent(line.wait(3))
    line.feed(dump({"error": {"code": 0, "msg": "unknown"}, "id": request["id"]}))  # a sign of life as well
    assert line.states == ["LIVE"]
    assert not line.notices


def test_a_pong_of_the_socket_is_a_sign_of_life() -> None:
    line, _ = usdm()
    line.wait(3.5)
    line.keep(line.connection.pong(line.now_ns, line.now_ns))
    line.wait(3.5)
    assert line.states == ["LIVE"]
    line.wait(1)
    assert line.states == ["STALE"]
    line.keep(line.connection.pong(line.now_ns, line.now_ns))
    assert line.states == ["LIVE"]
    assert line.reasons == ["silence"]


def test_lag_makes_books_stale_and_its_end_live() -> None:
    line, market = usdm()
    line.feed(market.depth(), late_ms=2500)
    line.wait(0.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["lag"]
    line.feed(market.depth())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_slow_reply_is_no_lag() -> None:
    line, market = Line(connect(binance.USDM, USDM)), Market(USDM)
    line.open()
    (fetch,) = fetches(line.feed(market.depth(), market.depth()))
    line.now_ns += 3 * SECOND
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE"]
    line.wait(0.5)
    assert line.states == ["LIVE"]


def test_the_connection_is_renewed_before_the_venue_ends_it() -> None:
    line, market = usdm()
    line.now_ns += 23 * 3600 * SECOND
    line.feed(market.depth())
    line.now_ns += 49 * 60 * SECOND
    line.feed(market.depth())
    assert not of(Reconnect, line.wait(0.25))
    line.now_ns += 2 * 60 * SECOND
    line.feed(market.depth())
    assert len(of(Reconnect, line.wait(2))) == 1


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_announced_shutdown_reconnects(wrapped: bool) -> None:
    line, _ = usdm()
    event: dict[str, object] = {"e": "serverShutdown", "E": 1}
    frame = dump({"stream": "!serverShutdown", "data": event}) if wrapped else dump(event)
    assert len(of(Reconnect, line.feed(frame))) == 1


def test_a_lost_connection_starts_over(product: tuple[Product, Instrument]) -> None:
    line, market = started(*product)
    line.close()
    assert line.states == ["BROKEN"]
    effects = line.open()
    assert [request["method"] for request in sent(effects)] == ["SUBSCRIBE"]
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    assert line.reasons == ["disconnect"]
    assert len(line.recovered) == 1
