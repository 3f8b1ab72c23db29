"""Every rule of the OKX protocol, one row or test each, with the violation that it must catch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from fillcast.core.events import BOOK, EXTRA, KIND, LOTS, SIDE, SNAPSHOT, TICKS, TOUCH, TRADES, UPDATE
from fillcast.core.state import Proof
from fillcast.venues.okx import OkxConnection
from fillcast.venues.protocol import Reconnect, Refused, Rejected, Send, WakeAt
from fillcast.venues.settings import Settings
from tests.venues.streams import (
    MILLISECOND,
    OKX,
    OKX_OTHER,
    SECOND,
    Line,
    Market,
    dump,
    fetches,
    of,
    okx_text_checksum,
    sent,
)


@pytest.fixture(params=[True, False], ids=["compiled", "reference"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def live(fast: bool) -> tuple[Line, Market]:
    """A line whose one book is LIVE by the stream's own snapshot."""
    market = Market(OKX)
    line = Line(OkxConnection([OKX], fast=fast))
    line.open()
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]
    return line, market


def ack(channel: str = "books", symbol: str = "BTC-USDT") -> bytes:
    return dump({"event": "subscribe", "arg": {"channel": channel, "instId": symbol}, "connId": "a4d3ae55"})


# Subscribing.


def test_subscribes_to_books_and_trades_of_every_instrument() -> None:
    effects = OkxConnection([OKX, OKX_OTHER]).opened(0, 0)
    assert sent(effects) == [
        {
            "op": "subscribe",
            "args": [
                {"channel": channel, "instId": symbol}
                for channel in ("books", "trades")
                for symbol in ("BTC-USDT", "ETH-USDT")
            ],
        }
    ]
    assert of(WakeAt, effects)
    (request,) = sent(OkxConnection([OKX], trades=False, touch=True).opened(0, 0))
    assert [argument["channel"] for argument in request["args"]] == ["books", "bbo-tbt"]


def test_long_subscriptions_are_split_below_the_venues_limit() -> None:
    many = [replace(OKX, symbol=f"A{number}-USDT") for number in range(300)]
    requests = sent(OkxConnection(many, touch=True).opened(0, 0))
    assert sum(len(request["args"]) for request in requests) == 900
    assert all(len(json.dumps(request)) < 64 * 1024 for request in requests)
    assert len(requests) == 1  # 300 instruments still fit
    more = [replace(OKX, symbol=f"AVERYLONGNAME{number}-USDT") for number in range(500)]
    requests = sent(OkxConnection(more, touch=True).opened(0, 0))
    assert len(requests) == 2
    assert all(len(json.dumps(request, separators=(",", ":"))) < 64 * 1024 for request in requests)


def test_a_refused_subscription_breaks_its_book_and_is_tried_again() -> None:
    line = Line(OkxConnection([OKX, OKX_OTHER]))
    line.open()
    refusal = "Wrong URL or channel:books,instId:ETH-USDT doesn't exist. Please use the correct URL."
    line.feed(ack(), dump({"event": "error", "code": "60018", "msg": refusal, "connId": "1"}))
    assert line.states == ["SYNCING", "BROKEN"]
    assert line.reasons == ["refused"]
    assert "60018" in line.connection.books[1].reason
    refused = of(Refused, line.notices)
    assert refused == [Refused("okx:ETH-USDT", "60018", refusal)]
    market = Market(OKX)
    line.feed(market.okx_snapshot())
    effects = []
    for _ in range(61):  # five minutes of a quiet market
        line.feed(market.okx_keepalive(), b"pong")
        effects += line.wait(5)
    assert [(request["op"], request["args"][0]["instId"]) for request in sent(effects)][:2] == [
        ("unsubscribe", "ETH-USDT"),
        ("subscribe", "ETH-USDT"),
    ]


def test_a_refusal_that_names_no_book_is_shown() -> None:
    line = Line(OkxConnection([OKX]))
    line.open()
    line.feed(dump({"event": "error", "code": "60014", "msg": "Requests too frequent", "connId": "1"}))
    assert of(Refused, line.notices) == [Refused(None, "60014", "Requests too frequent")]
    assert line.states == ["SYNCING"]


def test_an_unconfirmed_subscription_is_made_again() -> None:
    line = Line(OkxConnection([OKX]))
    line.open()
    for _ in range(4):
        line.feed(b"pong")
        effects = line.wait(4)
    assert [request["op"] for request in sent(effects)] == ["unsubscribe", "subscribe"]


