"""Deribit: books by `prev_change_id`, subscriptions, heartbeats, trades."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fillcast.core.events import EXTRA, KIND, LOTS, SIDE, TICKS, TOUCH, TRADES
from fillcast.core.state import Proof
from fillcast.venues import venue
from fillcast.venues.deribit.connection import DeribitConnection, DeribitRules
from fillcast.venues.protocol import Reconnect, Refused, Send
from fillcast.venues.rules import Verdict
from fillcast.venues.slots import Message
from tests.venues.deribit.market import PERPETUAL, SPOT, Deribit, calls, ended, started, two
from tests.venues.streams import Line, dump, of, sent

NEXT, DUPLICATE, _, _, GAP = Verdict


@pytest.fixture
def live() -> tuple[Line, Deribit]:
    return started()


@pytest.mark.parametrize(
    ("link", "last", "verdict"),
    [
        (100, 101, NEXT),
        (100, 250, NEXT),  # steps are irregular
        (93, 100, DUPLICATE),
        (100, 100, GAP),  # one id is one book
        (100, 99, GAP),  # ids never go back
        (101, 130, GAP),
        (99, 130, GAP),
        (60, 93, GAP),
    ],
)
def test_the_rule(link: int, last: int, verdict: Verdict) -> None:
    message = Message(link, -1, last, rows=np.array([[1, 10, 1, 0]], np.int64))
    assert DeribitRules().follows(100, message) is verdict
    assert DeribitRules().loss(100, message) is None


def test_a_duplicate_can_be_a_gap() -> None:
    assert DeribitRules(skip_duplicates=False).follows(100, Message(93, -1, 100)) is GAP


def test_changes_follow_the_snapshot(live: tuple[Line, Deribit]) -> None:
    line, market = live
    edits = [[(1, 995, 12), (-1, 1002, 0)], [(1, 1001, 3)], [(-1, 1003, 0), (-1, 1004, 77)]]
    line.feed(*(market.change(edit, step) for edit, step in zip(edits, (1, 40, 7), strict=True)))
    book = line.connection.books[0]
    assert line.states == ["LIVE"]
    assert market.same_as(book)
    assert (book.proof, book.last_id) == (Proof.SEQUENCE, market.last)
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.updates, tally.sequence_checked, tally.gaps) == (1, 3, 3, 0)


def test_a_lost_change_breaks_the_book_which_is_subscribed_anew() -> None:
    line, market, other = two()
    line.now_ns += 60 * 10**9
    market.change()  # lost
    effects = line.feed(market.change(), other.change())
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["sequence"]
    assert line.gaps[0].loss is None
    name = ["book.BTC-PERPETUAL.100ms"]
    assert calls(effects) == [("public/unsubscribe", name), ("public/subscribe", name)]
    line.feed(market.change())  # of the old subscription
    assert line.states == ["BROKEN", "LIVE"]
    line.feed(market.snapshot(), market.change())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])
    assert [end.instrument for end in line.recovered] == ["deribit:BTC-PERPETUAL"]


def test_the_same_change_again_is_passed_over(live: tuple[Line, Deribit]) -> None:
    line, market = live
    frame = market.change()
    line.feed(frame, frame)
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).duplicates == 1


def test_a_snapshot_that_does_not_come_is_asked_for_again() -> None:
    line, market = Line(DeribitConnection([PERPETUAL]), ended), Deribit(PERPETUAL)
    line.open()
    line.feed(market.change())
    assert line.states == ["SYNCING"]
    effects = line.wait(5)
    assert line.reasons == ["snapshot_missing"]
    assert [method for method, _ in calls(effects) if method != "public/test"] == [
        "public/unsubscribe",
        "public/subscribe",
    ]
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


def test_what_is_asked_for_on_opening() -> None:
    effects = DeribitConnection([PERPETUAL, SPOT], touch=True).opened(0, 0)
    heartbeat, request = sent(effects)
    assert (heartbeat["method"], heartbeat["params"]) == ("public/set_heartbeat", {"interval": 30})
    names = [
        form.format(one)
        for form in ("book.{}.100ms", "trades.{}.100ms", "quote.{}")
        for one in ("BTC-PERPETUAL", "BTC_USDC")
    ]
    assert (request["jsonrpc"], request["method"], request["params"]) == (
        "2.0",
        "public/subscribe",
        {"channels": names},
    )
    assert heartbeat["id"] != request["id"]
    many = [replace(SPOT, symbol=f"A{number}_USDC") for number in range(150)]
    asked = [channels for method, channels in calls(DeribitConnection(many).opened(0, 0)) if channels]
    assert [len(channels) for channels in asked] == [100, 100, 100]


def test_many_instruments_are_spread_over_connections() -> None:
    made = venue("deribit").connections([SPOT] * 600)
    assert [len(connection.books) for connection in made] == [250, 250, 100]
    assert {connection.ws_path for connection in made} == {"/ws/api/v2"}


def test_books_that_break_together_are_subscribed_together_within_the_limit() -> None:
    many = [replace(SPOT, symbol=f"A{number}_USDC") for number in range(250)]
    line = Line(DeribitConnection(many))
    line.open()
    line.feed(*(Deribit(one).snapshot() for one in many))
    assert set(line.states) == {"LIVE"}
    effects = line.feed(b"\xff{")
    assert set(line.states) == {"BROKEN"}
    asked = [(round(line.now_ns / 1e9, 2), *call) for call in calls(effects)]
    for _ in range(40):
        asked += [(round(line.now_ns / 1e9, 2), *call) for call in calls(line.wait(0.25))]
    times = [at for at, method, _ in asked if method != "public/test"]
    for at in times:
        assert sum(at <= other < at + 2 for other in times) <= 3
    renewed = [channel for _, method, channels in asked if method == "public/subscribe" for channel in channels]
    assert set(renewed) == {f"book.{one.symbol}.100ms" for one in many}


def test_the_venues_question_is_answered_at_once(live: tuple[Line, Deribit]) -> None:
    line, _ = live
    question = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}
    (answer,) = of(Send, line.feed(dump(question)))
    assert isinstance(answer, Send)
    assert answer.weight == 0
    assert calls([answer]) == [("public/test", None)]
    assert not of(Send, line.feed(dump({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "heartbeat"}})))
    assert line.connection.rejected == line.connection.ignored == 0


def test_a_quiet_line_is_asked_and_lives_by_the_answer(live: tuple[Line, Deribit]) -> None:
    line, _ = live
    (question,) = of(Send, line.wait(2.5))
    assert calls([question]) == [("public/test", None)]
    line.feed(dump({"jsonrpc": "2.0", "id": 99, "result": {"version": "1.2.26"}, "usIn": 1, "usOut": 2}))
    line.wait(3.5)
    assert line.states == ["LIVE"]
    line.wait(1)
    assert line.states == ["STALE"]


def test_a_channel_that_is_not_confirmed_is_refused() -> None:
    line = Line(DeribitConnection([PERPETUAL, SPOT]), ended)
    _, request = sent(line.open())
    confirmed = ["book.BTC_USDC.100ms", "trades.BTC-PERPETUAL.100ms"]
    line.feed(dump({"jsonrpc": "2.0", "id": request["id"], "result": confirmed}))
    assert line.states == ["BROKEN", "SYNCING"]
    assert line.reasons == ["refused"]
    refused = [(one.instrument, one.code) for one in of(Refused, line.notices) if isinstance(one, Refused)]
    assert refused == [("deribit:BTC-PERPETUAL", "missing"), ("deribit:BTC_USDC", "missing")]
    later = []
    for _ in range(31):
        later += calls(line.wait(10, step_ms=10_000))
        line.connection.alive_ns = line.now_ns
    assert ("public/subscribe", ["book.BTC-PERPETUAL.100ms"]) in later
    line.feed(Deribit(PERPETUAL).snapshot())
    assert line.states[0] == "LIVE"


def test_a_refused_request_breaks_its_books() -> None:
    line = Line(DeribitConnection([PERPETUAL]))
    _, request = sent(line.open())
    error = {"message": "raw_subscriptions_not_available_for_unauthorized", "code": 13778}
    effects = line.feed(dump({"jsonrpc": "2.0", "id": request["id"], "error": error}))
    assert line.states == ["BROKEN"]
    assert "13778" in line.connection.books[0].reason
    assert not of(Reconnect, effects)
    line.feed(dump({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}))
    assert line.notices[-1] == Refused(None, "-32700", "Parse error")


def test_too_many_requests_end_the_session(live: tuple[Line, Deribit]) -> None:
    line, market = live
    effects = line.feed(dump({"jsonrpc": "2.0", "id": 3, "error": {"code": 10028, "message": "too_many_requests"}}))
    assert of(Refused, line.notices) == [Refused(None, "10028", "too_many_requests")]
    assert len(of(Reconnect, effects)) == 1
    line.close()
    assert line.states == ["BROKEN"]
    line.open()
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize(("direction", "aggressor"), [("buy", 1), ("sell", -1)])
def test_trades_carry_the_takers_side(direction: str, aggressor: int, live: tuple[Line, Deribit]) -> None:
    line, market = live
    line.feed(market.trades({"direction": direction}, {"trade_id": "17", "amount": 10}))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (2, TRADES)
    row = events.message_rows(0)[0]
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 12, 2696083)
    assert events.message_rows(1)[0, EXTRA] == 17
    assert line.connection.tally(0).trades == 2


@pytest.mark.parametrize("mark", ["block_trade_id", "block_rfq_id", "combo_id", "combo_trade_id"])
def test_trades_made_elsewhere_are_passed_over(mark: str, live: tuple[Line, Deribit]) -> None:
    line, market = live
    line.feed(market.trades({mark: "61", "price": 500.37}, {mark: None}))  # off the book's grid
    assert line.connection.tally(0).trades == 1
    assert (line.connection.rejected, line.connection.ignored) == (0, 1)


@pytest.mark.parametrize(
    "change",
    [{"direction": "hold"}, {"price": 500.37}, {"amount": -10}, {"timestamp": "now"}, {"instrument_name": "X"}],
)
def test_a_bad_trade_rejects_its_frame_and_breaks_no_book(
    change: dict[str, object], live: tuple[Line, Deribit]
) -> None:
    line, market = live
    line.feed(market.trades({}, change))
    assert line.states == ["LIVE"]
    assert (line.connection.rejected, line.connection.events.count, line.connection.tally(0).trades) == (1, 0, 0)


def test_the_best_bid_and_ask_are_an_event(live: tuple[Line, Deribit]) -> None:
    line, market = live
    quote = {"timestamp": 5, "instrument_name": "BTC-PERPETUAL", "best_bid_price": 500.0, "best_bid_amount": 20.0}
    quote |= {"best_ask_price": 0.0, "best_ask_amount": 0.0}
    line.feed(market.pushed(quote, "quote.{}"))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TOUCH)
    assert events.message_rows(0).tolist() == [[1, 1000, 2, 0]]
    line.feed(market.pushed(quote | {"best_bid_price": None, "best_ask_price": 501, "best_ask_amount": 30}, "quote.{}"))
    assert events.message_rows(0).tolist() == [[-1, 1002, 3, 0]]
