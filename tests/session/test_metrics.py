"""Every number that a session counts is in its metrics, under the labels that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Counters
from fillcast.forecast.order import parse_order
from fillcast.session import Session, metrics, watch
from tests.feed.fakes import run, until
from tests.session.embedded import lab

KEYS = ["okx:BTC-USDT", "binance_usdm:BTCUSDT"]
PAGE = Path(__file__).parents[2] / "docs" / "monitoring.md"
GAUGES = {"largest_batch"}

Found = Mapping[tuple[str, str], float]  # by name, and by label values joined by "/"


def read(session: Session) -> Found:
    found: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(metrics.metrics_text(session)):
        for sample in family.samples:
            names = sorted(sample.labels, key=lambda name: name != "venue")
            labels = "/".join(sample.labels[name] for name in names)
            assert (sample.name, labels) not in found
            found[sample.name, labels] = sample.value
    return found


def followed(look: Callable[[Session], None]) -> None:
    """Follow two books until a forecast was given and one was refused, then look while nothing more arrives."""

    async def main() -> None:
        async with lab() as url:
            settings = Settings(sample_every=1)
            async with watch(KEYS, endpoints=dict.fromkeys(("okx", "binance_usdm"), url), settings=settings) as session:
                order = parse_order(session.instruments[KEYS[0]], "buy", "1")
                assert session.forecast(order).current.net is None, "the book cannot be there yet"
                for key in KEYS:
                    await session.live(key)
                session.forecast(order)
                session.forecast(order)
                await until(lambda: all(client.counters.frames > 30 for client in session.feed.clients))
                look(session)

    run(main(), 60.0)


def check(session: Session) -> None:
    """Hold the text to what is counted; nothing is awaited, so nothing moves meanwhile."""
    found = read(session)
    for client in session.feed.clients:
        labels = f"{client.connection.venue}/{client.name}"
        for field in fields(Counters):
            name = f"fillcast_{field.name}" + ("" if field.name in GAUGES else "_total")
            assert found[name, labels] == getattr(client.counters, field.name), name
        assert found["fillcast_queue_frames", labels] == client.queue
        assert found["fillcast_connection_open", labels] == 1
        for name in ("dropped", "ignored"):
            assert found[f"fillcast_{name}_total", labels] == getattr(client.connection, name)
    for key in KEYS:
        labels, book = key.replace(":", "/"), session.book(key)
        assert found["fillcast_levels_total", labels] == book.levels_applied > 20
        assert found["fillcast_book_changes_total", labels] == book.version > 10
        assert found["fillcast_book_live", labels] == 1
        assert found["fillcast_trades_total", labels] == session.activity(key).trades
        assert 0 <= found["fillcast_book_age_seconds", labels] < 5
    assert found["fillcast_forecasts_total", "given"] == 2
    assert found["fillcast_forecasts_total", "refused"] == 1
    for name, histogram in session.feed.stages.histograms.items():
        assert found["fillcast_stage_seconds_count", name] == histogram.n
        assert found["fillcast_stage_seconds_sum", name] == pytest.approx(histogram.sum_ns / 1e9)
    assert found["fillcast_stage_seconds_count", "forecast"] == 3
    assert found["fillcast_stage_seconds_count", "apply"] > 20
    assert found["process_cpu_seconds_total", ""] > 0
    assert found["process_resident_memory_bytes", ""] > 1e7


def described() -> set[str]:
    """The names that the page on monitoring lists."""
    table = PAGE.read_text(encoding="utf-8").partition("## Metrics")[2].partition("## Stages")[0]
    return set(re.findall(r"`((?:fillcast|process)_[a-z_]+)`", table))


def check_vitals(session: Session) -> None:
    vitals = session.vitals()
    assert (vitals.forecasts_given, vitals.forecasts_refused) == (2, 1)
    stages = {stage.name: stage for stage in vitals.stages}
    assert stages["screen"].n == 0
    for name in ("receive", "decode", "apply", "forecast"):
        stage = stages[name]
        assert stage.n == sum(stage.counts) > 0
        assert stage.p50_us is not None
        assert stage.max_us is not None
        assert 0 <= stage.p50_us <= stage.max_us < 30e6


def test_all_that_is_counted_is_told_and_a_counter_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = metrics.metrics

    def look(session: Session) -> None:
        check(session)
        check_vitals(session)
        told = {name for name, _ in read(session)}
        assert described() == {
            re.sub("_(bucket|sum|count)$", "", name) for name in told if not name.endswith("_created")
        }
        for lost in ("fillcast_gaps", "fillcast_levels", "fillcast_dropped", "fillcast_forecasts"):
            monkeypatch.setattr(
                metrics, "metrics", lambda session, lost=lost: [one for one in whole(session) if one.name != lost]
            )
            with pytest.raises(KeyError, match=lost):
                check(session)

    followed(look)


def test_every_counter_is_described() -> None:
    names = [field.name for field in fields(Counters)]
    assert sorted(metrics.COUNTED | metrics.HIGHEST) == sorted(names)
