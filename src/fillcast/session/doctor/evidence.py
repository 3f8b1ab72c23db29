"""What was seen of one venue for a while, as numbers: what the rules are applied to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.venues.protocol import Gap, GapReason
from fillcast.venues.slots import Tally

HIGH_QUANTILE: Final = 0.99


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for, so that a command that is proposed asks for the same.

    Attributes
    ----------
    symbols
        Those that were named.
    seconds
        For how long.
    endpoint, proxy
        URLs by which the venue is reached in place of its own; empty where it is reached as it is.
    """

    symbols: tuple[str, ...] = ()
    seconds: float = 30.0
    endpoint: str = ""
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """How some times in nanoseconds are spread; `median` and `p99` are times that occurred."""

    count: int
    least: int
    median: int
    p99: int
    most: int


def spread(values: Sequence[int] | NDArray[np.int64]) -> Spread | None:
    """Return how times are spread, None when there are none."""
    times = np.sort(np.asarray(values, np.int64))
    if not len(times):
        return None
    median, high = (int(times[int(share * (len(times) - 1))]) for share in (0.5, HIGH_QUANTILE))
    return Spread(len(times), int(times[0]), median, high, int(times[-1]))


def lag_spread(delays_ns: Sequence[int] | NDArray[np.int64]) -> Spread | None:
    """Return how receive minus event times are spread above their minimum so far, in the order received."""
    delays = np.asarray(delays_ns, np.int64)
    return spread(delays - np.minimum.accumulate(delays)) if len(delays) else None


@dataclass(frozen=True, slots=True)
class FirstBook:
    """How a book became LIVE for the first time.

    Attributes
    ----------
    from_rest
        A REST snapshot joined to the stream made it; else the stream's own first book.
    after_ns
        From the opening of its socket.
    levels
        Of (bids, asks), then.
    proven_bps
        How far from the mid (bids, asks) were proven, then; infinity where the whole side was known.
    """

    from_rest: bool
    after_ns: int
    levels: tuple[int, int]
    proven_bps: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Hole:
    """A gap, and how long it took from its detection until the book was LIVE again; None when it was not."""

    gap: Gap
    live_after_ns: int | None = None


@dataclass(frozen=True, slots=True)
class SeenBook:
    """One instrument.

    Attributes
    ----------
    instrument
        As the venue listed it.
    state, reason, proof
        Of its book, at the end.
    tally
        What the reference path counted, over all connections that carry the instrument.
    first
        None when the book was never LIVE.
    intervals
        Between the arrivals of two updates.
    buys, sells
        Trades by aggressor.
    sided, compared
        Trades on the side of the mid that their aggressor implies (a buyer pays more than the mid), of those that
        met a LIVE book with a mid and did not trade at it.
    touches
        Best bid and ask messages, whether or not the book stood at their id.
    """

    instrument: Instrument
    state: BookState
    reason: str
    proof: Proof
    tally: Tally
    first: FirstBook | None = None
    intervals: Spread | None = None
    buys: int = 0
    sells: int = 0
    sided: int = 0
    compared: int = 0
    touches: int = 0


@dataclass(frozen=True, slots=True)
class SeenLine:
    """All sockets and requests together.

    Attributes
    ----------
    host
        Where the sockets go.
    rest_ns
        How long the answer about the instruments took, or was waited for.
    rest_failure
        Why there was none that could be used, in words; empty where there was. Then no socket was tried.
    sockets, connect_ns
        How many sockets there are, and how long the slowest took to open; None when none did.
    unopened
        How those stand that never opened, in words.
    closed
        How those stand that had opened and were not open at the end, in words.
    failed_attempts, reconnects
        Handshakes that failed; those that succeeded after the first.
    frames, frame_bytes, largest_batch
        Received in all; the most that waited at once.
    max_queue
        More than so many make reading pause.
    throttled
        Requests that were refused for their number.
    silence_ns
        The longest time between two frames of a socket, and since its last.
    questions
        Times that the venue was asked for a sign of life.
    round_trips
        Of pings that were answered.
    rejected, rejections, refused, refusals, ignored
        Frames not understood and requests refused: how many, and the first of them in words; frames of channels
        that are not followed.
    numbering
        (checked, gaps) where every message of a connection has a number, else None.
    """

    host: str
    rest_ns: int
    sockets: int
    connect_ns: int | None = None
    rest_failure: str = ""
    unopened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    failed_attempts: int = 0
    reconnects: int = 0
    frames: int = 0
    frame_bytes: int = 0
    largest_batch: int = 0
    max_queue: int = 0
    throttled: int = 0
    silence_ns: int = 0
    questions: int = 0
    round_trips: Spread | None = None
    rejected: int = 0
    rejections: tuple[str, ...] = ()
    refused: int = 0
    refusals: tuple[str, ...] = ()
    ignored: int = 0
    numbering: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that was seen.

    Attributes
    ----------
    seconds
        How long the sockets were driven; 0 when none was tried.
    delays
        Receive minus send time of updates, on the two clocks as they are; matching time where the venue states no
        other.
    lag
        Receive minus event time of updates over its minimum so far.
    asked
        How the user asked.
    """

    venue: str
    seconds: float
    line: SeenLine
    books: tuple[SeenBook, ...]
    holes: tuple[Hole, ...] = ()
    delays: Spread | None = None
    lag: Spread | None = None
    asked: Asked = Asked()
    total: Tally = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", added(book.tally for book in self.books))

    def holes_by(self, *reasons: GapReason) -> list[Hole]:
        """Return the gaps of some kinds, oldest first."""
        return [hole for hole in self.holes if hole.gap.reason in reasons]


def added(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of what was counted."""
    total = Tally()
    for one in tallies:
        for counted in fields(Tally):
            setattr(total, counted.name, getattr(total, counted.name) + getattr(one, counted.name))
    return total
