"""Coinbase Advanced Trade: one numbering for all channels of a connection, and what breaks a book."""

from __future__ import annotations

import numpy as np
import pytest

from fillcast.core import layout_kernels as at
from fillcast.core.events import EVENT_NS, LAST, SENT_NS
from fillcast.core.state import Proof
from fillcast.venues.coinbase.connection import CoinbaseRules
from fillcast.venues.protocol import Effect, Reconnect, Refused
from fillcast.venues.rules import Verdict
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message
from fillcast.venues.times import utc_text_ns
from tests.venues.coinbase.market import BTC, ETH, Venue, asked, connected, live
from tests.venues.streams import MILLISECOND, START_MS, Line, dump, of


def test_subscribes_at_once_and_always_to_heartbeats() -> None:
    line, _ = connected(BTC, ETH)
    line.close()
    assert asked(line.open()) == [
        ("subscribe", "heartbeats", []),
        ("subscribe", "market_trades", ["BTC-USD", "ETH-USD"]),
        ("subscribe", "level2", ["BTC-USD", "ETH-USD"]),
    ]
    quiet, _ = connected(BTC, trades=False)
    quiet.close()
    assert [channel for _, channel, _ in asked(quiet.open())] == ["heartbeats", "level2"]


def test_a_book_is_live_from_its_snapshot_and_follows_the_market() -> None:
    line, venue = connected()
    assert line.states == ["SYNCING"]
    line.feed(venue.snapshot())
    (book,) = line.connection.books
    assert (line.states, book.proof) == (["LIVE"], Proof.CONNECTION_SEQUENCE)
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (None, None)
    line.feed(
        venue.confirmed(level2=["BTC-USD"]),
        venue.update(edits=[(1, 1000, 0), (-1, 1002, 3)]),
        venue.heartbeat(),
        venue.trades(),
        venue.frame("ticker", [{"type": "update", "tickers": []}]),
        venue.update(edits=[(1, 1001, 9), (-1, 1022, 4)]),
    )
    assert venue.markets["BTC-USD"].same_as(book)
    connection, tally = line.connection, line.connection.tally(0)
    assert (tally.snapshots, tally.updates, tally.sequence_checked, tally.gaps) == (1, 2, 2, 0)
    assert (connection.numbering.checked, connection.numbering.gaps) == (6, 0)
    assert (connection.ignored, connection.rejected, connection.dropped) == (1, 0, 0)
    assert not line.notices


def test_times_and_ids_of_a_message() -> None:
    line, venue = live()
    event = venue.update_event("BTC-USD", [(1, 990, 7), (-1, 1010, 7)])
    event["updates"][0]["event_time"] = "2023-11-14T22:13:20.1Z"
    event["updates"][1]["event_time"] = "2023-11-14T22:13:20.123456789Z"
    line.feed(venue.frame("l2_data", [event], timestamp="2023-11-14T22:13:20.2Z"))
    head = line.connection.events.messages[0]
    assert head[EVENT_NS] == utc_text_ns("2023-11-14T22:13:20.123456789Z")
    assert head[SENT_NS] == utc_text_ns("2023-11-14T22:13:20.2Z")
    assert head[LAST] == line.connection.books[0].last_id == 2


