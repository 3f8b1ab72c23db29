"""How the feed, the server and the machine do, for the page's footer and for metrics."""

from __future__ import annotations

import time

import numpy as np
import psutil

from fillcast.core.units import NS_PER_S
from fillcast.dashboard.seen import Facts
from fillcast.dashboard.wire_vitals import Connection, Health, Latency, Process, Stage
from fillcast.feed.statistics import Phase, Rate
from fillcast.venues.protocol import Gap, Recovered

BYTES_PER_MB = 1e6
PERCENT = 100.0
US_PER_S = 1e6
# Histogram: ten buckets for each factor of ten, from a microsecond to ten seconds.
EDGES_US = np.logspace(0, 7, 71)
EDGES_US.flags.writeable = False


class Stopwatch:
    """Counts how long something takes, in buckets that are taken once."""

    __slots__ = ("_counts", "_max_us", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._counts = np.zeros(len(EDGES_US) - 1, np.int64)
        self._max_us = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        us = seconds * US_PER_S
        place = int(np.searchsorted(EDGES_US, us, side="right")) - 1
        self._counts[min(max(place, 0), len(self._counts) - 1)] += 1
        self._max_us = max(self._max_us, us)

    def stage(self) -> Stage:
        """Return what was counted; a quantile is the upper edge of its bucket, and no more than the maximum."""
        n = int(self._counts.sum())
        sums = np.cumsum(self._counts)

        def quantile(share: float) -> float | None:
            if n == 0:
                return None
            return min(float(EDGES_US[int(np.searchsorted(sums, share * n)) + 1]), self._max_us)

        used = np.flatnonzero(self._counts)
        first, last = (int(used[0]), int(used[-1]) + 1) if n else (0, 0)
        return Stage(
            self.name,
            n,
            quantile(0.5),
            quantile(0.95),
            quantile(0.99),
            self._max_us if n else None,
            EDGES_US[first : last + 1].tolist() if n else [],
            self._counts[first:last].tolist(),
        )


class Vitals:
    """Turns facts into what a page shows, with rates between two of them."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cpu: dict[str, tuple[float, float]] = {}  # seconds of a clock, and of a processor
        self._rates: dict[str, Rate] = {}
        self._versions: dict[str, int] = {}
        self.updates_per_s: dict[str, float] = {}
        self.answering = Stopwatch("forecast")
        self.studying = Stopwatch("studies")
        self.drawing = Stopwatch("sent to drawn")

    def latency(self) -> Latency:
        """Return the stages that are measured here."""
        return Latency([one.stage() for one in (self.answering, self.studying, self.drawing)])

    def health(self, facts: Facts, clients: int) -> Health:
        """Return how everything does."""
        self._count(facts)
        statistics = facts.statistics
        processes = [self._use("feed", facts.cpu_s, facts.memory_bytes)]
        if facts.pid != self._process.pid:
            cpu = self._process.cpu_times()
            processes.append(self._use("dashboard", cpu.user + cpu.system, self._process.memory_info().rss))
        last = facts.last_gap
        return Health(
            [
                Connection(
                    link.name,
                    link.url,
                    str(link.phase),
                    link.sentence,
                    link.attempt,
                    (link.next_attempt_ns - facts.mono_ns) / NS_PER_S if link.phase is Phase.WAITING else None,
                    list(link.instruments),
                )
                for link in facts.links
            ],
            statistics.frames,
            statistics.frames_per_s,
            statistics.frame_bytes,
            statistics.gaps,
            statistics.recoveries,
            statistics.reconnects,
            statistics.rejected,
            statistics.queue,
            "" if last is None else _gap_words(last),
            isinstance(last, Gap),
            list(facts.notices),
            clients,
            processes,
        )

    def _count(self, facts: Facts) -> None:
        for key, version in facts.versions.items():
            rate = self._rates.setdefault(key, Rate())
            rate.add(version - self._versions.get(key, version), facts.mono_ns)
            self._versions[key] = version
            self.updates_per_s[key] = rate.per_s(facts.mono_ns)

    def _use(self, name: str, cpu_s: float, memory_bytes: int) -> Process:
        now_s = time.monotonic()
        before_s, used_s = self._cpu.get(name, (now_s, cpu_s))
        self._cpu[name] = (now_s, cpu_s)
        percent = PERCENT * (cpu_s - used_s) / (now_s - before_s) if now_s > before_s else 0.0
        return Process(name, percent, memory_bytes / BYTES_PER_MB)


def _gap_words(entry: Gap | Recovered) -> str:
    gap = entry.gap if isinstance(entry, Recovered) else entry
    loss = "" if gap.loss is None else f", {gap.loss} lost"
    sentence = f"{gap.instrument} {gap.reason.replace('_', ' ')}: {gap.detail}{loss}"
    if isinstance(entry, Recovered):
        return f"{sentence}; LIVE again after {(entry.at_ns - gap.detected_ns) / NS_PER_S:.1f} s"
    return sentence
