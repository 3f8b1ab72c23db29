"""What OKX is asked to send."""

from __future__ import annotations

import json
from dataclasses import replace

from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Refused, WakeAt
from tests.venues.streams import (
    OKX,
    OKX_OTHER,
    Line,
    Market,
    dump,
    of,
    okx_ack,
    sent,
)


def test_subscribes_to_books_and_trades_of_every_instrument() -> None:
    effects = OkxConnection([OKX, OKX_OTHER]).opened(0, 0)
    assert sent(effects) == [
        {
            "op": "subscribe",
            "args": [
                {"channel": channel, "instId": symbol}
                for channel in ("books", "trades")
                for symbol in ("BTC-USDT", "ETH-USDT")
            ],
        }
    ]
    assert of(WakeAt, effects)
    (request,) = sent(OkxConnection([OKX], trades=False, touch=True).opened(0, 0))
    assert [argument["channel"] for argument in request["args"]] == ["books", "bbo-tbt"]


def test_long_subscriptions_are_split_below_the_venues_limit() -> None:
    many = [replace(OKX, symbol=f"A{number}-USDT") for number in range(300)]
    requests = sent(OkxConnection(many, touch=True).opened(0, 0))
    assert sum(len(request["args"]) for request in requests) == 900
    assert all(len(json.dumps(request)) < 64 * 1024 for request in requests)
    assert len(requests) == 1  # 300 instruments still fit
    more = [replace(OKX, symbol=f"AVERYLONGNAME{number}-USDT") for number in range(500)]
    requests = sent(OkxConnection(more, touch=True).opened(0, 0))
    assert len(requests) == 2
    assert all(len(json.dumps(request, separators=(",", ":"))) < 64 * 1024 for request in requests)


def test_a_refused_subscription_breaks_its_book_and_is_tried_again() -> None:
    line = Line(OkxConnection([OKX, OKX_OTHER]))
    line.open()
    refusal = "Wrong URL or channel:books,instId:ETH-USDT doesn't exist. Please use the correct URL."
    line.feed(okx_ack(), dump({"event": "error", "code": "60018", "msg": refusal, "connId": "1"}))
    assert line.states == ["SYNCING", "BROKEN"]
    assert line.reasons == ["refused"]
    assert "60018" in line.connection.books[1].reason
    refused = of(Refused, line.notices)
    assert refused == [Refused("okx:ETH-USDT", "60018", refusal)]
    market = Market(OKX)
    line.feed(market.okx_snapshot())
    effects = []
    for _ in range(61):  # five minutes of a quiet market
        line.feed(market.okx_keepalive(), b"pong")
        effects += line.wait(5)
    assert [(request["op"], request["args"][0]["instId"]) for request in sent(effects)][:2] == [
        ("unsubscribe", "ETH-USDT"),
        ("subscribe", "ETH-USDT"),
    ]


def test_a_refusal_that_names_no_book_is_shown() -> None:
    line = Line(OkxConnection([OKX]))
    line.open()
    line.feed(dump({"event": "error", "code": "60014", "msg": "Requests too frequent", "connId": "1"}))
    assert of(Refused, line.notices) == [Refused(None, "60014", "Requests too frequent")]
    assert line.states == ["SYNCING"]


def test_an_unconfirmed_subscription_is_made_again() -> None:
    line = Line(OkxConnection([OKX]))
    line.open()
    for _ in range(4):
        line.feed(b"pong")
        effects = line.wait(4)
    assert [request["op"] for request in sent(effects)] == ["unsubscribe", "subscribe"]
