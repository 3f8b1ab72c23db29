"""Fresh snapshots of Binance books that stay LIVE."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.core.instrument import Instrument
from fillcast.venues.agreement import proven_bps
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import Product
from fillcast.venues.protocol import Fetch
from tests.venues.streams import (
    MILLISECOND,
    SPOT,
    USDM,
    Line,
    Market,
    connect,
    fetches,
    lost,
    started,
    usdm,
)


def deep(market: Market) -> None:
    """Give the market more levels than its first snapshot showed."""
    market.bids |= {900 - level: 50 for level in range(200)}
    market.asks |= {1100 + level: 50 for level in range(200)}


def test_a_fresh_snapshot_is_spliced_without_leaving_live(product: tuple[Product, Instrument], fast: bool) -> None:
    rules, one = product
    line, market = started(replace(rules, snapshot_limit=20), one, fast=fast)  # a snapshot shows 20 levels
    book = line.connection.books[0]
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (981, 1021)
    deep(market)
    (fetch,) = fetches(line.keep(line.connection.refresh(0, line.now_ns, line.now_ns)))
    assert fetch.purpose == "refresh"
    assert not line.keep(line.connection.refresh(0, line.now_ns, line.now_ns))  # one at a time
    line.feed(market.depth([(1, 999, 77)]))
    assert line.states == ["LIVE"]
    body = market.rest()
    line.feed(market.depth([(1, 998, 78)]), market.depth([(-1, 1003, 0)]))
    assert line.states == ["LIVE"]
    assert book.count(1) == 20
    line.reply(fetch, body)
    assert line.states == ["LIVE"]
    assert market.same_as(book)
    assert (book.proven_ticks(1), book.proven_ticks(-1)) == (701, 1299)
    assert book.last_id == market.last
    assert not book.held
    line.feed(market.depth())
    assert market.same_as(book)
    assert not line.notices
    assert line.connection.tally(0).refreshes == 1


def test_a_fresh_snapshot_ahead_of_the_stream_waits() -> None:
    line, market = usdm()
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    update = market.depth([(1, 1000, 5)])
    line.reply(fetch, market.rest())
    assert line.connection.tally(0).refreshes == 0
    line.feed(update)
    assert line.connection.tally(0).refreshes == 1
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_fresh_snapshot_at_the_books_own_id_needs_no_event() -> None:
    line, market = usdm()
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    line.reply(fetch, market.rest())
    assert line.connection.tally(0).refreshes == 1
    assert line.states == ["LIVE"]


def test_a_fresh_snapshot_that_disagrees_breaks_the_book() -> None:
    line, market = usdm()
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    line.feed(market.depth())
    market.bids[997] += 1  # what the stream never told
    line.reply(fetch, market.rest())
    assert line.states == ["BROKEN"]
    assert line.reasons == ["snapshot_mismatch"]


def test_a_gap_ends_a_refresh() -> None:
    line, market = usdm()
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    (again,) = fetches(line.feed(lost(market)))
    assert line.states == ["BROKEN"]
    line.reply(fetch, market.rest())
    assert line.states == ["BROKEN"]  # the answer to a question that was given up
    line.reply(again, market.rest())
    assert line.states == ["LIVE"]


def test_a_failed_refresh_leaves_the_book_live() -> None:
    line, market = usdm()
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    (again,) = fetches(line.reply(fetch, b"", 503))
    line.feed(market.depth())
    line.reply(again, market.rest())
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).refreshes == 1


@pytest.mark.parametrize(
    ("lowest", "asked", "wanted"),
    [
        (99_060, 0, True),  # 6 bps of bids are left within what is proven
        (99_260, 0, False),  # 26 bps
        (99_260, 2_000, True),  # which hold 2590 lots
        (99_260, 1_000, False),
        (100_000, 50_000, False),  # the snapshot never proved more: a fresh one would not
    ],
)
def test_a_short_proven_window_asks_for_a_fresh_snapshot(lowest: int, asked: int, wanted: bool) -> None:
    one = replace(USDM, tick=USDM.tick / 100)
    market = Market(one, {100_000 - level: 10 for level in range(1000)}, {100_002 + level: 10 for level in range(1000)})
    line = Line(connect(binance.USDM, one))
    line.open()
    (fetch,) = fetches(line.feed(market.depth([(1, 100_000, 10)])))
    line.reply(fetch, market.rest())
    assert line.connection.books[0].proven_ticks(1) == 99_001
    line.connection.ask(0, asked)
    fallen = [(1, price, 0) for price in range(lowest + 1, 100_001)]
    line.feed(market.depth([*fallen, (-1, lowest + 3, 5)]))
    found = []
    for _ in range(10):
        market.now_ms = line.now_ns // MILLISECOND
        line.feed(market.depth([(-1, lowest + 3, 5)]))
        assert not found or line.states == ["LIVE"]
        found += fetches(line.wait(3.5))
    assert line.states == ["LIVE"]
    assert [fetch.purpose for fetch in found] == ["refresh"] * wanted


def deep_book(asked: int = 0) -> tuple[Line, Market]:
    """Return a line whose book shows 1000 levels of 10 lots a side, a tick apart: 100 bps, 10,000 lots."""
    one = replace(USDM, tick=USDM.tick / 100)
    market = Market(one, {100_000 - level: 10 for level in range(1000)}, {100_002 + level: 10 for level in range(1000)})
    line = Line(connect(binance.USDM, one))
    line.open()
    (fetch,) = fetches(line.feed(market.depth([(1, 100_000, 10)])))
    line.reply(fetch, market.rest())
    if asked:
        line.connection.ask(0, asked)
    return line, market


def refreshes(line: Line, market: Market, seconds: int = 40) -> list[Fetch]:
    """Let time pass on a line that lives, until it asks for something; return that."""
    found: list[Fetch] = []
    for _ in range(seconds // 2):
        market.now_ms = line.now_ns // MILLISECOND
        found += fetches([*line.feed(market.depth([(-1, max(market.asks), 10)])), *line.wait(1.9)])
        if found:
            break
    assert line.states == ["LIVE"]
    return found


@pytest.mark.parametrize("side", [1, -1])
def test_a_market_that_ran_past_its_proven_edge_asks_for_a_fresh_snapshot(side: int) -> None:
    line, market = deep_book()
    away = 3000 * side  # 3 %: every level of the side that the market ran into is unproven
    old = market.asks if side > 0 else market.bids
    moved = [(-side, ticks, 0) for ticks in old]
    moved += [(way, 100_001 + away - way, 10) for way in (1, -1)]
    line.feed(market.depth(moved))
    book = line.connection.books[0]
    assert proven_bps(book)[0 if side < 0 else 1] == 0
    assert book.walk(side, 10).unproven_lots == 10
    (fetch,) = refreshes(line, market)
    line.reply(fetch, market.rest())
    assert min(proven_bps(book)) >= 0
    assert line.connection.tally(0).refreshes == 1
    assert line.states == ["LIVE"]


def test_liquidity_that_was_withdrawn_asks_for_a_fresh_snapshot() -> None:
    line, market = deep_book(asked=2000)
    assert not refreshes(line, market)  # 10,000 lots of bids are proven, 4,000 wanted
    line.feed(market.depth([(1, ticks, 0) for ticks in range(99_100, 99_900)]))  # 2,000 are left, as far as before
    assert min(proven_bps(line.connection.books[0])) > 90
    (fetch,) = refreshes(line, market)
    market.bids |= {99_000 - level: 10 for level in range(800)}
    line.reply(fetch, market.rest())
    assert not refreshes(line, market)
    assert market.same_as(line.connection.books[0])


def test_a_refresh_that_shows_no_more_is_not_repeated() -> None:
    line, market = deep_book(asked=2000)
    line.feed(market.depth([(1, ticks, 0) for ticks in range(99_100, 99_900)]))
    (fetch,) = refreshes(line, market)
    line.reply(fetch, market.rest())  # nothing further down
    assert not refreshes(line, market, 120)
    line.feed(market.depth([(1, ticks, 0) for ticks in range(99_900, 99_960)]))  # a third less again
    assert len(refreshes(line, market)) == 1


def test_the_largest_size_of_late_is_kept_proven() -> None:
    line, market = deep_book(asked=2000)
    line.connection.ask(0, 1)  # another order does not make the first forgotten
    line.feed(market.depth([(1, ticks, 0) for ticks in range(99_100, 99_900)]))
    assert len(refreshes(line, market)) == 1
    line, market = deep_book(asked=2000)
    assert not refreshes(line, market, 660)  # nobody has asked for it in ten minutes
    line.connection.ask(0, 1)
    line.feed(market.depth([(1, ticks, 0) for ticks in range(99_100, 99_900)]))
    assert not refreshes(line, market)


def test_a_spot_refresh_keeps_the_time_of_the_last_event(fast: bool) -> None:
    line, market = started(binance.SPOT, SPOT, fast=fast)
    book, untimed = line.connection.books[0], {"E": 0, "T": 0}  # spot states no time
    told_ns = book.event_ns
    assert told_ns == (market.now_ms + 5) * MILLISECOND
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    line.reply(fetch, market.rest(**untimed))  # at the book's own id: nothing is held
    assert line.connection.tally(0).refreshes == 1
    assert book.event_ns == told_ns
    (fetch,) = fetches(line.connection.refresh(0, line.now_ns, line.now_ns))
    line.feed(market.depth())
    line.reply(fetch, market.rest(**untimed))
    assert line.connection.tally(0).refreshes == 2
    assert book.event_ns == (market.now_ms + 5) * MILLISECOND
