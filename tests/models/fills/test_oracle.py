"""Our queue models beside mbo-queue: an exact queue, its six estimators, and the errors that its page publishes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from mboq import fast, reference, synthetic
from numpy.typing import ArrayLike, NDArray

from fillcast.models.fills import (
    FrontOptimistic,
    LogShare,
    PowerShare,
    QueueState,
    QueueTracker,
    RiskAverse,
)
from tests.models.fills.fifo_market import Market, Shadow

# As its page runs them: a shadow on each side every 100 ms for 60 ms, on an exchange with some 2 ms between events.
EVERY_NS, HORIZON_NS, WARM_UP, MARGIN_NS = 100_000_000, 60_000_000, 200, 120_000_000
WHOLE = 30_000  # events of a published run
RULES = {
    "risk_averse": RiskAverse(),
    "prob_power1": PowerShare(1.0),
    "prob_power2": PowerShare(2.0),
    "prob_power3": PowerShare(3.0),
    "prob_log": LogShare(),
    "front_optimistic": FrontOptimistic(),
}
TRACKERS = [QueueTracker(RULES[name]) for name in reference.ESTIMATORS]
PLACE = {name: k for k, name in enumerate(reference.ESTIMATORS)}
# Published by mbo-queue 0.7.0 for seed 1, cancels in proportion to size: lots of error, points of bias in fill rate.
PUBLISHED = {
    "risk_averse": (1.738, -1.00),
    "prob_power1": (-0.028, -0.42),
    "prob_power2": (-0.109, -0.50),
    "prob_power3": (-0.119, -0.42),
    "prob_log": (0.548, -0.25),
    "front_optimistic": (-0.246, 0.50),
}
SEEDS = range(1, 6)
# Published over 5 seeds: mean error of prob_power1, its deviation across seeds, mean error of risk_averse; lots.
PUBLISHED_REGIMES = {"volume": (-0.022, 0.040, 1.769), "order": (0.003, 0.030, 1.710)}


@dataclass(frozen=True)
class Run:
    errors: NDArray[np.float64]  # (6,) mean over observations, lots
    biases: NDArray[np.float64]  # (6,) fill rate against the truth, percentage points


def measured(shadows: list[Shadow]) -> Run:
    observed = sum(shadow.observed for shadow in shadows)
    true = np.mean([shadow.filled for shadow in shadows])
    filled = np.array([[state.remaining == 0.0 for state in shadow.states] for shadow in shadows])
    return Run(sum(shadow.errors for shadow in shadows) / observed, 100.0 * (filled.mean(axis=0) - true))


def market(
    cancel_mode: str, seed: int, events: int, trackers: list[QueueTracker] = TRACKERS
) -> tuple[list[Shadow], dict[str, NDArray[np.float64]]]:
    """Return our shadows, and the oracle's, of one synthetic run."""
    records, _, _, exchange = synthetic.generate(n_events=events, seed=seed, cancel_mode=cancel_mode, p_modify=0.0)
    times = records["ts_event"].astype(np.int64)
    places = np.arange(times[WARM_UP], times[-1] - MARGIN_NS, EVERY_NS)
    theirs = fast.run(records, tick=exchange.tick, place_times=places, horizon_ns=HORIZON_NS)["shadows"]
    return Market(trackers).run(records, places, HORIZON_NS), theirs


def check_shadow_by_shadow(ours: list[Shadow], theirs: dict[str, NDArray[np.float64]]) -> None:
    assert [shadow.observed for shadow in ours] == theirs["nobs"].tolist()
    assert [shadow.filled for shadow in ours] == theirs["true_filled"].astype(bool).tolist()
    np.testing.assert_allclose([shadow.errors for shadow in ours], theirs["err_sum"], rtol=1e-9, atol=1e-9)
    filled = [[bool(state.remaining == 0.0) for state in shadow.states] for shadow in ours]
    assert filled == theirs["est_filled"].astype(bool).tolist()


@pytest.mark.parametrize("cancel_mode", ["tail", "front", "volume", "order"])
def test_every_shadow_agrees_with_the_oracle(cancel_mode: str) -> None:
    ours, theirs = market(cancel_mode, seed=11, events=6_000)
    assert len(ours) > 150
    check_shadow_by_shadow(ours, theirs)


def test_a_tracker_that_forgets_the_trades_is_caught() -> None:
    class Forgets(QueueTracker):
        def trade(self, state: QueueState, size: ArrayLike) -> QueueState:
            return replace(super().trade(state, size), traded=state.traded)

    ours, theirs = market("volume", 11, 1_500, [Forgets(tracker.cancels) for tracker in TRACKERS])
    with pytest.raises(AssertionError):
        check_shadow_by_shadow(ours, theirs)


@pytest.mark.parametrize(("cancel_mode", "exact"), [("tail", "risk_averse"), ("front", "front_optimistic")])
def test_the_model_that_fits_where_cancels_stand_is_exact(cancel_mode: str, exact: str) -> None:
    shadows, _ = market(cancel_mode, seed=3, events=6_000)
    run = measured(shadows)
    assert run.errors[PLACE[exact]] == 0.0
    assert run.biases[PLACE[exact]] == 0.0
    assert np.abs(np.delete(run.errors, PLACE[exact])).min() > 0.01


def test_the_published_run() -> None:
    run = measured(market("volume", seed=1, events=WHOLE)[0])
    errors, biases = zip(*(PUBLISHED[name] for name in reference.ESTIMATORS), strict=True)
    np.testing.assert_allclose(run.errors, errors, rtol=0.0, atol=5e-4)
    np.testing.assert_allclose(run.biases, biases, rtol=0.0, atol=5e-3)


@pytest.mark.long
@pytest.mark.parametrize("cancel_mode", ["volume", "order"])
def test_the_published_regimes(cancel_mode: str) -> None:
    errors = []
    for seed in SEEDS:
        ours, theirs = market(cancel_mode, seed, WHOLE)
        check_shadow_by_shadow(ours, theirs)
        errors.append(measured(ours).errors)
    linear, risk_averse = (np.array(errors)[:, PLACE[name]] for name in ("prob_power1", "risk_averse"))
    found = (linear.mean(), linear.std(ddof=1), risk_averse.mean())
    np.testing.assert_allclose(found, PUBLISHED_REGIMES[cancel_mode], rtol=0.0, atol=5.1e-4)


@pytest.mark.long
@pytest.mark.parametrize(("cancel_mode", "exact"), [("tail", "risk_averse"), ("front", "front_optimistic")])
def test_the_exact_regimes(cancel_mode: str, exact: str) -> None:
    for seed in SEEDS:
        ours, theirs = market(cancel_mode, seed, WHOLE)
        check_shadow_by_shadow(ours, theirs)
        assert measured(ours).errors[PLACE[exact]] == 0.0
        assert measured(ours).biases[PLACE[exact]] == 0.0
