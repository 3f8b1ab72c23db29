"""Families whose cases are built inside: a model that moved is caught, and only where it moved."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from fillcast.evidence import fills, mbo_queue, schedule, shortfall
from fillcast.evidence.row import Row
from fillcast.models.fills import PowerShare, QueueTracker


def missed(rows: list[Row]) -> set[str]:
    return {row.model for row in rows if not row.passed}


def test_queues_next_moves_and_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as moved:
        moved.setattr(fills, "PowerShare", lambda n: PowerShare(n + 0.001))
        assert missed(fills.rows()) == {"L2 queue, power, n = 1"}
    with monkeypatch.context() as moved:
        right = fills.probability_up
        moved.setattr(fills, "probability_up", lambda bid, ask: right(bid, ask) + 1e-8)
        assert missed(fills.rows()) == {"Cont-de Larrard"}
    with monkeypatch.context() as moved:
        exponential = fills.ExponentialOutflow
        moved.setattr(fills, "ExponentialOutflow", lambda mean: exponential(mean + 0.01))
        assert missed(fills.rows()) == {"Cont-Kukanov"}
    assert missed(fills.rows()) == set()


def test_schedules_and_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as moved:
        right = schedule.participation_lots
        moved.setattr(schedule, "participation_lots", lambda others, share, total: right(others, share + 0.01, total))
        assert missed(schedule.rows()) == {"POV"}
    with monkeypatch.context() as moved:
        moved.setattr(schedule, "empirical_conditional_value_at_risk", lambda costs, level: np.max(costs))
        assert missed(schedule.rows()) == {"sampled costs"}
    assert missed(schedule.rows()) == set()


def test_the_split_of_a_shortfall(monkeypatch: pytest.MonkeyPatch) -> None:
    right = shortfall.shortfall_parts
    monkeypatch.setattr(
        shortfall, "shortfall_parts", lambda paper, trades, fees: right(paper, trades, fees + Decimal("1e-15"))
    )
    assert {row.quantity for row in shortfall.rows() if not row.passed} >= {"parts less the whole"}


def test_a_rule_of_cancels_beside_the_exact_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _, *others = mbo_queue.TRACKERS
    monkeypatch.setattr(mbo_queue, "TRACKERS", (first, QueueTracker(PowerShare(1.05)), *others))
    assert missed(mbo_queue.rows()) == {"L2 queue, prob_power1"}
