"""Moments arrive on the other side of a process as they are here, and what does not change goes there once."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.state import BookState
from fillcast.core.view import BookView
from fillcast.dashboard.answering import ask
from fillcast.dashboard.asking import Question, read
from fillcast.dashboard.channel import Packer, Unpacker
from fillcast.dashboard.seen import Seen
from fillcast.dashboard.wire import Asked
from fillcast.forecast.report import report
from tests.dashboard.market import SPOT, SWAP, seen_of, view_of

QUESTION = read(Asked(instrument=SPOT.key, size="5", type="is"), {SPOT.key: SPOT}, {})
VIEWS = [
    view_of(version=1),
    view_of(version=2, asks=[(683_002, 5)]),
    view_of(version=3, state=BookState.BROKEN, reason="a gap"),
    view_of(version=4, bids=[], asks=[]),
]


def differs(one: Seen, other: Seen) -> bool:
    """Tell whether two moments say different things."""
    plain = [field.name for field in fields(Seen) if field.name not in ("view", "trades")]
    if any(getattr(one, name) != getattr(other, name) for name in plain):
        return True
    for name in ("instrument", "version", "state", "proof", "reason", "last_id", "event_ns"):
        if getattr(one.view, name) != getattr(other.view, name):
            return True
    columns = [(side.ticks, side.lots) for view in (one.view, other.view) for side in (view.bids, view.asks)]
    same = all(
        np.array_equal(a, b)
        for mine, theirs in zip(columns[:2], columns[2:], strict=True)
        for a, b in zip(mine, theirs, strict=True)
    )
    return not same or not np.array_equal(one.trades.rows, other.trades.rows) or one.trades.first != other.trades.first


@given(st.lists(st.integers(0, len(VIEWS) - 1), max_size=8))
def test_moments_arrive_as_they_are(order):
    packer, unpacker = Packer(), Unpacker()
    for number, which in enumerate(order):
        seen = seen_of(VIEWS[which], trades=[(number, 1, 5, 6)], first_trade=number, now_ns=number)
        arrived = unpacker.unpack(packer.pack({SPOT.key: seen}))[SPOT.key]
        assert not differs(arrived, seen)


def test_the_comparison_sees_a_version_that_was_mixed_up():
    assert differs(seen_of(VIEWS[0]), seen_of(VIEWS[1]))
    assert differs(seen_of(VIEWS[0]), replace(seen_of(VIEWS[0]), now_ns=1))


def test_a_version_goes_there_once_and_is_one_object_there():
    packer, unpacker = Packer(), Unpacker()
    first = packer.pack({SPOT.key: seen_of(VIEWS[0])})
    again = packer.pack({SPOT.key: seen_of(VIEWS[0])})
    assert len(again) < len(first) / 2
    views = [unpacker.unpack(data)[SPOT.key].view for data in (first, again)]
    assert views[0] is views[1]
    with pytest.raises(ValueError, match="read-only"):
        views[0].bids.ticks[0] = 1


def test_a_forecast_is_the_same_on_the_other_side():
    assert isinstance(QUESTION, Question)
    seen = seen_of(VIEWS[0])
    arrived = Unpacker().unpack(Packer().pack({SPOT.key: seen}))[SPOT.key]
    assert report(ask(QUESTION, arrived)) == report(ask(QUESTION, seen))


def test_instruments_do_not_mix():
    packer, unpacker = Packer(), Unpacker()
    swap = view_of(SWAP, [(500_000, 9)], [(500_010, 9)])
    arrived = unpacker.unpack(packer.pack({SPOT.key: seen_of(VIEWS[0]), SWAP.key: seen_of(swap)}))
    assert arrived[SWAP.key].view.instrument == SWAP
    assert isinstance(arrived[SPOT.key].view, BookView)
    assert arrived[SPOT.key].view.instrument == SPOT
