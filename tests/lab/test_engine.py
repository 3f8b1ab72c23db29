"""The matching engine against its readable twin, and what must hold whatever is entered."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.lab import engine_kernels as engine
from tests.lab.twin import BUY, SELL, Twin

WINDOW, CAPACITY, LOW = 64, 24, 100
JOURNAL, FILLS = 1024, 256


class Pair:
    """The engine and its twin, driven alike and compared after every step."""

    def __init__(self, *, newest_first: bool = False) -> None:
        self.words = np.zeros(engine.WORD_COUNT, np.int64)
        self.words[engine.LOW] = LOW
        self.words[engine.BEST_BID], self.words[engine.BEST_ASK] = LOW - 1, LOW + WINDOW
        self.levels = np.zeros((WINDOW, engine.LEVEL_WIDTH), np.int64)
        self.orders = np.zeros((CAPACITY, engine.ORDER_WIDTH), np.int64)
        self.live = np.arange(CAPACITY, dtype=np.int64)
        self.journal = np.zeros((JOURNAL, engine.JOURNAL_WIDTH), np.int64)
        self.fills = np.zeros((FILLS, engine.FILL_WIDTH), np.int64)
        self.market = (self.words, self.levels, self.orders, self.live, self.journal, self.fills)
        self.twin = Twin(LOW, WINDOW, CAPACITY, newest_first)
        self.slots: dict[int, int] = {}

    def step(self, kind: str, side: int, tick: int, lots: int) -> None:
        if kind == "limit":
            slot, number = engine.limit(*self.market, side, tick, lots), self.twin.limit(side, tick, lots)
            assert (slot == engine.NONE) == (number is None)
            if number is not None:
                self.slots[number] = slot
        elif kind == "market":
            assert engine.market(*self.market, side, lots) == self.twin.market(side, lots)
        elif kind == "cancel":
            numbers = sorted(self.twin.where)
            if numbers:
                number = numbers[lots % len(numbers)]
                assert engine.cancel(*self.market, self.slots[number]) == self.twin.cancel(number)
        else:
            assert engine.recentre(*self.market, tick) == self.twin.recentre(tick)
        self.compare()

    def compare(self) -> None:
        words, twin = self.words, self.twin
        assert words[engine.LIVE] == len(twin.where)
        assert words[engine.LOW] == twin.low
        assert words[engine.BID_LEVELS] == len(twin.books[BUY])
        assert words[engine.ASK_LEVELS] == len(twin.books[SELL])
        bid, ask = twin.best(BUY), twin.best(SELL)
        assert words[engine.BEST_BID] == (twin.low - 1 if bid is None else bid)
        assert words[engine.BEST_ASK] == (twin.low + WINDOW if ask is None else ask)
        for tick in range(twin.low, twin.low + WINDOW):
            queue = twin.books[BUY].get(tick) or twin.books[SELL].get(tick) or ()
            row = self.levels[tick % WINDOW]
            assert row[engine.LEVEL_ORDERS] == len(queue)
            assert row[engine.LEVEL_LOTS] == sum(order.lots for order in queue)
            slot = row[engine.LEVEL_HEAD]
            for order in queue:
                found = self.orders[slot]
                assert (found[engine.ORDER_NUMBER], found[engine.ORDER_LOTS]) == (order.number, order.lots)
                slot = found[engine.ORDER_NEXT]
        assert words[engine.CHANGES] == len(twin.changes)
        keys = [2 * tick + (side == SELL) for side, tick in twin.changes[-JOURNAL:]]
        rows = [index % JOURNAL for index in range(max(0, len(twin.changes) - JOURNAL), len(twin.changes))]
        assert self.journal[rows, engine.CHANGE_KEY].tolist() == keys
        assert words[engine.FILLS] == len(twin.fills)
        if twin.fills:
            last = self.fills[(len(twin.fills) - 1) % FILLS]
            assert tuple(last[: engine.FILL_NS]) == twin.fills[-1]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["limit"] * 6 + ["market"] * 2 + ["cancel"] * 3 + ["recentre"]),
        st.sampled_from([BUY, SELL]),
        st.integers(LOW - 40, LOW + WINDOW + 40),
        st.integers(0, 30),
    ),
    max_size=60,
)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_engine_and_twin_agree_on_every_step(steps: list[tuple[str, int, int, int]]) -> None:
    pair = Pair()
    for step in steps:
        pair.step(*step)


@pytest.mark.parametrize("seed", range(4))
def test_engine_and_twin_agree_on_a_long_day(seed: int) -> None:
    draw = random.Random(seed)
    pair = Pair()
    for _ in range(1500):
        centre = int(pair.words[engine.LOW]) + WINDOW // 2
        kind = draw.choices(["limit", "market", "cancel", "recentre"], [6, 1, 3, 0.05])[0]
        tick = centre + draw.randint(-20, 20) - (WINDOW // 2 if kind == "recentre" else 0)
        pair.step(kind, draw.choice([BUY, SELL]), tick, draw.randint(1, 20))


def test_the_comparison_catches_a_broken_time_priority() -> None:
    pair = Pair(newest_first=True)
    pair.step("limit", SELL, 120, 5)
    pair.step("limit", SELL, 120, 7)
    with pytest.raises(AssertionError):
        pair.step("market", BUY, 0, 6)


def check_invariants(pair: Pair, entered: int, taken: int) -> None:
    words, levels = pair.words, pair.levels
    assert words[engine.BEST_BID] < words[engine.BEST_ASK], "crossed"
    assert (levels[:, engine.LEVEL_LOTS] >= 0).all()
    assert (levels[:, engine.LEVEL_ORDERS] >= 0).all()
    resting = int(levels[:, engine.LEVEL_LOTS].sum())
    matched, cancelled = int(words[engine.MATCHED_LOTS]), int(words[engine.CANCELLED_LOTS])
    # Each matched lot consumed one resting lot and one incoming lot.
    assert entered + taken == resting + cancelled + 2 * matched, "volume is not conserved"


@given(STEPS)
@settings(max_examples=80, deadline=None)
def test_never_crossed_never_negative_volume_conserved(steps: list[tuple[str, int, int, int]]) -> None:
    pair = Pair()
    entered = taken = 0
    for kind, side, tick, lots in steps:
        before = int(pair.words[engine.MATCHED_LOTS]), int(pair.words[engine.LIMIT_LOTS])
        pair.step(kind, side, tick, lots)
        matched = int(pair.words[engine.MATCHED_LOTS]) - before[0]
        if kind == "limit":
            entered += int(pair.words[engine.LIMIT_LOTS]) - before[1] + matched
        else:
            taken += matched
        check_invariants(pair, entered, taken)


def test_the_invariants_catch_a_lost_lot() -> None:
    pair = Pair()
    pair.step("limit", BUY, 120, 5)
    pair.levels[120 % WINDOW, engine.LEVEL_LOTS] -= 1
    with pytest.raises(AssertionError, match="conserved"):
        check_invariants(pair, entered=5, taken=0)


def test_ids_of_changes_rise_in_irregular_steps() -> None:
    pair = Pair()
    for _ in range(100):
        pair.step("limit", BUY, 120, 1)
        pair.step("cancel", BUY, 0, 0)
    steps = set(np.diff(pair.journal[:200, engine.CHANGE_ID]).tolist())
    assert min(steps) >= 1
    assert len(steps) > 5


def test_refused_orders_change_nothing() -> None:
    pair = Pair()
    pair.step("limit", BUY, LOW - 1, 5)
    pair.step("limit", BUY, LOW + WINDOW, 5)
    pair.step("limit", SELL, 120, 0)
    assert engine.cancel(*pair.market, -3) == engine.cancel(*pair.market, CAPACITY) == 0
    for index in range(CAPACITY):
        pair.step("limit", BUY, LOW + index, 1)
    pair.step("limit", SELL, LOW, 1)  # the pool is full: it does not match either
    assert pair.words[engine.LIVE] == CAPACITY
    assert pair.words[engine.FILLS] == 0
