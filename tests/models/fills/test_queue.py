from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from fillcast.errors import ParameterError
from fillcast.models.fills import LogShare, PowerOfTotal, PowerShare, QueueState, QueueTracker, RiskAverse
from tests.models.fills.test_cancels import RULES

TRACKERS = [QueueTracker(rule, back) for rule in RULES for back in ("published", "after_trades")]
Event = tuple[str, float]
events = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.floats(0, 200)),
        st.tuples(st.just("depth"), st.floats(0, 500)),
    ),
    max_size=20,
)


def followed(tracker: QueueTracker, happened: list[Event], size: float = 10.0) -> list[QueueState]:
    """Return the states of an order that joins behind 100, after each event."""
    displayed, states = 100.0, [tracker.join(100.0, size)]
    for kind, amount in happened:
        if kind == "trade":
            states.append(tracker.trade(states[-1], amount))
        else:
            states.append(tracker.depth(states[-1], displayed, amount))
            displayed = amount
    return states


@pytest.mark.parametrize(
    ("tracker", "front"),
    [
        (QueueTracker(PowerShare(1.0)), 69.333333),
        (QueueTracker(LogShare()), 69.847791),
        (QueueTracker(RiskAverse()), 80.0),
        # By hand: 80 ahead, 50 behind once the trade is off the level, 20 cancelled in proportion.
        (QueueTracker(PowerShare(1.0), "after_trades"), 80 - 20 * 80 / 130),
    ],
)
def test_the_golden_case(tracker: QueueTracker, front: float) -> None:
    states = followed(tracker, [("depth", 150.0), ("trade", 20.0), ("depth", 110.0)])
    assert [float(state.front) for state in states[:3]] == [100.0, 100.0, 80.0]
    assert float(states[-1].front) == pytest.approx(front, abs=5e-7)


def test_partial_fills_are_applied_once_each_and_add_up_to_the_order() -> None:
    tracker = QueueTracker(RiskAverse())
    states = followed(tracker, [("trade", 96.0), ("trade", 7.0), ("depth", 0.0), ("trade", 0.0), ("trade", 4.0)])
    assert [float(state.filled) for state in states] == [0.0, 0.0, 3.0, 3.0, 3.0, 7.0]
    assert float(tracker.trade(states[-1], 100.0).filled) == 10.0


def check_fills(tracker: QueueTracker, happened: list[Event]) -> None:
    states = followed(tracker, happened)
    for state in states:
        assert state.front >= 0.0
        assert 0.0 <= state.filled <= 10.0 + 1e-9
        assert state.filled + state.remaining == pytest.approx(10.0, rel=1e-12)
    for before, after, (kind, amount) in zip(states[:-1], states[1:], happened, strict=True):
        if kind == "depth":
            assert after.filled == before.filled
            assert after.front <= min(before.front, amount) + 1e-9
        else:
            passed = min(max(amount - before.front, 0.0), before.remaining)
            assert after.filled - before.filled == pytest.approx(passed, abs=1e-9)


@pytest.mark.parametrize("tracker", TRACKERS, ids=repr)
@given(happened=events)
def test_the_front_never_rises_nor_falls_below_zero_and_only_trades_fill(
    tracker: QueueTracker, happened: list[Event]
) -> None:
    check_fills(tracker, happened)


def check_more_trades_fill_no_less(tracker: QueueTracker, happened: list[Event], extra: float) -> None:
    fewer = followed(tracker, happened)[-1]
    more = followed(tracker, [(kind, amount + extra if kind == "trade" else amount) for kind, amount in happened])[-1]
    assert more.filled >= fewer.filled - 1e-9


@pytest.mark.parametrize("tracker", TRACKERS, ids=repr)
@given(trades=st.lists(st.floats(0, 60), max_size=8), extra=st.floats(0, 50))
def test_more_trades_fill_no_less(tracker: QueueTracker, trades: list[float], extra: float) -> None:
    check_more_trades_fill_no_less(tracker, [("trade", size) for size in trades], extra)


@dataclass(frozen=True)
class ForgetsPartials(QueueTracker):
    """The published defect: what is filled shows only when all of it is."""

    def trade(self, state: QueueState, size: ArrayLike) -> QueueState:
        after = QueueTracker.trade(self, state, size)
        return after if after.remaining == 0 else replace(after, remaining=state.remaining, filled=state.filled)


@dataclass(frozen=True)
class CancelsFill(QueueTracker):
    """The front as published, without its floor at zero, and fills read from it."""

    def depth(self, state: QueueState, previous: ArrayLike, new: ArrayLike) -> QueueState:
        after = QueueTracker.depth(self, state, previous, new)
        return replace(after, filled=after.filled + 1.0) if np.asarray(new) == 0.0 else after


@dataclass(frozen=True)
class TradesBackwards(QueueTracker):
    def trade(self, state: QueueState, size: ArrayLike) -> QueueState:
        return QueueTracker.trade(self, state, np.maximum(50.0 - np.asarray(size), 0.0))


def test_planted_defects_are_caught() -> None:
    with pytest.raises(AssertionError):
        check_fills(ForgetsPartials(RiskAverse()), [("trade", 105.0)])
    with pytest.raises(AssertionError):
        check_fills(CancelsFill(PowerOfTotal(3.0)), [("depth", 0.0)])
    with pytest.raises(AssertionError):
        check_more_trades_fill_no_less(TradesBackwards(RiskAverse()), [("trade", 0.0)] * 3, 49.0)


def test_a_trade_beyond_the_price_fills_all() -> None:
    tracker = QueueTracker(PowerShare(1.0))
    state = tracker.trade_through(tracker.trade(tracker.join(5.0, 4.0), 6.0))
    assert (float(state.filled), float(state.remaining)) == (4.0, 0.0)


def test_many_orders_at_once_are_those_one_by_one() -> None:
    tracker = QueueTracker(LogShare())
    many = tracker.join([0.0, 40.0, 100.0], [1.0, 2.0, 3.0])
    many = tracker.depth(tracker.trade(many, 30.0), [100.0, 100.0, 120.0], [60.0, 80.0, 70.0])
    for place, (front, size, old, new) in enumerate([(0, 1, 100, 60), (40, 2, 100, 80), (100, 3, 120, 70)]):
        one = tracker.depth(tracker.trade(tracker.join(front, size), 30.0), old, new)
        assert many.front[place] == one.front
        assert many.filled[place] == one.filled


def test_bad_events_are_refused_by_name() -> None:
    tracker = QueueTracker(RiskAverse())
    state = tracker.join(1.0, 1.0)
    with pytest.raises(ParameterError, match="size must be positive"):
        tracker.join(1.0, 0.0)
    with pytest.raises(ParameterError, match="displayed must be"):
        tracker.join(-1.0, 1.0)
    with pytest.raises(ParameterError, match="size must be finite"):
        tracker.trade(state, float("nan"))
    with pytest.raises(ParameterError, match="new must be"):
        tracker.depth(state, 1.0, -1.0)
    with pytest.raises(ParameterError, match="back must be"):
        QueueTracker(RiskAverse(), "both")  # type: ignore[arg-type]
