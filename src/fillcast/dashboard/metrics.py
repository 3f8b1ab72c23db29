"""What the feed counts, as Prometheus text."""

from __future__ import annotations

from dataclasses import asdict

from fillcast.dashboard.seen import Facts
from fillcast.feed.statistics import FeedStatistics

GAUGES = ("connections", "open_connections", "frames_per_s", "queue", "largest_batch")
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(facts: Facts, clients: int) -> str:
    """Return counters and gauges of the feed, its process and the pages."""
    lines: list[str] = []

    def tell(name: str, kind: str, value: float) -> None:
        lines.extend((f"# TYPE {name} {kind}", f"{name} {value!r}"))

    statistics: FeedStatistics = facts.statistics
    for name, value in asdict(statistics).items():
        gauge = name in GAUGES
        tell(f"fillcast_feed_{name}" + ("" if gauge else "_total"), "gauge" if gauge else "counter", value)
    lines.append("# TYPE fillcast_book_version counter")
    lines += [f'fillcast_book_version{{instrument="{_label(key)}"}} {n}' for key, n in facts.versions.items()]
    tell("fillcast_process_cpu_seconds_total", "counter", facts.cpu_s)
    tell("fillcast_process_resident_memory_bytes", "gauge", facts.memory_bytes)
    tell("fillcast_dashboard_pages", "gauge", clients)
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
