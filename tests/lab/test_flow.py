"""The order flow has the stylised facts that docs/lab.md claims, on every seed that is tried."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace

import numpy as np
import pytest

from fillcast.lab import draws_kernels as draws
from fillcast.lab import engine_kernels as engine
from fillcast.lab.flow import FlowParameters, Regime, order_flow
from fillcast.lab.market import FILLS, WINDOW, Market

SECONDS = 150
STEP_NS = 10_000_000
PARAMETERS = order_flow(start_ticks=787_000, unit_lots=1e8)


@dataclass
class Run:
    spreads: np.ndarray
    mids: np.ndarray
    levels: np.ndarray
    regimes: np.ndarray
    fills: np.ndarray
    changes: np.ndarray


def market(seed: int, parameters: FlowParameters = PARAMETERS, key: str = "one") -> Market:
    return Market(key=key, asset="BTC", seed=seed, parameters=parameters)


@pytest.fixture(scope="module", params=[1, 7])
def run(request: pytest.FixtureRequest) -> Run:
    one = market(request.param)
    spreads, mids, levels, regimes, changes, fills = [], [], [], [], [], []
    read = int(one.words[engine.FILLS])
    for step in range(SECONDS * 100):
        before = int(one.words[engine.CHANGES])
        one.advance((step + 1) * STEP_NS)
        bid, ask = one.best(1), one.best(-1)
        spreads.append(ask - bid)
        mids.append(bid + ask)
        levels.append(min(one.count(1), one.count(-1)))
        regimes.append(int(one.regime))
        changes.append(int(one.words[engine.CHANGES]) - before)
        written = int(one.words[engine.FILLS])
        fills += [one.fills[index % FILLS].copy() for index in range(read, written)]
        read = written
    return Run(*map(np.array, (spreads, mids, levels, regimes, fills, changes)))


def hill(sizes: np.ndarray, share: float) -> float:
    """Hill's estimate of a tail exponent from the largest share of a sample."""
    ordered = np.sort(sizes)[::-1]
    tail = ordered[: max(10, int(len(ordered) * share))]
    return float(1 / np.mean(np.log(tail / tail[-1])))


def fano(times_ns: np.ndarray) -> float:
    counts = np.bincount(times_ns // 1_000_000_000 - times_ns.min() // 1_000_000_000)
    return float(counts.var() / counts.mean())


def test_the_spread_is_mostly_one_tick_with_excursions(run: Run) -> None:
    assert run.spreads.min() == 1
    assert (run.spreads == 1).mean() > 0.6
    assert (run.spreads <= 2).mean() > 0.8
    assert run.spreads.max() >= 5


def test_four_hundred_levels_a_side_at_all_times(run: Run) -> None:
    assert run.levels.min() >= 400


def test_the_mid_moves_several_times_a_second_and_more_when_busy(run: Run) -> None:
    moved = np.diff(run.mids, prepend=run.mids[0]) != 0
    by_regime = {regime: moved[run.regimes == regime].mean() * 100 for regime in set(run.regimes.tolist())}
    assert all(rate > 1 for rate in by_regime.values())
    if Regime.CALM in by_regime and Regime.BUSY in by_regime:
        assert by_regime[Regime.BUSY] > by_regime[Regime.CALM]


def test_trades_come_in_clusters(run: Run) -> None:
    assert fano(run.fills[:, engine.FILL_NS]) > 1.5


def test_the_clustering_measure_catches_a_poisson_flow() -> None:
    draw = np.random.default_rng(3)
    assert fano(np.sort(draw.integers(0, SECONDS * 10**9, 1000))) < 1.5


def test_level_changes_come_in_clusters(run: Run) -> None:
    per_second = run.changes.reshape(-1, 100).sum(axis=1)
    assert per_second.var() / per_second.mean() > 5


def test_sizes_have_a_power_law_tail(run: Run) -> None:
    _, order = np.unique(run.fills[:, engine.FILL_NS], return_inverse=True)
    sizes = np.bincount(order, weights=run.fills[:, engine.FILL_LOTS])
    assert 1.0 < hill(sizes, 0.1) < 2.6
    assert sizes.max() > 20 * np.median(sizes)


def test_the_tail_measure_catches_thin_tails() -> None:
    draw = np.random.default_rng(3)
    assert hill(draw.exponential(1.0, 1000), 0.1) > 2.6


def test_signs_of_trades_persist(run: Run) -> None:
    _, first = np.unique(run.fills[:, engine.FILL_NS], return_index=True)
    signs = run.fills[first, engine.FILL_SIDE]
    assert np.corrcoef(signs[:-1], signs[1:])[0, 1] > 0.05


def test_regimes_switch_by_the_seed() -> None:
    paths = []
    for seed in (1, 2, 3):
        one = market(seed)
        path = []
        for second in range(240):
            one.advance(second * 10**9)
            path.append(one.regime)
        paths.append(tuple(path))
    assert len(set(paths)) == 3
    assert all(len(set(path)) >= 2 for path in paths)


def test_instruments_on_one_asset_share_regime_and_fundamental_but_not_orders() -> None:
    first, second = market(5, key="one"), market(5, key="two")
    for one in (first, second):
        one.advance(20 * 10**9)
    assert first.regime == second.regime
    assert first.flow[draws.LOG_FUNDAMENTAL] == second.flow[draws.LOG_FUNDAMENTAL]
    assert first.words[engine.CHANGES] != second.words[engine.CHANGES]
    apart = abs(first.best(1) - second.best(1)) / first.best(1)
    assert apart < 5e-4


def same(first: Market, second: Market) -> bool:
    pairs = zip(
        (first.words, first.levels, first.orders, first.fills, first.generator),
        (second.words, second.levels, second.orders, second.fills, second.generator),
        strict=True,
    )
    return all(np.array_equal(one, other) for one, other in pairs)


def test_same_seed_same_market_however_the_time_is_cut() -> None:
    first, second = market(11), market(11)
    first.advance(5 * 10**9)
    for step in range(1, 1001):
        second.advance(step * 5_000_000)
    assert same(first, second)


def test_another_seed_is_another_market() -> None:
    first, second = market(11), market(12)
    for one in (first, second):
        one.advance(10**9)
    assert not same(first, second)


def test_the_window_follows_a_price_that_runs_away() -> None:
    one = market(4)
    low = int(one.words[engine.LOW])
    for second in range(1, 16):
        one.flow[draws.LOG_FUNDAMENTAL] += 8e-4  # 630 ticks a second, for 15 s
        one.advance(second * 10**9)
    assert one.words[engine.LOW] > low
    ticks = one.orders[one.live[: one.words[engine.LIVE]], engine.ORDER_TICK]
    assert ticks.min() >= one.words[engine.LOW]
    assert ticks.max() < one.words[engine.LOW] + WINDOW
    assert min(one.count(1), one.count(-1)) >= 400


def test_the_floor_of_levels_holds_when_nobody_places_orders() -> None:
    starved = replace(PARAMETERS, limit_rate=1.0, cancel_rate=2.0, market_rate=20.0)
    one = market(2, starved)
    for step in range(1, 2001):
        one.advance(step * STEP_NS)
        assert min(one.count(1), one.count(-1)) >= 400
    assert one.count(1) < 600


def test_parameters_stand_where_the_kernels_look() -> None:
    flow = PARAMETERS.array(Regime.BUSY)
    for position, field in enumerate(fields(FlowParameters)):
        assert getattr(draws, field.name.upper()) == position
    assert flow[: draws.PARAMETER_COUNT].tolist() == list(astuple(PARAMETERS))
    assert flow[draws.REGIME] == Regime.BUSY