@pytest.mark.parametrize("zero", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_snapshot_whose_levels_state_no_time_has_that_of_its_message(zero: str) -> None:
    line, venue = connected()
    event = venue.snapshot_event("BTC-USD")
    for level in event["updates"]:
        level["event_time"] = zero
    line.feed(venue.frame("l2_data", [event], timestamp="2023-11-14T22:13:20.2Z"))
    assert line.states == ["LIVE"]
    assert line.connection.books[0].event_ns == utc_text_ns("2023-11-14T22:13:20.2Z")


def test_an_update_without_levels_is_a_sign_of_life_and_no_change() -> None:
    line, venue = live()
    (book,) = line.connection.books
    changed_ns, version = int(book.row[at.CHANGED_NS]), book.version
    line.feed(venue.update(edits=()))
    assert (int(book.row[at.CHANGED_NS]), book.version) == (changed_ns, version)
    tally = line.connection.tally(0)
    assert (tally.keepalives, tally.updates, tally.sequence_checked) == (1, 0, 1)


@pytest.mark.parametrize(("count", "verdict"), [(0, Verdict.KEEPALIVE), (1, Verdict.NEXT), (30, Verdict.NEXT)])
def test_the_rule_of_a_single_book(count: int, verdict: Verdict) -> None:
    rules, message = CoinbaseRules(), Message(last=9, rows=np.ones((count, 4), np.int64))
    assert rules.follows(5, message) is verdict
    assert rules.loss(5, message) is None


# The numbering.


@pytest.mark.parametrize("first", [0, 1, 7, 10**15])
def test_any_number_may_come_first(first: int) -> None:
    line, venue = connected()
    venue.number = first
    line.feed(venue.snapshot(), venue.update())
    assert line.states == ["LIVE"]
    assert not line.notices


@pytest.mark.parametrize("skipped", ["update", "heartbeat", "confirmed", "trades"])
def test_a_message_lost_on_any_channel_breaks_every_book(skipped: str) -> None:
    line, venue = live(BTC, ETH)
    getattr(venue, skipped)()
    effects = line.feed(venue.heartbeat())
    assert line.states == ["BROKEN", "BROKEN"]
    assert line.reasons == ["sequence", "sequence"]
    assert [gap.instrument for gap in line.gaps] == ["coinbase:BTC-USD", "coinbase:ETH-USD"]
    assert "message 3 of the connection where 2 is next (1 missing)" in line.gaps[0].detail
    assert [gap.loss for gap in line.gaps] == [1, 1]
    assert len(of(Reconnect, effects)) == 1
    assert (line.connection.numbering.checked, line.connection.numbering.gaps) == (2, 1)
    line.feed(venue.update(), venue.update("ETH-USD"))
    assert line.states == ["BROKEN", "BROKEN"]
    assert line.connection.dropped == 2


@pytest.mark.parametrize("step", [-2, -1, 1, 1000])
def test_only_the_next_number_follows(step: int) -> None:
    line, venue = live()
    venue.number += step
    line.feed(venue.update())
    assert (line.states, line.reasons) == (["BROKEN"], ["sequence"])


def test_a_message_that_comes_twice_is_not_next() -> None:
    line, venue = live()
    frame = venue.update()
    line.feed(frame, frame)
    assert (line.states, line.reasons) == (["BROKEN"], ["sequence"])


def test_a_new_socket_counts_from_anew_and_brings_the_books_back() -> None:
    line, venue = live(BTC, ETH)
    venue.number += 1
    line.feed(venue.heartbeat())
    line.close("a message is missing")
    line.open()
    venue.number = 0
    effects = line.feed(venue.snapshot("BTC-USD", "ETH-USD"), venue.update())
    assert line.states == ["LIVE", "LIVE"]
    assert line.connection.numbering.gaps == 1
    assert not of(Reconnect, effects)
    assert [one.gap.reason for one in line.recovered] == ["sequence", "sequence"]
    assert venue.markets["BTC-USD"].same_as(line.connection.books[0])


def test_a_recording_that_goes_on_after_a_loss_is_right_again_from_its_next_snapshot() -> None:
    line, venue = live()
    venue.update()
    line.feed(venue.update(), venue.snapshot(), venue.update())
    assert line.states == ["LIVE"]
    assert venue.markets["BTC-USD"].same_as(line.connection.books[0])


# The way to a first book, and its end.


def waited(line: Line, venue: Venue, seconds: int) -> list[Effect]:
    """Wait while the venue shows signs of life alone."""
    effects: list[Effect] = []
    for _ in range(seconds):
        effects += line.feed(venue.heartbeat()) + line.wait(1)
    return effects


def test_a_first_book_that_does_not_come_is_asked_for_again() -> None:
    line, venue = connected(BTC, ETH)
    line.feed(venue.snapshot("ETH-USD"), venue.ended())
    assert not asked(waited(line, venue, 25))  # a slow line is given time for 5 MB
    effects = waited(line, venue, 5)
    assert line.reasons == ["snapshot_missing"]
    assert line.states == ["BROKEN", "LIVE"]
    assert asked(effects) == [("unsubscribe", "level2", ["BTC-USD"]), ("subscribe", "level2", ["BTC-USD"])]
    line.feed(venue.ended("BTC-USD"), venue.snapshot("BTC-USD"))
    assert line.states == ["LIVE", "LIVE"]


def test_a_subscription_that_was_never_listed_has_no_end_to_wait_for() -> None:
    line, venue = connected(BTC, ETH)
    line.feed(venue.snapshot("ETH-USD"), venue.ended("BTC-USD"))
    effects = waited(line, venue, 300)
    assert {operation for operation, _, _ in asked(effects)} == {"subscribe"}
    assert not of(Reconnect, effects)
    assert line.states == ["BROKEN", "LIVE"]  # it costs its neighbour nothing
    line.feed(venue.snapshot("BTC-USD"))
    assert line.states == ["LIVE", "LIVE"]


def test_what_a_subscription_that_was_ended_still_sends_makes_no_book() -> None:
    line, venue = connected()
    line.feed(venue.ended())
    waited(line, venue, 30)
    line.feed(venue.snapshot(), venue.update())
    assert (line.states, line.reasons) == (["BROKEN"], ["snapshot_missing"])
    line.feed(venue.ended("BTC-USD"), dump({"type": "error", "message": "BTC-USD is not traded"}))
    assert line.states == ["BROKEN"]  # nothing feeds it any more


def test_a_refusal_to_subscribe_anew_costs_the_socket() -> None:
    line, venue = live()
    line.feed(venue.update(edits=[(1, 1002, 5)]))
    effects = line.feed(dump({"type": "error", "message": "failed to unsubscribe: BTC-USD busy"}))
    assert len(of(Reconnect, effects)) == 1
    assert line.states == ["BROKEN"]


def test_an_end_that_is_not_confirmed_costs_the_socket() -> None:
    line, venue = live()
    effects = line.feed(venue.update(edits=[(1, 1002, 5)]))
    for _ in range(60):
        effects += line.feed(venue.heartbeat(), venue.snapshot()) + line.wait(1)
    (reconnect,) = of(Reconnect, effects)
    assert reconnect.reason == "the venue has not confirmed the end of a subscription"
    assert line.states == ["BROKEN"]


def test_updates_before_the_first_book_are_passed_over() -> None:
    line, venue = connected()
    line.feed(venue.update(), venue.snapshot(), venue.update())
    assert (line.states, line.connection.dropped) == (["LIVE"], 1)
    assert venue.markets["BTC-USD"].same_as(line.connection.books[0])


def test_a_subscription_that_the_venue_ended_breaks_its_book() -> None:
    line, venue = live(BTC, ETH)
    effects = line.feed(venue.confirmed(level2=["ETH-USD"], heartbeats=["heartbeats"]))
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["refused"])
    assert asked(effects) == [("subscribe", "level2", ["BTC-USD"])]
    line.feed(venue.confirmed(level2=["ETH-USD"]), venue.snapshot(), venue.confirmed(level2=["ETH-USD", "BTC-USD"]))
    assert line.states == ["LIVE", "LIVE"]
    line.feed(venue.confirmed(heartbeats=["heartbeats"]))
    assert line.states == ["BROKEN", "BROKEN"]


