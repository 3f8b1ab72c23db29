"""Each estimator by hand, by another formula, and in other units."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.models.calibration.kernel import estimate_kernel
from fillcast.models.calibration.names import UNITS
from fillcast.models.calibration.parameter import CALIBRATED, Parameter
from fillcast.models.calibration.permanent import WINDOW_S, estimate_permanent
from fillcast.models.calibration.resilience import estimate_resilience, near_band
from fillcast.models.calibration.spread import estimate_half_spread
from fillcast.models.calibration.stretch import NS_PER_S, Stretch
from fillcast.models.calibration.sweeps import sweeps_of
from fillcast.models.calibration.volatility import SLOW_STEPS, estimate_volatility
from fillcast.models.calibration.volume import estimate_volume_rate
from fillcast.models.liquidity import quoted_spread
from fillcast.models.volatility import log_returns, realised_variance, two_scale_variance
from tests.models.calibration.coverage import AT_TOUCH, CASES, HOURS, MARKET, PLAIN, SIGNED, Case
from tests.models.calibration.worlds import BPS, START_NS, Market, market, signed_market


def stretch_of(
    quotes: list[tuple[float, float, float]], trades: list[tuple[float, int, float, float]], seconds: float
) -> Stretch:
    """Return a stretch from quotes (s, bid, ask) and trades (s, sign, base, price), without depth."""
    quote, trade = np.array(quotes).reshape(-1, 3), np.array(trades, dtype=np.float64).reshape(-1, 4)

    def moments(column: NDArray[np.float64]) -> NDArray[np.int64]:
        return START_NS + np.rint(column * NS_PER_S).astype(np.int64)

    return Stretch(
        instrument="hand:made",
        start_ns=START_NS,
        end_ns=START_NS + round(seconds * NS_PER_S),
        quote_ns=moments(quote[:, 0]),
        bid=quote[:, 1],
        ask=quote[:, 2],
        bid_base=np.ones(len(quote)),
        ask_base=np.ones(len(quote)),
        depth_ns=np.zeros(0, np.int64),
        bid_depth_base=np.zeros((0, 1)),
        ask_depth_base=np.zeros((0, 1)),
        depth_bps=(2.0,),
        trade_ns=moments(trade[:, 0]),
        trade_sign=trade[:, 1].astype(np.int8),
        trade_base=trade[:, 2],
        trade_price=trade[:, 3],
    )


def test_trades_of_one_time_and_sign_are_one_order() -> None:
    quotes = [(1.0, 99.0, 101.0), (3.0, 100.0, 102.0)]
    trades = [
        (0.5, 1, 9.0, 101.0),  # before any quote
        (2.0, 1, 1.0, 101.0),
        (2.0, 1, 3.0, 105.0),
        (2.0, -1, 2.0, 99.0),
        (3.0, -1, 4.0, 98.0),  # the quote of its own time is what it left behind
    ]
    sweeps = sweeps_of(stretch_of(quotes, trades, 4.0))

    assert ((sweeps.ns - START_NS) / NS_PER_S).tolist() == [2.0, 2.0, 3.0]
    assert sweeps.sign.tolist() == [1.0, -1.0, -1.0]
    assert sweeps.base.tolist() == [4.0, 2.0, 4.0]
    assert sweeps.paid.tolist() == [104.0, 99.0, 98.0]
    assert sweeps.mid.tolist() == [100.0, 100.0, 100.0]
    assert sweeps.touch.tolist() == [101.0, 99.0, 99.0]


def test_no_trades_are_no_orders() -> None:
    assert len(sweeps_of(stretch_of([(0.0, 99.0, 101.0)], [], 1.0)).ns) == 0


def test_the_half_spread_is_weighted_by_time() -> None:
    # 100 bps for a quarter of the time that is quoted, 200 bps for the rest; nothing is known of the first 20 s.
    quotes = [(20.0, 99.0, 101.0), (45.0, 98.0, 102.0)]
    stretch = stretch_of(quotes, [], 120.0)
    half = estimate_half_spread([stretch]).known()

    assert half.value == pytest.approx(0.25 * 100.0 + 0.75 * 200.0, rel=1e-9)
    assert half.low < half.value < half.high
    held = quoted_spread(np.append(stretch.quote_ns, stretch.end_ns), [99, 98, 98], [101, 102, 102])
    assert half.value == pytest.approx(BPS / 100.0 * held / 2.0, rel=1e-9)  # the mid is 100 throughout
    # Planted: the mean over quotes, however long each held.
    assert half.value != pytest.approx((100.0 + 200.0) / 2.0, rel=0.1)


def test_a_spread_that_never_changes_is_known_exactly() -> None:
    half = estimate_half_spread([stretch_of([(0.0, 99.99, 100.01)], [], 600.0)]).known()

    assert half.value == pytest.approx(1.0, rel=1e-9)
    assert half.high - half.low < 1e-9


def test_volume_by_hand() -> None:
    trades = [(float(second), 1 if second % 2 else -1, 2.0 + second % 3, 100.0) for second in range(0, 240, 2)]
    rate = estimate_volume_rate([stretch_of([(0.0, 99.0, 101.0)], trades, 240.0)]).known()

    assert rate.value == pytest.approx(sum(trade[2] for trade in trades) / 240.0, rel=1e-12)
    assert rate.n == 120


def test_volatility_is_the_two_scale_variance() -> None:
    stretch = market(PLAIN, 11)
    times = np.arange(stretch.start_ns, stretch.end_ns + 1, NS_PER_S)
    mids = stretch.mid[np.searchsorted(stretch.quote_ns, times, side="right") - 1]
    variance = float(two_scale_variance(mids, SLOW_STEPS)) / (len(mids) - 1)

    sigma = estimate_volatility([stretch]).known().value
    assert sigma == pytest.approx(BPS * math.sqrt(variance), rel=1e-9)
    # Planted: realised variance, which noise raises, is another number.
    realised = float(realised_variance(log_returns(mids))) / (len(mids) - 1)
    assert sigma < 0.97 * BPS * math.sqrt(realised)


def test_noise_does_not_raise_volatility_as_it_raises_realised_variance() -> None:
    loud = dataclasses.replace(PLAIN, noise=1.0)
    found = [estimate_volatility([market(loud, seed)]).known().value for seed in range(20)]

    assert abs(np.mean(found) - loud.sigma) < 3 * np.std(found) / math.sqrt(20)
    biased = math.sqrt(loud.sigma**2 + 2 * loud.noise**2)  # of moves over one second
    assert abs(np.mean(found) - biased) > 10 * np.std(found) / math.sqrt(20)


def test_no_move_is_taken_across_a_gap() -> None:
    first = market(PLAIN, 12)
    second = market(dataclasses.replace(PLAIN, price=2.0 * PLAIN.price), 13)
    apart = [_delayed(second, first.end_ns + NS_PER_S - second.start_ns), first]

    sigma = estimate_volatility(apart).known()
    assert sigma.low <= PLAIN.sigma <= sigma.high
    # Planted: the two as one stretch, in which the price doubles within a second.
    assert estimate_volatility([_joined(first, apart[0])]).known().value > 10 * PLAIN.sigma


def test_permanent_impact_does_not_see_what_decays() -> None:
    fleeting = dataclasses.replace(HOURS, permanent=0.0, walk=0.5, sigma=0.05, noise=0.01)
    slope = estimate_permanent([market(fleeting, 14)]).known()

    # One order in a window moves its end by 2 walk rate^-1 / window on average: nothing beside 2 walk.
    assert abs(slope.value) < 0.02 * 2.0 * fleeting.walk
    assert fleeting.rate * WINDOW_S > 100.0


def test_the_near_band_is_the_first_that_is_not_empty() -> None:
    stretch = market(MARKET, 15)
    assert near_band([stretch]) == 0
    empty = stretch.ask_depth_base * np.array([0.0, 1.0])
    assert near_band([dataclasses.replace(stretch, ask_depth_base=empty)]) == 1
    assert near_band([dataclasses.replace(stretch, ask_depth_base=0.0 * empty)]) is None


@pytest.mark.parametrize("step_s", [0.1, 0.25, 0.5])
def test_refill_does_not_depend_on_how_often_books_come(step_s: float) -> None:
    world = dataclasses.replace(MARKET, rate=3.0, depth_step_s=step_s)
    found = [estimate_resilience([market(world, seed)]).parameter.known().value for seed in range(20)]

    error = np.std(found) / math.sqrt(20)
    assert abs(np.mean(found) - world.rate) < 3 * error
    # Planted: what one reads when a book counts at the lag that was asked for, rather than at its own.
    assert abs(np.mean(found) - 2.7) > 3 * error


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_parameter_says_where_it_comes_from(case: Case) -> None:
    stretch = case.world(16)
    parameter = case.estimate([stretch])

    assert (parameter.name, parameter.unit, parameter.origin) == (case.name, UNITS[case.name], CALIBRATED)
    assert parameter.window_s == stretch.seconds
    assert parameter.as_of_ns == stretch.end_ns
    assert parameter.source
    assert parameter.known().n > 0
    assert case.estimate([stretch]) == parameter  # seeded


# How each parameter scales when base units are counted in units `unit` times as large.
PER_BASE = {"temporary_impact": 1, "permanent_impact": 1, "volume_rate": -1}


@pytest.mark.parametrize("case", CASES[:-1], ids=lambda case: case.name)
def test_another_unit_of_size_or_price_scales_the_estimate(case: Case) -> None:
    world = {"permanent_impact": HOURS, "adverse_selection": AT_TOUCH}.get(case.name, MARKET)
    plain, unit = case.estimate([market(world, 17)]), 8.0
    larger = case.estimate([market(dataclasses.replace(world, base_unit=unit), 17)])
    dearer = case.estimate([market(dataclasses.replace(world, price=1000.0 * world.price), 17)])

    assert same(larger, plain, unit ** PER_BASE.get(case.name, 0))
    assert same(dearer, plain, 1.0)
    assert not same(larger, plain, 1.01 * unit ** PER_BASE.get(case.name, 0))


# How each parameter scales when all lasts `slower` times as long.
PER_TIME = {"volatility": -0.5, "half_spread": 0.0, "volume_rate": -1.0}


@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: case.name)
def test_slower_time_scales_the_estimate(case: Case) -> None:
    slower = 16.0
    world = dataclasses.replace(PLAIN, sigma=PLAIN.sigma / 4.0, orders_per_s=PLAIN.orders_per_s / slower)
    stretched = dataclasses.replace(world, seconds=slower * world.seconds, quote_step_s=slower * world.quote_step_s)
    fast, slow = case.estimate([market(PLAIN, 18)]).known(), case.estimate([market(stretched, 19)]).known()

    factor = slower ** PER_TIME[case.name]
    reach = math.hypot(fast.high - fast.low, (slow.high - slow.low) / factor)
    assert slow.value == pytest.approx(fast.value * factor, abs=2.0 * reach * factor)


def test_prices_in_another_unit_leave_the_kernel() -> None:
    stretch = signed_market(SIGNED, 20)
    dearer = dataclasses.replace(stretch, bid=1000.0 * stretch.bid, ask=1000.0 * stretch.ask)

    plain, scaled = estimate_kernel([stretch]), estimate_kernel([dearer])
    assert same(scaled.parameter, plain.parameter, 1.0)
    assert scaled.curve.value == pytest.approx(plain.curve.value, rel=1e-6)


def same(one: Parameter, other: Parameter, factor: float) -> bool:
    mine, its = one.known(), other.known()
    return all(
        math.isclose(getattr(mine, part), factor * getattr(its, part), rel_tol=1e-6)
        for part in ("value", "low", "high")
    )


def _delayed(stretch: Stretch, by_ns: int) -> Stretch:
    names = ("start_ns", "end_ns", "quote_ns", "depth_ns", "trade_ns")
    return dataclasses.replace(stretch, **{name: getattr(stretch, name) + by_ns for name in names})


def _joined(first: Stretch, second: Stretch) -> Stretch:
    arrays = ("quote_ns", "bid", "ask", "bid_base", "ask_base", "depth_ns", "bid_depth_base", "ask_depth_base")
    arrays += ("trade_ns", "trade_sign", "trade_base", "trade_price")
    both = {name: np.concatenate((getattr(first, name), getattr(second, name))) for name in arrays}
    return dataclasses.replace(first, end_ns=second.end_ns, **both)


def test_a_market_in_two_pieces_gives_what_the_whole_gives() -> None:
    pieces = [market(Market(seconds=900.0), 21), _delayed(market(Market(seconds=900.0), 22), 1000 * NS_PER_S)]
    for case in CASES[1:4]:
        both = case.estimate(pieces).known()
        each = [case.estimate([piece]).known() for piece in pieces]
        assert min(one.value for one in each) <= both.value <= max(one.value for one in each)
        assert both.n == sum(one.n for one in each)
        assert both.high - both.low < max(one.high - one.low for one in each)
