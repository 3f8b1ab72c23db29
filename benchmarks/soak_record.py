"""What a soak records second by second, and what it must show in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fillcast.feed.settings import Settings
from fillcast.feed.wire import READ_BYTES

WARM_UP_S = 60.0  # caches, rolling windows and the allocator's own pools fill in the first minute
GROWTH_LIMIT = 0.02  # of resident memory after it
LEAST_FRAMES_S = 2000.0
LEAST_INSTRUMENTS, LEAST_PROTOCOLS = 200, 4
READ_FRAMES = READ_BYTES // 64  # what one read may bring on top of the queue's limit: no frame is shorter


@dataclass(slots=True)
class Sample:
    """One second.

    Attributes
    ----------
    at_s
        Since the first sample.
    resident_mb, lab_resident_mb
        Resident memory of this process and of the lab.
    cpu, lab_cpu
        Share of one core.
    frames_s
        Frames handled in it.
    queue
        Frames received and not yet handed over, as it ended.
    live
        Books that are LIVE.
    p50_us, p99_us, max_us
        From bytes in this process to the book having changed, over the frames of the second.
    gaps, recoveries, reconnects
        Totals so far.
    """

    at_s: float
    resident_mb: float
    lab_resident_mb: float
    cpu: float
    lab_cpu: float
    frames_s: float
    queue: int
    live: int
    p50_us: float
    p99_us: float
    max_us: float
    gaps: int
    recoveries: int
    reconnects: int


@dataclass(slots=True)
class Soak:
    """What one run recorded, and what it must show.

    Attributes
    ----------
    instruments, connections, protocols
        What was followed.
    samples
        One a second.
    p99_us
        Of all frames.
    asked, priced_not_live
        Forecasts, and those that had a price while their book was not LIVE.
    largest_batch
        The most frames of one connection that were found waiting at once.
    behind
        Frames that the lab sent and a connection did not receive, at the end of a run without faults.
    not_live
        Books that did not come back after the last fault, and why.
    """

    instruments: int
    connections: int
    protocols: int
    faults_s: float
    samples: list[Sample] = field(default_factory=list)
    p99_us: float = 0.0
    p999_us: float = 0.0
    largest_batch: int = 0
    asked: int = 0
    priced_not_live: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    behind: dict[str, int] = field(default_factory=dict)
    compared: int = 0
    not_live: dict[str, str] = field(default_factory=dict)

    @property
    def growth(self) -> float:
        """How much resident memory grew from the end of the warm-up to the end: medians of ten seconds each."""
        after = [one.resident_mb for one in self.samples if one.at_s >= WARM_UP_S]
        if len(after) < 20:
            return float("nan")
        return float(np.median(after[-10:]) / np.median(after[:10]) - 1)

    def findings(self) -> list[tuple[str, str, bool]]:
        """Return (what, figure, whether it is as it must be)."""
        frames_s = float(np.mean([one.frames_s for one in self.samples]))
        queue = max(self.largest_batch, *(one.queue for one in self.samples))
        enough = self.instruments >= LEAST_INSTRUMENTS and self.protocols >= LEAST_PROTOCOLS
        longest = Settings().max_queue + READ_FRAMES
        found = [
            (
                "instruments, connections, protocols",
                f"{self.instruments}, {self.connections}, {self.protocols}",
                enough,
            ),
            ("frames a second", f"{frames_s:,.0f}", frames_s >= LEAST_FRAMES_S),
            ("CPU of client and lab", f"{self._mean('cpu'):.0%}, {self._mean('lab_cpu'):.0%} of a core", True),
            ("most frames waiting", f"{queue} of at most {longest}", queue <= longest),
            ("memory growth after the first minute", f"{self.growth:+.2%}", self.growth < GROWTH_LIMIT),
            ("receive → book, p99 / p99.9", f"{self.p99_us:,.0f} / {self.p999_us:,.0f} µs", True),
            ("forecasts priced while not LIVE", f"{self.priced_not_live} of {self.asked:,}", not self.priced_not_live),
            ("books not LIVE at the end", f"{len(self.not_live)}", not self.not_live),
        ]
        last = self.samples[-1]
        if self.faults_s:
            planted = sum(self.faults.values())
            found.append(
                ("faults planted, gaps, recoveries", f"{planted}, {last.gaps}, {last.recoveries}", planted > 0)
            )
        else:
            lost = sum(self.behind.values())
            found.append(("frames lost", f"{lost} of {self.compared:,}", lost == 0 and self.compared > 0))
            found.append(("gaps, reconnects", f"{last.gaps}, {last.reconnects}", last.gaps == last.reconnects == 0))
        return found

    def _mean(self, name: str) -> float:
        return float(np.mean([getattr(one, name) for one in self.samples]))
