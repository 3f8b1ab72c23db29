"""Gate's requests, trades, heartbeats, and frames that cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from fillcast.core.events import EVENT_NS, EXTRA, KIND, LOTS, SENT_NS, SIDE, TICKS, TOUCH, TRADES
from fillcast.venues import venue
from fillcast.venues.gate.connection import GateObuConnection, GateUpdateConnection
from fillcast.venues.protocol import Refused, Rejected, Send
from fillcast.venues.settings import Settings
from tests.venues.gate.market import OTHER, PAIR, Gate, lives, obu, updates
from tests.venues.streams import START_MS, Line, dump, fetches, of, sent


@pytest.fixture
def live() -> tuple[Line, Gate]:
    """A line whose one book is LIVE by `spot.obu`."""
    line, (market,) = obu()
    return line, market


def asked(effects: list[object]) -> list[tuple[object, object, object]]:
    return [(one["channel"], one.get("event"), one.get("payload")) for one in sent(effects)]


def test_what_is_asked_for_on_opening() -> None:
    line = Line(GateObuConnection([PAIR, OTHER], touch=True))
    effects = line.open()
    both = ["BTC_USDT", "ETH_USDT"]
    assert asked(effects) == [
        ("spot.obu", "subscribe", ["ob.BTC_USDT.400"]),
        ("spot.obu", "subscribe", ["ob.ETH_USDT.400"]),
        ("spot.trades", "subscribe", both),
        ("spot.book_ticker", "subscribe", both),
    ]
    assert {one["time"] for one in sent(effects)} == {START_MS // 1000}
    assert len({one["id"] for one in sent(effects)}) == 4
    effects = Line(GateUpdateConnection([PAIR], trades=False)).open()
    assert asked(effects) == [("spot.order_book_update", "subscribe", ["BTC_USDT", "100ms"])]


def test_which_channel_is_followed_is_a_setting() -> None:
    made = venue("gate").connections([PAIR] * 120)
    assert [type(one) for one in made] == [GateObuConnection] * 3
    assert [len(one.books) for one in made] == [50, 50, 20]
    (other,) = venue("gate").connections([PAIR], settings=Settings(use_gate_obu=False))
    assert type(other) is GateUpdateConnection
    assert {one.ws_path for one in (*made, other)} == {"/ws/v4/"}


def test_a_quiet_line_is_asked_and_lives_by_the_answer(live: tuple[Line, Gate]) -> None:
    line, _ = live
    (question,) = of(Send, line.wait(2.5))
    assert isinstance(question, Send)
    assert (asked([question]), question.weight) == ([("spot.ping", None, None)], 0)
    line.feed(dump({"time": 1, "channel": "spot.pong", "event": "", "error": None, "result": None}))
    line.wait(3.5)
    assert line.states == ["LIVE"]
    assert line.connection.ignored == line.connection.rejected == 0
    line.wait(1)
    assert line.states == ["STALE"]


@pytest.mark.parametrize(("side", "aggressor"), [("buy", 1), ("sell", -1)])
def test_trades_carry_the_takers_side(side: str, aggressor: int, live: tuple[Line, Gate]) -> None:
    line, market = live
    line.feed(market.trade(side=side))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TRADES)
    row = events.message_rows(0)[0]
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 376, 816996977)
    assert events.messages[0, EVENT_NS] == 1619093560720_907000
    assert events.messages[0, SENT_NS] == (market.now_ms + 5) * 1_000_000
    assert line.connection.tally(0).trades == 1


@pytest.mark.parametrize(
    "change",
    [{"side": "hold"}, {"price": "100.15"}, {"amount": "x"}, {"create_time_ms": "5.x"}, {"create_time_ms": "now"}],
)
def test_a_bad_trade_is_rejected_and_breaks_no_book(change: dict[str, str], live: tuple[Line, Gate]) -> None:
    line, market = live
    line.feed(market.trade(**change))
    assert line.states == ["LIVE"]
    assert (line.connection.rejected, line.connection.events.count) == (1, 0)


def test_the_best_bid_and_ask_are_an_event() -> None:
    line, market = Line(GateObuConnection([PAIR], touch=True)), Gate(PAIR)
    line.open()
    best = {"t": 5, "u": 9, "s": "BTC_USDT", "b": "100", "B": "2", "a": "", "A": ""}
    line.feed(market.full(), market.pushed("spot.book_ticker", best))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TOUCH)
    assert events.message_rows(0).tolist() == [[1, 1000, 2000, 0]]
    line.feed(market.pushed("spot.book_ticker", best | {"b": "", "a": "100.2", "A": "1"}))
    assert events.message_rows(0).tolist() == [[-1, 1002, 1000, 0]]
    assert line.states == ["LIVE"]


def test_a_refusal_without_a_book_is_told(live: tuple[Line, Gate]) -> None:
    line, _ = live
    error = {"code": 1, "message": "Invalid request body format"}
    line.feed(dump({"time": 1, "id": 3, "channel": "spot.trades", "event": "subscribe", "error": error}))
    line.feed(dump({"time": 1, "channel": "spot.obu", "event": "subscribe", "error": {"code": 3}}))
    assert of(Refused, line.notices) == [
        Refused(None, "1", "Invalid request body format"),
        Refused(None, "3", "spot.obu: no reason"),
    ]
    assert line.states == ["LIVE"]


def violations() -> dict[str, Callable[[Gate], bytes]]:
    return {
        "truncated": lambda market: market.change()[:-9],
        "number": lambda market: market.change(b=[[100, "1"]]),
        "negative": lambda market: market.change(b=[["100", "-1"]]),
        "long level": lambda market: market.change(b=[["100", "1", "1"]]),
        "no first id": lambda market: market.change(U=None),
        "ids out of order": lambda market: market.change(U=market.last + 9),
        "negative id": lambda market: market.change(U=-5),
        "no last id": lambda market: market.change(u=None),
        "no time": lambda market: market.change(t=1 << 60),
        "too large": lambda market: market.change(b=[["100", "1e30"]]),
        "event": lambda market: market.change().replace(b'"update"', b'"all"'),
    }


@pytest.mark.parametrize("name", list(violations()))
def test_a_book_frame_that_cannot_be_understood_breaks_its_book_only(name: str) -> None:
    line, (market, other) = obu(PAIR, OTHER)
    line.feed(violations()[name](market))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    assert len(of(Rejected, line.notices)) == 1
    line.feed(market.full(), market.change(), other.change())
    assert line.states == ["LIVE", "LIVE"]
    assert lives(line, market)


@pytest.mark.parametrize("name", ["truncated", "negative", "no first id", "event"])
def test_so_does_an_update_that_cannot(name: str) -> None:
    line, (market, other) = updates(PAIR, OTHER)
    frame = {
        "truncated": lambda: market.update()[:-9],
        "negative": lambda: market.update(b=[["100", "-1"]]),
        "no first id": lambda: market.update(U=None),
        "event": lambda: market.update().replace(b'"update"', b'"all"'),
    }[name]()
    (fetch,) = fetches(line.feed(frame, market.update()))
    assert line.states == ["BROKEN", "LIVE"]
    line.reply(fetch, market.rest())
    assert lives(line, market)
    line.feed(other.update())
    assert line.states == ["LIVE", "LIVE"]


@pytest.mark.parametrize("symbol", ["BTC_USDT", "ob.BTC_USDT", "ob.BTC_USDT.x", "x.BTC_USDT.400"])
def test_a_topic_that_is_none_breaks_its_book(symbol: str) -> None:
    line, (market, _) = obu(PAIR, OTHER)
    line.feed(market.change(s=symbol))
    assert line.states[0] == "BROKEN"
    assert line.connection.rejected == 1


def test_a_level_that_is_no_number_breaks_its_book() -> None:
    line, (market,) = updates()
    line.feed(market.update(l="all"))
    assert line.reasons == ["malformed"]


def test_frames_that_run_into_each_other_break_every_book_they_name() -> None:
    line, (market, other) = obu(PAIR, OTHER)
    trade = market.trade()
    line.feed(trade[:60] + b"\x81~\x01\x07" + other.change())
    assert line.states == ["LIVE", "BROKEN"]
    line, (market, other) = obu(PAIR, OTHER)
    line.feed(market.change()[:-20] + b"\x81~\x01\x07" + other.change())
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize("frame", [b"\xff", b"{", b'{"channel":"spot.obu","result":', b'{"channel":"spot\\u002eobu"'])
def test_bytes_that_may_have_held_any_book_break_all(frame: bytes) -> None:
    line, _ = obu(PAIR, OTHER)
    line.feed(frame)
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize("frame", [b"[]", b"3", b"{}", b'{"channel":"spot.tickers","result":'])
def test_frames_that_held_no_book_break_none(frame: bytes, live: tuple[Line, Gate]) -> None:
    line, _ = live
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


def test_other_channels_are_ignored_and_other_books_named(live: tuple[Line, Gate]) -> None:
    line, market = live
    line.feed(market.pushed("spot.tickers", {"last": "1"}), market.update())
    assert (line.connection.ignored, line.connection.rejected) == (2, 0)
    line.feed(Gate(OTHER).full(), Gate(OTHER).trade())
    named = [one.reason for one in of(Rejected, line.notices) if isinstance(one, Rejected)]
    assert len(named) == 2
    assert all("ETH_USDT" in reason for reason in named)
    assert line.states == ["LIVE"]


def test_a_crossed_book_is_broken(live: tuple[Line, Gate]) -> None:
    line, market = live
    line.feed(market.change([(1, 1002, 1)]))
    assert (line.states, line.reasons) == (["BROKEN"], ["crossed"])
    market.apply([(1, 1002, 0)])
    line.feed(market.full())
    assert line.states == ["LIVE"]


def test_an_off_grid_level_asks_for_the_pair_and_rebuilds(live: tuple[Line, Gate]) -> None:
    line, market = live
    (fetch,) = fetches(line.feed(market.change(b=[["99.95", "1"]])))
    assert line.reasons == ["off_grid"]
    assert fetch.path == "/api/v4/spot/currency_pairs/BTC_USDT"
    pair = {"id": "BTC_USDT", "base": "BTC", "quote": "USDT", "precision": 2, "amount_precision": 3}
    effects = line.reply(fetch, dump(pair | {"trade_status": "tradable"}))
    assert [event for _, event, _ in asked(effects)] == ["unsubscribe", "subscribe"]
    assert line.connection.instruments[0].tick == Decimal("0.01")
    finer = Gate(replace(PAIR, tick=Decimal("0.01")), bids={9995: 1}, asks={10000: 2})
    line.feed(finer.full())
    assert line.states == ["LIVE"]
    book = line.connection.books[0]
    assert (book.best_bid_ticks, book.best_ask_ticks) == (9995, 10000)


def test_exponents_are_numbers(live: tuple[Line, Gate]) -> None:
    line, market = live
    line.feed(market.change([(1, 950, 7)], b=[["9.5e1", "7e-3"]]))
    assert lives(line, market)
