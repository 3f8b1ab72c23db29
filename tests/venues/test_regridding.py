"""Levels off the grid: what is refined, what is refused, and that neither ends a feed or floods a venue."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.core.instrument import Instrument
from fillcast.venues.binance import connection as binance
from fillcast.venues.grids import MOST_FINER, finer
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Effect, Fetch, Rejected
from tests.venues.streams import (
    MILLISECOND,
    OKX,
    SECOND,
    SPOT,
    Line,
    Market,
    connect,
    dump,
    fetches,
    of,
    okx_lost,
    sent,
    started,
)

LISTED = replace(SPOT, lot=Decimal("0.00001"), order_lots=1)


def metadata(symbol: str = "BTC-USDT", tick: str = "0.1", lot: str = "0.001") -> bytes:
    """Return OKX's metadata of one instrument."""
    entry = {"instId": symbol, "instType": "SPOT", "state": "live", "tickSz": tick, "lotSz": lot}
    return dump({"code": "0", "msg": "", "data": [entry | {"baseCcy": "BTC", "quoteCcy": "USDT"}]})


def exchange_info(step: str) -> bytes:
    """Return Binance spot's metadata of one symbol."""
    filters = [{"filterType": "PRICE_FILTER", "tickSize": "0.1"}, {"filterType": "LOT_SIZE", "stepSize": step}]
    symbol = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": "TRADING", "filters": filters}
    return dump({"symbols": [symbol | {"baseAssetPrecision": 8}]})


def off_grid(line: Line, market: Market, *levels: tuple[str, str]) -> list[Effect]:
    """Receive an update with these bids."""
    frame = market.okx("update", [list(level) for level in levels], [], prevSeqId=market.last, seqId=market.last + 1)
    return line.feed(frame)


def test_a_finer_grid_leaves_orders_the_venues_step() -> None:
    one = finer(LISTED, (2, 8))
    assert (one.tick, one.lot, one.order_lots) == (Decimal("0.01"), Decimal("1E-8"), 1000)
    assert one.order_step == "0.00001"
    half = finer(replace(LISTED, tick=Decimal("0.25"), lot=Decimal(5), order_lots=2), (1, 1))
    assert (half.tick, half.lot, half.order_step) == (Decimal("0.01"), Decimal("0.1"), "10")


def test_a_grid_gets_only_so_much_finer() -> None:
    one = finer(LISTED, (18, 18))
    assert one.price_grid.decimals == LISTED.price_grid.decimals + MOST_FINER
    assert one.size_grid.decimals == LISTED.size_grid.decimals + MOST_FINER
    fine = replace(LISTED, lot=Decimal("1E-16"))
    assert finer(fine, (0, 18)).size_grid.decimals == 18


def test_the_digits_seen_add_up_over_several_messages(live: tuple[Line, Market]) -> None:
    line, market = live
    (fetch,) = fetches(off_grid(line, market, ("99.9", "0.00000001")))
    off_grid(line, market, ("99.99", "1"))  # while the metadata is on its way
    line.reply(fetch, metadata())
    one = line.connection.instruments[0]
    assert (one.tick, one.lot, one.order_step) == (Decimal("0.01"), Decimal("1E-8"), "0.001")
    line.feed(market.okx_snapshot())
    line.now_ns += 61 * SECOND
    line.feed(market.okx_update())
    (fetch,) = fetches(off_grid(line, market, ("99.999", "1")))
    line.reply(fetch, metadata())  # no different: what was found before is kept
    one = line.connection.instruments[0]
    assert (one.tick, one.lot) == (Decimal("0.001"), Decimal("1E-8"))


@pytest.mark.parametrize("text", ["1e-30", "1e-19", "0.0000000000000000001"])
@pytest.mark.parametrize("first", [True, False])
def test_a_number_finer_than_any_book_is_malformed(text: str, first: bool, live: tuple[Line, Market]) -> None:
    line, market = live
    levels = [("99.95", "1"), (text, "1")]
    effects = off_grid(line, market, *(levels[::-1] if first else levels))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["malformed"]
    assert not fetches(effects)
    (rejected,) = of(Rejected, line.notices)
    assert isinstance(rejected, Rejected)
    assert text in rejected.reason
    assert text in line.connection.books[0].reason
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("finest", [{"tick": "1e-18"}, {"lot": "1e-18"}])
def test_a_grid_on_which_the_market_does_not_fit_is_not_believed(
    finest: dict[str, str], live: tuple[Line, Market]
) -> None:
    line, market = live
    (fetch,) = fetches(off_grid(line, market, ("0", "1e-18")))  # found by the test below
    line.reply(fetch, metadata(**finest))
    (rejected,) = of(Rejected, line.notices)
    assert isinstance(rejected, Rejected)
    assert "where 0.1 and 0.001 were listed" in rejected.reason
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("tick", ["1e-30", "1e-19", "0", "NaN", "-1", "1e40", "x"])
def test_metadata_that_no_book_can_rest_on_is_shown_and_not_used(tick: str, live: tuple[Line, Market]) -> None:
    line, market = live
    (fetch,) = fetches(off_grid(line, market, ("99.95", "1")))
    line.reply(fetch, metadata(tick=tick))
    assert line.states == ["BROKEN"]
    assert len(of(Rejected, line.notices)) == 1
    assert line.connection.instruments[0].tick == Decimal("0.01")  # the finest digits seen
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


