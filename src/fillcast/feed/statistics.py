"""What a connection has done so far, and how it stands, for people and for metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from fillcast.feed.driven import Notice
from fillcast.venues.protocol import Gap, Recovered, Refused, Rejected

RATE_MEMORY_S = 5.0  # a rate forgets half of its past in about 3.5 s
SHORTEST_RATE_S = 1.0  # of events that have come for less, so many seconds are assumed
SECOND_NS = 1_000_000_000


class Phase(StrEnum):
    """How a connection stands."""

    IDLE = "idle"
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"  # for the next attempt
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """How one connection stands, in a sentence for people.

    Attributes
    ----------
    name
        `venue#number`.
    attempt
        Which attempt in a row this is, 1 for the first.
    next_attempt_ns
        Monotonic time of the next attempt while WAITING, else 0.
    """

    name: str
    url: str
    phase: Phase
    sentence: str
    attempt: int
    next_attempt_ns: int
    instruments: tuple[str, ...]


class Rate:
    """Events per second, exponentially weighted over the last seconds, or over the time since the first of them."""

    __slots__ = ("_per_s", "_started_ns", "_updated_ns")

    def __init__(self) -> None:
        self._per_s = 0.0
        self._started_ns = self._updated_ns = 0

    def add(self, count: int, mono_ns: int) -> None:
        """Count events that happened now."""
        self._started_ns = self._started_ns or mono_ns
        self._per_s = self._decayed(mono_ns) + count / RATE_MEMORY_S
        self._updated_ns = mono_ns

    def per_s(self, mono_ns: int) -> float:
        """Return the rate as of now."""
        seen_s = max((mono_ns - self._started_ns) / SECOND_NS, SHORTEST_RATE_S)
        return self._decayed(mono_ns) / -math.expm1(-seen_s / RATE_MEMORY_S)

    def _decayed(self, mono_ns: int) -> float:
        return self._per_s * math.exp(-max(mono_ns - self._updated_ns, 0) / SECOND_NS / RATE_MEMORY_S)


@dataclass(slots=True)
class Counters:
    """Counts since a connection was made; they never decrease.

    Attributes
    ----------
    frames, frame_bytes
        Received and handed to the protocol.
    batches, largest_batch
        How often the receiving loop found frames, and the most it found at once.
    connects, reconnects, failed_attempts
        Handshakes that succeeded, those of them after the first, and those that failed.
    gaps, recoveries, rejected, refused
        Notices of the protocol, by kind.
    sent, fetches, failed_fetches
        Messages sent, REST requests made, and those of them that failed.
    """

    frames: int = 0
    frame_bytes: int = 0
    batches: int = 0
    largest_batch: int = 0
    connects: int = 0
    reconnects: int = 0
    failed_attempts: int = 0
    gaps: int = 0
    recoveries: int = 0
    rejected: int = 0
    refused: int = 0
    sent: int = 0
    fetches: int = 0
    failed_fetches: int = 0

    def count_batch(self, frames: int, size: int) -> None:
        """Count the frames that were handed over at once, and their bytes."""
        self.frames += frames
        self.frame_bytes += size
        self.batches += 1
        self.largest_batch = max(self.largest_batch, frames)

    def count(self, notice: Notice) -> None:
        """Count one notice by its kind."""
        match notice:
            case Gap():
                self.gaps += 1
            case Recovered():
                self.recoveries += 1
            case Rejected():
                self.rejected += 1
            case Refused():
                self.refused += 1


@dataclass(frozen=True, slots=True)
class FeedStatistics:
    """Totals over all connections of a feed.

    Attributes
    ----------
    queue
        Frames received and not yet handed to a protocol, now.
    frames_per_s
        Over the last seconds.
    """

    connections: int
    open_connections: int
    frames: int
    frame_bytes: int
    batches: int
    largest_batch: int
    frames_per_s: float
    queue: int
    connects: int
    reconnects: int
    failed_attempts: int
    gaps: int
    recoveries: int
    rejected: int
    refused: int
    sent: int
    fetches: int
    failed_fetches: int
    throttled: int
