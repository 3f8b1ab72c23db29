"""Silence and lag, looked at whenever a book is asked about and after every batch, not only when a timer rings."""

from __future__ import annotations

import numpy as np
import pytest

from fillcast.core import layout_kernels as at
from fillcast.core.state import BookState
from fillcast.errors import NotLiveError
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import BinanceConnection
from fillcast.venues.lag import LagMeter
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import NOTHING, Gap, Recovered
from fillcast.venues.settings import Settings
from tests.venues.streams import MILLISECOND, OKX, OKX_OTHER, SECOND, USDM, Line, Market

MINUTE = 60 * SECOND


def on_time(line: Line, market: Market, frames: int = 5) -> None:
    """Receive updates each as it is sent."""
    for _ in range(frames):
        line.feed(market.okx_update())
        market.now_ms = line.now_ns // MILLISECOND


def test_health_knows_a_silence_that_no_timer_has_seen(live: tuple[Line, Market]) -> None:
    line, market = live
    on_time(line, market)
    later_ns = line.now_ns + 20 * SECOND
    health = line.connection.health(0, later_ns, later_ns)
    assert (health.state, health.age_ns) == (BookState.STALE, 20 * SECOND)
    assert "no sign of life" in health.reason
    with pytest.raises(NotLiveError):
        line.connection.books[0].walk(1, 1)
    (gap,) = line.keep(line.connection.judge(later_ns, later_ns))  # told with the next input
    assert isinstance(gap, Gap)
    assert gap.reason == "silence"


def test_health_leaves_a_line_in_time_alone(live: tuple[Line, Market]) -> None:
    line, market = live
    on_time(line, market)
    for wait_ns in (0, SECOND, 4 * SECOND - 1):
        asked_ns = line.now_ns + wait_ns
        assert line.connection.health(0, asked_ns, asked_ns).state is BookState.LIVE
        assert line.connection.judge(asked_ns, asked_ns) is NOTHING


def test_a_frame_that_came_late_is_judged_before_the_next_timer(live: tuple[Line, Market]) -> None:
    line, market = live
    on_time(line, market)
    line.feed(market.okx_update(), late_ms=8000)
    wall_ns = line.now_ns + 8 * SECOND
    assert line.connection.health(0, wall_ns, line.now_ns).state is BookState.STALE
    line.keep(line.connection.judge(wall_ns, line.now_ns))
    (gap,) = line.gaps
    assert (gap.reason, gap.detected_ns) == ("lag", wall_ns)
    line.feed(market.okx_update())
    assert line.states == ["LIVE"]


def test_judging_keeps_the_events_of_the_batch(live: tuple[Line, Market]) -> None:
    line, market = live
    line.feed(market.okx_update())
    before = line.connection.events.messages[0].copy()
    line.connection.judge(line.now_ns, line.now_ns)
    line.connection.health(0, line.now_ns, line.now_ns)
    assert line.connection.events.count == 1
    assert (line.connection.events.messages[0] == before).all()


def test_a_burst_after_a_stall_is_a_gap_even_when_it_catches_up(live: tuple[Line, Market]) -> None:
    line, market = live
    on_time(line, market)
    sent = []
    for _ in range(30):  # three seconds of frames, held back on the way
        market.now_ms += 100
        sent.append(market.okx_update([(1, 990, market.last)]))
        market.now_ms -= 100
    line.now_ns += 3 * SECOND
    for frame in sent:
        line.keep(line.connection.frame(frame, line.now_ns, line.now_ns))
    assert line.states == ["LIVE"]
    assert line.reasons == ["lag"]
    assert [end.gap for end in line.recovered] == line.gaps
    assert "ms late" in line.gaps[0].detail
    assert market.same_as(line.connection.books[0])


def test_a_stall_of_five_seconds_is_seen_while_it_lasts_and_when_it_ends(live: tuple[Line, Market]) -> None:
    line, market = live
    on_time(line, market)
    before_ns = line.now_ns
    held = []
    for _ in range(50):
        market.now_ms += 100
        held.append(market.okx_update([(1, 990, market.last)]))
        market.now_ms -= 100
    line.wait(4.9)
    assert line.states == ["STALE"]
    assert line.reasons == ["silence"]
    assert line.gaps[0].detected_ns - before_ns <= 4.25 * SECOND
    line.now_ns = before_ns + 5 * SECOND
    line.keep(line.connection.frame(held[0], line.now_ns, line.now_ns))
    assert line.states == ["STALE"]  # it lives, and it is late
    for frame in held[1:]:
        line.keep(line.connection.frame(frame, line.now_ns, line.now_ns))
    assert line.states == ["LIVE"]
    assert market.same_as(line.connection.books[0])


