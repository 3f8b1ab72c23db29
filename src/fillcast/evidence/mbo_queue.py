"""Queue models beside mbo-queue's exact queue: the errors that its page publishes of its own estimators.

The package (PyPI, MIT) is no dependency of the models: where it is not installed its family has no rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from fillcast.evidence.fifo_market import FifoMarket, Shadows
from fillcast.evidence.row import Row
from fillcast.models.fills import FrontOptimistic, LogShare, PowerShare, QueueTracker, RiskAverse
from fillcast.models.fills.cancels import CancelRule

PACKAGE = "mboq"
RULES: dict[str, CancelRule] = {
    "risk_averse": RiskAverse(),
    "prob_power1": PowerShare(1.0),
    "prob_power2": PowerShare(2.0),
    "prob_power3": PowerShare(3.0),
    "prob_log": LogShare(),
    "front_optimistic": FrontOptimistic(),
}
TRACKERS = tuple(QueueTracker(rule) for rule in RULES.values())
# A shadow on each side every 100 ms for 60 ms, from the 200th record to 120 ms before the end.
EVERY_NS, HORIZON_NS, WARM_UP, MARGIN_NS = 100_000_000, 60_000_000, 200, 120_000_000
EVENTS = 30_000
SEEDS = range(1, 6)

# Seed 1, cancels in proportion to size: mean error in lots, bias of the fill rate in percentage points.
SINGLE = {
    "risk_averse": (1.738, -1.00),
    "prob_power1": (-0.028, -0.42),
    "prob_power2": (-0.109, -0.50),
    "prob_power3": (-0.119, -0.42),
    "prob_log": (0.548, -0.25),
    "front_optimistic": (-0.246, 0.50),
}
# Five seeds: mean error of prob_power1, its deviation across seeds, mean error of risk_averse; lots.
REGIMES = {"volume": (-0.022, 0.040, 1.769), "order": (0.003, 0.030, 1.710)}
# Where cancels stand, and the rule that is exact then.
EXACT = {"tail": "risk_averse", "front": "front_optimistic"}
LOTS, POINTS = 5.1e-4, 5.1e-3  # half a unit of the last digit, and the rounding of two that are halves themselves
SOURCE = "mbo-queue 0.7.0, published synthetic validation"


@dataclass(frozen=True, slots=True)
class Run:
    """Means of one run; arrays (6,), in the order of `RULES`.

    Attributes
    ----------
    errors
        Estimated less true size ahead, lots.
    biases
        Fill rate less the true one, percentage points.
    """

    errors: NDArray[np.float64]
    biases: NDArray[np.float64]


def installed() -> bool:
    """Return whether the package is there."""
    return find_spec(PACKAGE) is not None


def rows() -> list[Row]:
    """Return the rows of one run, computed now; none where the package is not installed."""
    return _single() if installed() else []


def seeds_rows() -> list[Row]:
    """Return the rows of five seeds each, computed now in about twenty seconds; none without the package."""
    return [*_regimes(), *_exact()] if installed() else []


def measured(shadows: Shadows) -> Run:
    """Return the means of one run."""
    rates = shadows.estimated_filled.mean(axis=0) - shadows.filled.mean()
    return Run(shadows.errors.sum(axis=0) / shadows.observed.sum(), 100.0 * rates)


def places_of(records: Mapping[str, NDArray[np.generic]]) -> NDArray[np.int64]:
    """Return when shadows join in a run."""
    times = records["ts_event"].astype(np.int64)
    return np.arange(times[WARM_UP], times[-1] - MARGIN_NS, EVERY_NS)


def simulated(cancel_mode: str, seed: int) -> Shadows:
    """Return the shadows of one published run of the package's exchange under `RULES`."""
    from mboq import synthetic

    records, _, _, _ = synthetic.generate(n_events=EVENTS, seed=seed, cancel_mode=cancel_mode, p_modify=0.0)
    return FifoMarket().run(records, places_of(records), HORIZON_NS, TRACKERS)


def _single() -> list[Row]:
    run = measured(simulated("volume", 1))
    found = []
    for place, (name, (error, bias)) in enumerate(SINGLE.items()):
        model = f"L2 queue, {name}"
        found += [
            Row(model, "mean error, lots, seed 1", SOURCE, error, float(run.errors[place]), LOTS, "published"),
            Row(
                model, "bias of fill rate, points, seed 1", SOURCE, bias, float(run.biases[place]), POINTS, "published"
            ),
        ]
    return found


def _regimes() -> list[Row]:
    found = []
    for mode, (linear, deviation, averse) in REGIMES.items():
        errors = np.array([measured(simulated(mode, seed)).errors for seed in SEEDS])
        case = f"cancels by {mode}, five seeds"
        first, cautious = errors[:, list(RULES).index("prob_power1")], errors[:, list(RULES).index("risk_averse")]
        printed = [
            ("prob_power1", "mean error, lots", linear, first.mean()),
            ("prob_power1", "deviation of it, lots", deviation, first.std(ddof=1)),
            ("risk_averse", "mean error, lots", averse, cautious.mean()),
        ]
        found += [
            Row(f"L2 queue, {rule}", f"{name}, {case}", SOURCE, value, float(ours), LOTS, "published")
            for rule, name, value, ours in printed
        ]
    return found


def _exact() -> list[Row]:
    found = []
    for mode, rule in EXACT.items():
        place = list(RULES).index(rule)
        runs = [measured(simulated(mode, seed)) for seed in SEEDS]
        largest = {
            "largest mean error, lots": max(abs(float(run.errors[place])) for run in runs),
            "largest bias of fill rate, points": max(abs(float(run.biases[place])) for run in runs),
        }
        found += [
            Row(f"L2 queue, {rule}", f"{name}, cancels at the {mode}", SOURCE, 0.0, ours, 0.0, "published")
            for name, ours in largest.items()
        ]
    return found
