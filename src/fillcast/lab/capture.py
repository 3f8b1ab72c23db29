"""The same market on a virtual clock, into a capture file: no sockets, and the same bytes for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.errors import UsageError
from fillcast.lab.exchange import Exchange
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import QUANTUM_MS
from fillcast.lab.market import seed_word
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Answer, Feed, Session, Traffic
from fillcast.lab.protocols import PROTOCOLS

EPOCH_NS = 1_790_000_000_000_000_000  # 21 September 2026: virtual time starts here whatever today is
SNAPSHOT_AFTER_MS = 350  # the recorder's REST request comes back a few depth events after its subscription
DELAY_NS = 3 * NS_PER_MS  # transport delay: a constant and the mean of an exponential part
JITTER_NS = NS_PER_MS
FRAME_GAP_NS = 20_000  # between two frames that arrive together
CONNECTION = "00000001"
TICK_MS = 250


@dataclass(frozen=True, slots=True)
class CaptureSummary:
    """What was written: frames (REST replies included), bytes, and seconds of market time."""

    path: Path
    frames: int
    size_bytes: int
    seconds: float


class _Recorder:
    """Writes frames with receive times that never go back."""

    def __init__(self, file: BinaryIO, seed: int) -> None:
        self.frames = 0
        self.size_bytes = 0
        self._file = file
        self._last_ns = 0
        self._draws = random.Random(seed_word("recorder", seed))

    def write(self, wall_ns: int, data: bytes) -> None:
        """Write one frame that the venue sent at a wall time."""
        received = wall_ns + DELAY_NS + int(self._draws.expovariate(1.0) * JITTER_NS)
        self._last_ns = max(received, self._last_ns + FRAME_GAP_NS)
        line = b"%d %b\n" % (self._last_ns, data)
        self._file.write(line)
        self.frames += 1
        self.size_bytes += len(line)


class _Recording:
    """A client's connection on the virtual clock, and the lab that it is connected to."""

    def __init__(self, exchange: Exchange, recorder: _Recorder) -> None:
        self.options = exchange.options
        self.wall_ns = EPOCH_NS
        self.topics: set[str] = set()
        self._exchange, self._recorder = exchange, recorder
        self._sent_ns = self._heard_ns = EPOCH_NS

    def feeds(self, protocol: str) -> Mapping[str, Feed]:
        return self._exchange.venues[protocol]

    def now(self) -> Moment:
        return self._exchange.moment(self.wall_ns)

    def withheld(self, kind: FaultKind, protocol: str, symbol: str, detail: str) -> bool:
        return False

    @property
    def traffic(self) -> Traffic:
        return Traffic(self.wall_ns / NS_PER_S, self._sent_ns / NS_PER_S, self._heard_ns / NS_PER_S)

    def write(self, data: bytes) -> None:
        self._recorder.write(self.wall_ns, data)
        self._sent_ns = self.wall_ns

    def apply(self, answer: Answer) -> None:
        for reply in answer.replies:
            self.write(reply)
        self.topics.difference_update(answer.removed)
        self.topics.update(answer.added)

    def step(self, session: Session) -> None:
        self.wall_ns += QUANTUM_MS * NS_PER_MS
        for frame in self._exchange.step(self.wall_ns, self.topics):
            wire = session.wire(frame)
            if wire:
                self.write(wire)
        if self._exchange.market_ms % TICK_MS == 0:
            self._heard_ns = self.wall_ns  # the recorder keeps its connection alive, as a client does
            self.apply(session.tick(self.traffic))


def write_capture(
    path: str | Path,
    protocol: str,
    symbols: Sequence[str],
    seed: int,
    seconds: float,
    *,
    channels: Iterable[str] | None = None,
    options: LabOptions | None = None,
) -> CaptureSummary:
    """Write a capture in the hftbacktest line format: `<receive time, ns> <frame>`.

    The file holds what one connection is sent that subscribes everything at once, and, where the first books come over
    REST, one such reply per symbol.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    protocol
        The venue's name, as in `fillcast.lab.protocols`.
    symbols
        In the venue's own spelling.
    seed
        Same seed, same bytes (on one platform: the flow draws logarithms from the C library).
    seconds
        Market time to write, a positive multiple of 10 ms.
    channels
        The venue's channels without the symbol; books and trades when absent.
    options
        See `LabOptions`; the speed is not used.

    Raises
    ------
    UsageError
        When the protocol, a symbol or the time cannot be used.
    """
    if protocol not in PROTOCOLS:
        raise UsageError(f"lab capture: {protocol!r} is none of {', '.join(PROTOCOLS)}")
    venue = PROTOCOLS[protocol]
    if not symbols:
        raise UsageError("lab capture: name at least one symbol")
    steps = round(seconds * 1000 / QUANTUM_MS) if 0 < seconds < 1e7 else 0
    if steps < 1:
        raise UsageError(f"lab capture: {seconds:g} seconds cannot be written; at least 0.01 are needed")
    exchange = Exchange(seed, options, {protocol: symbols}, wall_ns=EPOCH_NS)
    topics = _topics(exchange, protocol, tuple(channels or venue.channels))
    with Path(path).open("wb") as file:
        recorder = _Recorder(file, seed)
        recording = _Recording(exchange, recorder)
        dial = venue.dial(topics)
        session = venue.connect(recording, CONNECTION, dial.path, dial.query)
        recording.apply(session.opened(recording.traffic.now))
        for request in dial.requests:
            recording.apply(session.handle(request, recording.traffic.now))
        for _ in range(steps):
            recording.step(session)
            if exchange.market_ms == SNAPSHOT_AFTER_MS:
                for book in venue.first_books(recording):
                    recording.write(book)
    return CaptureSummary(Path(path), recorder.frames, recorder.size_bytes, steps * QUANTUM_MS / 1000)


def _topics(exchange: Exchange, protocol: str, channels: Sequence[str]) -> list[str]:
    topics: list[str] = []
    for feed in exchange.venues[protocol].values():
        for channel in channels:
            if channel not in feed.topics:
                raise UsageError(f"lab capture: {protocol} has no {channel!r}; it has {', '.join(feed.topics)}")
            topics.append(feed.topics[channel])
    return topics
