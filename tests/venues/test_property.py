"""Whatever is lost, repeated or reordered on the way: a LIVE book is the venue's book."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.venues.binance import connection as binance
from fillcast.venues.binance.connection import BinanceConnection
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Effect, Fetch, Send
from fillcast.venues.rules import Verdict
from fillcast.venues.splicing import SplicingConnection
from tests.venues.streams import COINM, OKX, SPOT, USDM, Line, Market

PRODUCTS = {SPOT: binance.SPOT, USDM: binance.USDM, COINM: binance.COINM}

Edit = st.one_of(
    st.tuples(st.just(1), st.integers(985, 1000), st.integers(0, 5)),
    st.tuples(st.just(-1), st.integers(1002, 1017), st.integers(0, 5)),
)
Fault = st.sampled_from(["pass"] * 6 + ["drop", "twice", "swap", "late", "cut", "again", "reconnect", "reply", "wait"])
Steps = st.lists(st.tuples(st.lists(Edit, max_size=3), st.integers(1, 9), Fault), max_size=40)


def connect(instrument: Instrument, *, fast: bool) -> SplicingConnection:
    if instrument is OKX:
        return OkxConnection([OKX], fast=fast)
    return BinanceConnection(PRODUCTS[instrument], "/stream", [instrument], ("depth@100ms",), fast=fast)


class Venue:
    """A venue that tells a market to one connection over a line that fails as it is told to."""

    def __init__(self, connection: SplicingConnection, instrument: Instrument) -> None:
        self.market = Market(instrument)
        self.line = Line(connection)
        self.states = {self.market.last: copy.deepcopy(self.market)}  # every book there ever was, by its id
        self.frames: list[bytes] = []
        self.held: list[bytes] = []
        self.asked: list[Fetch] = []
        self.live = 0

    def take(self, effects: list[Effect]) -> None:
        """Do what the connection asks for: answer a resubscription at once and remember REST requests."""
        self.asked += [effect for effect in effects if isinstance(effect, Fetch)]
        resubscribed = any(isinstance(effect, Send) and '"subscribe"' in effect.text for effect in effects)
        if resubscribed and self.market.instrument is OKX:
            self.deliver(self.market.okx_snapshot())

    def deliver(self, frame: bytes) -> None:
        """Let one frame arrive and compare."""
        self.take(self.line.feed(frame))
        self.compare()

    def compare(self) -> None:
        """A LIVE book must be exactly the market as it was at the book's id."""
        book = self.line.connection.books[0]
        if book.state is BookState.LIVE:
            self.live += 1
            assert book.last_id in self.states
            assert self.states[book.last_id].same_as(book)
            assert not book.crossed

    def step(self, edits: list[tuple[int, int, int]], ids: int, fault: str) -> None:
        """Let the market change once and something happen to the frame that tells of it."""
        okx = self.market.instrument is OKX
        self.market.now_ms = self.line.now_ns // 1_000_000
        frame = self.market.okx_update(edits, ids) if okx else self.market.depth(edits, ids)
        self.states[self.market.last] = copy.deepcopy(self.market)
        arriving = [*self.held, frame] if fault != "swap" else [frame, *self.held]
        if fault == "late":
            self.held = [frame]
            return
        self.held = []
        if fault == "drop":
            arriving = arriving[:-1]
        if fault == "twice":
            arriving += [frame]
        if fault == "cut":
            arriving[-1] = frame[: len(frame) // 2]
        if fault == "again" and self.frames:
            arriving += [self.frames[len(self.frames) // 2]]
        for one in arriving:
            self.deliver(one)
        self.frames += arriving
        if fault == "reconnect":
            self.line.close()
            self.take(self.line.open())
        if fault == "wait":
            self.take(self.line.wait(0.5))
        if fault == "reply" and self.asked:
            body = self.market.okx_rest() if okx else self.market.rest()
            self.take(self.line.reply(self.asked.pop(), body))
            self.compare()


@pytest.mark.parametrize("fast", [True, False], ids=["compiled", "reference"])
@pytest.mark.parametrize("instrument", [OKX, SPOT, USDM, COINM], ids=lambda one: one.venue)
@given(steps=Steps)
@settings(max_examples=150, deadline=None)
def test_a_live_book_is_the_venues_book(instrument: Instrument, fast: bool, steps: list[object]) -> None:
    venue = Venue(connect(instrument, fast=fast), instrument)
    venue.take(venue.line.open())
    for edits, ids, fault in steps:
        venue.step(edits, ids, fault)
    # When nothing fails any more, the book is right again within a minute or two.
    for _ in range(200):
        venue.step([], 1, "reply")
        if venue.line.states == ["LIVE"]:
            break
        venue.take(venue.line.wait(0.5))
    assert venue.line.states == ["LIVE"]
    assert venue.market.same_as(venue.line.connection.books[0])


@pytest.mark.parametrize("instrument", [OKX, USDM], ids=lambda one: one.venue)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255), st.booleans()), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_damaged_bytes_never_raise(instrument: Instrument, damage: list[tuple[int, int, bool]]) -> None:
    venue = Venue(connect(instrument, fast=True), instrument)
    venue.take(venue.line.open())
    for _ in range(4):
        venue.step([(1, 990, 3)], 1, "reply")
        venue.take(venue.line.wait(0.25))
    frame = bytearray(venue.market.okx_update() if instrument is OKX else venue.market.depth())
    for place, byte, cut in damage:
        if cut:
            del frame[place % (len(frame) + 1) :]
        elif frame:
            frame[place % len(frame)] = byte
        venue.line.feed(bytes(frame))
        venue.line.keep(venue.line.connection.reply(1, 200, bytes(frame), 0, venue.line.now_ns))
    assert venue.line.connection.alive_ns == venue.line.now_ns


@pytest.mark.parametrize("instrument", [OKX, SPOT, USDM], ids=lambda one: one.venue)
def test_a_rule_that_lets_everything_follow_would_be_caught(instrument: Instrument) -> None:
    class Credulous:
        def __getattr__(self, name: str) -> object:
            return getattr(rules, name)

        def follows(self, last_id: int, message: object) -> Verdict:
            return Verdict.NEXT

    connection = connect(instrument, fast=False)
    rules = connection.rules
    connection.rules = Credulous()
    venue = Venue(connection, instrument)
    venue.take(venue.line.open())

    def lose_one() -> None:
        for number in range(30):
            venue.step([(1, 960 + number, 7)], 2, "drop" if number == 20 else "reply")
            venue.take(venue.line.wait(0.25))

    with pytest.raises(AssertionError):
        lose_one()
