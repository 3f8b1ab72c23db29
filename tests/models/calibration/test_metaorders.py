"""Runs of made-up traders: by hand, against a plain loop, and what is refused."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.calibration.metaorders import (
    CUTOFF_GAPS,
    REST_GAPS,
    Metaorders,
    Orders,
    drawn_owners,
    market_orders,
    metaorders_of,
    shares,
)
from tests.models.calibration.square_root_worlds import NS, START_NS, trades_only


def orders(times: list[float], signs: list[int], base: list[float] | None = None) -> Orders:
    sizes = np.ones(len(times)) if base is None else np.array(base)
    return Orders(np.array(times), np.array(signs, dtype=np.float64), sizes)


def plain_runs(tape: Orders, owners: np.ndarray, least: int, end_s: float) -> list[tuple[float, float, float, int]]:
    """Return (start, end, base, children) of each metaorder, told one trader and one order at a time."""
    found = []
    for trader in np.unique(owners):
        mine = np.flatnonzero(owners == trader)
        gaps = [tape.times[b] - tape.times[a] for a, b in pairwise(mine) if tape.signs[a] == tape.signs[b]]
        mean = np.mean(gaps) if gaps else np.inf
        short = [gap for gap in gaps if gap < CUTOFF_GAPS * mean]
        mean = np.mean(short) if short else np.inf
        run = [mine[0]]
        for place in mine[1:]:
            gap = tape.times[place] - tape.times[run[-1]]
            if gap < CUTOFF_GAPS * mean and tape.signs[place] == tape.signs[run[-1]]:
                run.append(place)
                continue
            end = tape.times[place] if gap < CUTOFF_GAPS * mean else tape.times[run[-1]] + REST_GAPS * mean
            found.append((run, end))
            run = [place]
        found.append((run, tape.times[run[-1]] + REST_GAPS * mean))
    return sorted(
        (tape.times[run[0]], end, tape.base[run].sum(), len(run))
        for run, end in found
        if len(run) >= least and end <= end_s
    )


def as_rows(found: Metaorders) -> list[tuple[float, float, float, int]]:
    return sorted(zip(found.start, found.end, found.base, found.children, strict=True))


def test_trades_of_one_moment_and_sign_are_one_order() -> None:
    stretch = trades_only([1.0, 1.0, 1.0, 2.0, 2.0, 3.0], [1, 1, -1, -1, -1, -1], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    found = market_orders(stretch)
    assert found.times.tolist() == [1.0, 1.0, 2.0, 3.0]
    assert found.signs.tolist() == [1, -1, -1, -1]
    assert found.base.tolist() == [3.0, 4.0, 24.0, 32.0]
    assert len(market_orders(trades_only([], [], [])).times) == 0
    assert stretch.start_ns == START_NS
    assert stretch.end_ns > START_NS + 3 * NS


def test_a_run_lasts_until_just_before_its_traders_next_order() -> None:
    tape = orders([0, 1, 2, 3, 4, 5, 6], [1, -1, 1, 1, -1, 1, -1], [1, 10, 2, 4, 20, 8, 40])
    owners = np.array([0, 1, 0, 0, 1, 1, 0])
    found = metaorders_of(tape, owners, least_children=2, end_s=10.0)
    assert found.start.tolist() == [0.0, 1.0]
    assert found.end.tolist() == [6.0, 5.0]  # the sell of trader 0; the buy of trader 1
    assert found.sign.tolist() == [1.0, -1.0]
    assert found.base.tolist() == [7.0, 30.0]
    assert found.children.tolist() == [3, 2]
    assert found.child.tolist() == [0, 2, 3, 1, 4]
    assert found.metaorder.tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_allclose(found.smooth_base, [7.0 * 11 / 12, 30.0 * 7 / 8])
    assert found.usual_s.tolist() == [4.5, 6.0]  # three gaps of 1.5, two of 3


def test_a_long_rest_ends_a_metaorder_half_a_mean_gap_after_its_last_child() -> None:
    times = [*np.arange(20.0), *np.arange(500.0, 520.0)]
    found = metaorders_of(orders(times, [1] * 40), np.zeros(40, dtype=np.int64), least_children=2, end_s=1000.0)
    assert found.children.tolist() == [20, 20]
    assert found.end.tolist() == [19.5, 519.5]
    sooner = [*np.arange(20.0), *np.arange(25.0, 45.0)]
    joined = metaorders_of(orders(sooner, [1] * 40), np.zeros(40, dtype=np.int64), least_children=2, end_s=1000.0)
    assert joined.children.tolist() == [40]


def test_children_at_random_times_move_the_price_as_the_smooth_order_does() -> None:
    for children in (5, 8, 20):
        places = range(1, children + 1)
        moved = sum(math.exp(math.lgamma(place - 0.5) - math.lgamma(place)) for place in places)
        found = metaorders_of(
            orders(list(np.arange(children + 1.0)), [1] * children + [-1]),
            np.zeros(children + 1, dtype=np.int64),
            least_children=2,
            end_s=100.0,
        )
        assert 2 * math.sqrt(found.smooth_base[0]) == pytest.approx(moved, rel=1e-3)
        assert 2 * math.sqrt(found.base[0]) != pytest.approx(moved, rel=5e-3)


def test_what_ends_beyond_the_stretch_or_is_too_short_is_left_out() -> None:
    tape = orders([0, 1, 2, 3, 4], [1, 1, -1, -1, -1])
    owners = np.zeros(5, dtype=np.int64)
    assert metaorders_of(tape, owners, least_children=2, end_s=4.2).start.tolist() == [0.0]
    assert metaorders_of(tape, owners, least_children=3, end_s=9.0).start.tolist() == [2.0]
    assert len(metaorders_of(orders([], []), np.zeros(0, dtype=np.int64), least_children=1, end_s=1.0)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_runs_are_those_of_a_plain_loop(seed: int) -> None:
    random = np.random.default_rng(seed)
    times = np.cumsum(random.exponential(1.0, 600) + (random.random(600) < 0.01) * 300.0)
    tape = Orders(times, random.choice((-1.0, 1.0), 600), random.lognormal(size=600))
    owners = random.integers(0, 6, 600)
    found = metaorders_of(tape, owners, least_children=2, end_s=float(times[-1]))
    expected = plain_runs(tape, owners, 2, float(times[-1]))
    np.testing.assert_allclose(as_rows(found), expected, rtol=1e-12)
    assert len(expected) > 50
    other = metaorders_of(tape, np.roll(owners, 1), least_children=2, end_s=float(times[-1]))
    assert as_rows(other) != as_rows(found)


def test_kept_metaorders_keep_their_children() -> None:
    random = np.random.default_rng(1)
    tape = Orders(np.arange(300.0), random.choice((-1.0, 1.0), 300), random.lognormal(size=300))
    found = metaorders_of(tape, random.integers(0, 3, 300), least_children=2, end_s=300.0)
    chosen = found.kept(found.sign > 0)
    assert 0 < len(chosen) < len(found)
    base = np.bincount(chosen.metaorder, weights=tape.base[chosen.child])
    np.testing.assert_allclose(base, chosen.base)
    assert (tape.signs[chosen.child] == 1.0).all()


def test_shares_are_quantiles_of_the_power_law() -> None:
    assert shares(2, 1.0) == pytest.approx([0.25, 0.75])
    assert shares(4, np.inf) == pytest.approx([0.25] * 4)
    many = shares(20, 2.0)
    assert many.sum() == pytest.approx(1.0)
    assert (np.diff(many) > 0).all()


def test_owners_come_by_their_shares_and_by_their_seed() -> None:
    parts = shares(5, 1.0)
    drawn = drawn_owners(50_000, parts, 3, 0)
    error = np.sqrt(parts * (1 - parts) / 50_000)
    assert (np.abs(np.bincount(drawn, minlength=5) / 50_000 - parts) < 4 * error).all()
    assert (drawn == drawn_owners(50_000, parts, 3, 0)).all()
    assert (drawn != drawn_owners(50_000, parts, 3, 1)).mean() > 0.5
    assert (drawn != drawn_owners(50_000, parts, 4, 0)).mean() > 0.5


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("traders", lambda: shares(0, 1.0)),
        ("power", lambda: shares(3, 0.0)),
        ("power must be positive", lambda: shares(3, float("nan"))),
        ("draw", lambda: drawn_owners(3, shares(2, 1.0), 1, -1)),
        (
            "owners",
            lambda: metaorders_of(orders([0, 1], [1, 1]), np.zeros(3, dtype=np.int64), least_children=1, end_s=2),
        ),
        (
            "least_children",
            lambda: metaorders_of(orders([0], [1]), np.zeros(1, dtype=np.int64), least_children=0, end_s=2),
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(name: str, call: object) -> None:
    with pytest.raises(ParameterError, match=name):
        call()  # type: ignore[operator]
