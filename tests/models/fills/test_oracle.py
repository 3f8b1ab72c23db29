"""Our queue models beside mbo-queue, shadow by shadow: an exact queue and its six estimators.

The errors that its page publishes are rows of the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from mboq import fast, reference, synthetic
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.evidence.fifo_market import FifoMarket, Shadows
from fillcast.evidence.mbo_queue import EVENTS, HORIZON_NS, RULES, SEEDS, TRACKERS, measured, places_of
from fillcast.models.fills import QueueState, QueueTracker

PLACE = {name: k for k, name in enumerate(reference.ESTIMATORS)}


def market(
    cancel_mode: str, seed: int, events: int, trackers: Sequence[QueueTracker] = TRACKERS
) -> tuple[Shadows, dict[str, NDArray[np.float64]]]:
    """Return our shadows, and the oracle's, of one synthetic run."""
    records, _, _, exchange = synthetic.generate(n_events=events, seed=seed, cancel_mode=cancel_mode, p_modify=0.0)
    places = places_of(records)
    theirs = fast.run(records, tick=exchange.tick, place_times=places, horizon_ns=HORIZON_NS)["shadows"]
    return FifoMarket().run(records, places, HORIZON_NS, trackers), theirs


def check_shadow_by_shadow(ours: Shadows, theirs: dict[str, NDArray[np.float64]]) -> None:
    assert ours.observed.tolist() == theirs["nobs"].tolist()
    assert ours.filled.tolist() == theirs["true_filled"].astype(bool).tolist()
    np.testing.assert_allclose(ours.errors, theirs["err_sum"], rtol=1e-9, atol=1e-9)
    assert ours.estimated_filled.tolist() == theirs["est_filled"].astype(bool).tolist()


def test_the_estimators_are_those_of_the_oracle_in_its_order() -> None:
    assert list(RULES) == list(reference.ESTIMATORS)


@pytest.mark.parametrize("cancel_mode", ["tail", "front", "volume", "order"])
def test_every_shadow_agrees_with_the_oracle(cancel_mode: str) -> None:
    ours, theirs = market(cancel_mode, seed=11, events=6_000)
    assert len(ours.observed) > 150
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
    run = measured(market(cancel_mode, seed=3, events=6_000)[0])
    assert run.errors[PLACE[exact]] == 0.0
    assert run.biases[PLACE[exact]] == 0.0
    assert np.abs(np.delete(run.errors, PLACE[exact])).min() > 0.01


def test_an_order_that_grows_is_refused() -> None:
    records = {
        "ts_event": np.array([1, 2]),
        "order_id": np.array([7, 7]),
        "price": np.array([100, 100]),
        "size": np.array([5, 6]),
        "flags": np.array([128, 128]),
        "action": np.array([b"A", b"M"]),
        "side": np.array([b"B", b"B"]),
    }
    with pytest.raises(ParameterError, match="order 7 grow"):
        FifoMarket().run(records, np.array([1]), HORIZON_NS, TRACKERS)


@pytest.mark.long
@pytest.mark.parametrize("cancel_mode", ["tail", "front", "volume", "order"])
def test_every_shadow_of_the_published_runs_agrees(cancel_mode: str) -> None:
    for seed in SEEDS:
        check_shadow_by_shadow(*market(cancel_mode, seed, EVENTS))
