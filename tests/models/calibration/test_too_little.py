"""Too little data gives no number, and says how much would do."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.calibration.adverse_selection import estimate_adverse_selection
from fillcast.models.calibration.enough import spoken
from fillcast.models.calibration.kernel import estimate_kernel
from fillcast.models.calibration.names import UNITS
from fillcast.models.calibration.parameter import NOT_CALIBRATED, Parameter
from fillcast.models.calibration.permanent import estimate_permanent
from fillcast.models.calibration.resilience import estimate_resilience
from fillcast.models.calibration.response import estimate_response
from fillcast.models.calibration.spread import estimate_half_spread
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.temporary import estimate_temporary
from fillcast.models.calibration.volatility import estimate_volatility
from fillcast.models.calibration.volume import estimate_volume_rate
from tests.models.calibration.coverage import CASES, Case
from tests.models.calibration.worlds import Market, SignedMarket, market, signed_market

MINUTES_OF_A_CAPTURE = 5.8


def refused(parameter: Parameter) -> str:
    """Return the reason, having made sure that no number hides behind it."""
    assert parameter.origin == NOT_CALIBRATED
    assert parameter.estimate is None
    assert parameter.unit == UNITS[parameter.name]
    with pytest.raises(ParameterError, match="not calibrated"):
        parameter.known()
    return parameter.reason


def without(stretch: Stretch, *kinds: str) -> Stretch:
    """Return a stretch in which nothing of a kind ("quote", "depth", "trade") was ever seen."""
    rows = {"quote": ("bid", "ask", "bid_base", "ask_base"), "depth": ("bid_depth_base", "ask_depth_base")}
    rows["trade"] = ("trade_sign", "trade_base", "trade_price")
    names = [name for kind in kinds for name in (f"{kind}_ns", *rows[kind])]
    return dataclasses.replace(stretch, **{name: getattr(stretch, name)[:0] for name in names})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("stretches", [[], [market(Market(seconds=50.0), 1)]], ids=["none", "50 s"])
def test_less_than_a_minute_gives_nothing(case: Case, stretches: Sequence[Stretch]) -> None:
    parameter = case.estimate(stretches)

    reason = refused(parameter)
    assert reason.startswith(f"not calibrated: {'50 s' if stretches else '0 s'} of market, at least ")
    assert parameter.window_s == sum(stretch.seconds for stretch in stretches)
    assert parameter.as_of_ns == (stretches[0].end_ns if stretches else 0)


def test_minutes_give_neither_permanent_impact_nor_the_kernels_tail() -> None:
    minutes = [market(Market(seconds=60.0 * MINUTES_OF_A_CAPTURE, orders_per_s=30.0), 2)]

    wanted = "not calibrated: 5.8 min of market, at least 2 h are needed"
    assert refused(estimate_permanent(minutes)) == wanted
    kernel = estimate_kernel(minutes)
    assert refused(kernel.parameter) == wanted
    assert len(kernel.curve.lags) > 0  # its short lags are known all the same

    assert estimate_volatility(minutes).known().value > 0
    assert estimate_half_spread(minutes).known().value > 0
    assert estimate_response(minutes).parameter.known().n > 200


def test_a_market_without_trades() -> None:
    silent = [without(market(Market(), 3), "trade")]

    assert refused(estimate_volume_rate(silent)) == "not calibrated: no trade"
    assert refused(estimate_response(silent).parameter) == "not calibrated: 0 market orders, at least 200 are needed"
    reason = "not calibrated: 0 market orders of 20% of the near depth or more, at least 30 are needed"
    assert refused(estimate_resilience(silent).parameter) == reason
    assert reason in refused(estimate_temporary(silent))
    fills = estimate_adverse_selection(silent)
    assert refused(fills.parameter) == "not calibrated: 0 of 10 separate windows of 15 s (0 fills)"
    assert len(fills.curve.lags) == 0
    hours = [without(market(Market(seconds=7200.0, depth_step_s=1000.0), 3), "trade")]
    assert refused(estimate_permanent(hours)) == "not calibrated: signed volume does not vary"
    assert refused(estimate_kernel(hours).parameter) == "not calibrated: 0 market orders, at least 20000 are needed"
    assert len(estimate_kernel(hours).curve.lags) == 0


def test_a_market_without_a_book() -> None:
    blind = [without(market(Market(seconds=7200.0), 4), "quote", "depth")]

    for parameter in (estimate_volatility(blind), estimate_half_spread(blind)):
        assert refused(parameter) == "not calibrated: no quote"
    assert refused(estimate_resilience(blind).parameter) == "not calibrated: no depth near the mid"
    assert refused(estimate_response(blind).parameter).startswith("not calibrated: 0 market orders")
    assert refused(estimate_adverse_selection(blind).parameter) == "not calibrated: no mid"
    assert refused(estimate_permanent(blind)) == "not calibrated: 0 unbroken windows of 5 min, at least 24 are needed"


def test_hours_in_pieces_too_short_for_a_window() -> None:
    pieces = [market(Market(seconds=250.0, depth_step_s=100.0), seed) for seed in range(30)]

    assert refused(estimate_permanent(pieces)) == "not calibrated: 0 unbroken windows of 5 min, at least 24 are needed"


def test_a_mid_that_only_jitters_has_no_volatility() -> None:
    still = Market(sigma=0.0, permanent=0.0, walk=0.0, noise=1.0)
    parameters = [estimate_volatility([market(still, seed)]) for seed in range(8)]

    # Of a variance of zero about half of the estimates are negative: none of those becomes a number.
    reasons = [refused(parameter) for parameter in parameters if parameter.estimate is None]
    assert reasons
    assert set(reasons) == {"not calibrated: the mid's moves cannot be told from its noise in 1800 s"}


def test_depth_that_does_not_come_back() -> None:
    frozen = market(Market(mean_base=0.02, near_depth=0.05, rate=1e-9, depth_noise=0.0), 5)
    constant = dataclasses.replace(
        frozen,
        bid_depth_base=np.full_like(frozen.bid_depth_base, 0.05),
        ask_depth_base=np.full_like(frozen.ask_depth_base, 0.05),
    )

    assert refused(estimate_resilience([constant]).parameter) == "not calibrated: depth does not come back within 10 s"


@pytest.mark.parametrize(("rate", "word"), [(60.0, "faster"), (0.005, "slower")])
def test_refill_outside_what_the_lags_can_tell(rate: float, word: str) -> None:
    world = Market(rate=rate, orders_per_s=0.3, near_depth=60.0, mean_base=12.0, depth_noise=0.01, seconds=3600.0)
    if rate < 1.0:
        world = dataclasses.replace(
            world, near_depth=2e5, mean_base=4e4, orders_per_s=0.02, seconds=360_000.0, depth_step_s=1.0, walk=1e-6
        )

    reason = refused(estimate_resilience([market(world, 6)]).parameter)
    assert reason == f"not calibrated: refill is {word} than lags of 0.1 to 10 s can tell"


def test_refill_that_noise_hides() -> None:
    noisy = market(Market(depth_noise=6.0, seconds=300.0, orders_per_s=2.0), 11)

    reason = refused(estimate_resilience([noisy]).parameter)
    assert "market orders leave the rate between" in reason
    assert reason in refused(estimate_temporary([noisy]))


def test_books_too_rare_for_lags_of_a_second() -> None:
    rare = market(Market(depth_step_s=2.0), 9)

    reason = "not calibrated: books come every 2 s, at least one in 1 s is needed"
    assert refused(estimate_resilience([rare]).parameter) == reason


def test_orders_that_pay_the_touch_only() -> None:
    flat = market(Market(walk=0.0), 7)

    reason = refused(estimate_temporary([flat]))
    assert "paid beyond the touch does not grow with their size" in reason


def test_a_kernel_that_noise_hides() -> None:
    hidden = signed_market(SignedMarket(level=0.001, sigma=10.0), 3)

    assert "the kernel cannot be told from 0" in refused(estimate_kernel([hidden]).parameter)


def test_two_hours_of_few_orders_do_not_give_a_tail() -> None:
    quiet = signed_market(SignedMarket(orders_per_s=1.0), 3)

    reason = refused(estimate_kernel([quiet]).parameter)
    assert reason.endswith("market orders, at least 20000 are needed")


@pytest.mark.parametrize(("seconds", "text"), [(45.0, "45 s"), (348.0, "5.8 min"), (7200.0, "2 h"), (60.0, "1 min")])
def test_lengths_of_time_are_said_as_people_say_them(seconds: float, text: str) -> None:
    assert spoken(seconds) == text