# Rule 1.3.


def test_snapshot_then_updates(live: tuple[Line, Market]) -> None:
    line, market = live
    book = line.connection.books[0]
    assert book.proof is Proof.SEQUENCE
    line.feed(market.okx_update([(1, 1000, 0), (-1, 1002, 55)], step=45), market.okx_update(step=7))
    assert line.states == ["LIVE"]
    assert market.same_as(book)
    assert book.last_id == market.last
    assert not line.notices


def gap(market: Market) -> bytes:
    market.apply([(1, 995, 99)], 12)  # never sent
    return market.okx_update()


def stale_link(market: Market) -> bytes:
    market.okx_update()
    market.before -= 1
    return market.okx("update", [], [["100.3", "1"]])


def foreign_keepalive(market: Market) -> bytes:
    market.apply([], 12)
    return market.okx_keepalive()


def foreign_reset(market: Market) -> bytes:
    return market.okx("update", [], [["100.3", "1"]], seqId=3, prevSeqId=market.last + 1)


def no_ids(market: Market) -> bytes:
    return market.okx("update", [], [["100.3", "1"]], seqId=None)


@pytest.mark.parametrize("violation", [gap, stale_link, foreign_keepalive, foreign_reset])
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
    line.feed(ack(), market.okx_snapshot(), market.okx_update())
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
    line.wait(8)
    line.feed(market.okx_keepalive())
    line.wait(8)
    assert line.states == ["LIVE"]
    assert book.version == version
    assert line.connection.tally(0).keepalives == 1
    health = line.connection.health(0, line.now_ns, line.now_ns)
    assert health.age_ns == 8 * SECOND
    assert health.last_change_ns > 16 * SECOND


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


# Bootstraps of 1.4.


def spliced(line: Line, market: Market) -> list[bytes]:
    """Withhold the stream's snapshot: after the wait a REST request is out."""
    line.open()
    frames = [market.okx_update([(1, 980 + step, step + 1)]) for step in range(2)]
    line.feed(ack(), *frames)
    return frames


def test_a_withheld_snapshot_is_spliced_from_rest(fast: bool) -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX], fast=fast))
    spliced(line, market)
    assert line.states == ["SYNCING"]
    effects = line.wait(3)
    (fetch,) = fetches(effects)
    assert fetch.path == "/api/v5/market/books?instId=BTC-USDT&sz=400&source=0"
    assert line.reasons == ["snapshot_missing"]
    body = market.okx_rest()
    line.feed(market.okx_update([(1, 1000, 3)]), market.okx_update([(-1, 1002, 3)]))
    line.reply(fetch, body)
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    line.feed(market.okx_update())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])
    assert [str(end.gap.reason) for end in line.recovered] == ["snapshot_missing"]


def test_a_snapshot_ahead_of_the_stream_waits_for_the_event_that_joins_it() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    spliced(line, market)
    (fetch,) = fetches(line.wait(3))
    late = [market.okx_update([(1, 970, 1)]), market.okx_update([(1, 971, 1)])]
    body = market.okx_rest()
    line.reply(fetch, body)
    assert line.states == ["SYNCING"]
    line.feed(late[0])
    assert line.states == ["SYNCING"]
    line.feed(late[1])  # brings the stream to where the snapshot stands
    assert line.states == ["LIVE"]
    line.feed(market.okx_update())
    assert market.same_as(line.connection.books[0])


def test_a_rest_snapshot_that_is_too_old_is_fetched_again() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    old = market.okx_rest()
    spliced(line, market)
    (fetch,) = fetches(line.wait(3))
    (again,) = fetches(line.reply(fetch, old))
    assert line.states == ["SYNCING"]
    assert again.not_before_ns > line.now_ns
    line.reply(again, market.okx_rest())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_the_first_event_is_passed_over_and_the_second_says_what_rest_must_reach() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    line.open()
    line.feed(market.okx_update([(1, 970, 1)]))
    assert not fetches(line.wait(4))  # one event does not tell
    (fetch,) = fetches(line.feed(market.okx_update([(1, 971, 1)])))
    line.reply(fetch, market.okx_rest())
    assert line.states == ["LIVE"]


