"""What Bybit is asked to send, its signs of life, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fillcast.venues.bybit.connection import BybitConnection
from fillcast.venues.protocol import Reconnect, Refused, Send, WakeAt
from tests.venues.bybit.market import (
    INVERSE,
    LINEAR,
    OTHER,
    SPOT,
    BybitMarket,
    acknowledged,
    bybit_line,
    bybit_live,
    ended,
)
from tests.venues.streams import Line, dump, of, sent

NOT_FOUND = "error:handler not found,topic:"
SPOT_PONG = b'{"success":true,"ret_msg":"pong","conn_id":"0970e817","op":"ping"}'
LINEAR_PONG = b'{"success":true,"ret_msg":"pong","conn_id":"465772b1","req_id":"","op":"ping"}'
OPTION_PONG = b'{"args":["1672916271846"],"op":"pong"}'
SPOT_OTHER = replace(SPOT, symbol="ETHUSDT", base="ETH")


def test_subscribes_to_books_and_trades_of_every_instrument() -> None:
    effects = BybitConnection("linear", [LINEAR, OTHER]).opened(0, 0)
    (request,) = sent(effects)
    assert request["op"] == "subscribe"
    assert request["args"] == [
        "orderbook.200.BTCUSDT",
        "publicTrade.BTCUSDT",
        "orderbook.200.ETHUSDT",
        "publicTrade.ETHUSDT",
    ]
    assert of(WakeAt, effects)
    (request,) = sent(BybitConnection("spot", [SPOT], trades=False, touch=True).opened(0, 0))
    assert request["args"] == ["orderbook.200.BTCUSDT", "orderbook.1.BTCUSDT"]


@pytest.mark.parametrize(("instrument", "path"), [(SPOT, "spot"), (LINEAR, "linear"), (INVERSE, "inverse")])
def test_each_product_has_its_own_address(instrument: object, path: str) -> None:
    connection = BybitConnection(path, [instrument])  # type: ignore[list-item]
    assert connection.ws_path == f"/v5/public/{path}"
    assert connection.venue == f"bybit_{path}"


def test_a_request_has_ten_topics_at_most() -> None:
    many = [replace(SPOT, symbol=f"A{number}USDT") for number in range(23)]
    requests = sent(BybitConnection("spot", many).opened(0, 0))
    assert [len(request["args"]) for request in requests] == [10, 10, 10, 10, 6]
    assert len({request["req_id"] for request in requests}) == 5


def test_a_line_is_pinged_every_twenty_seconds_however_busy_it_is() -> None:
    line, market = bybit_live()
    pings = 0
    for _ in range(650):  # 65 s of frames, timers between them
        effects = line.feed(market.delta()) + line.keep(line.connection.tick(line.now_ns, line.now_ns))
        pings += of(Send, effects) == [Send('{"op":"ping"}')]
    assert pings == 3
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("pong", [SPOT_PONG, LINEAR_PONG, OPTION_PONG])
def test_a_quiet_line_is_asked_for_a_sign_of_life(pong: bytes) -> None:
    line, _ = bybit_live()
    for _ in range(20):
        assert of(Send, line.wait(3)) == [Send('{"op":"ping"}')]
        line.feed(pong)
    assert line.states == ["LIVE"]
    assert not line.notices


def test_silence_makes_books_stale_and_life_brings_them_back() -> None:
    line, market = bybit_live()
    line.wait(4.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["silence"]
    line.feed(LINEAR_PONG)
    assert line.states == ["LIVE"]
    line.feed(market.delta())
    assert market.same_as(line.connection.books[0])


def test_a_dead_line_is_given_up_once_and_pinged_no_more() -> None:
    line, _ = bybit_live()
    effects = line.wait(45)
    assert len(of(Reconnect, effects)) == 1
    assert len(of(Send, effects)) == 1


def test_a_topic_that_is_refused_costs_no_other() -> None:
    line = Line(BybitConnection("linear", [LINEAR, OTHER]), ended)  # type: ignore[arg-type]
    (request,) = sent(line.open())
    refusal = NOT_FOUND + "orderbook.200.ETHUSDT"
    effects = line.feed(acknowledged(request, success=False, ret_msg=refusal))
    assert line.states == ["SYNCING", "BROKEN"]
    assert line.reasons == ["refused"]
    assert of(Refused, line.notices) == [Refused("bybit_linear:ETHUSDT", "none", refusal)]
    (again,) = sent(effects)  # the venue took none of the request's topics
    assert (again["op"], again["args"]) == ("subscribe", ["orderbook.200.BTCUSDT", "publicTrade.BTCUSDT"])
    market = BybitMarket(LINEAR)
    line.feed(acknowledged(again), market.snapshot())
    assert line.states == ["LIVE", "BROKEN"]
    effects = []
    for _ in range(61):  # five minutes
        line.feed(LINEAR_PONG)
        effects += line.wait(5)
    tried = [(one["op"], one["args"]) for one in sent(effects) if one["op"] != "ping"]
    assert tried[:3] == [
        ("subscribe", ["publicTrade.ETHUSDT"]),
        ("unsubscribe", ["orderbook.200.ETHUSDT"]),
        ("subscribe", ["orderbook.200.ETHUSDT"]),
    ]
    other = BybitMarket(OTHER)
    line.feed(other.snapshot())
    assert line.states[1] == "LIVE"


def test_refused_trades_cost_no_book() -> None:
    line = Line(BybitConnection("spot", [SPOT, SPOT_OTHER]))  # type: ignore[arg-type]
    (request,) = sent(line.open())
    refusal = NOT_FOUND + "publicTrade.BTCUSDT"
    (again,) = sent(line.feed(acknowledged(request, success=False, ret_msg=refusal)))
    assert again["args"] == ["orderbook.200.BTCUSDT", "orderbook.200.ETHUSDT", "publicTrade.ETHUSDT"]
    assert of(Refused, line.notices) == [Refused(None, "none", refusal)]
    assert line.states == ["SYNCING", "SYNCING"]


def test_a_topic_that_is_being_sent_already_is_no_refusal_of_its_book() -> None:
    line, market = bybit_live()
    (_, request) = sent(line.feed(market.lost()))
    refusal = "error:already subscribed,topic:orderbook.200.BTCUSDT"
    assert not sent(line.feed(acknowledged(request, success=False, ret_msg=refusal)))
    assert line.reasons == ["sequence"]
    effects = []
    for _ in range(3):
        line.feed(LINEAR_PONG)
        effects += line.wait(2)
    assert [one["op"] for one in sent(effects) if one["op"] != "ping"][:2] == ["unsubscribe", "subscribe"]
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


def test_a_refusal_that_names_no_topic_is_shown_and_each_book_asked_for_alone() -> None:
    line = Line(BybitConnection("spot", [SPOT, SPOT_OTHER]))  # type: ignore[arg-type]
    (request,) = sent(line.open())
    line.feed(acknowledged(request, success=False, ret_msg="args size >10", ret_code=10001))
    assert of(Refused, line.notices) == [Refused(None, "10001", "args size >10")]
    requests = [one for one in sent(line.wait(5)) if one["op"] == "subscribe"]
    assert [one["args"] for one in requests] == [["orderbook.200.BTCUSDT"], ["orderbook.200.ETHUSDT"]]


def test_a_refusal_of_the_only_topic_asked_for_is_its_books() -> None:
    line, market = bybit_live()
    (_, request) = sent(line.feed(market.lost()))
    line.feed(acknowledged(request, success=False, ret_msg="error:too many topics"))
    assert line.connection.books[0].reason.startswith("the venue refused the subscription: error:too many topics")


def test_a_refusal_that_cannot_be_placed_changes_nothing() -> None:
    line, market = bybit_live()
    frame = {"success": False, "ret_msg": NOT_FOUND + "orderbook.200.XRPUSDT", "op": "subscribe", "req_id": "77"}
    assert not sent(line.feed(dump(frame)))
    assert not sent(line.feed(dump({"success": False, "ret_msg": "error:invalid op", "op": ""})))
    line.feed(market.delta())
    assert line.states == ["LIVE"]
    assert len(of(Refused, line.notices)) == 2


def test_answers_are_no_book_and_no_fault() -> None:
    line = bybit_line(SPOT)
    line.feed(
        dump({"success": True, "ret_msg": "subscribe", "conn_id": "1", "req_id": "1", "op": "subscribe"}),
        dump({"success": True, "ret_msg": "", "conn_id": "1", "op": "unsubscribe"}),
        dump({"success": False, "ret_msg": "error:not subscribed", "conn_id": "1", "op": "unsubscribe"}),
    )
    assert line.states == ["SYNCING"]
    assert not line.notices


def test_a_book_that_breaks_again_and_again_is_resynced_ever_later() -> None:
    line, market = bybit_live()
    pauses = []
    for _ in range(5):
        started = line.now_ns
        requests = sent(line.feed(market.lost()))
        while not [one for one in requests if one["op"] == "subscribe"]:
            requests = sent(line.feed(LINEAR_PONG) + line.wait(0.25))
        pauses.append(line.now_ns - started)
        line.feed(market.snapshot())
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4 * pauses[0]


def test_requests_are_json_that_the_venue_reads() -> None:
    for effect in of(Send, BybitConnection("spot", [SPOT]).opened(0, 0)):
        assert set(json.loads(effect.text)) == {"req_id", "op", "args"}
