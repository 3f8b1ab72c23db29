"""What a process has used of the machine."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds so far, user and system, and resident memory in bytes."""

    cpu_s: float
    memory_bytes: int


def usage(process: psutil.Process | None = None) -> Usage:
    """Return what a process has used; this one unless another is given."""
    process = process or psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return Usage(times.user + times.system, process.memory_info().rss)
