"""What the witness makes of frames, gaps and trades; numbers that can be told by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from fillcast.core.state import BookState
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Counters, Phase
from fillcast.session.doctor.evidence import Asked, lag_spread, spread
from fillcast.session.doctor.telling import refusals, rejections
from fillcast.session.doctor.witness import Witness, _Watched, holes, note_trade
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Gap, GapReason, Recovered, Refused, Rejected
from tests.feed.virtual import VirtualClock
from tests.venues.streams import MILLISECOND, OKX, START_MS, Market, dump


class Scene:
    """One OKX connection, driven by hand as a client would, with a witness beside it."""

    def __init__(self) -> None:
        self.time = VirtualClock(START_MS * MILLISECOND)
        self.connection = OkxConnection([OKX], fast=False)
        self.market = Market(OKX)
        self.counters = Counters()
        self.witness = Witness([self.connection], Settings(), self.time.clock())
        client = SimpleNamespace(
            connection=self.connection,
            counters=self.counters,
            url="wss://ws.okx.com:8443/ws/v5/public",
            status=SimpleNamespace(phase=Phase.OPEN),
            round_trips_s=[0.02],
        )
        statistics = SimpleNamespace(rejected=0, refused=0, frame_bytes=0, largest_batch=0, throttled=0)
        self.feed = SimpleNamespace(
            clients=(client,), gap_log=[], notices=[], statistics=lambda: self.totals(statistics)
        )
        self.witness.follow(self.feed)  # type: ignore[arg-type]

    def totals(self, statistics: SimpleNamespace) -> SimpleNamespace:
        counted = self.counters
        names = ("connects", "failed_attempts", "reconnects", "frames")
        return SimpleNamespace(**vars(statistics), **{name: getattr(counted, name) for name in names})

    def open(self) -> None:
        self.counters.connects += 1
        self.connection.opened(self.time.now_ns, self.time.now_ns)
        self.witness.listener.on_batch(self.connection)  # type: ignore[misc]

    def frame(self, data: bytes, after_ms: int) -> None:
        self.time.now_ns += after_ms * MILLISECOND
        self.connection.frame(data, self.time.now_ns, self.time.now_ns)
        self.witness.listener.on_frame(self.connection)  # type: ignore[misc]
        self.witness.listener.on_batch(self.connection)  # type: ignore[misc]

    def trade(self, side: str, price: str) -> bytes:
        entry = {"instId": OKX.symbol, "tradeId": "1", "px": price, "sz": "1", "side": side, "ts": str(START_MS)}
        return dump({"arg": {"channel": "trades", "instId": OKX.symbol}, "data": [entry]})


def test_a_first_book_updates_and_trades_are_counted_with_their_times() -> None:
    scene = Scene()
    scene.time.now_ns += 40 * MILLISECOND
    scene.open()
    scene.frame(scene.market.okx_snapshot(), 10)
    for after_ms in (100, 120, 500):
        scene.frame(scene.market.okx_update(), after_ms)
    for side, price in (("buy", "100.2"), ("sell", "100.2"), ("sell", "100"), ("buy", "100.1")):  # touch 100, 100.2
        scene.frame(scene.trade(side, price), 1)
    scene.time.now_ns += 900 * MILLISECOND
    seen = scene.witness.evidence("okx", 7, Asked())
    (book,) = seen.books
    assert (seen.line.rest_ns, seen.line.host) == (7, "ws.okx.com:8443")
    assert seen.line.connect_ns == 40 * MILLISECOND
    assert book.first is not None
    assert (book.first.from_rest, book.first.after_ns, book.first.levels) == (False, 10 * MILLISECOND, (20, 20))
    assert (book.state, book.tally.updates, book.tally.trades) == (BookState.LIVE, 3, 4)
    assert book.intervals is not None
    assert (book.intervals.count, book.intervals.least, book.intervals.most) == (
        2,
        120 * MILLISECOND,
        500 * MILLISECOND,
    )
    assert (book.buys, book.sells, book.sided, book.compared) == (2, 2, 2, 3), "a trade at the mid tells nothing"
    assert seen.line.silence_ns == 900 * MILLISECOND, "since the last frame"
    assert seen.line.round_trips is not None
    assert seen.line.round_trips.median == 20 * MILLISECOND
    # The market's frames are stamped 100 ms apart from its start; they came 150, 270 and 770 ms after it.
    assert seen.delays is not None
    assert seen.lag is not None
    assert (seen.delays.least, seen.delays.most) == (50 * MILLISECOND, 470 * MILLISECOND)
    assert (seen.lag.least, seen.lag.median, seen.lag.most) == (0, 20 * MILLISECOND, 420 * MILLISECOND)


def test_a_trade_beside_a_live_book_without_a_mid_is_counted_and_not_compared() -> None:
    """A market whose last ask is gone has no mid: a trade there says nothing of its aggressor."""
    book = SimpleNamespace(state=BookState.LIVE, mid_ticks=math.nan)
    one = _Watched(OKX, book)  # type: ignore[arg-type]
    note_trade(one, 1, 1002)
    assert (one.buys, one.sided, one.compared) == (1, 0, 0)
    book.mid_ticks = 1001.0
    note_trade(one, 1, 1002)
    note_trade(one, -1, 1001)
    assert (one.buys, one.sells, one.sided, one.compared) == (2, 1, 1, 1)


def test_a_pause_between_sockets_is_neither_silence_nor_an_interval() -> None:
    scene = Scene()
    scene.open()
    scene.frame(scene.market.okx_snapshot(), 10)
    scene.frame(scene.market.okx_update(), 100)
    scene.connection.closed("gone", scene.time.now_ns, scene.time.now_ns)
    scene.time.now_ns += 5_000 * MILLISECOND
    scene.open()
    scene.frame(scene.market.okx_snapshot(), 30)
    scene.frame(scene.market.okx_update(), 100)
    seen = scene.witness.evidence("okx", 0, Asked())
    assert seen.line.silence_ns == 100 * MILLISECOND
    assert seen.books[0].intervals is None


def test_gaps_are_paired_with_what_ended_them() -> None:
    lost, crossed, other = (
        Gap(key, 0, 10, reason, "")
        for key, reason in (("a", GapReason.SEQUENCE), ("a", GapReason.CROSSED), ("b", GapReason.LAG))
    )
    found = holes([lost, other, Recovered("a", lost, 25), crossed])
    assert [(hole.gap, hole.live_after_ns) for hole in found] == [(lost, 15), (other, None), (crossed, None)]


def test_notices_are_told_in_words() -> None:
    notices = [Rejected("no JSON", "{" * 200), Refused("okx:A", "60018", "no such channel"), Refused(None, "1", "busy")]
    assert list(rejections(notices)) == [f"rejected: no JSON ({'{' * 60})"]
    assert list(refusals(notices)) == ["refused okx:A: no such channel (code 60018)", "refused: busy (code 1)"]


def test_spreads_are_of_times_that_occurred() -> None:
    found = spread([5, 1, 4, 2, 3])
    assert found is not None
    assert (found.count, found.least, found.median, found.p99, found.most) == (5, 1, 3, 4, 5)
    assert spread([]) is None
    assert lag_spread([]) is None


@pytest.mark.parametrize(("delays", "most"), [([7, 7, 7], 0), ([9, 5, 8], 3), ([5, 9, 2], 4)])
def test_lag_counts_from_the_least_delay_so_far(delays: list[int], most: int) -> None:
    found = lag_spread(delays)
    assert found is not None
    assert found.most == most