NUMBERS = st.one_of(
    st.sampled_from(["0", "1e-30", "1e30", "1e-18", "1e18", "0.1", "0.25", "5", "1e999", "x", "", "NaN", "1e-7"]),
    st.decimals(min_value=0, max_value=10**20, allow_nan=False, allow_infinity=False).map(str),
    st.text(alphabet="0123456789.eE+-", max_size=10),
)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4), NUMBERS, NUMBERS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_levels_and_metadata_together_raise_or_leave_a_book_for_good(
    levels: list[tuple[str, str]], tick: str, lot: str, answered: bool
) -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    line.open()
    line.feed(market.okx_snapshot())
    for fetch in fetches(off_grid(line, market, *levels)):
        if answered:
            line.reply(fetch, metadata(tick=tick, lot=lot))
        else:
            line.wait(16)  # the timer gives the request up
    grids = line.connection.instruments[0]
    for _ in range(100):  # the market goes on where the venue's own metadata would have it
        line.feed(b"pong", market.okx_snapshot())
        for fetch in fetches(line.wait(1)):
            line.reply(fetch, metadata())
        if line.states == ["LIVE"]:
            break
    assert line.states == ["LIVE"], grids
    assert line.connection.instruments[0].tick <= OKX.tick


def test_a_snapshot_that_no_book_can_hold_is_asked_for_ever_more_seldom() -> None:
    line, market = Line(connect(binance.SPOT, SPOT)), Market(SPOT)
    line.open()
    body = market.rest(bids=[["99.9", "9999999999999999999"]])
    waiting = fetches(line.feed(market.depth()))
    asked = 0
    started_ns = line.now_ns
    while line.now_ns - started_ns < 600 * SECOND:
        for fetch in [fetch for fetch in waiting if fetch.not_before_ns <= line.now_ns]:
            waiting.remove(fetch)
            asked += 1
            waiting += fetches(line.reply(fetch, body))
        market.now_ms = line.now_ns // MILLISECOND
        waiting += fetches([*line.feed(market.depth()), *line.wait(0.5)])
    assert asked < 30  # ten minutes: the fast ones, then two a minute
    assert line.states == ["SYNCING"]
    assert "9999999999999999999 does not fit" in line.connection.books[0].reason
    assert "another is asked for in 30 s" in line.connection.books[0].reason


@pytest.mark.parametrize("frames_a_second", [1, 10])
def test_a_stream_that_no_book_can_hold_is_resynced_ever_more_seldom(frames_a_second: int) -> None:
    line, market = started(binance.SPOT, SPOT)
    line.now_ns += 3600 * SECOND  # LIVE for long: the first resync is immediate
    market.now_ms = line.now_ns // MILLISECOND
    line.feed(market.depth())
    asked: list[Fetch] = []
    for number in range(300 * frames_a_second):
        bad = number % 2 == 0
        frame = market.depth(b=[["99.9", "9999999999999999999"]]) if bad else market.depth()
        for fetch in fetches(line.feed(frame)):
            asked.append(fetch)
            line.reply(fetch, market.rest())
        line.now_ns += SECOND // frames_a_second - SECOND // 10
        market.now_ms = line.now_ns // MILLISECOND
        line.wait(0.01, step_ms=10)
    assert 1 < len(asked) < 15  # five minutes
    assert "does not fit" in line.gaps[0].detail


def test_resyncs_are_forgiven_only_to_a_book_that_was_live_for_long(live: tuple[Line, Market]) -> None:
    line, market = live
    line.now_ns += 3600 * SECOND
    line.feed(market.okx_update())
    assert sent(line.feed(okx_lost(market)))  # at once
    line.feed(market.okx_snapshot())
    assert not sent(line.feed(okx_lost(market)))  # after a second
    line.feed(market.okx_snapshot())
    line.now_ns += 61 * SECOND
    line.feed(market.okx_update())
    assert sent(line.feed(okx_lost(market)))  # forgiven
    line.now_ns += 61 * SECOND  # BROKEN all the while
    assert not sent(line.feed(market.okx_update()[:-9]))


@pytest.mark.parametrize("symbol", ["BTCUSDT"])
def test_old_orders_finer_than_the_step_are_found_once(symbol: str) -> None:
    one: Instrument = LISTED
    line, market = Line(connect(binance.SPOT, one)), Market(one)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    old = market.rest(bids=[["99.9", "0.00000001"]])
    (listing,) = fetches(line.reply(fetch, old))
    assert "exchangeInfo" in listing.path
    line.reply(listing, exchange_info("0.00001"))
    found = line.connection.instruments[0]
    assert (found.lot, found.order_step) == (Decimal("1E-8"), "0.00001")
    fine = Market(found, last=market.last)
    (fetch,) = fetches(line.feed(fine.depth()))
    line.reply(fetch, fine.rest())
    assert line.states == ["LIVE"]
