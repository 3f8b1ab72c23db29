"""Parts of a frame about the way from the venues to the screen: latencies, connections, processes."""

from __future__ import annotations

from msgspec import Struct


class Stage(Struct, frozen=True):
    """One stage on the way from the venue to the screen.

    Attributes
    ----------
    n
        Samples.
    p50_us, p95_us, p99_us, max_us
        Microseconds; null without samples.
    edges_us, counts
        Histogram: `counts[i]` samples from `edges_us[i]` up to `edges_us[i + 1]`.
    """

    name: str
    n: int
    p50_us: float | None
    p95_us: float | None
    p99_us: float | None
    max_us: float | None
    edges_us: list[float]
    counts: list[int]


class Latency(Struct, frozen=True):
    """Part `latency`: stages in the order in which a frame passes them; 1 a second."""

    stages: list[Stage]


class Connection(Struct, frozen=True):
    """How one connection to a venue stands.

    Attributes
    ----------
    phase
        `idle`, `connecting`, `open`, `waiting` or `closed`.
    sentence
        For people: what happened, and what comes next.
    attempt, next_attempt_s
        Number of the attempt in a row, and seconds until the next one; null while none is due.
    """

    name: str
    url: str
    phase: str
    sentence: str
    attempt: int
    next_attempt_s: float | None
    instruments: list[str]


class Process(Struct, frozen=True):
    """One process: share of one core over the last second or so in percent, and resident memory in MB."""

    name: str
    cpu_percent: float
    memory_mb: float


class Health(Struct, frozen=True):
    """Part `health`: how the feed and the machine do; 2 a second.

    Attributes
    ----------
    frames_per_s, bytes_total
        Received from venues.
    queue
        Frames received and not yet read.
    last_gap, gap_is_open
        The latest hole in words, empty when nothing was ever lost, and whether it is still open.
    notices
        The latest rejected frames and refusals in words, newest last.
    clients
        Pages connected.
    """

    connections: list[Connection]
    frames: int
    frames_per_s: float
    bytes_total: int
    gaps: int
    recoveries: int
    reconnects: int
    rejected: int
    queue: int
    last_gap: str
    gap_is_open: bool
    notices: list[str]
    clients: int
    processes: list[Process]
