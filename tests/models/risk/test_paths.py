from __future__ import annotations

import math
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.risk import bootstrap_moves, simulated_costs
from fillcast.models.risk.draws_kernels import EDGES, HEIGHTS, LAYERS, TAIL
from fillcast.models.risk.monte_carlo import seed_key
from fillcast.models.risk.paths import CHUNK, PathRun, bootstrap_paths, normal_paths
from fillcast.models.risk.paths_kernels import bootstrap_sums, normal_sums
from fillcast.models.schedule import twap
from tests.models.risk import twin
from tests.models.risk.linear import DEVIATION, EXPECTED, PLAN, SIGMA, Linear

MODEL = Linear()
FloatArray = NDArray[np.float64]


def run(paths: int, *, threads: int = 1, seed: int = 5, antithetic: bool = False, **watching: Any) -> FloatArray | None:
    with ThreadPoolExecutor(threads) as executor:
        return normal_paths(
            PLAN, MODEL, SIGMA, "sell", PathRun(paths, seed, antithetic), executor=executor, threads=threads, **watching
        )


def draws(count: int, seed: int) -> FloatArray:
    out = np.empty(count)
    normal_sums(seed_key(seed), 0, np.ones(1), out)
    return out


def largest_gap(sample: FloatArray) -> float:
    """Return Kolmogorov's distance from the normal distribution, times the root of the sample's size."""
    ordered = np.sort(sample)
    exact = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in ordered])
    steps = np.arange(len(ordered) + 1) / len(ordered)
    return float(max(np.abs(exact - steps[1:]).max(), np.abs(exact - steps[:-1]).max())) * math.sqrt(len(ordered))


def test_the_layers_of_the_ziggurat_have_one_area_and_close() -> None:
    areas = EDGES[1:LAYERS] * np.diff(HEIGHTS[1:])
    base = TAIL * HEIGHTS[1] + math.sqrt(math.pi / 2) * math.erfc(TAIL / math.sqrt(2))
    assert areas == pytest.approx(np.full(LAYERS - 1, base), rel=1e-9)
    assert len(EDGES) == LAYERS + 1


KOLMOGOROV_1E_6 = 2.69  # exceeded with probability 1e-6


def test_draws_are_normal_in_the_middle_and_in_the_tail() -> None:
    sample = draws(400_000, 3)
    assert largest_gap(sample) < KOLMOGOROV_1E_6
    beyond = int((np.abs(sample) > TAIL).sum())
    expected = len(sample) * math.erfc(TAIL / math.sqrt(2))
    assert abs(beyond - expected) < 4.5 * math.sqrt(expected)
    planted = np.clip(sample, -2.5, 2.5) * 1.01
    assert largest_gap(planted) > KOLMOGOROV_1E_6


def test_slices_and_neighbouring_paths_and_seeds_are_not_correlated() -> None:
    paths = 100_000
    one = draws(paths, 3)
    both = np.empty(paths)
    normal_sums(seed_key(3), 0, np.array([0.0, 1.0]), both)
    for other in (both, np.roll(one, 1), draws(paths, 4)):
        assert abs(float(np.corrcoef(one, other)[0, 1])) < 4.5 / math.sqrt(paths)


def test_the_compiled_kernels_agree_with_their_twins() -> None:
    key, weights, paths = seed_key(1), [1.0, -2.0, 0.5], 20_000
    compiled = np.empty(paths)
    normal_sums(key, 7, np.array(weights), compiled)
    twins = np.array([twin.normal_sum(int(key), 7 + path, weights) for path in range(paths)])
    assert compiled == pytest.approx(twins, rel=1e-12, abs=1e-12)
    assert compiled[1:] != pytest.approx(twins[:-1], rel=1e-12)
    bootstrap_sums(key, 7, np.array(weights), np.arange(5.0), 2, compiled)
    twins = np.array([twin.bootstrap_sum(int(key), 7 + path, weights, range(5), 2) for path in range(paths)])
    assert compiled == pytest.approx(twins, rel=1e-12, abs=1e-12)