def test_a_hole_among_the_held_events_starts_the_splice_over() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    spliced(line, market)
    (fetch,) = fetches(line.wait(3))
    body = market.okx_rest()
    market.okx_update([(1, 1000, 77)])  # lost
    line.feed(market.okx_update())
    (again,) = fetches(line.reply(fetch, body))  # cannot be joined any more
    assert line.states == ["SYNCING"]
    line.reply(again, market.okx_rest())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_reset_among_the_held_events_starts_the_splice_over() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    spliced(line, market)
    (fetch,) = fetches(line.wait(3))
    before, market.last = market.last, 2
    line.feed(market.okx_update(prevSeqId=before))
    line.reply(fetch, market.okx_rest(seqId=before))
    assert line.states == ["SYNCING"]
    (again,) = fetches(line.feed(market.okx_update()))
    line.reply(again, market.okx_rest())
    assert line.states == ["LIVE"]


def test_a_late_snapshot_of_the_stream_is_still_used() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    spliced(line, market)
    (fetch,) = fetches(line.wait(3))
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]
    line.reply(fetch, market.okx_rest())
    line.feed(market.okx_update())
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_the_streams_snapshot_can_be_distrusted() -> None:
    market = Market(OKX)
    line = Line(OkxConnection([OKX], settings=Settings(use_stream_snapshot=False)))
    line.open()
    assert not fetches(line.feed(market.okx_snapshot()))
    (fetch,) = fetches(line.feed(market.okx_update()))
    line.reply(fetch, market.okx_rest())
    assert line.states == ["LIVE"]
    assert not line.gaps


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, b"it did not answer in time"),
        (429, b'{"msg":"Too Many Requests","code":"50011"}'),
        (200, b'{"code":"50011","msg":"Too Many Requests","data":[]}'),
        (200, b'{"code":"0","msg":"","data":[{"asks":[["1","2"'),
        (200, b'{"code":"0","msg":"","data":[{"asks":[["x","2","0","1"]],"bids":[],"ts":"1","seqId":500}]}'),
        (200, b'{"code":"0","msg":"","data":[{"asks":[],"bids":[],"ts":"1"}]}'),
        (200, b"<html>"),
    ],
)
def test_a_failed_snapshot_is_fetched_again(status: int, body: bytes) -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    spliced(line, market)
    (fetch,) = fetches(line.wait(3))
    (again,) = fetches(line.reply(fetch, body, status))
    assert of(Refused, line.notices) or of(Rejected, line.notices)
    line.reply(again, market.okx_rest())
    assert line.states == ["LIVE"]


def test_a_reply_that_never_comes_is_asked_for_again() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    spliced(line, market)
    assert len(fetches(line.wait(3))) == 1
    again = []
    for _ in range(4):
        line.feed(b"pong")
        again += fetches(line.wait(4))
    assert len(again) == 1


# Broken content.


def truncated(market: Market) -> bytes:
    return market.okx_update()[:-9]


def not_json(market: Market) -> bytes:
    return market.okx_update().replace(b'"bids":[', b'"bids":{')


def not_a_number(market: Market) -> bytes:
    return market.okx("update", [["9x.9", "1"]], [])


def negative(market: Market) -> bytes:
    return market.okx("update", [["99.9", "-1"]], [])


def a_float(market: Market) -> bytes:
    return market.okx_update().replace(b'"99"', b"99")


def other_action(market: Market) -> bytes:
    return market.okx("replace", [], [])


def no_time(market: Market) -> bytes:
    return market.okx_update(ts="soon")


def long_level(market: Market) -> bytes:
    return market.okx_update().replace(b'"0","1"]', b'"0","1","2"]')


@pytest.mark.parametrize(
    "violation", [truncated, not_json, not_a_number, negative, a_float, other_action, no_time, long_level, no_ids]
)
def test_a_book_frame_that_cannot_be_understood_breaks_its_book_only(
    violation: Callable[[Market], bytes], fast: bool
) -> None:
    market, other = Market(OKX), Market(OKX_OTHER)
    line = Line(OkxConnection([OKX, OKX_OTHER], fast=fast))
    line.open()
    line.feed(market.okx_snapshot(), other.okx_snapshot())
    line.feed(violation(market))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    (rejected,) = of(Rejected, line.notices)
    assert isinstance(rejected, Rejected)
    assert rejected.reason
    assert rejected.excerpt.startswith('{"arg"')
    assert line.connection.rejected == 1
    line.feed(market.okx_snapshot(), market.okx_update(), other.okx_update())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line.connection.books[0])
    assert len(line.recovered) == 1


