"""Stages under their own names, and the frames that are timed."""

from __future__ import annotations

import pytest

from fillcast.runtime.stages import APPLY, DECODE, RECEIVE, SCREEN, STAGES, Sampler, Stages


def check(stages: Stages) -> None:
    """One frame that waited 1 ms, was read in 20 µs and applied in 3 µs."""
    found = {stage.name: stage for stage in stages.told()}
    assert tuple(found) == STAGES
    assert [found[name].n for name in STAGES] == [1, 1, 1, 0, 0]
    assert [found[name].max_us for name in (RECEIVE, DECODE, APPLY)] == [1000.0, 20.0, 3.0]


def test_a_frame_is_told_by_stage() -> None:
    stages = Stages()
    stages.frame(0, 1_000_000, 1_020_000, 1_023_000)
    check(stages)


@pytest.mark.parametrize("times", [(0, 1_000_000, 1_003_000, 1_023_000), (0, 20_000, 1_020_000, 1_023_000)])
def test_stages_that_are_swapped_are_noticed(times: tuple[int, int, int, int]) -> None:
    stages = Stages()
    stages.frame(*times)
    with pytest.raises(AssertionError):
        check(stages)


def test_the_histogram_of_a_stage_covers_what_occurred() -> None:
    stages = Stages()
    for ns in (90, 90, 1500, 40_000):
        stages.record(SCREEN, ns)
    screen = stages.told()[-1]
    assert len(screen.edges_us) == len(screen.counts) + 1
    assert sum(screen.counts) == screen.n == 4
    assert screen.edges_us[0] == 0
    assert screen.counts[0] == 2
    assert screen.edges_us[-2] <= 40.0 < screen.edges_us[-1]
    assert (screen.p50_us, screen.max_us) == (0.09, 40.0)


def test_a_stage_without_samples_has_no_figures() -> None:
    (stage, *_) = Stages().told()
    assert (stage.n, stage.p50_us, stage.max_us, stage.edges_us, stage.counts) == (0, None, None, [], [])


def test_stages_of_two_processes_are_added() -> None:
    here, there = Stages(), Stages()
    here.frame(0, 1_000_000, 1_020_000, 1_023_000)
    there.record(SCREEN, 5_000)
    here.add(there)
    assert [stage.n for stage in here.told()] == [1, 1, 1, 0, 1]


def timed(every: int, frames: int) -> list[int]:
    sampler, at, found = Sampler(every), 0, []
    while True:
        step = sampler.next()
        at += step
        if not step or at > frames:
            return found
        found.append(at)


def test_one_frame_in_sixty_four_is_timed() -> None:
    assert len(timed(64, 64_000)) == pytest.approx(1000, rel=0.02)
    assert timed(1, 5) == [1, 2, 3, 4, 5]
    assert timed(0, 64_000) == []


@pytest.mark.parametrize("period", [2, 3, 4, 8, 16, 64])
def test_a_pattern_in_the_stream_does_not_choose(period: int) -> None:
    found = timed(64, 640_000)
    for phase in range(period):
        share = sum(at % period == phase for at in found) / len(found)
        assert share == pytest.approx(1 / period, rel=0.25)
