"""How Gate's books are followed: `spot.obu` by id, `spot.order_book_update` joined to REST."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fillcast.core.state import Proof
from fillcast.venues.gate.connection import GateObuConnection, GateUpdateConnection, ObuRules
from fillcast.venues.gate.venue import RecordedObuConnection
from fillcast.venues.protocol import Refused
from fillcast.venues.rules import Verdict
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message
from tests.venues.gate.market import OTHER, PAIR, Gate, ended, lives, obu, updates
from tests.venues.streams import Line, dump, fetches, of, sent

NEXT, DUPLICATE, _, _, GAP = Verdict


@pytest.mark.parametrize(
    ("first", "last", "verdict", "loss"),
    [
        (101, 101, NEXT, 0),
        (101, 109, NEXT, 0),
        (95, 100, DUPLICATE, None),
        (102, 109, GAP, 1),
        (150, 160, GAP, 49),
        (100, 104, GAP, None),  # it overlaps: the text allows U = u + 1 alone
        (90, 95, GAP, None),
    ],
)
def test_the_obu_rule(first: int, last: int, verdict: Verdict, loss: int | None) -> None:
    message = Message(first - 1, first, last, rows=np.array([[1, 10, 1, 0]], np.int64))
    assert ObuRules().follows(100, message) is verdict
    assert ObuRules().loss(100, message) == loss


def test_a_duplicate_can_be_a_gap() -> None:
    assert ObuRules(skip_duplicates=False).follows(100, Message(94, 95, 100)) is GAP


def test_obu_changes_follow_the_whole_book() -> None:
    line, (market,) = obu()
    line.feed(market.change([(1, 995, 12), (-1, 1002, 0)], 1), market.change([(1, 1001, 3)], 40), market.change([]))
    assert lives(line, market)
    book, tally = line.connection.books[0], line.connection.tally(0)
    assert (book.proof, book.last_id, book.depth) == (Proof.SEQUENCE, market.last, 400)
    assert (tally.snapshots, tally.updates, tally.sequence_checked, tally.bridged) == (1, 3, 3, 0)


def test_obu_may_send_the_whole_book_again() -> None:
    line, (market,) = obu()
    market.change()  # its frame is lost, the next one makes it good
    line.feed(market.full(), market.change())
    assert lives(line, market)
    assert not line.gaps


def test_an_obu_message_may_lack_a_side_and_an_event() -> None:
    line, (market,) = obu()
    frame = json.loads(market.change([(1, 995, 5)]))
    del frame["event"], frame["result"]["a"]
    line.feed(dump(frame))
    assert lives(line, market)


def test_a_lost_obu_change_breaks_the_book_which_is_subscribed_anew() -> None:
    line, (market, other) = obu(PAIR, OTHER)
    market.change()  # lost
    effects = line.feed(market.change(), other.change())
    assert line.states == ["BROKEN", "LIVE"]
    assert (line.reasons, line.gaps[0].loss) == (["sequence"], 3)
    asked = [(one["channel"], one["event"], one["payload"]) for one in sent(effects)]
    assert asked == [("spot.obu", event, ["ob.BTC_USDT.400"]) for event in ("unsubscribe", "subscribe")]
    line.feed(market.change())
    assert line.states == ["BROKEN", "LIVE"]
    line.feed(market.full(), market.change())
    assert lives(line, market)
    assert len(line.recovered) == 1


def test_the_same_obu_change_again_is_passed_over() -> None:
    line, (market,) = obu()
    frame = market.change()
    line.feed(frame, frame)
    assert lives(line, market)
    assert line.connection.tally(0).duplicates == 1


def test_an_obu_book_that_does_not_come_is_asked_for_again() -> None:
    line, market = Line(GateObuConnection([PAIR]), ended), Gate(PAIR)
    line.open()
    line.feed(market.change())
    effects = line.wait(5)
    assert line.reasons == ["snapshot_missing"]
    events = [one["event"] for one in sent(effects) if one["channel"] == "spot.obu"]
    assert events == ["unsubscribe", "subscribe"]
    line.feed(market.full())
    assert line.states == ["LIVE"]


def whole(market: Gate, depth: int) -> bytes:
    """Return the whole book on the topic of a depth."""
    return market.obu({"t": market.now_ms, "full": True, "u": market.last} | market.levels(), depth)


def test_a_book_of_another_depth_is_not_the_one_that_is_followed() -> None:
    line, (market,) = obu()
    line.feed(whole(market, 50))
    assert line.connection.ignored == 1
    assert (line.states, line.connection.books[0].depth) == (["LIVE"], 400)
    line.feed(market.change())
    assert lives(line, market)


def test_a_recording_of_two_depths_follows_the_deeper() -> None:
    line, market = Line(RecordedObuConnection([PAIR], settings=Settings(), fast=True)), Gate(PAIR)
    line.open()
    line.feed(whole(market, 50))
    assert line.connection.books[0].depth == 50
    line.feed(whole(market, 400))
    market.last += 5  # the shallower topic has numbers of its own
    line.feed(whole(market, 50))
    market.last -= 5
    line.feed(market.change())
    assert lives(line, market)
    assert (line.connection.books[0].depth, line.connection.ignored, line.reasons) == (400, 1, [])


# spot.order_book_update


def test_a_rest_snapshot_is_joined_to_the_updates_held() -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    line.open()
    (fetch,) = fetches(line.feed(market.update()))
    assert fetch.path == "/api/v4/spot/order_book?currency_pair=BTC_USDT&limit=100&with_id=true"
    body = market.rest()
    line.feed(market.update([(1, 1000, 3)]), market.update([(-1, 1002, 3)]))
    line.reply(fetch, body)
    assert lives(line, market)
    line.feed(market.update())
    assert lives(line, market)
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.bridged, tally.updates, tally.sequence_checked) == (1, 1, 4, 3)
    assert line.connection.books[0].depth == 100


def test_a_snapshot_inside_an_update_is_joined_by_it() -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    line.open()
    (fetch,) = fetches(line.feed(market.update()))
    market.apply([(1, 999, 5)], 2)
    body = market.rest()
    market.apply([(1, 998, 6)], 2)
    line.feed(
        market.pushed(
            "spot.order_book_update",
            json.loads(market.update([], 0, U=market.last - 3))["result"]
            | {"b": market.edit_texts([(1, 999, 5), (1, 998, 6)], 1)},
        )
    )
    line.reply(fetch, body)
    assert lives(line, market)


def test_a_snapshot_that_stands_where_the_stream_does_is_right_at_once_and_bridged_by_the_next_update() -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    line.open()
    (fetch,) = fetches(line.feed(market.update()))
    line.reply(fetch, market.rest())
    assert lives(line, market)
    assert line.connection.tally(0).bridged == 0
    line.feed(market.update())
    assert line.connection.tally(0).bridged == 1
    line.feed(market.update())
    assert line.connection.tally(0).bridged == 1


def test_a_snapshot_that_is_too_old_is_fetched_again() -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    old = market.rest(id=market.last - 1)
    line.open()
    (fetch,) = fetches(line.feed(market.update()))
    (again,) = fetches(line.reply(fetch, old))
    assert line.states == ["SYNCING"]
    assert again.not_before_ns > line.now_ns
    line.reply(again, market.rest())
    assert lives(line, market)


def test_a_snapshot_ahead_of_the_stream_waits_for_the_update_that_joins_it() -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    line.open()
    (fetch,) = fetches(line.feed(market.update()))
    late = market.update()
    line.reply(fetch, market.rest())
    assert line.states == ["SYNCING"]
    line.feed(late)
    assert lives(line, market)


def test_a_lost_update_breaks_the_book_which_takes_a_new_snapshot() -> None:
    line, (market, other) = updates(PAIR, OTHER)
    market.update()  # lost
    (fetch,) = fetches(line.feed(market.update(), other.update()))
    assert line.states == ["BROKEN", "LIVE"]
    assert (line.reasons, line.gaps[0].loss) == (["sequence"], 3)
    line.reply(fetch, market.rest())
    line.feed(market.update())
    assert lives(line, market)


def test_what_the_book_already_has_is_passed_over() -> None:
    line, (market,) = updates()
    frame = market.update()
    line.feed(frame, frame)
    assert lives(line, market)
    assert line.connection.tally(0).duplicates == 1


def test_ids_that_start_over_are_a_gap() -> None:
    line, (market,) = updates()
    market.last = 5
    line.feed(market.update())
    assert (line.states, line.reasons) == (["BROKEN"], ["sequence"])


def test_an_update_that_is_marked_full_takes_the_place_of_the_book() -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    line.open()
    result = {"full": True, "l": "20"} | market.levels()
    line.feed(market.update([], 9, **result))
    assert lives(line, market)
    assert line.connection.books[0].depth == 20
    line.feed(market.update(l="20"), market.update([(1, 993, 1)], l="20"))
    assert lives(line, market)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, b"late"),
        (429, b"{}"),
        (200, b'{"label":"INVALID_CURRENCY_PAIR"}'),
        (200, b'{"id":1,"asks":[["x","1"]],"bids":[]}'),
    ],
)
def test_a_failed_snapshot_is_fetched_again(status: int, body: bytes) -> None:
    line, market = Line(GateUpdateConnection([PAIR])), Gate(PAIR)
    line.open()
    (fetch,) = fetches(line.feed(market.update()))
    (again,) = fetches(line.reply(fetch, body, status))
    line.reply(again, market.rest())
    assert lives(line, market)


def test_a_refused_subscription_is_tried_again() -> None:
    for form, channel in ((GateObuConnection, "spot.obu"), (GateUpdateConnection, "spot.order_book_update")):
        line, market = Line(form([PAIR, OTHER]), ended), Gate(PAIR)
        request = sent(line.open())[0]
        error = {"code": 2, "message": "unknown currency pair: BTC_USDT"}
        line.feed(dump({"time": 1, "id": request["id"], "channel": channel, "event": "subscribe", "error": error}))
        assert line.states == ["BROKEN", "SYNCING"]
        assert line.reasons == ["refused"]
        assert of(Refused, line.notices) == [Refused("gate:BTC_USDT", "2", "unknown currency pair: BTC_USDT")]
        again = []
        for _ in range(31):
            line.connection.alive_ns = line.now_ns
            again += [one for one in sent(line.wait(10, step_ms=10_000)) if one.get("event") == "subscribe"]
        again = [one for one in again if one["payload"] == request["payload"]]
        assert again[0]["channel"] == channel
        line.feed(
            dump(
                {
                    "channel": channel,
                    "id": again[0]["id"],
                    "event": "subscribe",
                    "error": None,
                    "result": {"status": "success"},
                }
            )
        )
        frame = market.full() if form is GateObuConnection else market.update([], 1, full=True, **market.levels())
        line.feed(frame)
        assert lives(line, market)


def test_settings_reach_the_rule() -> None:
    line, market = Line(GateObuConnection([PAIR], settings=Settings(skip_duplicates=False))), Gate(PAIR)
    line.open()
    first, second = market.full(), market.change()
    line.feed(first, second, second)
    assert line.reasons == ["sequence"]