def test_bytes_that_tell_nothing_break_every_book() -> None:
    line = Line(OkxConnection([OKX, OKX_OTHER]))
    line.open()
    line.feed(Market(OKX).okx_snapshot(), Market(OKX_OTHER).okx_snapshot(), b"\xff\x00{")
    assert line.states == ["BROKEN", "BROKEN"]


@pytest.mark.parametrize("frame", [b'{"a":1}', b"[]", b"3", b'{"arg":{"channel":"tickers"},"data":'])
def test_frames_that_held_no_book_break_none(frame: bytes, live: tuple[Line, Market]) -> None:
    line, _ = live
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


@pytest.mark.parametrize("frame", [b"[" * 100_000, b'{"data":' * 50_000, b"\x00", b"{", b'"\\ud800"'])
def test_hostile_bytes_never_raise(frame: bytes, live: tuple[Line, Market]) -> None:
    line, market = live
    line.feed(frame)
    assert line.connection.rejected == 1
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


def test_a_book_that_is_not_followed_is_named_and_breaks_nothing(live: tuple[Line, Market]) -> None:
    line, _ = live
    line.feed(Market(OKX_OTHER).okx_snapshot())
    assert line.states == ["LIVE"]
    (rejected,) = of(Rejected, line.notices)
    assert "ETH-USDT" in rejected.reason


def test_other_channels_are_ignored(live: tuple[Line, Market]) -> None:
    line, _ = live
    line.feed(dump({"arg": {"channel": "tickers", "instId": "BTC-USDT"}, "data": [{"last": "1"}]}))
    assert line.connection.ignored == 1
    assert not line.notices


def test_a_crossed_book_is_broken(live: tuple[Line, Market]) -> None:
    line, market = live
    line.feed(market.okx_update([(1, 1002, 1)]))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["crossed"]
    assert line.connection.tally(0).crossed == 1


def test_a_crossed_snapshot_is_broken() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX]))
    market.apply([(1, 1002, 1)])
    line.open()
    line.feed(market.okx_snapshot())
    assert line.states == ["BROKEN"]


def test_a_checksum_is_checked_when_there_is_one(live: tuple[Line, Market]) -> None:
    line, market = live
    book = line.connection.books[0]
    shadow = Market(OKX)
    market.apply([(1, 995, 4)])
    shadow_line = Line(OkxConnection([OKX]))
    shadow_line.open()
    shadow_line.feed(market.okx_snapshot())
    _, right = okx_text_checksum(shadow_line.connection.books[0])
    frame = market.okx("update", [["99.5", "0.004"]], [], checksum=right, prevSeqId=shadow.last)
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert book.checksum() == right
    market.apply([(1, 994, 4)])
    line.feed(market.okx("update", [["99.4", "0.004"]], [], checksum=right))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["checksum"]
    assert str(right) in line.gaps[0].detail


def test_an_off_grid_price_refetches_the_instrument_and_rebuilds(live: tuple[Line, Market]) -> None:
    line, market = live
    effects = line.feed(market.okx("update", [["99.95", "1"]], [], prevSeqId=100, seqId=101))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["off_grid"]
    (fetch,) = fetches(effects)
    assert fetch.path == "/api/v5/public/instruments?instType=SPOT"
    finer = replace(OKX, tick=OKX.tick / 10)
    entry = {"instId": "BTC-USDT", "instType": "SPOT", "state": "live", "tickSz": "0.01", "lotSz": "0.001"}
    entry |= {"baseCcy": "BTC", "quoteCcy": "USDT"}
    effects = line.reply(fetch, dump({"code": "0", "msg": "", "data": [entry]}))
    assert line.connection.instruments[0].tick == finer.tick
    assert [request["op"] for request in sent(effects)] == ["unsubscribe", "subscribe"]
    fine = Market(finer, bids={9995: 1}, asks={10000: 2})
    line.feed(fine.okx_snapshot(), fine.okx_update([(1, 9994, 2)]))
    assert line.states == ["LIVE"]
    assert fine.same_as(line.connection.books[0])
    assert "new grid: tick 0.01" in line.recovered[0].gap.detail


