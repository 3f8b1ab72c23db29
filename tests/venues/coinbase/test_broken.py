"""Coinbase Advanced Trade: frames that are wrong, which books they break, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from fillcast.core.events import MAX_MESSAGES
from fillcast.venues.protocol import Reconnect, Rejected
from tests.venues.coinbase.market import BTC, ETH, SOL, asked, live
from tests.venues.streams import dump, of


def spoilt(event: dict[str, Any], **change: object) -> dict[str, Any]:
    """Return an event whose first level has another value somewhere."""
    return event | {"updates": [event["updates"][0] | change, *event["updates"][1:]]}


@pytest.mark.parametrize(
    "change",
    [
        {"side": "ask"},
        {"side": None},
        {"price_level": "-1"},
        {"price_level": "0"},
        {"price_level": 99.5},
        {"price_level": "NaN"},
        {"price_level": "1e30"},
        {"new_quantity": "-0.001"},
        {"new_quantity": "0x1"},
        {"new_quantity": None},
        {"event_time": "yesterday"},
        {"event_time": "2023-02-29T00:00:00Z"},
        {"event_time": 1700000000},
    ],
)
def test_a_malformed_level_breaks_its_book_alone_and_no_part_of_the_frame_is_applied(change: dict[str, object]) -> None:
    line, venue = live(BTC, ETH)
    other = line.connection.books[1].version
    bad = spoilt(venue.update_event("BTC-USD", [(1, 995, 5), (-1, 1010, 5)]), **change)
    effects = line.feed(venue.frame("l2_data", [bad]))
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["malformed"])
    assert len(of(Rejected, effects)) == 1
    assert line.connection.books[1].version == other
    # The way back: subscribed anew, alone; the numbers go on.
    assert asked(effects) == [("unsubscribe", "level2", ["BTC-USD"]), ("subscribe", "level2", ["BTC-USD"])]
    line.feed(
        venue.update(),
        venue.confirmed(level2=["ETH-USD"], heartbeats=["heartbeats"]),
        venue.snapshot("BTC-USD"),
        venue.confirmed(level2=["ETH-USD", "BTC-USD"], heartbeats=["heartbeats"]),
        venue.update(),
    )
    assert line.states == ["LIVE", "LIVE"]
    assert len(line.recovered) == 1
    assert venue.markets["BTC-USD"].same_as(line.connection.books[0])
    assert line.connection.numbering.gaps == 0


def test_a_good_event_beside_a_malformed_one_is_not_applied_and_its_book_breaks_too() -> None:
    line, venue = live(BTC, ETH, SOL)
    good, bad = venue.update_event("ETH-USD"), spoilt(venue.update_event("BTC-USD"), side="ask")
    line.feed(venue.frame("l2_data", [good, bad]))
    assert line.states == ["BROKEN", "BROKEN", "LIVE"]


@pytest.mark.parametrize(
    "events",
    [
        None,
        5,
        {},
        [],
        [5],
        [{}],
        [{"type": "update", "updates": []}],
        [{"type": "update", "product_id": 7, "updates": []}],
        [{"type": "update", "product_id": "BTC-USD"}, {"type": "odd", "product_id": "OTHER-USD", "updates": []}],
    ],
)
def test_a_book_message_that_hides_whose_it_is_breaks_every_book(events: object) -> None:
    line, venue = live(BTC, ETH)
    line.feed(venue.frame("l2_data", events))
    expected = ["LIVE", "LIVE"] if events == [] else ["BROKEN", "BROKEN"]
    assert line.states == expected


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda frame: frame[:-4], id="cut short"),
        pytest.param(lambda frame: frame.replace(b'"channel":"l2_data",', b""), id="no channel"),
        pytest.param(lambda frame: frame.replace(b'"l2_data"', b"7"), id="a number for a channel"),
        pytest.param(lambda frame: frame.replace(b'"update"', b'"\xff"'), id="no UTF-8"),
    ],
)
def test_a_frame_of_any_book_breaks_them_all_and_its_number_counts(spoil: Any) -> None:
    line, venue = live(BTC, ETH)
    effects = line.feed(spoil(venue.update()))
    assert (line.states, line.reasons) == (["BROKEN", "BROKEN"], ["malformed", "malformed"])
    assert not of(Reconnect, effects)
    line.feed(venue.ended("BTC-USD"), venue.ended("BTC-USD", "ETH-USD"), venue.snapshot("BTC-USD", "ETH-USD"))
    assert line.states == ["LIVE", "LIVE"]
    assert line.connection.numbering.gaps == 0


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"pong",
        b"\xff\xfe",
        b"[" * 100_000,
        b"5",
        b"{}",
        b'{"channel":"heartbeats"}',
        b'{"channel":"heartbeats","sequence_num":null}',
        b'{"channel":"l2_data","sequence_num":-1,"events":[]}',
        b'{"channel":"l2_data","sequence_num":"2","events":[]}',
        b'{"channel":"l2_data","sequence_num":2',
    ],
)
def test_a_frame_whose_number_cannot_be_read_takes_the_connection_with_it(frame: bytes) -> None:
    line, venue = live(BTC, ETH)
    effects = line.feed(frame)
    assert (line.states, line.reasons) == (["BROKEN", "BROKEN"], ["malformed", "malformed"])
    assert len(of(Reconnect, effects)) == len(of(Rejected, effects)) == 1
    assert line.connection.rejected == 1
    line.close()
    line.open()
    venue.number = 0
    line.feed(venue.snapshot("BTC-USD", "ETH-USD"))
    assert line.states == ["LIVE", "LIVE"]


def test_the_number_of_a_rejected_frame_is_compared_too() -> None:
    line, venue = live()
    venue.number += 1
    line.feed(venue.trades({"side": "UNKNOWN"}))
    assert (line.states, line.reasons) == (["BROKEN"], ["sequence"])


def test_trades_that_cannot_be_read_leave_books_alone() -> None:
    line, venue = live()
    for odd in ({"side": "UNKNOWN"}, {"price": "-1"}, {"size": "0.00001"}, {"time": "x"}, {"trade_id": 5}):
        line.feed(venue.trades({}, odd))
    assert (line.states, line.reasons) == (["LIVE"], [])
    assert (line.connection.rejected, line.connection.tally(0).trades) == (5, 0)


def test_a_frame_too_large_for_the_events_is_rejected_whole() -> None:
    line, venue = live()
    line.feed(venue.trades(*[{}] * (MAX_MESSAGES + 1)))
    assert (line.connection.rejected, line.connection.tally(0).trades) == (1, 0)
    crowd = venue.frame("l2_data", [venue.update_event("BTC-USD", ()) for _ in range(MAX_MESSAGES + 1)])
    line.feed(crowd)
    assert (line.states, line.reasons) == (["BROKEN"], ["malformed"])


def test_products_that_are_not_followed_are_rejected_and_the_others_applied() -> None:
    line, venue = live(BTC)
    foreign = {"type": "update", "product_id": "DOGE-USD", "updates": []}
    line.feed(venue.frame("l2_data", [foreign, venue.update_event("BTC-USD")]), venue.trades({"product_id": "X-Y"}, {}))
    assert (line.states, line.connection.rejected) == (["LIVE"], 2)
    assert venue.markets["BTC-USD"].same_as(line.connection.books[0])
    assert line.connection.tally(0).trades == 1
    assert "'DOGE-USD'" in line.notices[0].reason


# Crossed and off-grid books.


def test_a_crossed_book_breaks_alone_and_comes_back() -> None:
    line, venue = live(BTC, ETH)
    effects = line.feed(venue.update(edits=[(1, 1002, 5)]))
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["crossed"])
    assert asked(effects) == [("unsubscribe", "level2", ["BTC-USD"]), ("subscribe", "level2", ["BTC-USD"])]
    venue.markets["BTC-USD"].apply([(1, 1002, 0)])
    line.feed(venue.ended("BTC-USD"), venue.snapshot())
    assert line.states == ["LIVE", "LIVE"]


def test_levels_off_the_grid_ask_for_metadata_and_the_other_books_of_the_frame_go_on() -> None:
    line, venue = live(BTC, ETH)
    finer = venue.update_event("BTC-USD")
    finer["updates"][0]["new_quantity"] = "0.00001"
    again = venue.update_event("BTC-USD", [(1, 991, 4)])
    effects = line.feed(venue.frame("l2_data", [finer, venue.update_event("ETH-USD", [(1, 991, 4)]), again]))
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["off_grid"])
    assert venue.markets["ETH-USD"].same_as(line.connection.books[1])
    (fetch,) = [effect for effect in effects if hasattr(effect, "request_id")]
    assert fetch.path == "/api/v3/brokerage/market/products?product_type=SPOT&product_ids=BTC-USD"
    entry = {"product_id": "BTC-USD", "product_type": "SPOT", "status": "online", "base_currency_id": "BTC"}
    entry |= {"quote_currency_id": "USD", "base_increment": "0.00001", "price_increment": "0.1"}
    effects = line.reply(fetch, dump({"products": [entry]}))
    assert asked(effects) == [("unsubscribe", "level2", ["BTC-USD"]), ("subscribe", "level2", ["BTC-USD"])]
    line.feed(venue.ended("BTC-USD"), venue.snapshot())
    assert line.states == ["LIVE", "LIVE"]
    assert str(line.connection.books[0].instrument.lot) == "0.00001"


def test_no_part_of_a_frame_reaches_a_book_that_the_same_frame_takes_off_its_grid() -> None:
    line, venue = live(BTC)
    whole, finer = venue.snapshot_event("BTC-USD"), venue.update_event("BTC-USD")
    finer["updates"][0]["new_quantity"] = "0.00001"
    line.feed(venue.frame("l2_data", [whole, finer]))
    assert (line.states, line.reasons) == (["BROKEN"], ["off_grid"])
    assert line.connection.books[0].count(1) == 0
