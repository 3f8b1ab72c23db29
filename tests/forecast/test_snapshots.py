"""Snapshots are checked once, by name and place, and cannot be changed afterwards."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fillcast.core.state import Proof
from fillcast.errors import ParameterError
from fillcast.forecast.snapshots import PROOF, Snapshots, instant
from tests.forecast.backtests import START_NS, walking

NAN = math.nan
BIDS, ASKS = [[99.0, 98.0], [99.0, NAN]], [[101.0, 102.0], [100.0, 103.0]]
SIZES, FEWER = [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, NAN]]


def built(**changes) -> Snapshots:
    return Snapshots(**{"bid_prices": BIDS, "bid_sizes": FEWER, "ask_prices": ASKS, "ask_sizes": SIZES, **changes})


def test_what_they_hold() -> None:
    snapshots = built(times=[1, 2])
    assert len(snapshots) == 2
    assert snapshots.mid.tolist() == [100.0, 99.5]
    assert snapshots.times.tolist() == [1, 2]
    assert PROOF is Proof.CALLER
    assert built().times is None


def test_they_are_copies_that_cannot_be_written() -> None:
    asks = np.array(ASKS)
    snapshots = built(ask_prices=asks, times=np.array([1, 2]))
    asks[0, 0] = 1.0
    assert snapshots.ask_prices[0, 0] == 101.0
    for array in (snapshots.bid_prices, snapshots.ask_sizes, snapshots.times):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_times_may_be_datetimes() -> None:
    times = np.array(["2026-08-24T00:00:00.25", "2026-08-24T00:00:01"], "datetime64[ms]")
    assert built(times=times).times.tolist() == [1787529600250000000, 1787529601000000000]
    assert instant(times[0]) == 1787529600250000000
    assert instant(np.int64(5)) == 5


@pytest.mark.parametrize("value", [1.5, "1", True, None, np.datetime64("NaT"), np.float64(3)])
def test_what_is_no_moment_is_refused(value) -> None:
    with pytest.raises(ParameterError, match="at must be a whole number"):
        instant(value)


def test_an_empty_side_has_no_mid() -> None:
    snapshots = built(bid_prices=[[NAN, NAN], [99, 98]], bid_sizes=[[NAN, NAN], [1, 1]])
    assert np.isnan(snapshots.mid).tolist() == [True, False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bid_prices": [99.0, 98.0]}, r"bid_prices must have the shape \(snapshots, levels\), not \(2,\)"),
        ({"ask_prices": np.empty((0, 2)), "ask_sizes": np.empty((0, 2))}, "ask_prices must have the shape"),
        ({"ask_sizes": [[1.0], [1.0]]}, "ask_prices and ask_sizes must have one shape"),
        ({"ask_prices": ASKS[:1], "ask_sizes": SIZES[:1]}, "as many snapshots, not 2 and 1"),
        ({"bid_prices": [[99, 98], [100, NAN]]}, "snapshot 1 is crossed: best bid 100, best ask 100"),
        ({"ask_prices": [[101, 101], [100, 103]]}, r"ask_prices\[0, 1\] is 101, there twice"),
        ({"ask_prices": [[101, 102], [103, 100]]}, r"ask_prices\[1, 1\] is 100, better than the level before it"),
        ({"bid_prices": [[98, 99], [99, NAN]]}, r"bid_prices\[0, 1\] is 99, better than"),
        ({"ask_prices": [[-1, 102], [100, 103]]}, r"ask_prices\[0, 0\] is -1, not positive and finite"),
        ({"ask_sizes": [[1, 0], [3, 4]]}, r"ask_sizes\[0, 1\] is 0, not positive"),
        ({"ask_sizes": [[1, math.inf], [3, 4]]}, r"ask_sizes\[0, 1\] is inf, not positive"),
        ({"ask_sizes": [[1, NAN], [3, 4]]}, r"ask_sizes\[0, 1\] is nan, where the other"),
        ({"ask_prices": [[NAN, 102], [100, 103]]}, r"ask_prices\[0, 0\] is nan, where the other"),
        (
            {"ask_prices": [[NAN, 102], [100, 103]], "ask_sizes": [[NAN, 2], [3, 4]]},
            r"ask_prices\[0, 1\] is 102, after a level that is missing",
        ),
        ({"times": [1]}, "one for each of 2 snapshots"),
        ({"times": [1.0, 2.0]}, "int64 nanoseconds UTC or datetime64, not float64"),
        ({"times": [2, 2]}, r"times\[1\] is not after times\[0\]"),
        ({"times": [3, 2]}, r"times\[1\] is not after"),
        ({"times": np.array(["2026-01-01", "NaT"], "datetime64[s]")}, "not NaT"),
    ],
)
def test_what_is_refused(changes, message) -> None:
    with pytest.raises(ParameterError, match=message):
        built(**changes)


def test_the_shared_example_is_one() -> None:
    snapshots = walking(5, 1)
    assert len(snapshots) == 5
    assert snapshots.times[0] == START_NS
