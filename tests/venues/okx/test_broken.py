"""OKX frames that cannot be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Rejected
from tests.venues.streams import (
    OKX,
    OKX_OTHER,
    Line,
    Market,
    dump,
    fetches,
    of,
    okx_text_checksum,
    sent,
)


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


def no_ids(market: Market) -> bytes:
    return market.okx("update", [], [["100.3", "1"]], seqId=None)


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
