"""A capture played into the protocol that would have received it live."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fillcast.core.events import SENT_NS, EventBuffer
from fillcast.tape.lines import CapturedInput, InputKind
from fillcast.tape.replies import Replies
from fillcast.venues.protocol import Effects, Fetch, Gap, Recovered, Refused, Rejected, WakeAt
from fillcast.venues.settings import MINUTE_NS

HTTP_OK = 200
NEVER_NS = 1 << 62
# Timers ring for so long into a pause of the recording, four a second: a book is STALE after seconds of it and nothing
# else can happen, while the times of a capture may lie years apart.
LONGEST_RINGING_NS = 10 * MINUTE_NS
KEPT_NOTICES = 100_000
KEPT_REJECTIONS = 10
EXCERPT = 60  # characters of a rejected frame, beside the place where all of it stands

Notice = Gap | Recovered | Rejected | Refused


class Replayed(Protocol):
    """What a replay needs of a connection's protocol."""

    @property
    def events(self) -> EventBuffer:
        """What the last frame held."""

    def opened(self, wall_ns: int, mono_ns: int) -> Effects:
        """The socket is open."""

    def frame(self, data: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """One frame came."""

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """A REST reply came."""

    def closed(self, reason: str, wall_ns: int, mono_ns: int) -> Effects:
        """The socket is gone."""

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        """The time asked for has come."""


@dataclass(slots=True)
class Clock:
    """The one clock of a replay: receive times, or venue times where the capture holds no receive times.

    Attributes
    ----------
    longest_step_back_ns
        How far the times of the capture went back at most.
    """

    now_ns: int = 0
    longest_step_back_ns: int = 0

    def advance(self, now_ns: int) -> None:
        """Go forward to a time; a step back is not followed, as a monotonic clock would not."""
        self.longest_step_back_ns = max(self.longest_step_back_ns, self.now_ns - now_ns)
        self.now_ns = max(self.now_ns, now_ns)


class Replay:
    """Feeds captured inputs to one protocol, timers included, and keeps what it says.

    Recorded REST replies answer the request for the same symbol, whether they were recorded before or after the
    protocol asks: the recorder asked at times of its own.

    Parameters
    ----------
    replies
        Tells the REST replies of the recording apart.
    on_step
        Called after every input and timer, before what the protocol asks for is done, with the time up to which the
        books stood as they did before: whoever listens can tell for how long a book was LIVE, and what changed it.
    unusable
        Where REST replies stand (path, line) that are known to be damaged: they are passed over.

    Attributes
    ----------
    frames, reply_count
        Frames and REST replies so far.
    notices
        What the protocol said, the latest.
    rejections
        The first inputs that it did not understand: where they stand, and why.
    """

    def __init__(
        self,
        connection: Replayed,
        replies: Replies,
        *,
        on_step: Callable[[int], None] | None = None,
        unusable: frozenset[tuple[Path, int]] = frozenset(),
    ) -> None:
        self.connection = connection
        self.clock = Clock()
        self.notices: deque[Notice] = deque(maxlen=KEPT_NOTICES)
        self.rejections: list[str] = []
        self.frames = self.reply_count = 0
        self._replies = replies
        self._on_step = on_step
        self._unusable = unusable
        self._open = False
        self._wake_ns = NEVER_NS
        self._asked: dict[str, Fetch] = {}
        self._kept: dict[str, CapturedInput] = {}
        self._playing: CapturedInput | None = None

    def take(self, entry: CapturedInput) -> None:
        """Play one input; instrument metadata, which the first pass has read, is passed over."""
        if entry.kind is InputKind.REPLY:
            self.reply_count += 1
            if not self._replies.is_snapshot(entry) or (entry.path, entry.line) in self._unusable:
                return
        if entry.wall_ns:
            self._ring_until(entry.wall_ns)
            self.clock.advance(entry.wall_ns)
        self._playing = entry
        if entry.kind is InputKind.CONNECT:
            self._connect()
        elif entry.kind is InputKind.FRAME:
            self._frame(entry)
        elif entry.kind is InputKind.REPLY:
            self._reply(entry)

    def _connect(self) -> None:
        now_ns = self.clock.now_ns
        if self._open:
            self._carry_out(self.connection.closed("the recorder opened a new socket", now_ns, now_ns))
        self._open = True
        self._carry_out(self.connection.opened(now_ns, now_ns))

    def _frame(self, entry: CapturedInput) -> None:
        if not self._open:
            self._connect()
        self.frames += 1
        now_ns = self.clock.now_ns
        effects = self.connection.frame(entry.data, now_ns, now_ns)
        events = self.connection.events
        if not entry.wall_ns and events.count:
            sent_ns = int(events.messages[events.count - 1, SENT_NS])
            if sent_ns:  # some messages of some venues state no time
                self.clock.advance(sent_ns)
        self._carry_out(effects)

    def _reply(self, entry: CapturedInput) -> None:
        symbol = self._replies.symbol(entry)
        if not symbol and len(self._asked) == 1:
            symbol = next(iter(self._asked))
        if symbol in self._asked:
            self._answer(self._asked.pop(symbol), entry)
        else:
            self._kept[symbol] = entry

    def _answer(self, fetch: Fetch, entry: CapturedInput) -> None:
        now_ns = self.clock.now_ns
        self._playing = entry
        self._carry_out(self.connection.reply(fetch.request_id, HTTP_OK, entry.data, now_ns, now_ns))

    def _ring_until(self, until_ns: int) -> None:
        """Let the timers ring that are due before the next input."""
        last_ns = min(until_ns, self.clock.now_ns + LONGEST_RINGING_NS)
        while self._wake_ns < last_ns:
            self.clock.advance(self._wake_ns)
            self._wake_ns = NEVER_NS
            now_ns = self.clock.now_ns
            self._carry_out(self.connection.tick(now_ns, now_ns))
        self._wake_ns = max(self._wake_ns, until_ns)

    def _carry_out(self, effects: Effects) -> None:
        if self._on_step is not None:
            self._on_step(self.clock.now_ns)
        for effect in effects:
            if isinstance(effect, WakeAt):
                self._wake_ns = max(effect.mono_ns, self.clock.now_ns + 1)
            elif isinstance(effect, Fetch):
                self._fetch(effect)
            elif isinstance(effect, Notice):
                self.notices.append(effect)
            if isinstance(effect, Rejected) and len(self.rejections) < KEPT_REJECTIONS:
                self.rejections.append(self._located(effect))

    def _located(self, rejected: Rejected) -> str:
        entry = self._playing
        place = f"{entry.path}, line {entry.line}: " if entry is not None else ""
        return f"{place}{rejected.reason} ({rejected.excerpt[:EXCERPT]!r})"

    def _fetch(self, fetch: Fetch) -> None:
        if not self._replies.asks_for_book(fetch.path):
            return
        symbol = self._replies.symbol_in(fetch.path)
        kept = self._kept.pop(symbol, None) or self._kept.pop("", None)
        if kept is None:
            self._asked[symbol] = fetch
        else:
            self._answer(fetch, kept)
