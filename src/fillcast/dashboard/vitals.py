"""How the feed, the server and the machine do, for the page's footer and for metrics."""

from __future__ import annotations

import os
import time

from msgspec import convert

from fillcast.core.units import NS_PER_S
from fillcast.dashboard.seen import Facts
from fillcast.dashboard.wire_vitals import Connection, Health, Latency, Process, Stage
from fillcast.feed.statistics import Phase, Rate
from fillcast.runtime.histogram import Histogram
from fillcast.runtime.process import Usage, usage
from fillcast.runtime.stages import FORECAST, SCREEN, Stages
from fillcast.session.gap_words import gap_words
from fillcast.venues.protocol import Gap

BYTES_PER_MB = 1e6
PERCENT = 100.0
HERE = (FORECAST, SCREEN)  # stages that are measured in the server, not in the session


class Vitals:
    """Turns facts into what a page shows, with rates between two of them.

    Attributes
    ----------
    updates_per_s
        Versions of each book a second, as of the last facts.
    stages, studying
        What is measured here: answers and pictures, and steps of studies.
    frames_sent
        To all pages so far.
    """

    def __init__(self) -> None:
        self._used: dict[str, tuple[float, float]] = {}  # seconds of a clock, and of a processor
        self._rates: dict[str, Rate] = {}
        self._versions: dict[str, int] = {}
        self.updates_per_s: dict[str, float] = {}
        self.stages = Stages()
        self.studying = Histogram()
        self.frames_sent = 0

    def latency(self, facts: Facts) -> Latency:
        """Return what the session's stages and the server's took."""
        own = {one.name: one for one in self.stages.told()}
        told = [own[one.name] if one.name in HERE else one for one in facts.stages]
        return Latency([convert(one, Stage, from_attributes=True) for one in told])

    def health(self, facts: Facts, clients: int) -> Health:
        """Return how everything does."""
        self._count(facts)
        statistics = facts.statistics
        processes = [self._share("feed", facts.usage)]
        if facts.pid != os.getpid():
            processes.append(self._share("dashboard", usage()))
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
            "" if last is None else gap_words(last),
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

    def _share(self, name: str, used: Usage) -> Process:
        now_s = time.monotonic()
        before_s, cpu_s = self._used.get(name, (now_s, used.cpu_s))
        self._used[name] = (now_s, used.cpu_s)
        percent = PERCENT * (used.cpu_s - cpu_s) / (now_s - before_s) if now_s > before_s else 0.0
        return Process(name, percent, used.memory_bytes / BYTES_PER_MB)
