"""Levels that no checksum covers, compared with REST: what is seen, and what is no difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fillcast.venues.kraken.depth import MARGIN_NS
from fillcast.venues.protocol import Fetch, Refused, Rejected
from fillcast.venues.settings import MINUTE_NS, Settings
from tests.venues.kraken.market import (
    BTC,
    ETH,
    HEARTBEAT,
    KrakenMarket,
    acknowledged,
    deep_levels,
    kraken_line,
    kraken_live,
    left,
)
from tests.venues.streams import SECOND, Line, dump, fetches, of

EVERY_S = 60
# The market stands still while time passes: its frames would count as late.
SETTINGS = replace(Settings(), deep_check_ns=EVERY_S * SECOND, lag_limit_ns=None)
MARGIN_S = MARGIN_NS // SECOND


def quiet(line: Line, seconds: float) -> list[Fetch]:
    """Let time pass with heartbeats; return what is fetched."""
    found: list[Fetch] = []
    for _ in range(round(seconds)):
        line.feed(HEARTBEAT)
        found += fetches(line.wait(0.9, step_ms=300))
    return found


def asked() -> tuple[Line, KrakenMarket, Fetch]:
    """A line whose book is about to be compared."""
    line, market = kraken_live(SETTINGS)
    (fetch,) = quiet(line, EVERY_S + 1)
    return line, market, fetch


def test_a_book_is_compared_every_so_often_and_stays_in_use() -> None:
    line, market, fetch = asked()
    assert fetch.path == "/0/public/Depth?pair=XBTUSD&count=500"
    assert (fetch.weight, fetch.purpose) == (1, "refresh")
    assert fetch.not_before_ns - line.now_ns > (MARGIN_S - 2) * SECOND
    quiet(line, MARGIN_S)
    line.feed(market.update([(1, 985, 40)]))
    line.reply(fetch, market.rest())
    assert line.connection.tally(0).refreshes == 0
    line.feed(market.update([(-1, 1015, 0)]))
    quiet(line, MARGIN_S + 1)
    assert line.connection.tally(0).refreshes == 1
    assert line.states == ["LIVE"]
    assert not line.notices
    assert len(quiet(line, EVERY_S)) == 1  # and again


def lost_size(market: KrakenMarket) -> None:
    market.apply([(1, 985, 99)])


def lost_level(market: KrakenMarket) -> None:
    market.apply([(-1, 1017, 0)])


def lost_new_level(market: KrakenMarket) -> None:
    market.apply([(1, 970, 3)])


def lost_two_thousandths(market: KrakenMarket) -> None:
    market.apply([(1, 985, market.bids[985] + 2)])


@pytest.mark.parametrize("loss", [lost_size, lost_level, lost_new_level, lost_two_thousandths])
def test_what_was_lost_below_the_best_ten_is_found_and_the_book_rebuilt(loss: Callable[[KrakenMarket], None]) -> None:
    line, market = kraken_live(SETTINGS)
    market.apply([])
    loss(market)
    line.feed(market.update([(1, 1000, 4)]))  # the checksum has nothing to say
    (fetch,) = quiet(line, EVERY_S + 1)
    quiet(line, MARGIN_S)
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE"]
    quiet(line, MARGIN_S + 1)
    assert line.states == ["BROKEN"]
    assert line.reasons == ["snapshot_mismatch"]
    assert line.gaps[0].detail.startswith("1 of ")
    assert " here, " in line.gaps[0].detail
    line.feed(left("BTC/USD"), acknowledged("BTC/USD"), market.snapshot(), market.update())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


@pytest.mark.parametrize("when", ["before the request", "before the reply", "after the reply"])
def test_a_level_that_moved_meanwhile_is_no_difference(when: str) -> None:
    line, market, fetch = asked()
    frozen = market.rest()  # what REST saw, at some moment between
    edits = [(1, 985, 40), (-1, 1017, 0), (1, 970, 3)]
    if when == "before the request":
        line.feed(market.update(edits))
    quiet(line, MARGIN_S)
    if when == "before the reply":
        line.feed(market.update(edits))
    line.reply(fetch, frozen)
    if when == "after the reply":
        line.feed(market.update(edits))
    quiet(line, MARGIN_S + 1)
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).refreshes == 1


def test_sizes_that_rest_rounds_are_no_difference() -> None:
    fine = replace(BTC, lot=BTC.lot / 100000)
    line = kraken_line(fine, settings=SETTINGS)
    market = KrakenMarket(
        fine,
        {1000 - level: 123456 + 7919 * level for level in range(20)},
        {1002 + level: 40 + level for level in range(20)},
    )  # asks below half a thousandth: written as 0.000
    line.feed(market.snapshot())
    (fetch,) = quiet(line, EVERY_S + 1)
    quiet(line, MARGIN_S)
    line.reply(fetch, market.rest())
    quiet(line, MARGIN_S + 1)
    assert line.connection.tally(0).refreshes == 1
    assert line.states == ["LIVE"]


def test_only_what_both_show_is_compared() -> None:
    """The book shows 500 levels a side, REST 500; each is cut somewhere else when the market has moved."""
    line = kraken_line(BTC, settings=SETTINGS)
    market = KrakenMarket(BTC, *deep_levels(600))
    line.feed(market.snapshot())
    (fetch,) = quiet(line, EVERY_S + 1)
    quiet(line, MARGIN_S)
    frozen = market.rest()
    line.feed(market.update([(1, 1000, 0), (1, 999, 0), (-1, 1001, 4)]))
    line.reply(fetch, frozen)
    quiet(line, MARGIN_S + 1)
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).refreshes == 1


def test_a_shallow_reply_is_a_whole_side() -> None:
    line, market, fetch = asked()
    quiet(line, MARGIN_S)
    line.reply(fetch, market.rest(count=15))  # 5 levels a side are not in it, though it is not cut
    quiet(line, MARGIN_S + 1)
    assert line.reasons == ["snapshot_mismatch"]
    assert line.gaps[0].detail.startswith("10 of 40 levels")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>", 200),
        (b'{"error":["EQuery:Unknown asset pair"]}', 200),
        (b'{"error":[],"result":{}}', 200),
        (b'{"error":[],"result":{"A":{"bids":[],"asks":[]},"B":{"bids":[],"asks":[]}}}', 200),
        (dump({"error": [], "result": {"X": {"bids": [["99.95", "1", 1]], "asks": []}}}), 200),
        (dump({"error": [], "result": {"X": {"bids": [["99.9", "1e", 1]], "asks": []}}}), 200),
        (dump({"error": [], "result": {"X": {"bids": [["99.9", 1.0, 1]], "asks": []}}}), 200),
        (b"", 503),
    ],
)
def test_a_reply_that_cannot_be_used_costs_nothing(body: bytes, status: int) -> None:
    line, market, fetch = asked()
    quiet(line, MARGIN_S)
    line.reply(fetch, body, status)
    quiet(line, MARGIN_S + 1)
    assert line.states == ["LIVE"]
    assert len(of(Rejected, line.notices)) + len(of(Refused, line.notices)) == 1
    (again,) = quiet(line, EVERY_S)
    quiet(line, MARGIN_S)
    line.reply(again, market.rest())
    quiet(line, MARGIN_S + 1)
    assert line.connection.tally(0).refreshes == 1


def test_a_reply_that_never_comes_is_forgotten() -> None:
    line, market, fetch = asked()
    quiet(line, 25)
    line.feed(market.update([(1, 985, 99)]))
    line.reply(fetch, KrakenMarket(BTC).rest())
    quiet(line, MARGIN_S + 1)
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).refreshes == 0


def test_a_book_that_breaks_or_gets_stale_is_not_compared() -> None:
    line, market, fetch = asked()
    quiet(line, MARGIN_S)
    line.feed(market.lost())
    line.reply(fetch, market.rest())
    line.feed(left("BTC/USD"), market.snapshot())
    quiet(line, MARGIN_S + 1)
    assert line.connection.tally(0).refreshes == 0
    line, market, fetch = asked()
    line.wait(5)
    assert line.states == ["STALE"]
    line.feed(HEARTBEAT)
    line.reply(fetch, market.rest())
    quiet(line, MARGIN_S + 1)
    assert line.connection.tally(0).refreshes == 0
    assert line.states == ["LIVE"]


def test_books_are_compared_one_after_the_other() -> None:
    line = kraken_line(BTC, ETH, settings=SETTINGS)
    line.feed(KrakenMarket(BTC).snapshot(), KrakenMarket(ETH).snapshot())
    assert [one.path for one in quiet(line, EVERY_S / 2 + 2)] == ["/0/public/Depth?pair=ETHUSD&count=500"]
    assert [one.path for one in quiet(line, EVERY_S / 2)] == ["/0/public/Depth?pair=XBTUSD&count=500"]


def test_it_can_be_switched_off_and_a_book_of_ten_needs_none() -> None:
    line, _ = kraken_live(replace(Settings(), deep_check_ns=None))
    assert not quiet(line, 120)
    line = kraken_line(BTC, settings=SETTINGS)
    line.feed(acknowledged("BTC/USD", depth=10), KrakenMarket(BTC, depth=10).snapshot())
    assert not quiet(line, 120)
    assert Settings().deep_check_ns == 30 * MINUTE_NS
