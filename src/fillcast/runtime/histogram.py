"""Durations counted in buckets that are everywhere as fine as a sixty-fourth of their value.

The form is that of HdrHistogram (Gil Tene): within every power of two the buckets are equally wide. Recording is one
addition to a list, nothing grows, and any quantile can be read at any time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

FINE_BITS: Final = 6  # 64 buckets within a power of two: a value is known to 1.6 %
LONGEST_BITS: Final = 40  # 2^40 ns, 18 minutes: what is longer counts as that
FINE: Final = 1 << FINE_BITS
LONGEST_NS: Final = (1 << LONGEST_BITS) - 1
BUCKETS: Final = (LONGEST_BITS - FINE_BITS + 1) << FINE_BITS


def bucket_of(ns: int) -> int:
    """Return the bucket of a duration in [0, LONGEST_NS]."""
    shift = ns.bit_length() - FINE_BITS - 1
    return (shift << FINE_BITS) + (ns >> shift) if shift > 0 else ns


def lower_edge(bucket: int) -> int:
    """Return the shortest duration of a bucket, ns; of the bucket behind the last, where that one ends."""
    shift = (bucket >> FINE_BITS) - 1
    return (bucket - (shift << FINE_BITS)) << shift if shift > 0 else bucket


class Histogram:
    """Durations of one kind; nothing is kept of when they were.

    Attributes
    ----------
    n, sum_ns, max_ns
        How many, their sum, and the longest: exact.
    """

    __slots__ = ("_counts", "max_ns", "n", "sum_ns")

    def __init__(self) -> None:
        self._counts = [0] * BUCKETS
        self.n = self.sum_ns = self.max_ns = 0

    def record(self, ns: int) -> None:
        """Count one duration; a negative one is 0."""
        if not 0 <= ns <= LONGEST_NS:
            ns = 0 if ns < 0 else LONGEST_NS
        shift = ns.bit_length() - FINE_BITS - 1  # `bucket_of`, without the call
        self._counts[(shift << FINE_BITS) + (ns >> shift) if shift > 0 else ns] += 1
        self.n += 1
        self.sum_ns += ns
        if ns > self.max_ns:
            self.max_ns = ns

    def add(self, other: Histogram) -> None:
        """Count all that another one has counted."""
        self._counts = [mine + theirs for mine, theirs in zip(self._counts, other._counts, strict=True)]
        self.n += other.n
        self.sum_ns += other.sum_ns
        self.max_ns = max(self.max_ns, other.max_ns)

    def quantile(self, share: float) -> int | None:
        """Return the duration that `share` of all do not exceed, ns, at most 1.6 % too long; None without any."""
        if not self.n:
            return None
        wanted, seen = max(1, math.ceil(share * self.n)), 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if seen >= wanted:
                return min(lower_edge(bucket + 1) - 1, self.max_ns)
        raise AssertionError("fewer durations in the buckets than were counted")

    def counts_up_to(self, edges_ns: Iterable[int]) -> list[int]:
        """Return how many are shorter than each edge; edges rise, and are lower edges of buckets to be exact."""
        found, seen, at = [], 0, 0
        for edge in edges_ns:
            until = bucket_of(edge) if edge <= LONGEST_NS else BUCKETS
            seen += sum(self._counts[at:until])
            at = until
            found.append(seen)
        return found