def test_a_confirmation_that_does_not_name_a_book_yet_ends_nothing() -> None:
    line, venue = connected(BTC, ETH)
    line.feed(venue.confirmed(heartbeats=["heartbeats"]), venue.snapshot("BTC-USD", "ETH-USD"))
    line.feed(venue.confirmed(level2=["BTC-USD"]), venue.confirmed(level2=["BTC-USD", "ETH-USD"]))
    assert (line.states, line.reasons) == (["LIVE", "LIVE"], [])


@pytest.mark.parametrize("numbered", [True, False])
def test_a_refusal_names_its_book_and_is_tried_again_later(numbered: bool) -> None:
    line, venue = connected(BTC, ETH)
    line.feed(venue.snapshot("ETH-USD"))
    refusal: dict[str, object] = {"type": "error", "message": "Failed to subscribe", "reason": "BTC-USD is not traded"}
    if numbered:
        refusal["sequence_num"] = venue.number
        venue.number += 1
    effects = line.feed(dump(refusal))
    (refused,) = of(Refused, effects)
    assert (refused.instrument, refused.message) == ("coinbase:BTC-USD", "Failed to subscribe BTC-USD is not traded")
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["refused"])
    effects = []
    while not asked(effects):
        effects += line.feed(venue.heartbeat()) + line.wait(1)
    assert asked(effects)[0] == ("subscribe", "level2", ["BTC-USD"])
    line.feed(venue.snapshot("BTC-USD"))
    assert line.states == ["LIVE", "LIVE"]