@pytest.mark.parametrize("body", [b'{"code":"0","msg":"","data":[]}', b'{"code":"50011","msg":"busy"}', b"{"])
def test_metadata_that_does_not_help_gives_the_finest_digits_seen(body: bytes, live: tuple[Line, Market]) -> None:
    line, market = live
    (fetch,) = fetches(line.feed(market.okx("update", [["99.95", "0.00001"]], [], prevSeqId=100, seqId=101)))
    line.reply(fetch, body)
    one = line.connection.instruments[0]
    assert (str(one.tick), str(one.lot)) == ("0.01", "0.00001")
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]
    assert "does not fit" in line.recovered[0].gap.detail


def test_a_number_too_large_for_a_book_is_malformed(live: tuple[Line, Market]) -> None:
    line, market = live
    line.feed(market.okx("update", [["99.9", "1e30"]], [], prevSeqId=100, seqId=101))
    assert line.reasons == ["malformed"]


def test_exponents_are_numbers(live: tuple[Line, Market]) -> None:
    line, market = live
    market.apply([(1, 950, 7)])
    line.feed(market.okx("update", [["9.5e1", "7e-3"]], []))
    assert market.same_as(line.connection.books[0])


# Life, lag, limits.


def test_a_quiet_line_is_asked_for_a_sign_of_life(live: tuple[Line, Market]) -> None:
    line, _ = live
    effects = line.wait(6)
    assert of(Send, effects) == [Send("ping", weight=0)]
    line.feed(b"pong")
    assert of(Send, line.wait(6)) == [Send("ping", weight=0)]
    assert line.states == ["LIVE"]
    assert not line.notices


def test_silence_makes_books_stale_and_life_brings_them_back(live: tuple[Line, Market]) -> None:
    line, market = live
    line.wait(10.5)
    assert line.states == ["STALE"]
    (found,) = line.gaps
    assert str(found.reason) == "silence"
    line.feed(b"pong")
    assert line.states == ["LIVE"]
    assert line.recovered[0].gap == found
    line.feed(market.okx_update())
    assert market.same_as(line.connection.books[0])


def test_a_gap_after_silence_is_a_gap_of_its_own(live: tuple[Line, Market]) -> None:
    line, market = live
    line.wait(10.5)
    line.feed(gap(market))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["silence", "sequence"]
    assert line.gaps[0].start_ns == line.gaps[1].start_ns
    line.feed(market.okx_snapshot())
    assert str(line.recovered[0].gap.reason) == "sequence"


def test_a_dead_line_is_given_up_once(live: tuple[Line, Market]) -> None:
    line, _ = live
    assert len(of(Reconnect, line.wait(40))) == 1


def test_lag_makes_books_stale_until_it_is_over(live: tuple[Line, Market]) -> None:
    line, market = live
    for _ in range(5):
        line.feed(market.okx_update())
        line.now_ns = market.now_ms * MILLISECOND
    line.feed(market.okx_update(), late_ms=2500)
    line.wait(0.25)
    assert line.states == ["STALE"]
    assert line.reasons == ["lag"]
    assert "late" in line.connection.books[0].reason
    health = line.connection.health(0, line.now_ns, line.now_ns)
    assert health.lag_ns >= 2 * SECOND
    line.feed(market.okx_update(), late_ms=1500)
    assert line.states == ["STALE"]  # better, not over
    line.feed(market.okx_update(), late_ms=100)
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_clocks_that_run_apart_are_no_lag(fast: bool) -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX], fast=fast))
    line.now_ns -= 1300 * MILLISECOND
    line.open()
    line.feed(market.okx_snapshot(), *(market.okx_update() for _ in range(20)))
    line.wait(1)
    assert line.states == ["LIVE"]
    assert line.connection.health(0, line.now_ns, line.now_ns).lag_ns < SECOND


def test_a_lost_connection_breaks_every_book_until_it_is_back(live: tuple[Line, Market]) -> None:
    line, market = live
    line.close()
    assert line.states == ["BROKEN"]
    assert line.reasons == ["disconnect"]
    assert line.connection.books[0].proof is Proof.NONE
    assert not line.wait(5)  # nothing to do without a socket
    line.open()
    assert line.states == ["SYNCING"]
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]
    assert len(line.recovered) == 1
    assert line.connection.reconnects == 1


