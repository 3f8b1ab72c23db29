"""Seeded streams of frames, and the one who plays them to a book and to the features, as a connection would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE, EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.models.features import FeatureState

INSTRUMENT = Instrument("test", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
START_NS = 1_700_000_000 * 10**9
MS = 10**6
STEPS_NS = (0, MS, 40 * MS, 99 * MS, 100 * MS, 350 * MS, 1_000 * MS, 4_000 * MS, 10_000 * MS, 61_000 * MS)
STEP_ODDS = (0.2, 0.24, 0.2, 0.1, 0.05, 0.1, 0.06, 0.03, 0.01, 0.01)
Row = tuple[int, int, int]  # side, ticks, lots


@dataclass(frozen=True)
class Message:
    kind: int
    event_ns: int
    rows: tuple[Row, ...]
    index: int = 0
    full_state: bool = False
    lag_ns: int = 30 * MS


@dataclass(frozen=True)
class Frame:
    """The messages of one frame, and whether the book is LIVE after it."""

    messages: tuple[Message, ...]
    live: bool = True

    @property
    def last_ns(self) -> int:
        return max((one.event_ns for one in self.messages), default=0)


@dataclass
class Player:
    """A book and its features, fed frame by frame."""

    instrument: Instrument = INSTRUMENT
    capacity: int = 4096
    book: Book = field(init=False)
    state: FeatureState = field(init=False)
    events: EventBuffer = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(self.instrument, window=512, slots=256)
        self.state = FeatureState(self.instrument, self.capacity)
        self.events = EventBuffer(256)

    def play(self, frames: Iterable[Frame]) -> Player:
        for frame in frames:
            self.events.clear()
            for one in frame.messages:
                index = self.events.add(
                    one.kind,
                    one.index,
                    np.array([(*row, 0) for row in one.rows], np.int64).reshape(-1, 4),
                    event_ns=one.event_ns,
                    recv_ns=one.event_ns + one.lag_ns,
                    full_state=one.full_state,
                )
                if one.index == 0 and one.kind == SNAPSHOT:
                    self.book.replace(self.events, index, complete=True)
                elif one.index == 0 and one.kind == UPDATE:
                    self.book.apply(self.events, index)
            self.book.state = BookState.LIVE if frame.live else BookState.BROKEN
            self.state.update(self.events, 0, self.book)
        return self

    def at(self, now_ns: int | None = None) -> NDArray[np.float64]:
        return self.state.at(now_ns)


class Market:
    """A random market that never crosses itself."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
        self.now_ns = START_NS

    def frames(self, count: int) -> list[Frame]:
        made = [self._snapshot()]
        while len(made) < count:
            self.now_ns += int(self.random.choice(STEPS_NS, p=STEP_ODDS))
            draw = self.random.random()
            if draw < 0.01:
                made += [Frame((), live=False), self._snapshot()]
            elif draw < 0.4:
                made.append(Frame((self._trade(),)))
            elif draw < 0.5:
                made.append(Frame((self._trade(), self._update(), self._trade())))
            elif draw < 0.55:
                made.append(Frame((self._aside(),)))
            else:
                made.append(Frame((self._update(),)))
        return made

    def _lots(self) -> int:
        return int(self.random.integers(1, 500))

    def _stamp(self) -> int:
        late = self.random.random() < 0.1
        return self.now_ns - (7 * MS if late else 0)

    def _snapshot(self) -> Frame:
        for side in (1, -1):
            ticks = 600_000 - side * self.random.choice(np.arange(1, 12), 8, replace=False)
            self.sides[side] = {int(tick): self._lots() for tick in ticks}
        rows = [(side, tick, lots) for side in (1, -1) for tick, lots in self.sides[side].items()]
        return Frame((Message(SNAPSHOT, self._stamp(), tuple(rows), full_state=self.random.random() < 0.5),))

    def _trade(self) -> Message:
        rows = [(int(self.random.choice((1, -1))), 600_000, self._lots()) for _ in range(self.random.integers(1, 3))]
        return Message(TRADES, self._stamp(), tuple(rows))

    def _aside(self) -> Message:
        """A message that is no part of the features: best bid and ask, or a trade of another book."""
        if self.random.random() < 0.5:
            return Message(TOUCH, self.now_ns + MS, ((1, 1, 1), (-1, 2, 1)))
        return Message(TRADES, self.now_ns + MS, ((1, 600_000, 10**6),), index=1)

    def _update(self) -> Message:
        rows: list[Row] = []
        side = int(self.random.choice((1, -1)))
        own, other = self.sides[side], self.sides[-side]
        ranked = sorted(own, key=lambda tick: -side * tick)
        if ranked and self.random.random() < 0.15:  # a sweep; sometimes of the whole side
            gone = ranked[: int(self.random.integers(1, 6))]
            rows += [(side, tick, 0) for tick in gone]
        else:
            reach = side * min(side * tick for tick in other) if other else 600_000 + side
            for _ in range(int(self.random.integers(1, 5))):
                tick = reach - side * int(self.random.integers(1, 9))
                gone_too = self.random.random() < 0.35
                rows.append((side, tick, 0 if gone_too else self._lots()))
        for _, tick, lots in rows:
            if lots:
                own[tick] = lots
            else:
                own.pop(tick, None)
        return Message(UPDATE, self._stamp(), tuple(rows))


def frames(seed: int, count: int = 400) -> list[Frame]:
    """Return a random stream; the same for the same seed."""
    return Market(seed).frames(count)
