"""How long each stage takes on the way from bytes of a venue to figures on a screen.

One frame in about 64 is timed. The distance from one to the next varies, so that a pattern in a stream (a book
message, a trade, a book message ...) does not decide which frames are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fillcast.runtime.histogram import FINE, FINE_BITS, LONGEST_BITS, LONGEST_NS, Histogram

RECEIVE: Final = "receive"  # from bytes in this process to the frame's turn
DECODE: Final = "decode"  # from its turn to its levels as integers, checked to follow
APPLY: Final = "apply"  # from there to the book having changed
FORECAST: Final = "forecast"  # of one forecast, asked to answered
SCREEN: Final = "screen"  # from the server having sent a picture to the page having drawn it
STAGES: Final = (RECEIVE, DECODE, APPLY, FORECAST, SCREEN)

SAMPLE_EVERY: Final = 64  # frames, on average
GOLDEN_SHARE: Final = 0.6180339887498949  # its multiples fill an interval evenly and never repeat

NS_PER_US: Final = 1000.0
# 128 ns to the longest, two in every doubling: edges of buckets, so that counts between them are exact.
EDGES_NS: Final = (
    0,
    *(step << shift for shift in range(1, LONGEST_BITS - FINE_BITS) for step in (FINE, FINE + FINE // 2)),
    LONGEST_NS + 1,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage took, for people: microseconds; None where nothing was seen.

    Attributes
    ----------
    n
        Samples.
    edges_us, counts
        Histogram over what occurred: `counts[i]` samples from `edges_us[i]` up to `edges_us[i + 1]`.
    """

    name: str
    n: int
    p50_us: float | None
    p95_us: float | None
    p99_us: float | None
    max_us: float | None
    edges_us: list[float]
    counts: list[int]

    @classmethod
    def of(cls, name: str, histogram: Histogram) -> Stage:
        """Return what a histogram says."""
        if not histogram.n:
            return cls(name, 0, None, None, None, None, [], [])
        below = histogram.counts_up_to(EDGES_NS)
        first = below.count(0) - 1  # nothing is shorter than this edge
        last = below.index(histogram.n)  # everything is shorter than this one
        edges, below = EDGES_NS[first : last + 1], below[first : last + 1]
        counts = [upper - lower for lower, upper in pairwise(below)]
        p50, p95, p99 = (_us(histogram.quantile(share)) for share in (0.5, 0.95, 0.99))
        edges_us = [edge / NS_PER_US for edge in edges]
        return cls(name, histogram.n, p50, p95, p99, _us(histogram.max_ns), edges_us, counts)


class Stages:
    """The histograms of all stages, by name."""

    __slots__ = ("_apply", "_decode", "_receive", "histograms")

    def __init__(self) -> None:
        self.histograms = {name: Histogram() for name in STAGES}
        self._receive, self._decode, self._apply = (self.histograms[name] for name in (RECEIVE, DECODE, APPLY))

    def frame(self, received_ns: int, taken_ns: int, decoded_ns: int, applied_ns: int) -> None:
        """Count one frame by the monotonic times at which it came, had its turn, was read, and had changed its book."""
        self._receive.record(taken_ns - received_ns)
        self._decode.record(decoded_ns - taken_ns)
        self._apply.record(applied_ns - decoded_ns)

    def record(self, name: str, ns: int) -> None:
        """Count one duration of a stage."""
        self.histograms[name].record(ns)

    def add(self, other: Stages) -> None:
        """Count all that others have counted: of another process, say."""
        for name, histogram in other.histograms.items():
            self.histograms[name].add(histogram)

    def told(self) -> tuple[Stage, ...]:
        """Return what all stages took so far, in the order in which a frame passes them."""
        return tuple(Stage.of(name, self.histograms[name]) for name in STAGES)


class Sampler:
    """Says which frames are timed.

    Parameters
    ----------
    every
        One in so many, on average; 0: none.
    """

    __slots__ = ("_longest", "_share")

    def __init__(self, every: int = SAMPLE_EVERY) -> None:
        self._longest = 2 * every - 1
        self._share = 0.0

    def next(self) -> int:
        """Return in how many frames the next one is timed: 1 to twice the average; 0: never."""
        if self._longest < 0:
            return 0
        self._share = (self._share + GOLDEN_SHARE) % 1.0
        return 1 + int(self._share * self._longest)


def _us(ns: int | None) -> float | None:
    return None if ns is None else ns / NS_PER_US