def test_a_connection_that_never_carried_a_book_leaves_no_gap() -> None:
    line = Line(OkxConnection([OKX]))
    line.open()
    line.close()
    assert line.states == ["BROKEN"]
    assert not line.gaps


def test_an_announced_upgrade_reconnects(live: tuple[Line, Market]) -> None:
    line, _ = live
    notice = {"event": "notice", "code": "64008", "msg": "The connection will soon be closed", "connId": "1"}
    assert len(of(Reconnect, line.feed(dump(notice)))) == 1


def test_resubscriptions_stay_within_the_hourly_limit() -> None:
    settings = Settings(resync_spacing_ns=1, resync_spacing_max_ns=1)
    line, market = Line(OkxConnection([OKX], settings=settings)), Market(OKX)
    requests = sent(line.open())
    held_back = False
    for _ in range(300):
        line.feed(market.okx_snapshot())
        requests += sent(line.feed(gap(market)) + line.wait(0.25))
        held_back |= "held back" in line.connection.books[0].reason
    assert held_back
    assert 470 <= len(requests) <= 480
    last_ns = line.now_ns
    while len(requests) <= 480 and line.now_ns < last_ns + 3600 * SECOND:
        line.now_ns += 60 * SECOND
        requests += sent(line.feed(b"pong") + line.wait(0.25))
    assert len(requests) > 480  # an hour after the first, there is room again
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


def test_a_book_that_breaks_again_and_again_is_resynced_ever_later(live: tuple[Line, Market]) -> None:
    line, market = live
    pauses = []
    for _ in range(5):
        started = line.now_ns
        requests = sent(line.feed(gap(market)))
        while not requests:
            requests = sent(line.feed(b"pong") + line.wait(0.25))
        pauses.append(line.now_ns - started)
        line.feed(market.okx_snapshot())
    assert pauses == sorted(pauses)
    assert pauses[0] < SECOND < pauses[-1]


# Trades and touch.


@pytest.mark.parametrize(("side", "aggressor"), [("buy", 1), ("sell", -1)])
def test_trades_carry_the_takers_side(side: str, aggressor: int, live: tuple[Line, Market]) -> None:
    line, _ = live
    entry = {"instId": "BTC-USDT", "tradeId": "130639474", "px": "100.1", "sz": "0.12", "side": side}
    entry |= {"ts": "1630048897897", "count": "3"}
    line.feed(dump({"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [entry, entry]}))
    events = line.connection.events
    assert events.count == 2
    assert events.messages[0, KIND] == TRADES
    row = events.message_rows(1)[0]
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 120, 130639474)
    assert line.connection.tally(0).trades == 2


@pytest.mark.parametrize("change", [{"side": "hold"}, {"px": "100.15"}, {"sz": "x"}, {"ts": "?"}])
def test_a_bad_trade_is_rejected_and_breaks_no_book(change: dict[str, str], live: tuple[Line, Market]) -> None:
    line, _ = live
    entry = {"instId": "BTC-USDT", "tradeId": "1", "px": "100.1", "sz": "0.12", "side": "buy", "ts": "1"} | change
    line.feed(dump({"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [entry]}))
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1
    assert line.connection.events.count == 0


def test_the_touch_is_an_event(live: tuple[Line, Market]) -> None:
    line, _ = live
    entry = {"asks": [["100.2", "1", "0", "1"]], "bids": [["100", "2", "0", "1"]], "ts": "5", "seqId": 9}
    line.feed(dump({"arg": {"channel": "bbo-tbt", "instId": "BTC-USDT"}, "data": [entry]}))
    events = line.connection.events
    assert (events.count, events.messages[0, KIND]) == (1, TOUCH)
    assert events.message_rows(0).tolist() == [[-1, 1002, 1000, 0], [1, 1000, 2000, 0]]


def test_events_name_their_book_and_kind() -> None:
    market, other = Market(OKX), Market(OKX_OTHER)
    line = Line(OkxConnection([OKX, OKX_OTHER]))
    line.open()
    events = line.connection.events
    line.feed(other.okx_snapshot())
    assert (events.count, events.messages[0, KIND], events.messages[0, BOOK]) == (1, SNAPSHOT, 1)
    line.feed(other.okx_update())
    assert (events.count, events.messages[0, KIND], events.messages[0, BOOK]) == (1, UPDATE, 1)
    line.feed(market.okx_snapshot(), market.okx_snapshot()[:-3])
    assert events.count == 0
