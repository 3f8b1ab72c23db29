"""Bitfinex: subscriptions that fail or end, maintenance, and signs of life."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.venues.bitfinex.connection import BitfinexConnection
from fillcast.venues.protocol import Reconnect, Refused
from tests.venues.bitfinex.streams import BTC, Side, Wire, again, started
from tests.venues.streams import MILLISECOND, Line, dump, fetches, of, sent

OTHER = replace(BTC, symbol="tETHUSD", base="ETH")


def opened(*instruments: object, trades: bool = False) -> tuple[Line, Side]:
    line = Line(BitfinexConnection([BTC, *instruments], trades=trades))  # type: ignore[list-item]
    line.open()
    return line, Side(Wire())


def error(code: int, **fields: object) -> bytes:
    return dump({"event": "error", "msg": "said the venue", "code": code} | fields)


def info(code: int) -> bytes:
    return dump({"event": "info", "code": code, "msg": "said the venue"})


# Subscriptions.


def test_a_slow_first_book_is_waited_for() -> None:
    line, market = opened()
    line.feed(market.subscribed())
    for _ in range(5):
        line.wait(5)
        line.feed(market.wire.beat(market.channel))
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]
    assert not line.gaps


def test_a_missing_first_book_is_asked_for_again() -> None:
    line, market = opened()
    line.feed(market.subscribed())
    effects = []
    for _ in range(16):
        effects += line.wait(2)
        line.feed(market.wire.beat(market.channel))
    assert line.reasons == ["snapshot_missing"]
    assert {"event": "unsubscribe", "chanId": market.channel} in sent(effects)
    (request,) = sent(line.feed(market.unsubscribed()))
    assert request["event"] == "subscribe"
    line.feed(market.subscribed(), market.snapshot())
    assert line.states == ["LIVE"]


def test_a_channel_that_was_not_told_is_found_by_a_new_socket() -> None:
    line, market = opened()
    effects = []
    for _ in range(16):
        effects += line.wait(2)
        line.feed(dump({"event": "pong"}))
    assert [request for request in sent(effects) if request["event"] == "subscribe"]
    assert not of(Reconnect, effects)
    effects = line.feed(error(10301, channel="book", symbol="tBTCUSD"))
    assert len(of(Reconnect, effects)) == 1
    again(line, [market])
    assert line.states == ["LIVE"]


def test_a_channel_whose_end_is_not_confirmed_is_left_by_a_new_socket() -> None:
    line, wire, (market,) = started(BTC)
    line.feed(market.checksum(off_by=1))
    effects = []
    for _ in range(35):
        effects += line.wait(2)
        line.feed(wire.beat(market.channel))
    assert len(of(Reconnect, effects)) == 1
    again(line, [market])
    assert line.states == ["LIVE"]


def test_a_channel_that_the_venue_no_longer_knows_is_subscribed() -> None:
    line, _, (market,) = started(BTC)
    line.feed(market.checksum(off_by=1))
    (request,) = sent(line.feed(error(10401, chanId=market.channel)))
    assert request["event"] == "subscribe"
    line.feed(market.subscribed(), market.snapshot())
    assert line.states == ["LIVE"]


def test_the_end_of_a_subscription_is_a_gap_and_a_new_one() -> None:
    line, _, (market, other) = started(BTC, OTHER)
    (request,) = sent(line.feed(market.unsubscribed()))
    assert request["symbol"] == "tBTCUSD"
    assert line.reasons == ["refused"]
    assert line.states == ["BROKEN", "LIVE"]
    line.feed(other.update())
    market.channel = 55
    line.feed(market.subscribed(), market.snapshot(), market.update())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line)


def test_a_subscription_that_ends_before_its_first_book_is_renewed() -> None:
    line, market = opened()
    line.feed(market.subscribed())
    (request,) = sent(line.feed(market.unsubscribed()))
    assert request["event"] == "subscribe"
    line.feed(market.subscribed(), market.snapshot())
    assert line.states == ["LIVE"]
    assert not line.gaps


def test_a_channel_that_is_given_twice_is_trusted_no_more() -> None:
    line, _, (market, other) = started(BTC, OTHER)
    effects = line.feed(other.subscribed(chanId=market.channel))
    assert line.states == ["BROKEN", "BROKEN"]
    (reconnect,) = of(Reconnect, effects)
    assert reconnect == Reconnect(f"channel {market.channel} was given twice")


def test_a_channel_that_is_confirmed_again_changes_nothing() -> None:
    line, _, (market,) = started(BTC)
    line.feed(market.subscribed(), market.update())
    assert (line.states, market.same_as(line)) == (["LIVE"], True)


def test_a_channel_that_is_known_may_be_subscribed_already() -> None:
    line, _, (market,) = started(BTC)
    effects = line.feed(error(10301, channel="book", symbol="tBTCUSD"), market.update())
    assert line.states == ["LIVE"]
    assert not effects


@pytest.mark.parametrize("code", [10001, 10300, 10302, 10305, 11000])
def test_a_refused_book_is_told_and_tried_again(code: int) -> None:
    line, market = opened(OTHER)
    line.feed(error(code, channel="book", symbol="tBTCUSD"))
    assert line.states == ["BROKEN", "SYNCING"]
    assert line.reasons == ["refused"]
    assert of(Refused, line.notices) == [Refused("bitfinex:tBTCUSD", str(code), "said the venue")]
    effects = []
    for _ in range(155):
        effects += line.wait(2)
        line.feed(dump({"event": "pong"}))
    requests = [one for one in sent(effects) if one.get("symbol") == "tBTCUSD"]
    assert [one["event"] for one in requests] == ["subscribe"]
    line.feed(market.subscribed(), market.snapshot())
    assert line.states[0] == "LIVE"


def test_refused_trades_harm_no_book() -> None:
    line, _, (market,) = started(BTC)
    line.feed(error(10305, channel="trades", symbol="tBTCUSD"), market.update())
    assert line.states == ["LIVE"]
    assert of(Refused, line.notices) == [Refused(None, "10305", "said the venue")]


def test_flags_that_are_not_accepted_are_told() -> None:
    line, market = opened()
    line.feed(dump({"event": "conf", "status": "OK", "flags": 1}))
    assert not line.notices
    line.feed(dump({"event": "conf", "status": "FAILED"}))
    assert len(of(Refused, line.notices)) == 1
    line.feed(market.subscribed(), b"[17,[[100,1,1]]]")  # then nothing is numbered, and nothing proven
    assert line.states == ["BROKEN"]
    assert line.reasons == ["malformed"]


# What the venue says of itself.


def test_a_restart_asks_for_a_new_socket() -> None:
    line, _, _ = started(BTC)
    assert len(of(Reconnect, line.feed(info(20051), info(20051)))) == 1


def test_maintenance_takes_every_book_out_of_use_until_it_is_over() -> None:
    line, _, (market, other) = started(BTC, OTHER)
    line.feed(info(20060))
    assert line.states == ["BROKEN", "BROKEN"]
    assert line.reasons == ["refused", "refused"]
    line.feed(market.snapshot(), other.update(), market.checksum(off_by=1))
    assert line.states == ["BROKEN", "BROKEN"]
    effects = line.feed(info(20061))
    assert sent(effects) == [{"event": "unsubscribe", "chanId": one.channel} for one in (market, other)]
    for one in (market, other):
        line.feed(one.unsubscribed(), one.subscribed(), one.snapshot())
    assert line.states == ["LIVE", "LIVE"]
    assert len(line.recovered) == 2


def test_the_end_of_maintenance_alone_renews_every_book() -> None:
    line, _, (market,) = started(BTC)
    effects = line.feed(info(20061))
    assert line.states == ["BROKEN"]
    assert sent(effects) == [{"event": "unsubscribe", "chanId": market.channel}]


def test_maintenance_whose_end_is_not_told_is_not_for_ever() -> None:
    line, market = opened()
    line.feed(dump({"event": "info", "version": 2, "platform": {"status": 0}}))
    line.feed(market.subscribed(), market.snapshot())
    assert line.states == ["BROKEN"]
    effects = []
    for _ in range(152):
        effects += line.wait(2)
        line.feed(market.wire.beat(market.channel))
    assert {"event": "unsubscribe", "chanId": market.channel} in sent(effects)
    line.feed(market.unsubscribed(), market.subscribed(), market.snapshot())
    assert line.states == ["LIVE"]


def test_ordinary_information_changes_nothing() -> None:
    line, _, _ = started(BTC)
    line.feed(dump({"event": "info", "version": 2, "platform": {"status": 1}}), dump({"event": "auth"}))
    assert line.states == ["LIVE"]
    assert not line.notices


# Signs of life.


def test_a_book_without_heartbeats_is_forgotten_while_others_live() -> None:
    line, wire, (market, other) = started(BTC, OTHER)
    effects = []
    for _ in range(92):
        effects += line.wait(2)
        line.feed(wire.beat(other.channel))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["silence"]
    asked = [request for request in sent(effects) if request["event"] != "ping"]
    assert asked == [{"event": "unsubscribe", "chanId": market.channel}]
    assert line.connection.tally(1).keepalives == 92


def test_times_of_arrays_tell_how_late_they_are() -> None:
    line, wire, (market,) = started(BTC)
    for _ in range(5):
        line.feed(market.update())
        line.now_ns = wire.now_ms * MILLISECOND
    line.feed(market.update(), late_ms=2500)
    line.wait(0.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["lag"]
    line.feed(market.update(), market.update(), late_ms=100)
    assert line.states == ["LIVE"]


def test_silence_makes_books_stale() -> None:
    line, wire, (market,) = started(BTC)
    line.wait(4.25)
    assert line.states == ["STALE"]
    line.feed(wire.beat(market.trades_channel))
    assert line.states == ["LIVE"]


def test_there_is_no_rest_snapshot_to_take() -> None:
    line, _, _ = started(BTC)
    assert not fetches(line.wait(3))
    assert not line.connection.snapshot_reply("tBTCUSD", b"[]", 0, 0)
