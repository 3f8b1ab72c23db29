"""What Binance is asked to send, and recordings of what it sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.core.events import KIND, SNAPSHOT
from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import Product
from fillcast.venues.protocol import Refused
from tests.venues.streams import (
    DEPTH_AND_TRADES,
    SPOT,
    USDM,
    USDM_OTHER,
    Line,
    Market,
    connect,
    dump,
    fetches,
    of,
    sent,
)


def test_subscribes_by_message() -> None:
    connection = connect(binance.USDM, USDM, USDM_OTHER)
    assert sent(connection.opened(0, 0)) == [
        {
            "method": "SUBSCRIBE",
            "params": [f"{name}@{stream}" for name in ("btcusdt", "ethusdt") for stream in DEPTH_AND_TRADES],
            "id": 1,
        }
    ]


def test_many_streams_are_subscribed_in_batches() -> None:
    many = [replace(USDM, symbol=f"A{number}USDT") for number in range(120)]
    requests = sent(connect(binance.USDM, *many).opened(0, 0))
    assert all(len(request["params"]) <= 100 for request in requests)
    assert len({stream for request in requests for stream in request["params"]}) == 360
    assert len({request["id"] for request in requests}) == len(requests)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": 2, "msg": "Invalid request"}, "id": 1},
        {"code": 2, "msg": "Invalid request", "id": 1},
    ],
)
def test_a_refused_subscription_breaks_its_books_and_is_tried_again(answer: dict[str, object]) -> None:
    line = Line(connect(binance.USDM, USDM))
    line.open()
    line.feed(dump(answer))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["refused"]
    assert of(Refused, line.notices) == [Refused("binance_usdm:BTCUSDT", "2", "Invalid request")]
    again = []
    for _ in range(90):
        line.feed(dump({"result": None, "id": 77}))
        again += sent(line.wait(3.5))
    methods = [request["method"] for request in again]
    assert methods.count("SUBSCRIBE") == 1
    assert set(methods) == {"SUBSCRIBE", "LIST_SUBSCRIPTIONS"}  # a quiet line is asked for a sign of life
    market = Market(USDM)
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE"]


def test_an_acknowledgement_changes_nothing() -> None:
    line = Line(connect(binance.SPOT, SPOT))
    line.open()
    assert not line.feed(dump({"result": None, "id": 1}))
    assert line.states == ["SYNCING"]


def test_a_refusal_without_a_request_is_shown() -> None:
    line = Line(connect(binance.SPOT, SPOT))
    line.open()
    line.feed(dump({"error": {"code": 3, "msg": "Invalid JSON"}}))
    assert of(Refused, line.notices) == [Refused(None, "3", "Invalid JSON")]
    assert line.states == ["SYNCING"]


def test_a_snapshot_among_the_frames_is_a_snapshot(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    line.feed(market.depth(), market.depth())
    line.feed(market.rest())
    assert line.connection.events.messages[0, KIND] == SNAPSHOT
    assert line.states == ["LIVE"]
    line.feed(market.depth(), market.rest())  # another one: the book is right already
    assert market.same_as(line.connection.books[0])
    assert line.states == ["LIVE"]


def test_a_recorded_reply_is_matched_by_its_symbol() -> None:
    line, market = Line(connect(binance.USDM, USDM, USDM_OTHER)), Market(USDM_OTHER)
    line.open()
    line.feed(market.depth())
    line.keep(line.connection.snapshot_reply("ETHUSDT", market.rest(), line.now_ns, line.now_ns))
    assert line.states == ["SYNCING", "LIVE"]
    line.keep(line.connection.snapshot_reply("XRPUSDT", market.rest(), line.now_ns, line.now_ns))
    assert line.connection.ignored == 1
    line.feed(market.rest(symbol="XRPUSDT"))
    assert line.connection.rejected == 1
