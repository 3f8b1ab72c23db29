"""Metrics as the text that Prometheus scrapes.

A family is a plain value, so that one process can write what another has counted. Source: Prometheus' text format,
version 0.0.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from fillcast.runtime.histogram import Histogram

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
NS_PER_S: Final = 1e9
EDGES_NS: Final = tuple(1 << bits for bits in range(8, 35))  # 256 ns to 17 s, doubling: edges of buckets, so exact


class Kind(StrEnum):
    """What a number is: a count that never falls, or anything."""

    COUNTER = "counter"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its values.

    Attributes
    ----------
    name
        Without the `_total` that a counter's name ends with in the text.
    values
        By the values of the labels, in the order of `labels`.
    """

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    values: Mapping[tuple[str, ...], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Durations:
    """One metric of durations, in seconds in the text, with a histogram for each value of its one label."""

    name: str
    about: str
    label: str
    histograms: Mapping[str, Histogram]


def text(families: Iterable[Family | Durations]) -> str:
    """Return families as Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once([_metric(family) for family in families]))
    return generate_latest(registry).decode()


class _Once:
    """A collector of metrics that are made already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)


def _metric(family: Family | Durations) -> Metric:
    if isinstance(family, Durations):
        durations = HistogramMetricFamily(family.name, family.about, labels=(family.label,))
        for name, histogram in family.histograms.items():
            below = histogram.counts_up_to(EDGES_NS)
            buckets = [(str(edge / NS_PER_S), count) for edge, count in zip(EDGES_NS, below, strict=True)]
            durations.add_metric((name,), [*buckets, ("+Inf", histogram.n)], histogram.sum_ns / NS_PER_S)
        return durations
    kind = CounterMetricFamily if family.kind is Kind.COUNTER else GaugeMetricFamily
    numbers = kind(family.name, family.about, labels=family.labels)
    for labels, value in family.values.items():
        numbers.add_metric(labels, value)
    return numbers
