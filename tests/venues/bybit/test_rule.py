"""What follows what at Bybit, what breaks a book, and the way back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.venues.bybit.connection import BybitRules
from fillcast.venues.rules import Verdict
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message
from tests.venues.bybit.market import INVERSE, LINEAR, OTHER, SPOT, BybitMarket, bybit_line, bybit_live
from tests.venues.streams import MILLISECOND, sent


@pytest.mark.parametrize(
    ("consecutive", "skip", "u", "verdict", "loss"),
    [
        (True, True, 101, Verdict.NEXT, 0),
        (True, True, 102, Verdict.GAP, 1),
        (True, True, 110, Verdict.GAP, 9),
        (True, True, 100, Verdict.DUPLICATE, None),
        (True, False, 100, Verdict.GAP, None),
        (True, True, 99, Verdict.GAP, None),
        (False, True, 101, Verdict.NEXT, 0),
        (False, True, 110, Verdict.NEXT, 9),
        (False, True, 100, Verdict.DUPLICATE, None),
        (False, True, 99, Verdict.GAP, None),
    ],
)
def test_the_rule(consecutive: bool, skip: bool, u: int, verdict: Verdict, loss: int | None) -> None:
    rules, message = BybitRules(consecutive, skip), Message(u - 1, u, u)
    assert rules.follows(100, message) is verdict
    assert rules.loss(100, message) == loss


@pytest.mark.parametrize("instrument", [SPOT, LINEAR, INVERSE])
def test_snapshot_then_deltas(instrument: Instrument) -> None:
    line, market = bybit_live(instrument)
    book = line.connection.books[0]
    assert (book.proof, book.depth) == (Proof.SEQUENCE, 200)
    line.feed(market.delta([(1, 1000, 0), (-1, 1002, 55)]), market.delta([(1, 1000, 3), (-1, 1030, 0)]))  # absent: fine
    assert line.states == ["LIVE"]
    assert market.same_as(book)
    assert book.last_id == market.last
    assert book.event_ns == market.now_ms * MILLISECOND
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.updates, tally.sequence_checked, tally.gaps) == (1, 2, 2, 0)
    assert not line.notices


def test_what_is_proven_ends_with_the_depth_of_the_channel() -> None:
    line, market = bybit_line(LINEAR), BybitMarket(LINEAR)
    market.bids = {1000 - level: 1 for level in range(200)}
    line.feed(market.snapshot())
    book = line.connection.books[0]
    assert book.proven_ticks(1) == 801
    assert book.proven_ticks(-1) is None  # the side shows fewer than the channel holds: it is known whole
    line.feed(market.delta([(1, 1001, 5), (1, 801, 0)]))
    assert book.proven_ticks(1) == 802


def stale(market: BybitMarket) -> bytes:
    return market.delta(u=market.last - 1)


def same_id_later(market: BybitMarket) -> bytes:
    market.apply([(1, 995, 1)], 0)
    return market.book("delta", [["99.5", "0.001"]], [])


@pytest.mark.parametrize(
    ("violation", "loss"), [(BybitMarket.lost, 1), (stale, None), (same_id_later, None)], ids=["lost", "stale", "same"]
)
def test_whatever_does_not_follow_breaks_the_book_and_resubscribes_it(
    violation: Callable[[BybitMarket], bytes], loss: int | None
) -> None:
    line, market = bybit_live()
    effects = line.feed(market.delta(), violation(market))
    assert line.states == ["BROKEN"]
    (found,) = line.gaps
    assert (found.instrument, str(found.reason), found.loss) == ("bybit_linear:BTCUSDT", "sequence", loss)
    assert found.start_ns == found.detected_ns - 100 * MILLISECOND
    assert "the book stands at 101" in found.detail
    assert line.connection.jumps == (loss is not None)
    topic = ["orderbook.200.BTCUSDT"]
    assert [(request["op"], request["args"]) for request in sent(effects)] == [
        ("unsubscribe", topic),
        ("subscribe", topic),
    ]
    line.feed(market.delta())  # still on its way when the subscription ended
    assert line.connection.dropped == 2  # that which did not follow, and this one
    line.feed(market.snapshot(), market.delta())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    (end,) = line.recovered
    assert end.gap == found


def test_ids_that_leave_others_out_are_counted_where_they_are_allowed() -> None:
    line, market = bybit_live(settings=Settings(require_consecutive=False))
    book = line.connection.books[0]
    assert book.proof is Proof.TRANSPORT
    market.last += 5
    line.feed(market.delta(), market.delta())
    assert line.states == ["LIVE"]
    assert market.same_as(book)
    assert line.connection.jumps == 1
    line.feed(stale(market))
    assert line.reasons == ["sequence"]


def test_duplicates_are_passed_over() -> None:
    line, market = bybit_live()
    update = market.delta()
    line.feed(update, update, update, market.delta())
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).duplicates == 2
    assert market.same_as(line.connection.books[0])
    assert not line.notices


@pytest.mark.parametrize("kind", ["snapshot", "delta"])
def test_a_restart_of_the_service_is_a_first_book_whatever_it_calls_itself(kind: str) -> None:
    line, market = bybit_live()
    market.apply([(1, 1000, 0), (-1, 1002, 8), (1, 900, 4)])
    market.last = 1
    line.feed(market.book(kind, market.texts(1), market.texts(-1)), market.delta())
    assert line.states == ["LIVE"]
    assert line.connection.books[0].last_id == 2
    assert market.same_as(line.connection.books[0])
    assert line.connection.tally(0).resets == 1
    assert not line.notices


def test_a_new_snapshot_replaces_the_book_at_any_time() -> None:
    line, market = bybit_live()
    market.apply([(1, 1000, 0), (1, 900, 4)], 50)
    line.feed(market.snapshot(), market.delta())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    line.feed(market.lost())
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


def test_a_first_book_that_does_not_come_is_asked_for_again() -> None:
    line, market = bybit_line(LINEAR), BybitMarket(LINEAR)
    line.feed(market.delta(), market.delta())
    assert line.states == ["SYNCING"]
    requests = sent(line.wait(5))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["snapshot_missing"]
    assert [request["op"] for request in requests if request["op"] != "ping"] == ["unsubscribe", "subscribe"]
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


def test_a_crossed_book_is_broken() -> None:
    line, market = bybit_live()
    line.feed(market.delta([(1, 1002, 1)]))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["crossed"]
    line.feed(market.snapshot())
    assert line.states == ["BROKEN"]  # the snapshot is as crossed as the market
    market.apply([(1, 1002, 0)])
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


def test_books_of_one_connection_are_on_their_own() -> None:
    line, market, other = bybit_line(LINEAR, OTHER), BybitMarket(LINEAR), BybitMarket(OTHER)
    line.feed(market.snapshot(), other.snapshot(), market.lost(), other.delta())
    assert line.states == ["BROKEN", "LIVE"]
    line.close()
    assert line.reasons == ["sequence", "disconnect"]
    line.open()
    line.feed(market.snapshot(), other.snapshot())
    assert line.states == ["LIVE", "LIVE"]
    assert len(line.recovered) == 2


def test_a_lagging_line_is_stale() -> None:
    line, market = bybit_live()
    for _ in range(5):
        line.feed(market.delta())
        line.now_ns = market.now_ms * MILLISECOND
    line.feed(market.delta(), late_ms=2500)
    line.wait(0.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["lag"]
