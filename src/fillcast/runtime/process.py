"""What a process has used of the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds so far, user and system, and resident memory in bytes."""

    cpu_s: float
    memory_bytes: int


def usage() -> Usage:
    """Return what this process has used."""
    import psutil  # most commands never ask, and would wait for it

    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        return Usage(times.user + times.system, process.memory_info().rss)