def test_a_quiet_line_that_answers_stays_live(live: tuple[Line, Market]) -> None:
    line, _ = live
    for _ in range(600):
        line.wait(0.25)
        if line.now_ns - line.connection.alive_ns >= 3 * SECOND:  # the answer takes a second
            line.feed(b"pong")
        assert line.connection.health(0, line.now_ns, line.now_ns).state is BookState.LIVE
    assert not line.notices


def test_recordings_may_pause() -> None:
    market, line = Market(OKX), Line(OkxConnection([OKX], settings=Settings(lag_limit_ns=None)))
    line.open()
    line.feed(market.okx_snapshot(), market.okx_update())
    line.now_ns += 60 * SECOND
    line.feed(market.okx_update())
    assert line.states == ["LIVE"]
    assert not line.notices


def test_a_connection_of_trades_is_judged_as_well() -> None:
    connection = BinanceConnection(binance.USDM, "/market/stream", [USDM], ("aggTrade",))
    connection.opened(0, 0)
    assert connection.judge(60 * SECOND, 60 * SECOND) is NOTHING


def test_late_books_are_late_together_and_told_once() -> None:
    market, other = Market(OKX), Market(OKX_OTHER)
    line = Line(OkxConnection([OKX, OKX_OTHER]))
    line.open()
    line.feed(market.okx_snapshot(), other.okx_snapshot(), market.okx_update(), other.okx_update())
    line.feed(market.okx_update(), late_ms=5000)
    for _ in range(3):
        line.keep(line.connection.judge(line.now_ns, line.now_ns))
    assert line.states == ["STALE", "STALE"]
    assert [gap.instrument for gap in line.gaps] == ["okx:BTC-USDT", "okx:ETH-USDT"]
    line.feed(market.okx_update())
    assert [type(notice) for notice in line.notices] == [Gap, Gap, Recovered, Recovered]


def meter(books: int = 1) -> tuple[LagMeter, np.ndarray]:
    memory = np.zeros((books + 1, at.HEADER), np.int64)
    return LagMeter(memory, 10 * MINUTE), memory[0]


def seen(lag: LagMeter, row: np.ndarray, now_ns: int, late_ns: int) -> int:
    """Let a frame arrive and return the lag."""
    row[at.RIGHT_NS] = now_ns
    lag.observe(0, now_ns, now_ns - late_ns)
    return lag.lag_ns()


def test_an_old_minimum_is_forgotten_by_time_however_few_frames_come() -> None:
    lag, row = meter()
    lag.turn(0)
    assert seen(lag, row, SECOND, 100) == 0
    assert seen(lag, row, 2 * SECOND, 900) == 800
    lag.turn(MINUTE)
    assert seen(lag, row, MINUTE, 900) == 800  # within the window
    for minute in range(2, 70):  # an hour without a frame, the timer goes on
        lag.turn(minute * MINUTE)
    assert seen(lag, row, 70 * MINUTE, 900) == 0  # the clock was set meanwhile, say
    assert seen(lag, row, 70 * MINUTE + 1, 1000) == 100


def test_an_old_minimum_is_forgotten_when_the_timer_stood_still_too() -> None:
    lag, row = meter()
    lag.turn(0)
    seen(lag, row, SECOND, 100)
    lag.turn(70 * MINUTE)  # a lost connection rings no timer
    assert seen(lag, row, 70 * MINUTE, 900) == 0


def test_a_minimum_lasts_a_window() -> None:
    lag, row = meter()
    lag.turn(0)
    seen(lag, row, 1, 100)
    for minute in range(1, 11):
        lag.turn(minute * MINUTE)
        assert seen(lag, row, minute * MINUTE, 500) == 400
    lag.turn(11 * MINUTE)
    assert seen(lag, row, 11 * MINUTE, 500) == 0


def test_the_latest_update_speaks_for_all_books_until_a_snapshot_takes_its_word_back() -> None:
    memory = np.zeros((4, at.HEADER), np.int64)
    lag = LagMeter(memory, 10 * MINUTE)
    lag.turn(0)
    assert lag.lag_ns() == 0
    for index, (right_ns, late_ns) in enumerate([(10, 100), (30, 700), (20, 400)]):
        memory[index, at.RIGHT_NS] = right_ns
        lag.observe(index, right_ns, right_ns - late_ns)
    assert lag.lag_ns() == 300  # the last that came, whatever its book
    lag.forget(0)
    assert lag.lag_ns() == 300
    lag.forget(2)
    assert lag.lag_ns() == 600  # now the latest of those that still tell
    lag.forget(1)
    assert lag.lag_ns() == 0
