"""Deribit frames that cannot be right, and levels off the grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from fillcast.venues.deribit.connection import DeribitConnection
from fillcast.venues.protocol import Rejected
from fillcast.venues.settings import Settings
from tests.venues.deribit.market import PERPETUAL, SPOT, Deribit, calls, started, two
from tests.venues.streams import Line, dump, fetches, of


@pytest.fixture
def live() -> tuple[Line, Deribit]:
    return started()


def violations() -> dict[str, Callable[[Deribit], bytes]]:
    return {
        "truncated": lambda market: market.change()[:-9],
        "text": lambda market: market.change(bids=[["change", "500.0", 10.0]]),
        "negative": lambda market: market.change(bids=[["change", 500.0, -10.0]]),
        "action": lambda market: market.change(bids=[["replace", 500.0, 10.0]]),
        "no amount": lambda market: market.change(bids=[["change", 500.0, 0.0]]),
        "deleted with an amount": lambda market: market.change(bids=[["delete", 500.0, 10.0]]),
        "long level": lambda market: market.change(bids=[["change", 500.0, 10.0, 1]]),
        "no link": lambda market: market.change(prev_change_id=None),
        "no id": lambda market: market.change(change_id=-5),
        "no time": lambda market: market.change(timestamp=1 << 60),
        "type": lambda market: market.change(type="update"),
        "another book": lambda market: market.change(instrument_name="BTC_USDC"),
        "too large": lambda market: market.change(bids=[["change", 500.0, 1e30]]),
        "a snapshot that deletes": lambda market: market.snapshot(bids=[["delete", 500.0, 0.0]]),
    }


@pytest.mark.parametrize("name", list(violations()))
def test_a_book_frame_that_cannot_be_understood_breaks_its_book_only(name: str) -> None:
    line, market, other = two()
    line.now_ns += 60 * 10**9
    line.feed(violations()[name](market))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    assert len(of(Rejected, line.notices)) == 1
    line.feed(market.snapshot(), market.change(), other.change())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])


@pytest.mark.parametrize("frame", [b"\xff", b'{"method":"subscription","params":{"channel":"bo\\u006fk.X.100ms"', b"{"])
def test_bytes_that_may_have_held_any_book_break_all(frame: bytes) -> None:
    line, _, _ = two()
    line.feed(frame)
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize(
    "frame",
    [b"[]", b"3", b'{"jsonrpc":"2.0"}', b'{"method":"heartbeat"}', b'{"params":{"channel":"ticker.BTC-PERPETUAL.raw"'],
)
def test_frames_that_held_no_book_break_none(frame: bytes, live: tuple[Line, Deribit]) -> None:
    line, _ = live
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


@pytest.mark.parametrize("channel", ["ticker.{}.100ms", "book.{}.none.10.100ms", "trades.future.BTC.100ms", "x"])
def test_other_channels_are_ignored(channel: str, live: tuple[Line, Deribit]) -> None:
    line, market = live
    line.feed(market.pushed({"anything": 1}, channel), dump({"jsonrpc": "2.0", "method": "other", "params": {}}))
    assert line.connection.ignored == 2
    assert not line.notices


def test_a_book_that_is_not_followed_is_named(live: tuple[Line, Deribit]) -> None:
    line, _ = live
    line.feed(Deribit(SPOT).snapshot())
    assert line.states == ["LIVE"]
    (rejected,) = of(Rejected, line.notices)
    assert isinstance(rejected, Rejected)
    assert "BTC_USDC" in rejected.reason


def test_a_crossed_book_is_broken(live: tuple[Line, Deribit]) -> None:
    line, market = live
    line.feed(market.change([(1, 1002, 1)]))
    assert (line.states, line.reasons) == (["BROKEN"], ["crossed"])
    assert line.connection.tally(0).crossed == 1
    market.apply([(1, 1002, 0)])
    line.wait(1)
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]


def test_digits_are_kept_and_exponents_are_numbers() -> None:
    coin = replace(SPOT, tick=Decimal("1e-7"), lot=Decimal("1e-4"))
    line, market = Line(DeribitConnection([coin])), Deribit(coin, bids={}, asks={})
    line.open()
    line.feed(market.snapshot().replace(b'"bids":[]', b'"bids":[["new",1.1e-5,1e-4],["new",0.1234567,3E+1]]'))
    assert line.states == ["LIVE"]
    ticks, lots = line.connection.books[0].levels(1)
    assert (ticks.tolist(), lots.tolist()) == ([1_234_567, 110], [300_000, 1])


def test_an_off_grid_level_asks_for_the_instrument_and_rebuilds(live: tuple[Line, Deribit]) -> None:
    line, market = live
    (fetch,) = fetches(line.feed(market.change(bids=[["new", 499.75, 10.0]])))
    assert line.reasons == ["off_grid"]
    assert fetch.path == "/api/v2/public/get_instrument?instrument_name=BTC-PERPETUAL"
    entry = {"instrument_name": "BTC-PERPETUAL", "kind": "future", "is_active": True, "state": "open"}
    entry |= {"base_currency": "BTC", "quote_currency": "USD", "settlement_currency": "BTC", "tick_size": 0.25}
    entry |= {"instrument_type": "reversed", "min_trade_amount": 10.0, "contract_size": 10.0}
    effects = line.reply(fetch, dump({"jsonrpc": "2.0", "result": entry}))
    assert line.connection.instruments[0].tick == Decimal("0.25")
    methods = [method for method, _ in calls(effects + line.wait(2))]
    assert [method for method in methods if method != "public/test"] == ["public/unsubscribe", "public/subscribe"]
    fine = Deribit(replace(PERPETUAL, tick=Decimal("0.25")), bids={1999: 1}, asks={2001: 2})
    line.feed(fine.snapshot())
    assert line.states == ["LIVE"]
    assert fine.same_as(line.connection.books[0])


def test_settings_reach_the_rule() -> None:
    line, market = Line(DeribitConnection([PERPETUAL], settings=Settings(skip_duplicates=False))), Deribit(PERPETUAL)
    line.open()
    frame = (market.snapshot(), market.change())
    line.feed(*frame, frame[1])
    assert line.reasons == ["sequence"]