def test_a_bootstrap_gives_the_costs_of_the_array_form_path_by_path() -> None:
    record = np.sin(np.arange(40.0)) ** 3
    for antithetic in (False, True):
        with ThreadPoolExecutor(2) as executor:
            compiled = bootstrap_paths(
                PLAN, MODEL, record, 3, "buy", PathRun(1000, 9, antithetic), executor=executor, threads=2
            )
        moves = bootstrap_moves(1000, 5, record, 3, 9, antithetic=antithetic)
        assert compiled == pytest.approx(simulated_costs(PLAN, MODEL, moves, "buy"), rel=1e-12)
        assert compiled != pytest.approx(simulated_costs(PLAN, MODEL, moves, "sell"), rel=1e-12)


@pytest.mark.parametrize("antithetic", [False, True])
def test_threads_change_nothing(antithetic: bool) -> None:
    paths = 2 * (3 * CHUNK + 17)
    one = run(paths, antithetic=antithetic)
    assert one is not None
    for threads in (2, 5):
        assert np.array_equal(one, run(paths, threads=threads, antithetic=antithetic))
    assert not np.array_equal(one, run(paths, antithetic=antithetic, seed=6))


def test_moments_and_the_antithetic_mean() -> None:
    plain = run(200_000)
    paired = run(2000, antithetic=True)
    assert plain is not None
    assert paired is not None
    assert float(plain.mean()) == pytest.approx(EXPECTED, abs=4.5 * DEVIATION / math.sqrt(200_000))
    assert float(plain.std()) == pytest.approx(DEVIATION, rel=4.5 / math.sqrt(2 * 200_000))
    assert float(paired.mean()) == pytest.approx(float(MODEL.impact_cost(PLAN.sizes, 1.0)), rel=1e-9)
    assert float(plain.mean()) != pytest.approx(EXPECTED, rel=1e-9)


def test_progress_counts_up_to_all_paths() -> None:
    for antithetic in (False, True):
        seen: list[tuple[int, int]] = []
        paths = 4 * CHUNK + 2
        run(paths, threads=2, antithetic=antithetic, progress=lambda *step, seen=seen: seen.append(step))
        assert seen[-1] == (paths, paths)
        assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_a_cancelled_run_gives_nothing_and_begins_no_further_chunk() -> None:
    stop = Event()
    seen: list[int] = []

    def progress(done: int, asked: int) -> None:
        seen.append(done)
        stop.set()

    assert run(50 * CHUNK, threads=2, progress=progress, cancelled=stop) is None
    assert max(seen) <= 2 * CHUNK
    assert run(10, cancelled=stop) is None


class Counting(Executor):
    """An executor that counts chunks, and fails at one of them."""

    def __init__(self, fails_at: int) -> None:
        self.calls = 0
        self.fails_at = fails_at

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        future: Future[Any] = Future()
        if self.calls == self.fails_at:
            future.set_exception(MemoryError("planted"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_what_a_chunk_raises_reaches_the_caller() -> None:
    executor = Counting(fails_at=2)
    with pytest.raises(MemoryError, match="planted"):
        normal_paths(PLAN, MODEL, SIGMA, "buy", PathRun(9 * CHUNK, 1), executor=executor, threads=1)
    assert executor.calls == 2


def test_bad_parameters_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="paths"):
        PathRun(0, 1)
    with pytest.raises(ParameterError, match="paths must be even"):
        PathRun(3, 1, antithetic=True)
    with pytest.raises(ParameterError, match="seed"):
        PathRun(1, 2**64)
    executor = Counting(fails_at=0)
    asked = PathRun(2, 1)
    with pytest.raises(ParameterError, match="threads"):
        normal_paths(PLAN, MODEL, SIGMA, "buy", asked, executor=executor, threads=0)
    with pytest.raises(ParameterError, match="volatility"):
        normal_paths(PLAN, MODEL, math.nan, "buy", asked, executor=executor, threads=1)
    with pytest.raises(ParameterError, match="schedule"):
        normal_paths(twap([1.0, 2.0], 2, 1.0), MODEL, SIGMA, "buy", asked, executor=executor, threads=1)
    with pytest.raises(ParameterError, match="block"):
        bootstrap_paths(PLAN, MODEL, [1.0], 2, "buy", asked, executor=executor, threads=1)
    with pytest.raises(ParameterError, match="moves"):
        bootstrap_paths(PLAN, MODEL, [[1.0]], 1, "buy", asked, executor=executor, threads=1)
    assert executor.calls == 0
