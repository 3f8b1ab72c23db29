"""What an ended subscription still sends makes no book, on the venues that are subscribed to anew on the same socket.

Coinbase, Kraken and Bitfinex confirm in ways of their own: see their tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fillcast.venues.bybit.connection import BybitConnection
from fillcast.venues.bybit.venue import RecordedBybitConnection
from fillcast.venues.deribit.connection import DeribitConnection, RecordedDeribitConnection
from fillcast.venues.gate.connection import GateObuConnection
from fillcast.venues.gate.venue import RecordedObuConnection
from fillcast.venues.protocol import Effect, Reconnect
from fillcast.venues.settings import Settings
from fillcast.venues.streaming import StreamingConnection
from tests.venues.bybit import market as bybit
from tests.venues.deribit import market as deribit
from tests.venues.gate import market as gate
from tests.venues.streams import Line, of, sent

SETTINGS = Settings()
Answer = Callable[[dict[str, object]], bytes | None]


@dataclass(frozen=True)
class Case:
    """A live connection, a recorded one, the whole book, and the venue's answer to the end of a subscription."""

    live: Callable[[], StreamingConnection]
    recorded: Callable[[], StreamingConnection]
    whole: Callable[[], bytes]
    ended: Answer


CASES = {
    "bybit": Case(
        lambda: BybitConnection("linear", [bybit.LINEAR]),
        lambda: RecordedBybitConnection([bybit.LINEAR], settings=SETTINGS, fast=False),
        lambda: bybit.BybitMarket(bybit.LINEAR).snapshot(),
        bybit.ended,
    ),
    "deribit": Case(
        lambda: DeribitConnection([deribit.PERPETUAL]),
        lambda: RecordedDeribitConnection([deribit.PERPETUAL], settings=SETTINGS, fast=False),
        lambda: deribit.Deribit(deribit.PERPETUAL).snapshot(),
        deribit.ended,
    ),
    "gate": Case(
        lambda: GateObuConnection([gate.PAIR]),
        lambda: RecordedObuConnection([gate.PAIR], settings=SETTINGS, fast=False),
        lambda: gate.Gate(gate.PAIR).full(),
        gate.ended,
    ),
}
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def awaited(line: Line, seconds: float = 5) -> list[Effect]:
    """Wait on a line that is alive and sends no book; return the effects."""
    effects: list[Effect] = []
    for _ in range(round(seconds)):
        line.connection.alive_ns = line.now_ns
        effects += line.wait(1)
    return effects


def answers(case: Case, effects: list[Effect]) -> list[bytes]:
    """Return the venue's answers to the requests among effects that end a subscription."""
    return [answer for request in sent(effects) if (answer := case.ended(request)) is not None]


def waiting(case: Case, connection: StreamingConnection) -> tuple[Line, list[bytes]]:
    """Return a line whose first book has not come in time, and the answer to what is then asked for."""
    line = Line(connection)  # type: ignore[arg-type]
    line.open()
    answer = answers(case, awaited(line))
    assert (line.states, line.reasons) == (["BROKEN"], ["snapshot_missing"])
    return line, answer


@each
def test_a_first_book_that_comes_late_is_not_that_of_the_new_subscription(case: Case) -> None:
    line, answer = waiting(case, case.live())
    line.feed(case.whole())
    assert (line.states, line.connection.dropped) == (["BROKEN"], 1)
    line.feed(*answer)
    assert (len(answer), line.states) == (1, ["BROKEN"])  # refused now, it would be fed by nothing
    line.feed(case.whole())
    assert line.states == ["LIVE"]


@each
def test_an_end_that_is_confirmed_late_costs_no_socket(case: Case) -> None:
    line, answer = waiting(case, case.live())
    assert not of(Reconnect, awaited(line, 50))  # its request may have waited for those of 200 other books
    line.feed(*answer, case.whole())
    assert line.states == ["LIVE"]


@each
def test_an_end_that_is_not_confirmed_costs_the_socket(case: Case) -> None:
    line, _ = waiting(case, case.live())
    line.feed(case.whole())
    (reconnect,) = of(Reconnect, awaited(line, 60))
    assert reconnect == Reconnect("the venue has not confirmed the end of a subscription")
    line.close()
    line.open()
    line.feed(case.whole())
    assert line.states == ["LIVE"]


@each
def test_a_recording_waits_for_no_answer(case: Case) -> None:
    line, _ = waiting(case, case.recorded())
    line.feed(case.whole())
    assert line.states == ["LIVE"]  # as it would be on a live line, were ends not awaited
