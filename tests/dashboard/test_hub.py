"""Pages together: one moment for all parts of a frame, work shared, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from fillcast.core.state import BookState
from fillcast.dashboard.desk import Desk
from fillcast.dashboard.hub import Hub
from fillcast.dashboard.state import Page
from fillcast.dashboard.wire import CREDIT, PARTS, RESEND, VERSION, Asked
from tests.dashboard.market import BIDS, SPOT, SWAP, FakeSource, seen_of, view_of

FIRST = Asked(instrument=SPOT.key, size="5")
TICK_S = 1 / 60
OF_THE_BOOK = ("taken", "depth")


def decode(data: bytes) -> tuple[int, dict[str, Any]]:
    v, seq, sent_ms, parts = msgspec.msgpack.decode(data)
    assert v == VERSION
    assert sent_ms > 0
    assert {kind for kind, _ in parts} <= set(PARTS)
    return seq, dict(parts)


def moved(version: int):
    """Return a version of the book in which everything has changed a little."""
    return view_of(bids=[(ticks, lots + version) for ticks, lots in BIDS], version=version)


class Stage:
    """A hub whose clock and pages a test drives."""

    def __init__(self, *views, first: Asked = FIRST) -> None:
        self.source = FakeSource(*views)
        self.hub = Hub(self.source, first)
        self.now_s = 100.0

    def tick(self) -> dict[Page, tuple[int, dict[str, Any]]]:
        self.now_s += TICK_S
        frames = asyncio.run(self.hub.tick(self.now_s))
        self.hub.work(self.now_s, 10.0)
        return {page: decode(data) for page, data in frames}

    def credit(self, *pages: Page, message: bytes = CREDIT) -> None:
        for page in pages:
            self.hub.receive(page, message, self.now_s)


def versions_of(parts: dict[str, Any]) -> set[int]:
    """Return which versions of the book the parts of a frame rest on."""
    found = {parts[kind]["version"] for kind in OF_THE_BOOK if kind in parts}
    found |= {parts["book"]["version"]} if "book" in parts else set()
    return found | ({parts["forecast"]["book"]["version"]} if "forecast" in parts else set())


def test_the_first_frame_holds_everything_that_needs_no_study():
    stage = Stage()
    page = stage.hub.enter()
    assert stage.tick() == {}
    stage.credit(page)
    seq, parts = stage.tick()[page]
    assert seq == 1
    assert set(parts) == set(PARTS) - {"curve", "schedule", "frontier", "trades"}
    assert parts["book"]["base"] is None
    assert parts["errors"] == {"id": 0, "fields": {}}
    for version in range(2, 40):
        stage.source.set(moved(version))
        stage.credit(page)
        parts |= stage.tick().get(page, (0, {}))[1]
    assert set(parts) == set(PARTS) - {"trades"}
    for kind, body in parts.items():
        msgspec.convert(body, PARTS[kind])


def test_all_parts_of_a_frame_rest_on_one_version_of_the_book():
    stage = Stage()
    fast, slow = stage.hub.enter(), stage.hub.enter()
    frames = {fast: 0, slow: 0}
    for version in range(1, 200):
        stage.source.set(moved(version))
        stage.credit(fast, *([slow] if version % 7 == 0 else []))
        for page, (_, parts) in stage.tick().items():
            assert versions_of(parts) == {version}
            frames[page] += 1
    assert frames == {fast: 199, slow: 28}


def test_the_version_check_sees_a_part_of_an_older_book():
    assert versions_of({"book": {"version": 2}, "taken": {"version": 1}}) == {1, 2}


def test_a_hidden_page_costs_nothing():
    stage = Stage()
    page = stage.hub.enter()
    stage.credit(page)
    stage.tick()
    looks = len(stage.source.looks)
    for version in range(2, 50):
        stage.source.set(moved(version))
        assert stage.tick() == {}
    assert len(stage.source.looks) == looks


def test_a_page_that_was_away_is_current_with_its_first_frame():
    stage = Stage()
    page = stage.hub.enter()
    stage.credit(page)
    stage.tick()
    for version in range(2, 50):
        stage.source.set(moved(version))
        stage.tick()
    stage.credit(page)
    seq, parts = stage.tick()[page]
    assert seq == 2
    assert (parts["book"]["base"], parts["book"]["version"]) == (1, 49)


def test_lost_track_is_answered_with_everything():
    stage = Stage()
    page = stage.hub.enter()
    stage.credit(page)
    stage.tick()
    stage.credit(page, message=RESEND)
    _, parts = stage.tick()[page]
    assert parts["book"]["base"] is None
    assert {"instruments", "order", "forecast", "comparison", "health"} <= set(parts)


def test_a_page_whose_last_frame_is_on_its_way_is_not_made_another():
    stage = Stage()
    page = stage.hub.enter()
    page.is_sending = True
    stage.credit(page)
    assert stage.tick() == {}
    page.is_sending = False
    assert page in stage.tick()


def test_pages_that_ask_the_same_share_one_desk_and_one_answer(monkeypatch):
    stage = Stage()
    pages = [stage.hub.enter() for _ in range(20)]
    asked = msgspec.msgpack.encode(Asked(id=9, instrument=SPOT.key, size="7"))
    for page in pages:
        stage.credit(page, message=asked)
        stage.credit(page)
    assert len({id(page.desk) for page in pages}) == 1
    made = []
    original = Desk.live

    def counted(self, seen):
        if self._live is None or self._live.seen is not seen:
            made.append(seen)
        return original(self, seen)

    monkeypatch.setattr(Desk, "live", counted)
    frames = stage.tick()
    assert len(frames) == 20
    assert len(made) == 1
    assert all(parts["order"]["asked"]["id"] == 9 for _, parts in frames.values())


def test_studies_are_made_at_most_five_times_a_second_for_each_order():
    stage = Stage()
    pages = [stage.hub.enter() for _ in range(5)]
    told = 0
    for version in range(1, 121):  # two seconds
        stage.source.set(moved(version))
        stage.credit(pages[version % 5])
        told += sum("curve" in parts for _, parts in stage.tick().values())
    made = stage.hub.vitals.studying.n
    steps = 26 + 4 + 20  # of a curve, a schedule and a frontier, at the most
    assert made <= 11 * steps
    assert told > 0


def test_another_order_is_answered_with_the_next_frame():
    stage = Stage(view_of(), view_of(SWAP, [(500_000, 9_000)], [(500_010, 9_000)]))
    page = stage.hub.enter()
    stage.credit(page)
    stage.tick()
    stage.credit(page, message=msgspec.msgpack.encode(Asked(id=2, instrument=SWAP.key, size="1000usd")))
    stage.credit(page)
    _, parts = stage.tick()[page]
    assert parts["book"]["instrument"] == SWAP.key
    assert parts["book"]["base"] is None
    assert parts["forecast"]["instrument"] == SWAP.key
    assert parts["order"]["asked"]["id"] == 2
    assert parts["errors"] == {"id": 2, "fields": {}}


def test_an_order_that_cannot_be_used_leaves_the_one_in_force():
    stage = Stage()
    page = stage.hub.enter()
    stage.credit(page)
    stage.tick()
    stage.credit(page, message=msgspec.msgpack.encode(Asked(id=3, instrument=SPOT.key, size="-2")))
    stage.credit(page)
    _, parts = stage.tick()[page]
    assert parts["errors"]["id"] == 3
    assert "negative" in parts["errors"]["fields"]["size"]
    assert page.desk is not None
    assert page.desk.question.order.size.text == "5"


@pytest.mark.parametrize("message", [b"", b"\x03", b"\xc1", b"nonsense", b"\x81\xa4size\x01", b"\x81\xa3new\x01"])
def test_what_is_no_message_is_refused(message):
    stage = Stage()
    page = stage.hub.enter()
    with pytest.raises(msgspec.MsgspecError):
        stage.hub.receive(page, message, stage.now_s)


def test_a_book_that_goes_stale_is_told_at_once_with_the_last_forecast():
    stage = Stage()
    page = stage.hub.enter()
    for version in (1, 2):
        stage.source.set(moved(version))
        stage.credit(page)
        stage.tick()
    stage.now_s += 0.1
    stage.source.set(moved(2), state=BookState.STALE, reason="silent for 6 s")
    stage.credit(page)
    _, parts = stage.tick()[page]
    assert (parts["book"]["state"], parts["book"]["bid_ticks"]) == ("STALE", b"")
    assert parts["forecast"]["net"] is None
    assert parts["last"]["report"]["net"] is not None


def test_trades_are_told_once_and_what_was_missed_is_counted():
    stage = Stage()
    page = stage.hub.enter()
    trades = [(10**18 + n, 1 if n % 2 else -1, 683_000 + n, 100 + n) for n in range(10)]

    def play(first: int, end: int, version: int) -> dict[str, Any]:
        stage.source.seen[SPOT.key] = seen_of(moved(version), trades=trades[first:end], first_trade=first)
        stage.credit(page)
        return stage.tick()[page][1]

    assert "trades" not in play(0, 3, 1)  # those before the page came are not its own
    parts = play(0, 5, 2)["trades"]
    assert len(parts["sides"]) == 2
    assert parts["missed"] == 0
    assert stage.source.looks[-1][SPOT.key] == 3
    assert "trades" not in play(0, 5, 3)
    assert play(7, 10, 4)["trades"]["missed"] == 2


def test_the_size_asked_is_told_so_that_twice_as_much_stays_proven():
    stage = Stage()
    page = stage.hub.enter()
    stage.credit(page)
    stage.tick()
    assert stage.source.asked == {SPOT.key: 5_000}


def test_a_page_that_left_is_forgotten():
    stage = Stage()
    page = stage.hub.enter()
    stage.credit(page)
    stage.hub.leave(page)
    assert stage.tick() == {}
    assert not stage.hub.pages


def test_a_slow_page_is_current_and_takes_nothing_from_a_fast_one():
    stage = Stage()
    fast, slow = stage.hub.enter(), stage.hub.enter()
    for version in range(1, 61):
        stage.source.set(moved(version))
        stage.credit(fast, *([slow] if version % 20 == 1 else []))
        frames = stage.tick()
        assert frames[fast][1]["book"]["version"] == version
        if slow in frames:
            assert frames[slow][1]["book"]["version"] == version
    assert (fast.pacer.sequence, slow.pacer.sequence) == (60, 3)
