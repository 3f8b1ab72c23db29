"""Slippage of a backtest: the caller's books as they stood, never a later one, and nothing invented in silence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.state import Proof
from fillcast.errors import NotLiveError, ParameterError, SizeError, UsageError
from fillcast.forecast.slippage import LabelledPrior, SlippageModel, slippage_model
from fillcast.forecast.snapshot_cost import cost
from fillcast.forecast.snapshots import Snapshots
from fillcast.models.impact.square_root import SQUARE_ROOT, SquareRootLaw
from tests.forecast.backtests import SECOND_NS, START_NS, walking

SNAPSHOTS = walking(30, 11)
MODEL = slippage_model(SNAPSHOTS, fee_bps=7.5, max_age_s=10.0)
LAW = SquareRootLaw(prefactor=1.0, exponent=SQUARE_ROOT, crossover=0.0, sigma=0.03, volume=50_000.0, price=100.0)
PRIOR = LabelledPrior(LAW, "square-root law, Y = 1, a guess of 2026-11-24 for no market")


def untimed(snapshots: Snapshots) -> Snapshots:
    return replace(snapshots, times=None)


@given(st.integers(0, 29), st.integers(0, SECOND_NS - 1), st.sampled_from(["buy", "sell"]), st.floats(0.01, 30.0))
def test_it_is_the_vectorised_cost_of_the_snapshot_it_meets(row, later_ns, side, size) -> None:
    met = MODEL(side, size, START_NS + row * SECOND_NS + later_ns)
    found = cost(SNAPSHOTS, size, side, fee_bps=7.5)
    at = (row, 0)
    assert (met.index, met.age_s, met.proof) == (row, later_ns / 1e9, Proof.CALLER)
    assert (met.average_price, met.filled, met.unfilled) == (
        found.average_price[at],
        found.filled[at],
        found.unfilled[at],
    )
    assert met.all_in_price == found.all_in_price[at]
    assert met.mid == found.reference_price[at]
    assert (met.half_spread_bps, met.slippage_bps, met.fee_bps, met.net_bps) == (
        found.half_spread_bps[at],
        found.slippage_bps[at],
        found.fee_bps[at],
        found.net_bps[at],
    )
    assert met.origin == f"walk of snapshot {row}, proof: caller"


def changed_after(snapshots: Snapshots, at_ns: int) -> Snapshots:
    """Return the same past and present with another future."""
    assert snapshots.times is not None
    later = np.where(snapshots.times > at_ns, 1.5, 1.0)[:, None]
    return replace(snapshots, bid_prices=snapshots.bid_prices * later, ask_prices=snapshots.ask_prices * later)


def looks_ahead(model: SlippageModel, at_ns: int) -> bool:
    """Whether the answer at a moment depends on what comes after it."""
    other = replace(model, snapshots=changed_after(model.snapshots, at_ns))
    return any(
        model(side, size, at_ns).average_price != other(side, size, at_ns).average_price
        for side in ("buy", "sell")
        for size in (0.1, 5.0)
    )


class Nearest(SlippageModel):
    """The planted violation: the snapshot that is nearest in time, be it a later one."""

    __slots__ = ()

    def as_of(self, at: int) -> tuple[int, float | None]:
        assert self.snapshots.times is not None
        return int(np.abs(self.snapshots.times - at).argmin()), 0.0


class Next(SlippageModel):
    """Another: the first snapshot that is not before the order."""

    __slots__ = ()

    def as_of(self, at: int) -> tuple[int, float | None]:
        assert self.snapshots.times is not None
        return int(np.searchsorted(self.snapshots.times, at)), 0.0


MOMENTS = [START_NS + row * SECOND_NS + late for row in range(28) for late in (0, 1, 600_000_000, SECOND_NS - 1)]


def test_no_answer_depends_on_the_future() -> None:
    assert not any(looks_ahead(MODEL, at) for at in MOMENTS)


@pytest.mark.parametrize("kind", [Nearest, Next])
def test_a_look_ahead_is_caught(kind) -> None:
    planted = kind(SNAPSHOTS, 7.5, 10.0, None)
    assert any(looks_ahead(planted, at) for at in MOMENTS)


def test_there_is_no_book_before_the_first() -> None:
    with pytest.raises(NotLiveError, match=r"the first is of \d+ ns, and that is later"):
        MODEL("buy", 1.0, START_NS - 1)
    assert MODEL("buy", 1.0, START_NS).index == 0


def test_an_old_book_is_not_priced() -> None:
    last = START_NS + 29 * SECOND_NS
    assert MODEL("buy", 1.0, last + 10 * SECOND_NS).age_s == 10.0
    with pytest.raises(NotLiveError, match=r"snapshot 29 is 10\.000000001 s old"):
        MODEL("buy", 1.0, last + 10 * SECOND_NS + 1)
    assert slippage_model(SNAPSHOTS, fee_bps=1.0, max_age_s=math.inf)("buy", 1.0, last + 10**18).index == 29


def test_moments_and_sides_may_be_written_otherwise() -> None:
    at = np.datetime64(START_NS + 3 * SECOND_NS, "ns")
    assert MODEL(-1, 2.0, at) == MODEL("sell", 2.0, START_NS + 3 * SECOND_NS)


def test_snapshots_without_times_go_by_index() -> None:
    model = slippage_model(untimed(SNAPSHOTS), fee_bps=7.5)
    met = model("buy", 2.0, 4)
    assert met == replace(MODEL("buy", 2.0, START_NS + 4 * SECOND_NS), age_s=None)
    for index in (-1, 30):
        with pytest.raises(ParameterError, match="index of one of 30 snapshots"):
            model("buy", 2.0, index)


def test_a_book_with_one_side_is_not_priced() -> None:
    nan = math.nan
    model = slippage_model(Snapshots([[nan]], [[nan]], [[100.0]], [[1.0]]), fee_bps=1.0)
    with pytest.raises(NotLiveError, match="snapshot 0 has no mid"):
        model("buy", 1.0, 0)


def shown(row: int, side: int) -> float:
    return float(SNAPSHOTS.taken_from(side)[1][row].sum())


def test_without_a_prior_the_rest_is_unfilled() -> None:
    met = MODEL("buy", 100.0, START_NS)
    assert met.filled == pytest.approx(shown(0, 1))
    assert met.unfilled == pytest.approx(100.0 - shown(0, 1))
    assert met.from_prior == 0.0


@pytest.mark.parametrize("side", [1, -1])
def test_a_prior_prices_the_rest_and_says_so(side) -> None:
    model = slippage_model(SNAPSHOTS, fee_bps=7.5, max_age_s=10.0, beyond=PRIOR)
    within = model(side, 2.0, START_NS)
    assert within == MODEL(side, 2.0, START_NS)
    walked, met = MODEL(side, 500.0, START_NS), model(side, 500.0, START_NS)
    seen, rest = walked.filled, 500.0 - walked.filled
    law = (500.0 * float(LAW.average(500.0)) - seen * float(LAW.average(seen))) / rest
    worst = float(SNAPSHOTS.taken_from(side)[0][0, -1])
    beyond = met.mid * (1 + side * (walked.half_spread_bps / 1e4 + law))
    price = max(beyond, worst) if side > 0 else min(beyond, worst)
    assert met.average_price == pytest.approx((seen * walked.average_price + rest * price) / 500.0, rel=1e-12)
    assert (met.filled, met.unfilled, met.from_prior) == (pytest.approx(500.0), 0.0, pytest.approx(rest))
    assert met.net_bps == met.half_spread_bps + met.slippage_bps + met.fee_bps
    assert met.net_bps == pytest.approx(1e4 * side * (met.all_in_price - met.mid) / met.mid)
    assert PRIOR.origin in met.origin
    assert "proof: caller" in met.origin


def test_cost_with_a_prior_rises_with_size() -> None:
    for law in (LAW, replace(LAW, prefactor=0.0)):
        model = slippage_model(SNAPSHOTS, fee_bps=0.0, max_age_s=10.0, beyond=LabelledPrior(law, "planted"))
        for side in (1, -1):
            each = [model(side, size, START_NS) for size in np.linspace(0.5, 400.0, 80)]
            assert (np.diff([met.net_bps for met in each]) >= -1e-9).all()
            paid = [met.net_bps * met.filled for met in each]
            assert (np.diff(paid) > 0).all()


def test_a_prior_without_an_origin_is_refused() -> None:
    for origin in ("", "  "):
        with pytest.raises(UsageError, match="needs its origin"):
            LabelledPrior(LAW, origin)


def test_a_prior_is_not_stretched_below_a_price_of_zero() -> None:
    wild = LabelledPrior(replace(LAW, sigma=1.0), "planted")
    model = slippage_model(SNAPSHOTS, fee_bps=0.0, max_age_s=10.0, beyond=wild)
    with pytest.raises(ParameterError, match="below 0"):
        model("sell", 2e5, START_NS)


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan, math.inf])
def test_sizes_that_are_refused(size) -> None:
    with pytest.raises(SizeError):
        MODEL("buy", size, START_NS)


def test_what_else_is_refused() -> None:
    with pytest.raises(UsageError, match="a side is"):
        MODEL("hold", 1.0, START_NS)
    with pytest.raises(ParameterError, match="at must be a whole number"):
        MODEL("buy", 1.0, START_NS / 1.0)
    with pytest.raises(UsageError, match="state max_age_s"):
        slippage_model(SNAPSHOTS, fee_bps=1.0)
    with pytest.raises(UsageError, match="leave max_age_s out"):
        slippage_model(untimed(SNAPSHOTS), fee_bps=1.0, max_age_s=1.0)
    for age in (-1.0, math.nan):
        with pytest.raises(UsageError, match="max_age_s must be"):
            slippage_model(SNAPSHOTS, fee_bps=1.0, max_age_s=age)
    with pytest.raises(UsageError, match="fee"):
        slippage_model(SNAPSHOTS, fee_bps=math.inf, max_age_s=1.0)
