"""The ring of the latest trades, held to a plain list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.events import TRADES, EventBuffer
from fillcast.session.trades import KEPT, TradeRing

messages = st.lists(st.lists(st.integers(1, 9), max_size=3), max_size=8)


def add(ring: TradeRing, trades: list[list[int]], recv_ns: int) -> list[list[int]]:
    """Add one message of (side, ticks, lots) and return the rows that the ring should hold for it."""
    events = EventBuffer(16)
    rows = np.array([[*trade, 0] for trade in trades], np.int64).reshape(-1, 4)
    events.add(TRADES, 0, rows, event_ns=recv_ns - 1, recv_ns=recv_ns)
    ring.add(events, 0)
    return [[recv_ns, *trade] for trade in trades]


def differs(ring: TradeRing, sizes: list[list[int]], number: int) -> bool:
    """Tell whether what a ring returns from a number on differs from a plain list."""
    expected: list[list[int]] = []
    for at, lots in enumerate(sizes, 1):
        expected += add(ring, [[1 if one % 2 else -1, 100 + one, one] for one in lots], at)
    found = ring.since(number)
    first = min(number, len(expected))
    return (found.first, found.end, found.rows.tolist()) != (first, len(expected), expected[first:])


@given(messages, st.integers(0, 30))
def test_trades_come_one_by_one_from_any_number_on(sizes, number):
    assert not differs(TradeRing(), sizes, number)


def test_the_comparison_sees_a_ring_that_mixes_up_sides():
    class Mirror(TradeRing):
        def since(self, number):
            found = super().since(number)
            found.rows.flags.writeable = True
            found.rows[:, 1] *= -1
            return found

    assert differs(Mirror(), [[1]], 0)


def test_what_is_no_longer_kept_shows_in_the_number_of_the_first():
    ring = TradeRing()
    for at in range(KEPT + 10):
        add(ring, [[1, at, 1]], at)
    found = ring.since(3)
    assert (found.first, found.end, len(found.rows)) == (10, KEPT + 10, KEPT)
    assert found.rows[0].tolist() == [10, 1, 10, 1]
    with pytest.raises(ValueError, match="read-only"):
        found.rows[0] = 0
