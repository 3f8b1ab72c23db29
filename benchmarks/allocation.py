"""What a contestant allocates per item and what it keeps."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Allocation:
    """What lived beyond what lived before, in bytes as tracemalloc sees them.

    It counts NumPy's arrays whole, pages that nobody has touched included, and not what a C library takes.
    ``peak_bytes`` and ``peak_bytes_max``: at once during one item, median and largest over the items.
    ``kept_blocks``: Python memory blocks left per item. ``held_bytes``: the contestant after the last item,
    its decoders included.
    """

    peak_bytes: float
    peak_bytes_max: int
    kept_blocks: float
    held_bytes: int


def measure(build: Callable[[], Callable[[Any], object]], items: Sequence[Any]) -> Allocation:
    """Two untimed passes over the items, the second one traced."""
    step = build()
    gc.collect()
    before = sys.getallocatedblocks()
    for item in items:
        step(item)
    kept = (sys.getallocatedblocks() - before) / len(items)
    del step

    gc.collect()
    tracemalloc.start()
    try:
        start, _ = tracemalloc.get_traced_memory()
        step = build()
        peaks = [0] * len(items)
        for index, item in enumerate(items):
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            step(item)
            peaks[index] = tracemalloc.get_traced_memory()[1] - held
        peak_bytes, peak_bytes_max = median(peaks), max(peaks)
        del peaks
        gc.collect()
        end, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Allocation(peak_bytes, peak_bytes_max, kept, end - start)
