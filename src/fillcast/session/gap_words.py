"""A gap in one sentence, and times in the unit that suits them."""

from __future__ import annotations

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.venues.protocol import Gap, Recovered

FINE_MS = 10  # below it a tenth of a millisecond is told
LONG_MS = 1000


def span(nanoseconds: float) -> str:
    """Return a time in milliseconds, or seconds where it is long."""
    milliseconds = nanoseconds / NS_PER_MS
    if abs(milliseconds) < FINE_MS:
        return f"{milliseconds:.1f} ms"
    if abs(milliseconds) < LONG_MS:
        return f"{milliseconds:.0f} ms"
    return f"{nanoseconds / NS_PER_S:.2f} s"


def gap_words(entry: Gap | Recovered) -> str:
    """Return an entry of the gap log in one sentence."""
    gap = entry.gap if isinstance(entry, Recovered) else entry
    loss = "" if gap.loss is None else f", {gap.loss} lost"
    again = f"; LIVE again after {span(entry.at_ns - gap.detected_ns)}" if isinstance(entry, Recovered) else ""
    return f"{gap.instrument} {gap.reason.replace('_', ' ')}: {gap.detail}{loss}{again}"
