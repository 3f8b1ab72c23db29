"""Histograms against the durations themselves."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.runtime import histogram as module
from fillcast.runtime.histogram import BUCKETS, LONGEST_NS, Histogram, bucket_of, lower_edge

durations = st.lists(st.integers(0, LONGEST_NS) | st.integers(0, 10_000), min_size=1, max_size=200)


def filled(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


def check(histogram: Histogram, values: list[int]) -> None:
    """Hold a histogram to the durations that it should have counted."""
    ordered = sorted(values)
    assert (histogram.n, histogram.sum_ns, histogram.max_ns) == (len(values), sum(values), ordered[-1])
    for share in (0.01, 0.5, 0.95, 0.99, 1.0):
        exact = ordered[max(1, math.ceil(share * len(values))) - 1]
        found = histogram.quantile(share)
        assert found is not None
        assert exact <= found <= exact + exact // 64
    edges = [lower_edge(bucket) for bucket in range(0, BUCKETS, 97)]
    assert histogram.counts_up_to(edges) == [sum(value < edge for value in values) for edge in edges]


@given(durations)
def test_quantiles_are_within_a_sixty_fourth(values: list[int]) -> None:
    check(filled(values), values)


@given(durations, durations)
def test_two_added_are_one(values: list[int], others: list[int]) -> None:
    both = filled(values)
    both.add(filled(others))
    check(both, values + others)


@given(st.integers(0, LONGEST_NS))
def test_a_duration_lies_in_its_bucket(ns: int) -> None:
    bucket = bucket_of(ns)
    assert lower_edge(bucket) <= ns < lower_edge(bucket + 1)
    assert lower_edge(bucket + 1) - lower_edge(bucket) <= max(1, ns // 64)


def test_buckets_cover_everything_once() -> None:
    edges = [lower_edge(bucket) for bucket in range(BUCKETS + 1)]
    assert edges[0] == 0
    assert edges[-1] == LONGEST_NS + 1
    assert all(lower < upper for lower, upper in pairwise(edges))


def test_what_no_bucket_holds_goes_into_the_last_or_the_first() -> None:
    histogram = filled([LONGEST_NS + 5, -3])
    assert (histogram.n, histogram.max_ns, histogram.quantile(0.5)) == (2, LONGEST_NS, 0)


def test_nothing_seen_says_nothing() -> None:
    assert Histogram().quantile(0.5) is None


def test_a_count_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).integers(0, 1_000_000, 500).tolist()
    plain = Histogram.record

    def forgetful(self: Histogram, ns: int) -> None:
        if ns != values[100]:
            plain(self, ns)

    monkeypatch.setattr(module.Histogram, "record", forgetful)
    with pytest.raises(AssertionError):
        check(filled(values), values)
