"""A frame taken in two steps does what it does in one, and the mark stands between reading and applying."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest

from fillcast.venues.binance import connection as binance
from fillcast.venues.connection import Connection
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.steps import Steps
from tests.venues.kraken.market import HEARTBEAT, kraken_live
from tests.venues.streams import MILLISECOND, OKX, USDM, Edit, Line, Market, connect, fetches, lost, okx_lost


class TwoSteps:
    """A connection each of whose frames is taken in two steps; what the book was at each mark is kept."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.before = self.rows()
        self.marks = 0
        self.untouched = True

    def rows(self) -> np.ndarray:
        return self.connection.rows.copy()

    def note(self) -> None:
        self.marks += 1
        self.untouched &= bool((self.connection.rows == self.before).all())

    def frame(self, data: bytes, wall_ns: int, mono_ns: int) -> object:
        self.before = self.rows()
        return self.connection.frame_in_steps(data, wall_ns, mono_ns, self.note)


def edits(draw: random.Random) -> list[Edit]:
    return [
        (side, draw.randrange(960, 1001) if side > 0 else draw.randrange(1002, 1040), draw.randrange(0, 60))
        for side in draw.choices((1, -1), k=draw.randrange(1, 12))
    ]


def okx_market(fast: bool) -> tuple[Line, Market, Callable[[list[Edit]], bytes]]:
    market, line = Market(OKX), Line(OkxConnection([OKX], fast=fast))
    line.open()
    line.feed(market.okx_snapshot())
    return line, market, market.okx_update


def usdm_market(fast: bool) -> tuple[Line, Market, Callable[[list[Edit]], bytes]]:
    market, line = Market(USDM), Line(connect(binance.USDM, USDM, fast=fast))
    line.open()
    (fetch,) = fetches(line.feed(market.depth()))
    line.reply(fetch, market.rest())
    line.feed(market.depth())
    return line, market, market.depth


MARKETS = {"okx": okx_market, "binance_usdm": usdm_market}
BREAKS = {"okx": okx_lost, "binance_usdm": lost}


@pytest.mark.parametrize("venue", MARKETS)
def test_two_steps_do_what_one_does(venue: str, fast: bool) -> None:
    line, market, update = MARKETS[venue](fast)
    other, _, _ = MARKETS[venue](fast)
    stepped, draw = TwoSteps(other.connection), random.Random(7)
    for number in range(200):
        frame = BREAKS[venue](market) if number == 150 else update(edits(draw))
        line.now_ns += 100 * MILLISECOND
        plain = line.connection.frame(frame, line.now_ns, line.now_ns)
        assert stepped.frame(frame, line.now_ns, line.now_ns) == plain
        assert (other.connection.rows == line.connection.rows).all()
        events, theirs = line.connection.events, other.connection.events
        assert (events.messages[: events.count] == theirs.messages[: theirs.count]).all()
        if number < 150:
            assert line.states == ["LIVE"]
            assert stepped.marks == number + 1, "not one mark a frame"
    assert stepped.untouched, "a book had changed when its frame was called read"
    assert stepped.marks < 200, "a frame that changed no book was marked"


def test_a_checksum_is_judged_in_steps_too() -> None:
    """The compiled reader of OKX's recorded dialect checks a CRC after it has applied."""
    answers = []
    for stepwise in (False, True):
        line, market, _ = okx_market(fast=True)
        frame = market.okx_update([(1, 999, 3)], checksum=12345)
        line.now_ns += 100 * MILLISECOND
        take = TwoSteps(line.connection).frame if stepwise else line.connection.frame
        answers.append(line.keep(take(frame, line.now_ns, line.now_ns)))
        assert line.reasons == ["checksum"]
    assert answers[0] == answers[1]


def test_venues_without_compiled_code_are_marked_once_a_frame() -> None:
    line, market = kraken_live()
    stepped = TwoSteps(line.connection)
    for number in range(20):
        line.now_ns += 100 * MILLISECOND
        stepped.frame(market.update([(1, 990 + number % 5, 7 + number)]), line.now_ns, line.now_ns)
        stepped.frame(HEARTBEAT, line.now_ns, line.now_ns)
    assert line.states == ["LIVE"]
    assert (stepped.marks, stepped.untouched) == (20, True)


def test_a_mark_on_the_wrong_side_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above notices a reader that marks after it has applied."""

    def swapped(self: Steps, data: bytes, wall_ns: int, mono_ns: int) -> int:
        status = self._advance(data, wall_ns, mono_ns)
        self.mark()
        return status

    monkeypatch.setattr(Steps, "advance", swapped)
    line, _, update = usdm_market(fast=True)
    stepped = TwoSteps(line.connection)
    line.now_ns += 100 * MILLISECOND
    stepped.frame(update([(1, 999, 3)]), line.now_ns, line.now_ns)
    assert stepped.marks == 1
    assert not stepped.untouched


@pytest.mark.parametrize("venue", MARKETS)
def test_levels_are_counted_where_they_are_applied(venue: str, fast: bool) -> None:
    line, _, update = MARKETS[venue](fast)
    book, draw = line.connection.books[0], random.Random(3)
    before, expected = book.levels_applied, 0
    for _ in range(50):
        changed = edits(draw)
        expected += len(changed)
        line.feed(update(changed))
    assert line.states == ["LIVE"]
    assert book.levels_applied - before == expected
