"""One fuzz run: a recording played again and again with spoiled frames between its own."""

from __future__ import annotations

import faulthandler
import random
import sys
from collections import Counter
from collections.abc import Callable

from fillcast.core import layout_kernels as at
from fillcast.core.events import EventBuffer
from fillcast.tape.drive import Replay
from fillcast.tape.lines import CapturedInput, InputKind
from fillcast.venues.connection import Connection
from fillcast.venues.protocol import Effects
from tests.fuzz.corpus import Corpus
from tests.fuzz.examiner import Examiner
from tests.fuzz.mutation import mutated

SPOILED_SHARE = 0.35
ROUND_INPUTS = 400  # of the recording, then it starts over: a broken book stays so until its recording has a new one
ENTERED = 200  # inputs after which the first books should be there
ROUNDS = 8  # of one connection, which is opened again for each
HANG_S = 60.0  # no stretch of a run may take so long: the process ends with every thread's place


class Examined:
    """A connection whose every frame is examined, and compared with what compiled code makes of it.

    Parameters
    ----------
    connection
        Reads by the reference path.
    twin
        The same protocol with its compiled reader, where it has one: both must say and hold the same.
    """

    def __init__(self, connection: Connection, twin: Connection | None) -> None:
        self.examiner = Examiner(connection)
        self._connection, self._twin = connection, twin

    @property
    def events(self) -> EventBuffer:
        return self._connection.events

    def frame(self, data: bytes, wall_ns: int, mono_ns: int) -> Effects:
        effects = self._connection.frame(data, wall_ns, mono_ns)
        self.examiner.check(data, effects)
        if self._twin is not None:
            assert self._twin.frame(data, wall_ns, mono_ns) == effects, f"the compiled reader differs: {data[:300]!r}"
            self._compare(data)
        return effects

    def opened(self, wall_ns: int, mono_ns: int) -> Effects:
        return self._both("opened", wall_ns, mono_ns)

    def closed(self, reason: str, wall_ns: int, mono_ns: int) -> Effects:
        return self._both("closed", reason, wall_ns, mono_ns)

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        return self._both("reply", request_id, status, body, wall_ns, mono_ns)

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        return self._both("tick", wall_ns, mono_ns)

    def _both(self, name: str, *arguments: object) -> Effects:
        effects: Effects = getattr(self._connection, name)(*arguments)
        if self._twin is not None:
            assert getattr(self._twin, name)(*arguments) == effects
        self.examiner.resume()
        return effects

    def _compare(self, data: bytes) -> None:
        assert self._twin is not None
        words = (at.STATE, at.HELD, at.LAST_ID, at.EVENT_NS, at.RIGHT_NS, at.HEADER + at.BEST, at.HEADER + at.NEAR)
        ours, theirs = self._connection.rows[:, words], self._twin.rows[:, words]
        assert (ours == theirs).all(), f"the compiled reader's book differs: {data[:300]!r}"


def fuzz(
    corpus: Corpus,
    count: int,
    seed: int,
    *,
    connect: Callable[[], Connection] | None = None,
) -> Counter[str]:
    """Give a recording's protocol `count` spoiled frames; return what became of all frames.

    Parameters
    ----------
    connect
        Makes the connection; that of the recording's dialect, and its twin, when absent.
    """
    draw = random.Random(f"{seed}:{corpus.name}")
    outcomes: Counter[str] = Counter()
    given = 0
    twin = corpus.connection(fast=True) if connect is None else None
    has_twin = twin is not None and twin._compiled() is not None
    while given < count:
        examined = Examined((connect or corpus.connection)(), corpus.connection(fast=True) if has_twin else None)
        replay = Replay(examined, corpus.replies())
        faulthandler.dump_traceback_later(HANG_S, exit=True, file=sys.__stderr__)
        for _ in range(ROUNDS):
            start = 0 if draw.random() < 0.9 else draw.randrange(len(corpus.inputs))
            replay.take(CapturedInput(InputKind.CONNECT, 0, b""))
            given = _play(draw, corpus, replay, examined, start, given, count)
        outcomes += examined.examiner.outcomes
    faulthandler.cancel_dump_traceback_later()
    outcomes["spoiled"] = given
    return outcomes


def _play(
    draw: random.Random, corpus: Corpus, replay: Replay, examined: Examined, start: int, given: int, count: int
) -> int:
    """Play a recording until most of its books are broken; return how many spoiled frames were given by then."""
    rows = examined._connection.rows
    for number, entry in enumerate(corpus.inputs[start : start + ROUND_INPUTS]):
        if entry.kind is InputKind.FRAME and draw.random() < SPOILED_SHARE and given < count:
            given += 1
            replay.take(spoiled(draw, entry, corpus))
            if draw.random() < 0.5:
                continue  # in the place of its own frame
        elif entry.kind is InputKind.REPLY and draw.random() < SPOILED_SHARE / 4:
            replay.take(spoiled(draw, entry, corpus))
        replay.take(entry)
        if number > ENTERED and not number % 10 and (rows[:, at.STATE] == at.LIVE).sum() * 3 < len(rows):
            break
    return given


def spoiled(draw: random.Random, entry: CapturedInput, corpus: Corpus) -> CapturedInput:
    """Return an input with its bytes spoiled."""
    data = mutated(draw, entry.data, corpus.frames)
    return CapturedInput(entry.kind, entry.wall_ns, data, entry.url, entry.path, entry.line)
