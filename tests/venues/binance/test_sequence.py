"""What follows what at Binance, and what a gap leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import Product
from tests.venues.streams import (
    PRODUCTS,
    Line,
    Market,
    connect,
    fetches,
    started,
)


@pytest.mark.parametrize("step", [1, 3])
def test_a_gap_fetches_a_snapshot_of_that_book_alone(
    product: tuple[Product, Instrument], step: int, fast: bool
) -> None:
    rules, one = product
    other = replace(one, symbol="OTHERUSD")
    line = Line(connect(rules, one, other, fast=fast))
    market, beside = Market(one), Market(other)
    line.open()
    for each in (market, beside):
        (fetch,) = fetches(line.feed(each.depth()))
        line.reply(fetch, each.rest())
        line.feed(each.depth())
    assert line.states == ["LIVE", "LIVE"]
    stood = market.last
    market.depth([(1, 1000, 99)], step=step)
    effects = line.feed(market.depth())
    assert line.states == ["BROKEN", "LIVE"]
    (found,) = line.gaps
    assert (found.instrument, str(found.reason)) == (one.key, "sequence")
    assert found.loss == (step if rules is binance.SPOT else None)
    assert found.start_ns < found.detected_ns
    assert str(stood) in found.detail
    (fetch,) = fetches(effects)
    assert one.symbol in fetch.path
    line.feed(beside.depth(), market.depth())
    assert line.states == ["BROKEN", "LIVE"]
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE", "LIVE"]
    line.feed(market.depth(), beside.depth())
    assert market.same_as(line.connection.books[0])
    assert beside.same_as(line.connection.books[1])
    (end,) = line.recovered
    assert end.gap == found


def test_duplicates_are_passed_over(product: tuple[Product, Instrument], fast: bool) -> None:
    line, market = started(*product, fast=fast)
    update = market.depth()
    line.feed(update, update, market.depth())
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).duplicates == 1
    assert market.same_as(line.connection.books[0])


def test_an_old_event_is_passed_over_on_spot_and_a_gap_on_futures() -> None:
    for rules, one in PRODUCTS.values():
        line, market = started(rules, one)
        old = market.depth([(1, 1000, 7)])
        line.feed(old, market.depth([(1, 1000, 8)]), old)
        assert line.states == (["LIVE"] if rules is binance.SPOT else ["BROKEN"])


def test_events_out_of_order_never_leave_a_wrong_book_live(product: tuple[Product, Instrument]) -> None:
    line, market = started(*product)
    first, second = market.depth([(1, 1000, 7)]), market.depth([(1, 1000, 8)])
    effects = line.feed(second, first)
    assert line.states == ["BROKEN"]
    (fetch,) = fetches(effects)
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_ids_that_start_over_never_leave_an_old_book_live(product: tuple[Product, Instrument], fast: bool) -> None:
    rules, one = product
    line, market = started(rules, one, fast=fast)
    market.last, market.before = 10, 7  # the venue's ids start over; its time goes on
    (fetch,) = fetches(line.feed(market.depth()))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["sequence"]
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
