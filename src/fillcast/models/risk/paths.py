"""Monte Carlo of a schedule's cost in compiled code, on the threads of an executor that the caller passes.

`cost = impact cost + s sum_k x_k dS_k`: the sum needs one pass over the draws and no array of paths. A draw depends on
seed, path and slice only (`draws_kernels`), so the costs are the same to the last bit for any executor and chunk size.
Kernels release the GIL. Uniforms become moves by the same rules as in `monte_carlo`; normals differ there (another
transform, for any array library), so the two agree in distribution, not path by path.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative
from fillcast.models.risk.monte_carlo import MAX_PATHS, MAX_SEED, MAX_SLICES, even, one_order, seed_key, side_sign
from fillcast.models.risk.paths_kernels import bootstrap_sums, normal_sums
from fillcast.models.samples import series, whole

if TYPE_CHECKING:
    from fillcast.models.schedule.slices import ImpactModel, Schedule

FloatArray = NDArray[np.float64]
Progress = Callable[[int, int], None]

CHUNK = 1 << 14  # paths: a few milliseconds, which is how soon a cancel is seen


@dataclass(frozen=True, slots=True)
class PathRun:
    """How paths are run; the answer depends on `paths`, `seed` and `antithetic` alone.

    Attributes
    ----------
    paths
        Costs asked for, from 1 to `MAX_PATHS`.
    seed
        Any whole number from 0 to 2^64 - 1.
    antithetic
        Whether path 2i + 1 is path 2i with every price move negated; `paths` must be even then.
    """

    paths: int
    seed: int
    antithetic: bool = False

    def __post_init__(self) -> None:
        whole("paths", self.paths, 1, MAX_PATHS)
        whole("seed", self.seed, 0, MAX_SEED)
        if self.antithetic:
            even("paths", self.paths)


def normal_paths(
    schedule: Schedule,
    model: ImpactModel,
    volatility: float,
    side: str,
    run: PathRun,
    *,
    executor: Executor,
    threads: int,
    progress: Progress | None = None,
    cancelled: Event | None = None,
) -> FloatArray | None:
    """Return simulated costs under normal price moves, quote currency, (paths,); None when cancelled.

    Parameters
    ----------
    schedule
        One order, sizes (N,).
    model
        Its expected cost of impact is added to every path.
    volatility
        sigma, quote currency per base unit per root of the interval's time unit, >= 0.
    side
        "buy" or "sell".
    run
        Paths, seed, antithetic.
    executor
        Of threads; a chunk is one call.
    threads
        Chunks in flight at once, >= 1.
    progress
        Called in the caller's thread with paths done and paths asked for, after every chunk.
    cancelled
        When set, no further chunk begins; chunks that run are waited for.
    """
    not_negative("volatility", volatility)
    held = _held(schedule, side)
    weights = np.ascontiguousarray(volatility * np.sqrt(schedule.interval) * held)
    key = seed_key(run.seed)

    def fill(first: int, out: FloatArray) -> None:
        normal_sums(key, first, weights, out)

    sums = _run(fill, run, executor, threads, progress, cancelled)
    return None if sums is None else _with_impact(sums, schedule, model)


def bootstrap_paths(
    schedule: Schedule,
    model: ImpactModel,
    moves: ArrayLike,
    block: int,
    side: str,
    run: PathRun,
    *,
    executor: Executor,
    threads: int,
    progress: Progress | None = None,
    cancelled: Event | None = None,
) -> FloatArray | None:
    """Return simulated costs under recorded price moves drawn in blocks; as `normal_paths`.

    Parameters
    ----------
    schedule, model, side, run, executor, threads, progress, cancelled
        As of `normal_paths`.
    moves
        (n,), recorded price moves over one interval each, quote currency per base unit.
    block
        Moves in a row, from 1 to n: the length over which volatility clusters.
    """
    recorded = np.ascontiguousarray(series("moves", moves))
    if recorded.ndim != 1:
        raise ParameterError(f"moves must be one series, not of shape {recorded.shape}")
    whole("block", block, 1, len(recorded))
    held = np.ascontiguousarray(_held(schedule, side))
    key = seed_key(run.seed)

    def fill(first: int, out: FloatArray) -> None:
        bootstrap_sums(key, first, held, recorded, block, out)

    sums = _run(fill, run, executor, threads, progress, cancelled)
    return None if sums is None else _with_impact(sums, schedule, model)


def _held(schedule: Schedule, side: str) -> FloatArray:
    one_order(schedule)
    whole("slices", schedule.count, 1, MAX_SLICES)
    return side_sign(side) * schedule.holdings[1:]


def _with_impact(sums: FloatArray, schedule: Schedule, model: ImpactModel) -> FloatArray:
    sums += model.impact_cost(schedule.sizes, schedule.interval)
    return sums


def _run(
    fill: Callable[[int, FloatArray], None],
    run: PathRun,
    executor: Executor,
    threads: int,
    progress: Progress | None,
    cancelled: Event | None,
) -> FloatArray | None:
    whole("threads", threads, 1, MAX_PATHS)
    drawn = run.paths // 2 if run.antithetic else run.paths
    sums = np.empty(run.paths)
    starts = iter(range(0, drawn, CHUNK))
    done, begun = 0, True
    waiting: dict[Future[None], int] = {}
    try:
        while begun or waiting:
            while begun and len(waiting) < threads:
                start = None if cancelled is not None and cancelled.is_set() else next(starts, None)
                begun = start is not None
                if start is not None:
                    stop = min(start + CHUNK, drawn)
                    waiting[executor.submit(_chunk, fill, start, stop, sums, run.antithetic)] = stop - start
            for future in wait(waiting, return_when=FIRST_COMPLETED).done if waiting else ():
                done += waiting.pop(future)
                future.result()
                if progress is not None:
                    progress(2 * done if run.antithetic else done, run.paths)
    finally:
        wait(waiting)
    return sums if done == drawn else None


def _chunk(fill: Callable[[int, FloatArray], None], start: int, stop: int, sums: FloatArray, antithetic: bool) -> None:
    if antithetic:
        drawn = np.empty(stop - start)
        fill(start, drawn)
        sums[2 * start : 2 * stop : 2] = drawn
        np.negative(drawn, out=sums[2 * start + 1 : 2 * stop : 2])
    else:
        fill(start, sums[start:stop])
