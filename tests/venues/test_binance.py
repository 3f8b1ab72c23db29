"""Every rule of the three Binance products, one row or test each, with the violation that it must catch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fillcast.core.events import EXTRA, FIRST, KIND, LAST, LINK, LOTS, SENT_NS, SIDE, SNAPSHOT, TICKS, TOUCH, TRADES
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.venues import binance
from fillcast.venues.binance import BinanceConnection, Product
from fillcast.venues.protocol import Reconnect, Refused, Rejected, Send
from fillcast.venues.settings import Settings
from tests.venues.streams import (
    COINM,
    MILLISECOND,
    SECOND,
    SPOT,
    START_MS,
    USDM,
    USDM_OTHER,
    Line,
    Market,
    dump,
    fetches,
    of,
    sent,
)

PRODUCTS = {SPOT.venue: (binance.SPOT, SPOT), USDM.venue: (binance.USDM, USDM), COINM.venue: (binance.COINM, COINM)}
DEPTH_AND_TRADES = ("depth@100ms", "trade", "bookTicker")


@pytest.fixture(params=list(PRODUCTS))
def product(request: pytest.FixtureRequest) -> tuple[Product, Instrument]:
    return PRODUCTS[request.param]


@pytest.fixture(params=[True, False], ids=["compiled", "reference"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def connect(
    product: Product, *instruments: Instrument, settings: Settings | None = None, fast: bool = True
) -> BinanceConnection:
    return BinanceConnection(product, "/stream", instruments, DEPTH_AND_TRADES, settings=settings, fast=fast)


def usdm(settings: Settings | None = None, *, fast: bool = True) -> tuple[Line, Market]:
    """A line whose one USD-M book is LIVE."""
    return started(binance.USDM, USDM, settings, fast=fast)


def started(
    product: Product, instrument: Instrument, settings: Settings | None = None, *, fast: bool = True
) -> tuple[Line, Market]:
    line, market = Line(connect(product, instrument, settings=settings, fast=fast)), Market(instrument)
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    return line, market


# Subscribing.


def test_subscribes_by_message() -> None:
    connection = connect(binance.USDM, USDM, USDM_OTHER)
    assert sent(connection.opened(0, 0)) == [
        {
            "method": "SUBSCRIBE",
            "params": [f"{name}@{stream}" for name in ("btcusdt", "ethusdt") for stream in DEPTH_AND_TRADES],
            "id": 1,
        }
    ]


def test_many_streams_are_subscribed_in_batches() -> None:
    many = [replace(USDM, symbol=f"A{number}USDT") for number in range(120)]
    requests = sent(connect(binance.USDM, *many).opened(0, 0))
    assert all(len(request["params"]) <= 100 for request in requests)
    assert len({stream for request in requests for stream in request["params"]}) == 360
    assert len({request["id"] for request in requests}) == len(requests)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": 2, "msg": "Invalid request"}, "id": 1},
        {"code": 2, "msg": "Invalid request", "id": 1},
    ],
)
def test_a_refused_subscription_breaks_its_books_and_is_tried_again(answer: dict[str, object]) -> None:
    line = Line(connect(binance.USDM, USDM))
    line.open()
    line.feed(dump(answer))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["refused"]
    assert of(Refused, line.notices) == [Refused("binance_usdm:BTCUSDT", "2", "Invalid request")]
    again = []
    for _ in range(80):
        line.feed(dump({"result": None, "id": 77}))
        again += sent(line.wait(4))
    assert [request["method"] for request in again] == ["SUBSCRIBE"]
    market = Market(USDM)
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE"]


def test_an_acknowledgement_changes_nothing() -> None:
    line = Line(connect(binance.SPOT, SPOT))
    line.open()
    assert not line.feed(dump({"result": None, "id": 1}))
    assert line.states == ["SYNCING"]


def test_a_refusal_without_a_request_is_shown() -> None:
    line = Line(connect(binance.SPOT, SPOT))
    line.open()
    line.feed(dump({"error": {"code": 3, "msg": "Invalid JSON"}}))
    assert of(Refused, line.notices) == [Refused(None, "3", "Invalid JSON")]
    assert line.states == ["SYNCING"]


# Splice.


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


# Sequence.


def lost(market: Market) -> bytes:
    market.depth([(1, 1000, 99)])
    return market.depth()


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


# Broken content.


def truncated(market: Market) -> bytes:
    return market.depth()[:-7]


def not_a_number(market: Market) -> bytes:
    return market.depth(b=[["99.x", "1"]])


def a_float(market: Market) -> bytes:
    return market.depth(b=[[99.0, "1"]])


def long_level(market: Market) -> bytes:
    return market.depth(b=[["99.0", "1", "2"]])


def text_id(market: Market) -> bytes:
    return market.depth(u="5")


def ids_backwards(market: Market) -> bytes:
    return market.depth(U=market.last + 9)


def negative_id(market: Market) -> bytes:
    return market.depth(U=-5)


def no_link(market: Market) -> bytes:
    return market.depth(pu=None)


def no_time(market: Market) -> bytes:
    return market.depth(E=1 << 60)


def zero_price(market: Market) -> bytes:
    return market.depth(b=[["0.0", "1"]])


@pytest.mark.parametrize(
    "violation",
    [truncated, not_a_number, a_float, long_level, text_id, ids_backwards, negative_id, no_link, no_time, zero_price],
)
def test_an_update_that_cannot_be_understood_breaks_its_book_only(
    violation: Callable[[Market], bytes], fast: bool
) -> None:
    line = Line(connect(binance.USDM, USDM, USDM_OTHER, fast=fast))
    market, beside = Market(USDM), Market(USDM_OTHER)
    line.open()
    for each in (market, beside):
        (fetch,) = fetches(line.feed(each.depth()))
        line.reply(fetch, each.rest())
    line.feed(violation(market))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    assert line.connection.rejected == 1
    assert isinstance(line.notices[0], Rejected)
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_raw_update_that_cannot_be_understood_breaks_its_book() -> None:
    line, market = usdm()
    line.feed(b'{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,')
    assert line.states == ["BROKEN"]
    line, market = usdm()
    line.feed(b'{"e":"aggTrade","E":1,"s":"BTCUSDT",')
    line.feed(b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTr')
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 2
    line.feed(market.depth())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("frame", [b"", b"\xff{", b"[" * 100_000, b'{"data":' * 50_000])
def test_bytes_that_tell_nothing_break_every_book_and_never_raise(frame: bytes) -> None:
    line, _ = usdm()
    line.feed(frame)
    assert line.states == ["BROKEN"]


def test_a_symbol_that_is_not_followed_is_named_and_breaks_nothing() -> None:
    line, _ = usdm()
    line.feed(Market(USDM_OTHER).depth())
    assert line.states == ["LIVE"]
    (rejected,) = of(Rejected, line.notices)
    assert "ETHUSDT" in rejected.reason


def test_other_streams_are_ignored() -> None:
    line, market = usdm()
    line.feed(market.stream("markPrice@1s", {"e": "markPriceUpdate", "s": "BTCUSDT"}))
    line.feed(market.stream("depth5", {"lastUpdateId": 5, "bids": [], "asks": []}))
    assert line.connection.ignored == 2
    assert line.states == ["LIVE"]


@pytest.mark.parametrize("frame", [b'{"a":1}', b"[]"])
def test_what_is_no_event_is_rejected(frame: bytes) -> None:
    line, _ = usdm()
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


def test_a_crossed_book_is_broken(fast: bool) -> None:
    line, market = usdm(fast=fast)
    line.feed(market.depth([(1, 1002, 1)]))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["crossed"]


def test_deleting_a_level_that_is_not_there_is_normal(product: tuple[Product, Instrument]) -> None:
    line, market = started(*product)
    line.feed(market.depth([(1, 500, 0), (-1, 5000, 0)]))
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_raw_frames_are_read_as_combined_ones() -> None:
    line, market = usdm()
    frame = market.depth([(1, 1000, 3)])
    line.feed(frame.partition(b'"data":')[2][:-1])
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_an_off_grid_size_refetches_the_instrument_and_rebuilds(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = started(rules, one)
    (fetch,) = fetches(line.feed(market.depth(b=[["99.0", "0.0001"]])))
    assert line.reasons == ["off_grid"]
    assert fetch.path.startswith(f"{rules.rest}/exchangeInfo")
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "stepSize": "0.0001"},
    ]
    symbol = {"symbol": one.symbol, "baseAsset": "BTC", "quoteAsset": one.quote, "filters": filters}
    symbol |= {"status": "TRADING", "contractStatus": "TRADING", "contractSize": 100}
    line.reply(fetch, dump({"symbols": [symbol]}))
    assert str(line.connection.books[0].instrument.lot) == "0.0001"
    fine = Market(line.connection.instruments[0], last=market.last)
    (fetch,) = fetches(line.feed(fine.depth()))
    line.reply(fetch, fine.rest())
    line.feed(fine.depth())
    assert line.states == ["LIVE"]
    assert fine.same_as(line.connection.books[0])


# Life.


def test_a_quiet_line_is_asked_for_a_sign_of_life(product: tuple[Product, Instrument]) -> None:
    line, _ = started(*product)
    (question,) = of(Send, line.wait(6))
    assert isinstance(question, Send)
    (request,) = sent([question])
    assert request["method"] == "LIST_SUBSCRIPTIONS"
    line.feed(dump({"result": ["btcusdt@depth@100ms"], "id": request["id"]}))
    (request,) = sent(line.wait(6))
    line.feed(dump({"error": {"code": 0, "msg": "unknown"}, "id": request["id"]}))  # a sign of life as well
    assert line.states == ["LIVE"]
    assert not line.notices


def test_a_pong_of_the_socket_is_a_sign_of_life() -> None:
    line, _ = usdm()
    line.wait(9)
    line.keep(line.connection.pong(line.now_ns, line.now_ns))
    line.wait(9)
    assert line.states == ["LIVE"]
    line.wait(2)
    assert line.states == ["STALE"]
    line.keep(line.connection.pong(line.now_ns, line.now_ns))
    assert line.states == ["LIVE"]
    assert line.reasons == ["silence"]


def test_lag_makes_books_stale_and_its_end_live() -> None:
    line, market = usdm()
    line.feed(market.depth(), late_ms=2500)
    line.wait(0.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["lag"]
    line.feed(market.depth())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_slow_reply_is_no_lag() -> None:
    line, market = Line(connect(binance.USDM, USDM)), Market(USDM)
    line.open()
    (fetch,) = fetches(line.feed(market.depth(), market.depth()))
    line.now_ns += 4 * SECOND
    line.reply(fetch, market.rest())
    assert line.states == ["LIVE"]
    line.wait(0.5)
    assert line.states == ["LIVE"]


def test_the_connection_is_renewed_before_the_venue_ends_it() -> None:
    line, market = usdm()
    line.now_ns += 23 * 3600 * SECOND
    line.feed(market.depth())
    line.now_ns += 49 * 60 * SECOND
    line.feed(market.depth())
    assert not of(Reconnect, line.wait(0.25))
    line.now_ns += 2 * 60 * SECOND
    line.feed(market.depth())
    assert len(of(Reconnect, line.wait(2))) == 1


@pytest.mark.parametrize("wrapped", [True, False])
def test_an_announced_shutdown_reconnects(wrapped: bool) -> None:
    line, _ = usdm()
    event: dict[str, object] = {"e": "serverShutdown", "E": 1}
    frame = dump({"stream": "!serverShutdown", "data": event}) if wrapped else dump(event)
    assert len(of(Reconnect, line.feed(frame))) == 1


def test_a_lost_connection_starts_over(product: tuple[Product, Instrument]) -> None:
    line, market = started(*product)
    line.close()
    assert line.states == ["BROKEN"]
    effects = line.open()
    assert [request["method"] for request in sent(effects)] == ["SUBSCRIBE"]
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    assert line.reasons == ["disconnect"]
    assert len(line.recovered) == 1


# Trades and touch.


@pytest.mark.parametrize(("maker", "aggressor"), [(True, -1), (False, 1)])
@pytest.mark.parametrize("kind", ["trade", "aggTrade"])
def test_a_buyer_that_was_maker_means_that_the_taker_sold(kind: str, maker: bool, aggressor: int) -> None:
    line, market = usdm()
    event: dict[str, object] = {"e": kind, "E": 1_700_000_000_009, "s": "BTCUSDT", "p": "100.1", "q": "0.250"}
    event |= {"T": 1_700_000_000_007, "m": maker, ("t" if kind == "trade" else "a"): 4711}
    line.feed(market.stream(kind, event))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TRADES)
    assert events.messages[0, SENT_NS] == 1_700_000_000_009 * MILLISECOND
    row = events.message_rows(0)[0]
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 250, 4711)


def test_a_bad_trade_breaks_no_book() -> None:
    line, market = usdm()
    event: dict[str, object] = {
        "e": "trade",
        "E": 1,
        "s": "BTCUSDT",
        "p": "100.15",
        "q": "1",
        "T": 1,
        "m": True,
        "t": 1,
    }
    line.feed(market.stream("trade", event))
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1
    line.feed(market.stream("trade", event | {"X": "NA", "p": "0", "q": "0"}))
    assert (line.connection.rejected, line.connection.ignored) == (1, 1)


def test_a_connection_of_trades_carries_no_books() -> None:
    connection = BinanceConnection(binance.USDM, "/market/stream", [USDM, USDM_OTHER], ("aggTrade",))
    assert connection.books == ()
    line = Line(connection)
    line.open()
    event: dict[str, object] = {
        "e": "aggTrade",
        "E": 1,
        "s": "ETHUSDT",
        "p": "1.5",
        "q": "1",
        "T": 1,
        "m": True,
        "a": 1,
    }
    line.feed(Market(USDM_OTHER).stream("aggTrade", event))
    assert connection.events.messages[0, :2].tolist() == [TRADES, 1]
    line.feed(b'{"stream":"btcusdt@agg')
    line.wait(15)
    line.close()
    assert len(line.notices) == 1


def test_the_touch_is_compared_with_the_book_at_the_same_id(product: tuple[Product, Instrument], fast: bool) -> None:
    rules, one = product
    line, market = started(rules, one, Settings(check_touch=True), fast=fast)
    tally = line.connection.tally(0)
    line.feed(market.ticker())  # after its update
    assert line.connection.events.messages[0, KIND] == TOUCH
    update = market.depth([(1, 1001, 5)])
    line.feed(market.ticker(), update)  # before it
    assert (tally.touches_checked, tally.touches_matched) == (2, 2)
    line.feed(market.ticker(u=market.last - 1), market.ticker(u=market.last + 100), market.depth())
    assert (tally.touches_checked, tally.touches_matched) == (2, 2)
    assert line.states == ["LIVE"]
    assert not line.connection.books[0].held or line.connection.books[0].last_id < market.last + 100
    update = market.depth([(1, 1001, 6)])
    line.feed(market.ticker(B="0.007" if one is not COINM else "7"), update)
    assert line.states == ["BROKEN"]
    assert line.reasons == ["touch"]
    assert (tally.touches_checked, tally.touches_matched) == (3, 2)


def test_the_touch_is_not_compared_unless_asked() -> None:
    line, market = usdm()
    line.feed(market.ticker(B="9"))
    assert line.states == ["LIVE"]
    assert not line.connection.books[0].held


def test_events_carry_the_venues_ids() -> None:
    line, market = usdm()
    before = market.last
    line.feed(market.depth())
    message = line.connection.events.messages[0]
    assert message[[LINK, FIRST, LAST]].tolist() == [before, before + 1, market.last]
    line, market = started(binance.SPOT, SPOT)
    before = market.last
    line.feed(market.depth())
    message = line.connection.events.messages[0]
    assert message[[LINK, FIRST, LAST]].tolist() == [before, before + 1, market.last]


# Fresh snapshots.


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
    for _ in range(9):
        market.now_ms = line.now_ns // MILLISECOND
        line.feed(market.depth([(-1, lowest + 3, 5)]))
        assert not found or line.states == ["LIVE"]
        found += fetches(line.wait(4))
    assert line.states == ["LIVE"]
    assert [fetch.purpose for fetch in found] == ["refresh"] * wanted


# Recordings.


def test_a_snapshot_among_the_frames_is_a_snapshot(product: tuple[Product, Instrument]) -> None:
    rules, one = product
    line, market = Line(connect(rules, one)), Market(one)
    line.open()
    line.feed(market.depth(), market.depth())
    line.feed(market.rest())
    assert line.connection.events.messages[0, KIND] == SNAPSHOT
    assert line.states == ["LIVE"]
    line.feed(market.depth(), market.rest())  # another one: the book is right already
    assert market.same_as(line.connection.books[0])
    assert line.states == ["LIVE"]


def test_a_recorded_reply_is_matched_by_its_symbol() -> None:
    line, market = Line(connect(binance.USDM, USDM, USDM_OTHER)), Market(USDM_OTHER)
    line.open()
    line.feed(market.depth())
    line.keep(line.connection.snapshot_reply("ETHUSDT", market.rest(), line.now_ns, line.now_ns))
    assert line.states == ["SYNCING", "LIVE"]
    line.keep(line.connection.snapshot_reply("XRPUSDT", market.rest(), line.now_ns, line.now_ns))
    assert line.connection.ignored == 1
    line.feed(market.rest(symbol="XRPUSDT"))
    assert line.connection.rejected == 1
