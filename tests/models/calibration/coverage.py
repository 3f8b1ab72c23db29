"""Whether intervals hold the truth: one case for each parameter, and the count over many worlds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from fillcast.models.calibration.adverse_selection import READ_AT_NS, estimate_adverse_selection
from fillcast.models.calibration.kernel import estimate_kernel
from fillcast.models.calibration.names import (
    HALF_SPREAD,
    KERNEL_DECAY,
    MARKOUT,
    PERMANENT,
    RESILIENCE,
    RESPONSE_10S,
    TEMPORARY,
    VOLATILITY,
    VOLUME_RATE,
)
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.permanent import estimate_permanent
from fillcast.models.calibration.resilience import estimate_resilience
from fillcast.models.calibration.response import READ_AT_S, estimate_response
from fillcast.models.calibration.spread import estimate_half_spread
from fillcast.models.calibration.stretch import NS_PER_S, Stretch
from fillcast.models.calibration.temporary import estimate_temporary
from fillcast.models.calibration.volatility import estimate_volatility
from fillcast.models.calibration.volume import estimate_volume_rate
from fillcast.models.estimate import LEVEL, Estimate
from tests.models.calibration.worlds import Market, SignedMarket, market, signed_market

FIRST_SEED = 1_000


@dataclass(frozen=True)
class Case:
    name: str
    world: Callable[[int], Stretch]
    estimate: Callable[[Sequence[Stretch]], Parameter]
    truth: float


MARKET = Market()
# Impact moves the mid too: without it sigma is all of its volatility.
PLAIN = Market(walk=0.0, permanent=0.0)
# Orders that pay the touch and no more: each of their trades is the fill of a maker at the touch.
AT_TOUCH = Market(walk=0.0)
# Windows of minutes need hours, and neither depth nor fine quotes.
HOURS = Market(seconds=8 * 3600.0, orders_per_s=0.3, permanent=1.0, quote_step_s=10.0, depth_step_s=1000.0)
SIGNED = SignedMarket()


def _short(seed: int) -> Stretch:
    return market(MARKET, seed)


CASES = (
    Case(VOLATILITY, lambda seed: market(PLAIN, seed), estimate_volatility, PLAIN.sigma),
    Case(HALF_SPREAD, _short, estimate_half_spread, MARKET.half_spread),
    Case(VOLUME_RATE, _short, estimate_volume_rate, MARKET.volume_rate),
    Case(TEMPORARY, _short, estimate_temporary, MARKET.temporary),
    Case(PERMANENT, lambda seed: market(HOURS, seed), estimate_permanent, HOURS.permanent),
    Case(RESILIENCE, _short, lambda stretches: estimate_resilience(stretches).parameter, MARKET.rate),
    Case(RESPONSE_10S, _short, lambda stretches: estimate_response(stretches).parameter, MARKET.response(READ_AT_S)),
    Case(
        MARKOUT,
        lambda seed: market(AT_TOUCH, seed),
        lambda stretches: estimate_adverse_selection(stretches).parameter,
        AT_TOUCH.response(READ_AT_NS / NS_PER_S),
    ),
    Case(
        KERNEL_DECAY,
        lambda seed: signed_market(SIGNED, seed),
        lambda stretches: estimate_kernel(stretches).parameter,
        SIGNED.decay,
    ),
)


@cache
def estimates(case: Case, worlds: int) -> tuple[Estimate, ...]:
    """Return the estimate from each of so many worlds; every one must be calibrated."""
    found = (case.estimate([case.world(FIRST_SEED + seed)]).known() for seed in range(worlds))
    return tuple(found)


def covered(found: Sequence[Estimate], truth: float) -> int:
    assert all(one.level == LEVEL for one in found)
    return sum(one.low <= truth <= one.high for one in found)


def narrowed(one: Estimate, factor: float) -> Estimate:
    """Return an estimate whose interval was shrunk, as by an error forgotten."""
    low, high = one.value - (one.value - one.low) / factor, one.value + (one.high - one.value) / factor
    return Estimate(one.value, low, high, one.level, one.n)


def shifted(one: Estimate, widths: float) -> Estimate:
    """Return an estimate that is biased by so many half-widths of its interval."""
    return one.scaled(1.0, widths * (one.high - one.low) / 2.0)
