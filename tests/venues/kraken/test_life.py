"""What Kraken is asked to send, its signs of life, what it refuses, and its states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.venues.kraken.connection import KrakenConnection
from fillcast.venues.protocol import Reconnect, Refused, Send, WakeAt
from tests.venues.kraken.market import (
    BTC,
    ETH,
    HEARTBEAT,
    PONG,
    KrakenMarket,
    acknowledged,
    kraken_line,
    kraken_live,
    left,
    refused,
)
from tests.venues.streams import Line, dump, of, sent

PING = Send('{"method":"ping","req_id":4}')
STATUS = {"version": "2.0.10", "system": "online", "api_version": "v2", "connection_id": 1}


def status(system: str) -> bytes:
    return dump({"channel": "status", "type": "update", "data": [STATUS | {"system": system}]})


def requests(effects: list[object]) -> list[tuple[object, object, object]]:
    """Method, channel and symbols of what is asked for."""
    asked = [one for one in sent(effects) if one["method"] != "ping"]  # type: ignore[arg-type]
    return [(one["method"], one["params"]["channel"], one["params"]["symbol"]) for one in asked]  # type: ignore[index]


RENEWED = [("unsubscribe", "book", ["BTC/USD"]), ("subscribe", "book", ["BTC/USD"])]


def test_subscribes_to_books_and_trades_of_every_instrument() -> None:
    effects = KrakenConnection([BTC, ETH]).opened(0, 0)
    book, trade = sent(effects)
    symbols = ["BTC/USD", "ETH/USD"]
    assert book == {
        "method": "subscribe",
        "params": {"channel": "book", "symbol": symbols, "snapshot": True, "depth": 500},
        "req_id": 1,
    }
    assert trade == {
        "method": "subscribe",
        "params": {"channel": "trade", "symbol": symbols, "snapshot": False},
        "req_id": 2,
    }
    assert of(WakeAt, effects)


def test_a_request_names_fifty_symbols_at_most() -> None:
    many = [replace(BTC, symbol=f"A{number}/USD") for number in range(120)]
    asked = [one["params"]["symbol"] for one in sent(KrakenConnection(many).opened(0, 0))]  # type: ignore[index]
    assert [len(symbols) for symbols in asked] == [50, 50, 20, 50, 50, 20]


def test_heartbeats_keep_a_quiet_line_alive_and_no_question_is_asked() -> None:
    line, _ = kraken_live()
    effects = []
    for _ in range(60):
        effects += line.feed(HEARTBEAT) + line.wait(1)
    assert not of(Send, effects)
    assert line.states == ["LIVE"]
    assert not line.notices


@pytest.mark.parametrize("pong", [PONG, b'{"method":"pong","time_in":"t","time_out":"t"}'])
def test_a_line_without_heartbeats_is_asked_for_a_sign_of_life(pong: bytes) -> None:
    line, _ = kraken_live()
    for _ in range(20):
        assert of(Send, line.wait(3)) == [PING]
        line.feed(pong)
    assert line.states == ["LIVE"]
    assert not line.notices


def test_silence_makes_books_stale_and_life_brings_them_back() -> None:
    line, market = kraken_live()
    line.wait(4.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["silence"]
    line.feed(HEARTBEAT)
    assert line.states == ["LIVE"]
    line.feed(market.update())
    assert market.same_as(line.connection.books[0])


def test_a_dead_line_is_given_up_once() -> None:
    line, _ = kraken_live()
    assert len(of(Reconnect, line.wait(45))) == 1


def test_frames_that_come_late_make_books_stale() -> None:
    line, market = kraken_live()
    line.feed(*[market.update() for _ in range(5)])
    line.feed(market.update(), late_ms=2500)
    assert line.states == ["STALE"]
    assert line.reasons == ["lag"]
    line.feed(market.update())
    assert line.states == ["LIVE"]


def test_a_lost_socket_and_a_new_one() -> None:
    line, market = kraken_live()
    line.close()
    assert line.states == ["BROKEN"]
    assert line.reasons == ["disconnect"]
    assert requests(line.open()) == [("subscribe", "book", ["BTC/USD"]), ("subscribe", "trade", ["BTC/USD"])]
    assert line.states == ["SYNCING"]
    line.feed(acknowledged("BTC/USD"), market.snapshot())
    assert line.states == ["LIVE"]
    assert len(line.recovered) == 1


def test_a_first_book_that_does_not_come_is_asked_for_again() -> None:
    line, market = kraken_line(BTC), KrakenMarket(BTC)
    line.feed(acknowledged("BTC/USD"))
    asked = []
    for _ in range(6):
        line.feed(HEARTBEAT)
        asked += requests(line.wait(1))
    assert asked == RENEWED
    assert line.reasons == ["snapshot_missing"]
    line.feed(left("BTC/USD"), market.snapshot())
    assert line.states == ["LIVE"]


def test_a_venue_that_confirms_no_end_of_a_subscription_is_left() -> None:
    line, market = kraken_live()
    line.feed(market.lost())
    effects = []
    for _ in range(60):
        line.feed(HEARTBEAT, market.snapshot())
        effects += line.wait(1)
    assert [one.reason for one in of(Reconnect, effects)] == [  # type: ignore[attr-defined]
        "the venue has not confirmed the end of a subscription"
    ]


def test_a_refused_pair_is_broken_and_tried_again_with_its_trades() -> None:
    line = kraken_line(BTC, ETH)
    error = "Currency pair not supported ETH/USD"
    line.feed(
        acknowledged("BTC/USD"), refused(error, "ETH/USD"), refused(error, "ETH/USD", req_id=2),
        KrakenMarket(BTC).snapshot(),
    )  # fmt: skip
    assert line.states == ["LIVE", "BROKEN"]
    assert line.reasons == ["refused"]
    assert of(Refused, line.notices)[0] == Refused("kraken:ETH/USD", "none", f"ETH/USD: {error}")
    asked = []
    for _ in range(61):  # five minutes
        line.feed(HEARTBEAT)
        asked += requests(line.wait(5))
    assert asked[:3] == [
        ("subscribe", "trade", ["ETH/USD"]),
        ("unsubscribe", "book", ["ETH/USD"]),
        ("subscribe", "book", ["ETH/USD"]),
    ]
    line.feed(refused("Subscription Not Found", "ETH/USD", "unsubscribe", 3), acknowledged("ETH/USD"))
    line.feed(KrakenMarket(ETH).snapshot())
    assert line.states == ["LIVE", "LIVE"]


def test_refused_trades_cost_no_book() -> None:
    line, market = kraken_live()
    line.feed(refused("Currency pair not supported BTC/USD", "BTC/USD", req_id=2), market.update())
    assert line.states == ["LIVE"]
    assert of(Refused, line.notices) == [
        Refused(None, "none", "BTC/USD: Currency pair not supported BTC/USD")
    ]  # fmt: skip


def test_what_is_sent_already_is_no_refusal_of_its_book() -> None:
    line, market = kraken_live()
    line.feed(refused("Already subscribed", "BTC/USD"), market.update())
    assert line.states == ["LIVE"]
    assert len(of(Refused, line.notices)) == 1


@pytest.mark.parametrize(
    "frame",
    [
        b'{"Error":"Exceeded msg rate"}',
        refused("Exceeded msg rate"),
        refused("Malformed request", method="error"),
        refused("Currency pair not supported XRP/USD", "XRP/USD"),
        refused("Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"),
    ],
)
def test_a_refusal_of_no_book_is_shown_and_changes_nothing(frame: bytes) -> None:
    line, market = kraken_live()
    line.feed(frame, market.update())
    assert line.states == ["LIVE"]
    (notice,) = of(Refused, line.notices)
    assert isinstance(notice, Refused)
    assert notice.instrument is None
    assert notice.message


def test_a_subscription_that_the_venue_ends_is_renewed() -> None:
    line, market = kraken_live()
    assert requests(line.feed(left("BTC/USD"))) == RENEWED
    assert line.states == ["BROKEN"]
    assert line.reasons == ["refused"]
    line.feed(left("BTC/USD"), acknowledged("BTC/USD"), market.snapshot())
    assert line.states == ["LIVE"]


def test_answers_about_others_change_nothing() -> None:
    line, market = kraken_live()
    line.feed(
        acknowledged("BTC/USD", "trade", snapshot=False),
        acknowledged("BTC/USD", "trade", "unsubscribe"),
        left("XRP/USD"),
        refused("Subscription Not Found", "BTC/USD", "unsubscribe", 3),
        acknowledged("XRP/USD", depth=10),
        market.update(),
    )
    assert line.states == ["LIVE"]
    assert not line.notices


def test_maintenance_takes_books_out_of_use_until_the_venue_is_back() -> None:
    line, market = kraken_live()
    line.feed(status("online"))
    assert line.states == ["LIVE"]
    line.feed(status("maintenance"))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["refused"]
    assert of(Refused, line.notices) == [Refused(None, "maintenance", "the venue is in state 'maintenance'")]
    line.feed(market.update())
    assert line.states == ["BROKEN"]
    assert requests(line.feed(status("online"))) == RENEWED
    line.feed(left("BTC/USD"), market.snapshot())
    assert line.states == ["LIVE"]
    assert len(line.recovered) == 1


def test_maintenance_without_an_end_is_tried_after_a_while() -> None:
    line, _ = kraken_live()
    line.feed(status("maintenance"))
    asked = []
    for _ in range(61):
        line.feed(HEARTBEAT)
        asked += requests(line.wait(5))
    assert asked[:2] == RENEWED


def test_a_book_that_came_back_during_maintenance_goes_on_to_be_fed_when_it_ends() -> None:
    line, market = kraken_live()
    line.feed(market.lost(), status("maintenance"), left("BTC/USD"), market.snapshot())
    assert line.states == ["LIVE"]
    assert requests(line.feed(status("online"))) == []
    line.feed(market.update())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


@pytest.mark.parametrize("system", ["post_only", "cancel_only"])
def test_other_states_of_the_venue_are_shown(system: str) -> None:
    line, market = kraken_live()
    line.feed(status(system), market.update())
    assert line.states == ["LIVE"]
    assert [one.code for one in of(Refused, line.notices)] == [system]  # type: ignore[attr-defined]


def test_a_book_that_breaks_again_and_again_is_resynced_ever_later() -> None:
    line, market = kraken_live()
    pauses = []
    for _ in range(5):
        started = line.now_ns
        asked = requests(line.feed(market.lost()))
        for _ in range(200):
            asked = asked or requests(line.feed(HEARTBEAT) + line.wait(0.25))
            if asked:
                break
        pauses.append(line.now_ns - started)
        line.feed(left("BTC/USD"), market.snapshot())
        assert line.states == ["LIVE"]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4 * pauses[0]


def test_many_lines_do_not_share_anything() -> None:
    first, second = kraken_live(), kraken_live(instrument=ETH)
    first[0].feed(first[1].lost())
    second[0].feed(second[1].update())
    assert (first[0].states, second[0].states) == (["BROKEN"], ["LIVE"])
    assert isinstance(first[0], Line)
