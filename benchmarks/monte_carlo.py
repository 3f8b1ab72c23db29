"""``python -m benchmarks.monte_carlo``: a million paths of fifty slices, compiled and in NumPy, in turns in one run.

Contestants, all of which give the cost of every path:

- ours, on one thread and on two;
- NumPy with its own PCG64, all draws in one array, then one product with the holdings;
- NumPy with PCG64 in chunks that stay in a cache: the best that vectorised NumPy does;
- a compiled loop fed by the same PCG64 stream as that, which tells the loop from the generator;
- NumPy on our counter generator: the array form of the model, in chunks.

Before any timing each is checked against the mean and deviation in closed form;
the two on PCG64 must agree with each other.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import in_turns
from fillcast.models.risk import normal_moves, simulated_costs
from fillcast.models.risk.paths import PathRun, normal_paths
from fillcast.models.schedule import Schedule

FloatArray = NDArray[np.float64]

SIGMA = 0.95  # quote currency per base unit per root day
SIZE = 1e6  # base units
DAYS = 5.0
CHUNK = 4096  # paths: 1.6 MB of draws at fifty slices
COUNTER_CHUNK_SEED = 1_000
ERRORS_ALLOWED = 5.0  # standard errors
TARGETS = (("one thread", 1.5), ("two threads", 2.7))


class Spread:
    """A cost of half a spread: nothing beside the paths."""

    def impact_cost(self, trades: FloatArray, interval: float) -> FloatArray:
        return np.asarray(0.0625 * trades.sum(axis=-1))


@numba.njit("void(npy_rng, float64[::1], float64[::1])", nogil=True, error_model="numpy")
def fed_by_numpy(generator: np.random.Generator, weights: FloatArray, out: FloatArray) -> None:
    for path in range(len(out)):
        total = 0.0
        for index in range(len(weights)):
            total += weights[index] * generator.standard_normal()
        out[path] = total


def contestants(schedule: Schedule, paths: int, seed: int) -> dict[str, Callable[[], FloatArray]]:
    model = Spread()
    expected = float(model.impact_cost(schedule.sizes, schedule.interval))
    weights = SIGMA * np.sqrt(schedule.interval) * schedule.holdings[1:]
    pools = {threads: ThreadPoolExecutor(threads) for threads in (1, 2)}

    def ours(threads: int) -> FloatArray:
        run = PathRun(paths, seed)
        costs = normal_paths(schedule, model, SIGMA, "buy", run, executor=pools[threads], threads=threads)
        assert costs is not None
        return costs

    def whole() -> FloatArray:
        return expected + np.random.Generator(np.random.PCG64(seed)).standard_normal((paths, schedule.count)) @ weights

    def chunked() -> FloatArray:
        generator = np.random.Generator(np.random.PCG64(seed))
        costs, draws = np.empty(paths), np.empty((CHUNK, schedule.count))
        for start in range(0, paths, CHUNK):
            part = draws[: min(CHUNK, paths - start)]
            generator.standard_normal(out=part)
            np.matmul(part, weights, out=costs[start : start + len(part)])
        costs += expected
        return costs

    def compiled() -> FloatArray:
        costs = np.empty(paths)
        fed_by_numpy(np.random.Generator(np.random.PCG64(seed)), weights, costs)
        costs += expected
        return costs

    def counter() -> FloatArray:
        parts = []
        for start in range(0, paths, CHUNK):
            count = min(CHUNK, paths - start)
            chunk_seed = seed * COUNTER_CHUNK_SEED + start
            moves = normal_moves(count, schedule.count, SIGMA, schedule.interval, chunk_seed)
            parts.append(simulated_costs(schedule, model, moves, "buy"))
        return np.concatenate(parts)

    return {
        "one thread": lambda: ours(1),
        "two threads": lambda: ours(2),
        "NumPy PCG64, one array": whole,
        "NumPy PCG64, chunks": chunked,
        "compiled loop, PCG64": compiled,
        "NumPy, our counter": counter,
    }


def check(schedule: Schedule, runs: dict[str, Callable[[], FloatArray]]) -> None:
    """Refuse to time a wrong answer."""
    exact = schedule.cost(Spread(), SIGMA)
    deviation = float(np.sqrt(exact.variance))
    costs = {name: run() for name, run in runs.items()}
    for name, found in costs.items():
        error = deviation / np.sqrt(len(found))
        off = max(abs(found.mean() - float(exact.mean)), abs(found.std() - deviation) * np.sqrt(2)) / error
        if off > ERRORS_ALLOWED:
            raise SystemExit(f"{name}: mean or deviation is {off:.1f} standard errors away")
    if not np.array_equal(costs["one thread"], costs["two threads"]):
        raise SystemExit("one thread and two give different costs")
    if not np.allclose(costs["NumPy PCG64, chunks"], costs["compiled loop, PCG64"], rtol=1e-9):
        raise SystemExit("the compiled loop and NumPy differ on one generator")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paths", type=int, default=1_000_000)
    parser.add_argument("--slices", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20260824)
    options = parser.parse_args()
    schedule = Schedule(np.full(options.slices, SIZE / options.slices), DAYS / options.slices)
    runs = contestants(schedule, options.paths, options.seed)
    check(schedule, runs)
    seconds = in_turns(runs, options.rounds, options.seed)
    show(seconds, options.paths * options.slices)


def show(seconds: dict[str, list[float]], steps: int) -> None:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba"))
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {libraries}")
    for name, each in seconds.items():
        print(f"{name:24} median {np.median(each):7.3f} s, {steps / np.median(each) / 1e6:6.0f} M path-steps/s")
    for name, target in TARGETS:
        for other in seconds:
            if other not in ("one thread", "two threads"):
                ratios = np.array(seconds[other]) / np.array(seconds[name])
                wanted = f", target {target}" if other.startswith("NumPy PCG64, chunks") else ""
                spread = f"({ratios.min():.2f} to {ratios.max():.2f})"
                print(f"ours on {name}: {np.median(ratios):5.2f} x {other} {spread}{wanted}")


if __name__ == "__main__":
    main()
