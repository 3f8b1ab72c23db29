"""How a Binance snapshot joins the stream."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import Product
from fillcast.venues.settings import Settings
from tests.venues.streams import (
    MILLISECOND,
    PRODUCTS,
    SECOND,
    START_MS,
    USDM,
    Line,
    Market,
    connect,
    fetches,
)


def test_the_snapshot_is_fetched_after_the_first_event_and_spliced(
    product: tuple[Product, Instrument], fast: bool
) -> None:
    rules, one = product
    line, market = Line(connect(rules, one, fast=fast)), Market(one)
    line.open()
    (fetch,) = fetches(line.feed(market.depth([(1, 980, 4)])))
    assert fetch.path == f"{rules.rest}/depth?symbol={one.symbol}&limit={rules.snapshot_limit}"
    assert (fetch.weight, fetch.not_before_ns) == (rules.snapshot_weight, 0)
    line.feed(market.depth([(1, 981, 4)]))
    body = market.rest()
    line.feed(market.depth([(1, 1000, 0)]), market.depth([(-1, 1002, 5)]))
    assert line.states == ["SYNCING"]
    line.reply(fetch, body)
    assert line.states == ["LIVE"]
    book = line.connection.books[0]
    assert (book.proof, book.last_id) == (Proof.SEQUENCE, market.last)
    assert market.same_as(book)
    line.feed(*(market.depth([(1, 1000, step), (-1, 1003, step)]) for step in range(5)))
    assert market.same_as(book)
    assert line.states == ["LIVE"]
    assert not line.notices
    assert line.connection.tally(0).bridged == 1


def test_a_snapshot_within_an_event_is_joined_by_it(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    (fetch,) = fetches(line.feed(market.depth([(1, 980, 4)], step=30)))
    inside = market.last + 10
    body = market.rest(lastUpdateId=inside)
    line.feed(market.depth([(1, 981, 4)], step=30))
    line.reply(fetch, body)
    assert line.states == ["LIVE"]
    assert line.connection.books[0].last_id == market.last
    assert market.same_as(line.connection.books[0])


def test_a_snapshot_that_is_too_old_is_fetched_again_with_a_pause(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    old = market.rest(lastUpdateId=market.last - 50)
    (fetch,) = fetches(line.feed(market.depth()))
    (second,) = fetches(line.reply(fetch, old))
    (third,) = fetches(line.reply(second, old))
    assert line.states == ["SYNCING"]
    assert second.not_before_ns > 0
    assert third.not_before_ns - line.now_ns > second.not_before_ns - line.now_ns
    line.reply(third, market.rest())
    assert line.states == ["LIVE"]


def test_a_snapshot_ahead_of_the_stream_waits_for_its_event(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    late = [market.depth([(1, 970, 1)]), market.depth([(1, 971, 1)])]
    line.reply(fetch, market.rest())
    line.feed(late[0])
    assert line.states == ["SYNCING"]
    assert "waiting" in line.connection.books[0].reason
    line.feed(late[1])
    assert line.states == ["LIVE"]
    line.feed(market.depth())
    assert market.same_as(line.connection.books[0])


def test_a_snapshot_that_the_stream_never_reaches_is_fetched_again(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    ahead = replace(market, last=market.last + 1_000_000)  # served from before the venue started its ids over
    line.reply(fetch, ahead.rest())
    again = []
    while not again and line.now_ns < 60 * SECOND + START_MS * MILLISECOND:
        again = fetches([*line.feed(market.depth([(1, 970, 1)])), *line.wait(0.25)])
    assert line.states == ["SYNCING"]
    line.reply(again[0], market.rest())
    line.feed(market.depth([(1, 971, 1)]))
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_an_event_that_starts_right_after_the_snapshot_is_disputed() -> None:
    for lenient in (True, False):
        settings = Settings(accept_next_id=lenient, accept_link_at_snapshot=lenient)
        for rules, one in PRODUCTS.values():
            line, market = Line(connect(rules, one, settings=settings)), Market(one)
            line.open()
            body = market.rest()
            (fetch,) = fetches(line.feed(market.depth()))  # its first id is the snapshot's + 1
            line.reply(fetch, body)
            assert line.states == (["LIVE"] if lenient else ["SYNCING"])


def test_a_hole_among_the_held_events_starts_the_splice_over(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    body = market.rest()
    market.depth([(1, 1000, 99)])  # lost
    line.feed(market.depth())
    (again,) = fetches(line.reply(fetch, body))
    assert line.states == ["SYNCING"]
    line.reply(again, market.rest())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, b"it did not answer in time"),
        (429, b'{"code":-1003,"msg":"Too many requests"}'),
        (200, b'{"code":-1121,"msg":"Invalid symbol."}'),
        (200, b'{"lastUpdateId":500,"bids":[["1"'),
        (200, b'{"lastUpdateId":500,"bids":[["-1","1"]],"asks":[]}'),
        (200, b'{"lastUpdateId":"x","bids":[],"asks":[]}'),
    ],
)
def test_a_failed_snapshot_is_fetched_again(status: int, body: bytes) -> None:
    line, market = Line(connect(binance.USDM, USDM)), Market(USDM)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    (again,) = fetches(line.reply(fetch, body, status))
    assert again.not_before_ns > 0
    assert len(line.notices) == 1
    line.reply(again, market.rest())
    assert line.states == ["LIVE"]


def test_a_splice_holds_a_bounded_number_of_messages() -> None:
    settings = Settings(max_buffered=10)
    line, market = Line(connect(binance.USDM, USDM, settings=settings)), Market(USDM)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    body = market.rest()
    line.feed(*(market.depth() for _ in range(25)))
    (again,) = fetches(line.reply(fetch, body))  # what would join it is gone
    line.reply(again, market.rest())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_crossed_snapshot_is_not_used() -> None:
    line, market = Line(connect(binance.USDM, USDM)), Market(USDM)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest(bids=[["100.2", "1"]]))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["crossed"]