def test_a_refusal_of_nothing_that_is_waited_for_is_told_and_breaks_nothing() -> None:
    line, _ = live()
    effects = line.feed(b'{"type":"error","message":"rate limit exceeded"}', b'{"type":"error","message":"BTC-USD"}')
    assert [one.instrument for one in of(Refused, effects)] == [None, None]
    assert line.states == ["LIVE"]


def test_a_refusal_that_carries_a_book_event_is_none() -> None:
    line, venue = live()
    line.feed(venue.update().replace(b'"channel":"l2_data"', b'"type":"error"'))
    assert (line.states, line.reasons) == (["BROKEN"], ["malformed"])


# Life.


def test_heartbeats_keep_a_quiet_book_live_and_silence_is_asked_about() -> None:
    line, venue = live()
    for _ in range(10):
        assert not asked(line.feed(venue.heartbeat()) + line.wait(1))
    assert line.states == ["LIVE"]
    assert asked(line.wait(3)) == [("subscribe", "heartbeats", [])]
    line.wait(1.5)
    assert (line.states, line.reasons) == (["STALE"], ["silence"])
    line.feed(venue.confirmed(level2=["BTC-USD"], heartbeats=["heartbeats"]))
    assert line.states == ["LIVE"]
    assert of(Reconnect, line.wait(21))


def test_late_frames_make_books_stale() -> None:
    line, venue = live(settings=Settings())
    line.feed(venue.update(), late_ms=0)
    venue.markets["BTC-USD"].now_ms = line.now_ns // MILLISECOND
    line.feed(venue.update())
    venue.markets["BTC-USD"].now_ms = line.now_ns // MILLISECOND
    line.feed(venue.update(), late_ms=5000)
    assert (line.states, line.reasons) == (["STALE"], ["lag"])


# Trades.


@pytest.mark.parametrize(("maker", "aggressor"), [("BUY", -1), ("SELL", 1)])
def test_the_aggressor_is_on_the_other_side_than_the_maker(maker: str, aggressor: int) -> None:
    line, venue = live()
    line.feed(venue.trades({"side": maker, "price": "100.1", "size": "0.25", "trade_id": "995098700"}))
    events = line.connection.events
    assert events.message_rows(0).tolist() == [[aggressor, 1001, 250, 995098700]]
    assert events.messages[0, EVENT_NS] == (START_MS + 3) * MILLISECOND + 789


def test_trades_from_before_the_subscription_are_passed_over() -> None:
    line, venue = live()
    line.feed(venue.trades({}, {}, kind="snapshot"))
    assert line.connection.tally(0).trades == 0
    line.feed(venue.trades({}, {"trade_id": "not a number"}))
    assert line.connection.tally(0).trades == 2
    assert line.connection.rejected == 0
