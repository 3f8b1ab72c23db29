"""What follows what at OKX."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fillcast.core.state import Proof
from tests.venues.streams import (
    MILLISECOND,
    SECOND,
    Line,
    Market,
    okx_ack,
    okx_lost,
    sent,
)


def test_snapshot_then_updates(live: tuple[Line, Market]) -> None:
    line, market = live
    book = line.connection.books[0]
    assert book.proof is Proof.SEQUENCE
    line.feed(market.okx_update([(1, 1000, 0), (-1, 1002, 55)], step=45), market.okx_update(step=7))
    assert line.states == ["LIVE"]
    assert market.same_as(book)
    assert book.last_id == market.last
    assert not line.notices


def stale_link(market: Market) -> bytes:
    market.okx_update()
    market.before -= 1
    return market.okx("update", [], [["100.3", "1"]])


def foreign_keepalive(market: Market) -> bytes:
    market.apply([], 12)
    return market.okx_keepalive()


def foreign_reset(market: Market) -> bytes:
    return market.okx("update", [], [["100.3", "1"]], seqId=3, prevSeqId=market.last + 1)


@pytest.mark.parametrize("violation", [okx_lost, stale_link, foreign_keepalive, foreign_reset])
def test_whatever_does_not_follow_breaks_the_book_and_resubscribes_it(
    live: tuple[Line, Market], violation: Callable[[Market], bytes]
) -> None:
    line, market = live
    effects = line.feed(market.okx_update(), violation(market))
    assert line.states == ["BROKEN"]
    (found,) = line.gaps
    assert (found.instrument, str(found.reason), found.loss) == ("okx:BTC-USDT", "sequence", None)
    assert found.start_ns == found.detected_ns - 100 * MILLISECOND
    assert str(market.before) in found.detail or "follows" in found.detail
    assert [(request["op"], request["args"]) for request in sent(effects)] == [
        ("unsubscribe", [{"channel": "books", "instId": "BTC-USDT"}]),
        ("subscribe", [{"channel": "books", "instId": "BTC-USDT"}]),
    ]
    line.feed(okx_ack(), market.okx_snapshot(), market.okx_update())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    (end,) = line.recovered
    assert end.gap == found
    assert end.at_ns > found.detected_ns


def test_duplicates_are_passed_over(live: tuple[Line, Market]) -> None:
    line, market = live
    update = market.okx_update()
    line.feed(update, update, update, market.okx_update())
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).duplicates == 2
    assert market.same_as(line.connection.books[0])
    assert not line.notices


def test_keepalives_advance_nothing_and_prove_life(live: tuple[Line, Market]) -> None:
    line, market = live
    book, version = line.connection.books[0], line.connection.books[0].version
    line.wait(3.5)
    line.feed(market.okx_keepalive())
    line.wait(3.5)
    assert line.states == ["LIVE"]
    assert book.version == version
    assert line.connection.tally(0).keepalives == 1
    health = line.connection.health(0, line.now_ns, line.now_ns)
    assert health.age_ns == 3.5 * SECOND
    assert health.last_change_ns > 7 * SECOND


def test_the_documented_reset_is_followed(live: tuple[Line, Market]) -> None:
    line, market = live
    market.last = 3 - 1
    reset = market.okx_update(prevSeqId=100)
    market.apply([], 0)
    line.feed(reset, market.okx_update([(-1, 1005, 1)], step=2))
    assert line.states == ["LIVE"]
    assert line.connection.books[0].last_id == 5
    assert market.same_as(line.connection.books[0])


def test_a_new_snapshot_replaces_the_book_at_any_time(live: tuple[Line, Market]) -> None:
    line, market = live
    market.apply([(1, 1000, 0), (1, 900, 4)], 50)
    line.feed(market.okx_snapshot(), market.okx_update())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
