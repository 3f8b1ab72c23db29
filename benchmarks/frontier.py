"""``python -m benchmarks.frontier``: a hundred risk aversions, fifty slices, ours and cvxpy, in turns in one run.

Two problems, each solved for trades, expected cost and variance at every risk aversion:

- linear impact, where ours is a closed form and cvxpy's a quadratic program;
- impact ~ sqrt(rate), where ours walks from the last slice and cvxpy's is a power-cone program.

cvxpy gets the best that its manual offers: the problem is built and compiled once, outside the time, with the risk
aversion as a parameter; the solver is CLARABEL at its usual tolerance, for the quadratic program OSQP too, which starts
each risk aversion from the last one's answer. Amounts are parts of the order, so that no number is far from 1. Before
any timing the plans are compared: the general solver may be off by what its tolerance leaves, and must not be better.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import cvxpy as cp
import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import in_turns
from fillcast.models.impact import AlmgrenChriss, PowerLawImpact

FloatArray = NDArray[np.float64]

SIGMA = 0.95  # dollars a share per root day
SIZE = 1e6  # shares
DAYS = 5.0
LINEAR = AlmgrenChriss(sigma=SIGMA, permanent=0.0, temporary=2.5e-6, half_spread=0.0)
ROOT = PowerLawImpact(SIGMA, 0.0, temporary=1.118033988749895e-3, exponent=0.5, half_spread=0.0)
LOWEST, HIGHEST = 1e-8, 1e-5  # risk aversion per dollar: from almost even slices to most of the order at once
PLAN_ALLOWED = 1e-4  # of the order: a flat optimum lets a plan stray by the root of the solver's tolerance
GAIN_ALLOWED = 1e-6  # of the objective: the general solver may not find less than ours by more than its tolerance
TARGET = 100.0


@dataclass(frozen=True)
class Answer:
    """Trades (M, N) in shares, expected cost and variance (M,)."""

    trades: FloatArray
    expected: FloatArray
    variance: FloatArray


Run = Callable[[], Answer]


def ours(model: AlmgrenChriss | PowerLawImpact, aversions: FloatArray, slices: int) -> Run:
    interval = DAYS / slices

    def run() -> Answer:
        trades = model.optimal_trades(SIZE, slices, interval, aversions)
        place = model.frontier(SIZE, slices, interval, aversions)
        return Answer(trades, place.expected, place.variance)

    return run


def theirs(model: AlmgrenChriss | PowerLawImpact, aversions: FloatArray, slices: int, solver: str) -> Run:
    exponent = 1.0 if isinstance(model, AlmgrenChriss) else model.exponent
    interval = DAYS / slices
    parts, coupling = cp.Variable(slices), cp.Parameter(nonneg=True)
    left = 1.0 - cp.cumsum(parts)
    impact = cp.sum_squares(parts) if exponent == 1.0 else cp.sum(cp.power(parts, exponent + 1.0))
    objective = cp.Minimize(impact + coupling * cp.sum_squares(left))
    problem = cp.Problem(objective, [parts >= 0.0, cp.sum(parts) == 1.0])
    scale = model.temporary * interval**-exponent * SIZE ** (exponent + 1.0)

    def run() -> Answer:
        plans = []
        for aversion in aversions:
            coupling.value = aversion * SIGMA**2 * interval * SIZE**2 / scale
            problem.solve(solver=solver, warm_start=True)
            plans.append(parts.value)
        trades = np.maximum(np.array(plans), 0.0) * SIZE
        held = SIZE - np.cumsum(trades, axis=-1)
        expected = model.impact_cost(trades, interval)
        return Answer(trades, expected, SIGMA**2 * interval * (held**2).sum(axis=-1))

    return run


def check(name: str, mine: Answer, other: Answer, aversions: FloatArray) -> None:
    """Refuse to time a wrong answer."""
    apart = float(np.abs(mine.trades - other.trades).max()) / SIZE
    least, found = (each.expected + aversions * each.variance for each in (mine, other))
    gain = float(((least - found) / least).max())
    print(f"{name}: plans differ by {apart:.1e} of the order at most, the general solver is better by {gain:.1e}")
    if apart > PLAN_ALLOWED or gain > GAIN_ALLOWED:
        raise SystemExit(f"{name}: the two do not solve the same problem")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aversions", type=int, default=100)
    parser.add_argument("--slices", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20260824)
    options = parser.parse_args()
    aversions = np.geomspace(LOWEST, HIGHEST, options.aversions)
    cases = [("linear", LINEAR, "CLARABEL"), ("linear", LINEAR, "OSQP"), ("square root", ROOT, "CLARABEL")]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "cvxpy", "clarabel", "osqp"))
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {libraries}")
    print(f"{options.aversions} risk aversions, {options.slices} slices, {options.rounds} rounds in turns")
    runs: dict[str, Run] = {}
    pairs = []
    for name, model, solver in cases:
        mine, other = f"{name}, ours", f"{name}, cvxpy with {solver}"
        runs[mine] = ours(model, aversions, options.slices)
        runs[other] = theirs(model, aversions, options.slices, solver)
        check(other, runs[mine](), runs[other](), aversions)
        pairs.append((mine, other))
    seconds = in_turns(runs, options.rounds, options.seed)
    for name, each in seconds.items():
        print(f"{name:32} median {1e3 * np.median(each):9.3f} ms, {1e3 * min(each):9.3f} to {1e3 * max(each):.3f}")
    for mine, other in pairs:
        ratios = np.array(seconds[other]) / np.array(seconds[mine])
        verdict = "met" if np.median(ratios) >= TARGET else "missed"
        spread = f"({ratios.min():.0f} to {ratios.max():.0f})"
        print(f"{mine}: {np.median(ratios):.0f} x faster than {other} {spread}, target {TARGET:.0f}: {verdict}")


if __name__ == "__main__":
    main()
