"""The text of metrics, read back by the format's own parser."""

from __future__ import annotations

import os

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fillcast.runtime.exposition import Durations, Family, Kind, text
from fillcast.runtime.histogram import Histogram
from fillcast.runtime.process import usage

FRAMES = Family("fillcast_frames", Kind.COUNTER, "Frames.", ("venue",), {("okx",): 12, ('a"b\\\n',): 3})
QUEUE = Family("fillcast_queue", Kind.GAUGE, "Waiting.", (), {(): 2})


def samples(source: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(source)
        for sample in family.samples
    }


def test_counters_and_gauges_are_read_back() -> None:
    found = samples(text([FRAMES, QUEUE]))
    assert found[("fillcast_frames_total", (("venue", "okx"),))] == 12
    assert found[("fillcast_frames_total", (("venue", 'a"b\\\n'),))] == 3
    assert found[("fillcast_queue", ())] == 2


def test_durations_are_cumulative_and_exact() -> None:
    histogram = Histogram()
    for ns in (100, 300, 1_000, 5_000_000, 60_000_000_000):
        histogram.record(ns)
    found = samples(text([Durations("fillcast_stage_seconds", "Stages.", "stage", {"apply": histogram})]))
    buckets = {
        float(dict(labels)["le"]): value
        for (name, labels), value in found.items()
        if name == "fillcast_stage_seconds_bucket"
    }
    assert all(
        value == sum(ns / 1e9 < edge for ns in (100, 300, 1_000, 5_000_000, 6e10)) for edge, value in buckets.items()
    )
    assert buckets[float("inf")] == 5
    assert found[("fillcast_stage_seconds_sum", (("stage", "apply"),))] == pytest.approx(60.0050014)
    assert found[("fillcast_stage_seconds_count", (("stage", "apply"),))] == 5


def test_the_process_is_told() -> None:
    before = usage()
    sum(range(3_000_000))
    after = usage()
    assert after.cpu_s > before.cpu_s
    assert 10_000_000 < after.memory_bytes < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
