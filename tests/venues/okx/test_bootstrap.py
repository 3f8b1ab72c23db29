"""The first book of OKX: the stream's own, or REST joined to the stream."""

from __future__ import annotations

import pytest

from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Refused, Rejected
from fillcast.venues.settings import Settings
from tests.venues.streams import (
    OKX,
    Line,
    Market,
    fetches,
    of,
    okx_ack,
)


def spliced(line: Line, market: Market) -> list[bytes]:
    """Withhold the stream's snapshot: after the wait a REST request is out."""
    line.open()
    frames = [market.okx_update([(1, 980 + step, step + 1)]) for step in range(2)]
    line.feed(okx_ack(), *frames)
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
