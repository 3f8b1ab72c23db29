"""No feature sees beyond its time stamp, on random streams; three leaks that were planted are caught."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.models.features import FLOW_FEATURES
from tests.models.features.causality import Answers, leaks
from tests.models.features.streams import MS, Frame, Message, Player, frames

ASKED = range(3, 300, 23)
Ask = Callable[[Player, Sequence[Frame], int], NDArray[np.float64]]


def recorder(ask: Ask) -> Callable[[Sequence[Frame], frozenset[int]], Answers]:
    """Record what `ask` answers after the events asked for."""

    def record(stream: Sequence[Frame], asked: frozenset[int]) -> Answers:
        player, answers = Player(), {}
        for place, frame in enumerate(stream):
            player.play([frame])
            if place in asked:
                answers[place] = ask(player, stream, place)
        return answers

    return record


def honest(player: Player, _: Sequence[Frame], __: int) -> NDArray[np.float64]:
    return player.at()


def later(player: Player, _: Sequence[Frame], __: int) -> NDArray[np.float64]:
    """Ask for a moment after the last event, at which windows have moved on."""
    return player.at(player.state.last_ns + 700 * MS)


def peeking(player: Player, stream: Sequence[Frame], place: int) -> NDArray[np.float64]:
    """Planted: the next frame is taken in too, its messages moved to the present."""
    now_ns = player.state.last_ns
    for frame in stream[place + 1 : place + 2]:
        moved = (
            Message(one.kind, min(one.event_ns, now_ns), one.rows, one.index, one.full_state) for one in frame.messages
        )
        ahead = Player().play((*stream[: place + 1], Frame(tuple(moved), frame.live)))
        return ahead.at()
    return player.at()


def scaled(player: Player, stream: Sequence[Frame], _: int) -> NDArray[np.float64]:
    """Planted: the present over a mean of the whole stream, as when a data set is normalised at once."""
    trades = [lots for frame in stream for one in frame.messages for _, _, lots in one.rows]
    return player.at() / np.mean(trades)


def marking(player: Player, _: Sequence[Frame], __: int) -> NDArray[np.float64]:
    """Planted: asking leaves a mark, so that answers hang on who asked before."""
    player.state._marks[:] += 1
    return player.at(player.state.last_ns)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("ask", [honest, later])
def test_the_future_changes_nothing(ask: Ask, seed: int) -> None:
    assert leaks(recorder(ask), frames(seed, 300), ASKED) == []


@pytest.mark.parametrize("plant", [peeking, scaled, marking])
def test_a_planted_leak_is_caught(plant: Ask) -> None:
    assert leaks(recorder(plant), frames(0, 300), ASKED)


def test_every_feature_of_events_would_be_caught_peeking() -> None:
    by_feature = np.zeros(len(FLOW_FEATURES), bool)
    for seed in range(3):
        stream = frames(seed, 300)
        for place in range(1, 298, 3):
            player = Player().play(stream[: place + 1])
            differ = ~np.isclose(player.at(), peeking(player, stream, place), rtol=1e-12, atol=0, equal_nan=True)
            by_feature |= differ
    calendar_and_ages = {"feed_latency", "seen", "minute_of_day", "day_of_week"}
    blind = {one.name for one, seen in zip(FLOW_FEATURES, by_feature, strict=True) if not seen}
    assert blind <= calendar_and_ages
