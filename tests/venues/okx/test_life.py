"""Signs of life, lag, and the limits of OKX."""

from __future__ import annotations

from fillcast.core.state import Proof
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Reconnect, Send
from fillcast.venues.settings import Settings
from tests.venues.streams import (
    MILLISECOND,
    OKX,
    SECOND,
    Line,
    Market,
    dump,
    of,
    okx_lost,
    sent,
)


def test_a_quiet_line_is_asked_for_a_sign_of_life(live: tuple[Line, Market]) -> None:
    line, _ = live
    for _ in range(20):  # a minute without a change
        assert of(Send, line.wait(3)) == [Send("ping", weight=0)]
        line.feed(b"pong")
    assert line.connection.questions == 20
    assert line.states == ["LIVE"]
    assert not line.notices


def test_silence_makes_books_stale_and_life_brings_them_back(live: tuple[Line, Market]) -> None:
    line, market = live
    line.wait(3.75)
    assert line.states == ["LIVE"]
    line.wait(0.5)
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
    line.wait(4.5)
    line.feed(okx_lost(market))
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
        requests += sent(line.feed(okx_lost(market)) + line.wait(0.25))
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
        requests = sent(line.feed(okx_lost(market)))
        while not requests:
            requests = sent(line.feed(b"pong") + line.wait(0.25))
        pauses.append(line.now_ns - started)
        line.feed(market.okx_snapshot())
    assert pauses == sorted(pauses)
    assert pauses[0] < SECOND < pauses[-1]


def test_a_subscription_that_the_venue_ends_breaks_its_book_and_is_made_anew(live: tuple[Line, Market]) -> None:
    line, market = live
    ended = dump({"event": "unsubscribe", "arg": {"channel": "books", "instId": market.instrument.symbol}})
    effects = line.feed(ended)
    assert line.states == ["BROKEN"]
    assert line.reasons == ["refused"]
    assert [message["op"] for message in sent(effects)] == ["unsubscribe", "subscribe"]
    line.feed(ended)  # the first half of our own resync
    assert len(line.gaps) == 1
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


def test_a_book_without_keep_alives_is_not_live_for_ever(live: tuple[Line, Market]) -> None:
    line, market = live
    for _ in range(58):  # pongs alone prove the line, not the book
        line.wait(3)
        line.feed(b"pong")
    assert line.states == ["LIVE"]
    for _ in range(60):
        if line.states == ["LIVE"]:
            line.wait(0.25)
            line.feed(b"pong")
    assert line.states == ["BROKEN"]
    assert line.reasons == ["silence"]
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


def test_an_update_without_its_link_is_malformed(live: tuple[Line, Market]) -> None:
    line, market = live
    line.feed(market.okx_update().replace(b'"prevSeqId"', b'"other"'))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["malformed"]
