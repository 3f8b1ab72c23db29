"""One line per change of state: none is lost, none is for a frame."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest

from fillcast.feed.driven import Listener
from fillcast.feed.statistics import LinkStatus, Phase
from fillcast.runtime.log import log_to, opened_log
from fillcast.session.journal import Journal
from fillcast.session.opening import watch
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Gap, GapReason, Recovered, Rejected
from tests.feed.fakes import run, until
from tests.session.embedded import lab
from tests.venues.streams import OKX, Line, Market, okx_ack, okx_lost

Lines = list[dict[str, object]]


class Played:
    """An OKX book behind a journal: what a feed would tell for every frame goes to both."""

    def __init__(self, journal: Callable[..., Journal] = Journal) -> None:
        self.stream = io.StringIO()
        self.outer: list[str] = []
        note = Listener(on_notice=lambda _, notice: self.outer.append(type(notice).__name__))
        self.listener = journal(log_to(self.stream, as_json=True), note).listener
        self.market, self.line = Market(OKX), Line(OkxConnection([OKX]))
        self.line.open()

    def feed(self, *frames: bytes) -> None:
        for frame in frames:
            before = len(self.line.notices)
            self.line.feed(frame)
            for notice in self.line.notices[before:]:
                self.listener.on_notice(self.line.connection, notice)
            if self.listener.on_frame is not None:
                self.listener.on_frame(self.line.connection)
            self.listener.on_batch(self.line.connection)

    @property
    def lines(self) -> Lines:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def history(self) -> None:
        """Go LIVE, run for 500 frames, lose one, come back, run for 500 more."""
        self.feed(self.market.okx_snapshot())
        for _ in range(500):
            self.feed(self.market.okx_update())
        self.feed(okx_lost(self.market))
        self.feed(okx_ack(), self.market.okx_snapshot())
        for _ in range(500):
            self.feed(self.market.okx_update())


def check(played: Played) -> None:
    played.history()
    lines = played.lines
    assert [line["event"] for line in lines] == ["live", "gap", "recovered"]
    live, gap, recovered = lines
    assert live["proof"] == "sequence"
    assert (gap["instrument"], gap["reason"], gap["level"]) == ("okx:BTC-USDT", "sequence", "warning")
    assert "follows" in str(gap["detail"])
    assert recovered["gap_s"] == pytest.approx(0.3, abs=0.001)  # three frames, 100 ms apart
    assert played.outer == ["Gap", "Recovered"]


def test_a_thousand_frames_and_one_gap_are_three_lines() -> None:
    check(Played())


def test_a_line_for_every_frame_is_noticed() -> None:
    class Chatty(Journal):
        def _on_batch(self, connection: OkxConnection) -> None:
            self._log.info("frame")
            super()._on_batch(connection)

    with pytest.raises(AssertionError):
        check(Played(Chatty))


def test_a_change_that_is_not_written_is_noticed() -> None:
    class Forgetful(Journal):
        def _on_notice(self, connection: OkxConnection, notice: object) -> None:
            if not isinstance(notice, Recovered):
                super()._on_notice(connection, notice)

    with pytest.raises(AssertionError):
        check(Played(Forgetful))


def test_a_flood_of_rejected_frames_is_a_dozen_lines() -> None:
    played = Played()
    for _ in range(5_000):
        played.listener.on_notice(played.line.connection, Rejected("no JSON", "{"))
    assert [line["count"] for line in played.lines] == [2**power for power in range(13)]
    assert len(played.outer) == 5_000


def test_links_and_losses_are_told_with_their_figures() -> None:
    played = Played()
    status = LinkStatus(
        "okx#1", "ws://127.0.0.1/", Phase.WAITING, "closed; attempt 2 in 1.0 s", 2, 5, ("okx:BTC-USDT",)
    )
    assert played.listener.on_link is not None
    played.listener.on_link(status)
    played.listener.on_notice(played.line.connection, Gap("okx:BTC-USDT", 1, 2, GapReason.SEQUENCE, "a hole", 4))
    (link, gap) = played.lines
    assert (link["connection"], link["phase"], link["attempt"], link["level"]) == ("okx#1", "waiting", 2, "warning")
    assert gap["lost"] == 4


def test_a_session_writes_to_the_current_log(tmp_path) -> None:
    async def main() -> None:
        path = tmp_path / "log.jsonl"
        key = "okx:BTC-USDT"
        async with lab() as url:
            with opened_log(str(path)):
                async with watch([key], endpoints={"okx": url}) as session:
                    await session.live(key)
                    await until(lambda: session.feed.statistics().frames > 50)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["event"] for line in lines][:3] == ["link", "link", "live"]
        assert [line["phase"] for line in lines if line["event"] == "link"] == ["connecting", "open", "closed"]
        assert len(lines) == 4

    run(main(), 60.0)
