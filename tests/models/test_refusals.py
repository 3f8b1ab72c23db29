"""Every public model refuses by name what it is not defined for: negative, zero, endless, no number, out of range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module

import numpy as np
import pytest

from fillcast.errors import ParameterError
from tests.models.refusals import fill_cases, impact_cases, market_cases, order_cases
from tests.models.refusals.table import BEYOND_INT64, WRONG, Case, case

MODULES = (impact_cases, order_cases, market_cases, fill_cases)
FAMILIES = ("fills", "impact", "liquidity", "risk", "schedule", "volatility")
CASES = [case for module in MODULES for case in module.CASES]
PLAIN = set().union(*(module.PLAIN for module in MODULES))
EACH = pytest.mark.parametrize("case", CASES, ids=[f"{place}-{case.name}" for place, case in enumerate(CASES)])


def let_through(case: Case, key: str, wrong: object) -> str:
    """Return what is the matter when a wrong number is not refused by name; empty when it is."""
    try:
        case.call(**{**case.allowed, key: wrong})
    except ParameterError as refusal:
        said = case.called.get(key, key)
        return "" if re.search(said, str(refusal)) else f"{case.name}: {key} = {wrong!r} is refused as {refusal}"
    return f"{case.name}: {key} = {wrong!r} is let through"


def not_listed(public: Iterable[str]) -> list[str]:
    return sorted(set(public) - PLAIN - {case.name for case in CASES})


@EACH
def test_what_is_allowed_passes_and_what_is_not_is_refused_by_name(case: Case) -> None:
    case.call(**case.allowed)
    wrong = [(key, value) for key, kind in case.kinds.items() for value in WRONG[kind]]
    assert [fault for key, value in wrong if (fault := let_through(case, key, value))] == []


def test_every_public_name_is_asked() -> None:
    public = [name for family in FAMILIES for name in import_module(f"fillcast.models.{family}").__all__]
    assert not_listed(public) == []
    assert not_listed([*public, "NewModel"]) == ["NewModel"]


def test_a_model_that_takes_anything_is_caught() -> None:
    careless = case("careless", lambda sigma: sigma, {"sigma": (1.0, "not negative")})
    assert all("let through" in let_through(careless, "sigma", wrong) for wrong in WRONG["not negative"])


def test_a_refusal_that_names_another_number_is_caught() -> None:
    def vague(sigma: float) -> None:
        raise ParameterError(f"something is wrong: {sigma}")

    said = let_through(case("vague", vague, {"sigma": (1.0, "positive")}), "sigma", -1.0)
    assert said == "vague: sigma = -1.0 is refused as something is wrong: -1.0"


# What must be refused everywhere: the arguments that can be it, the value, and the models that have such an argument.
EVERYWHERE = {
    "negative volatility": (
        {"sigma", "volatility", "sigma_ticks", "measured_per_sqrt_s"},
        lambda wrong: wrong == -1.0,
        "AlmgrenChriss AthlImpact ObizhaevaWang PowerLawImpact PowerLawPropagator RateSquareRoot Schedule "
        "SquareRootLaw VolatilityEstimate bulk_buy_fraction fill_features normal_moves normal_paths scenario_grid",
    ),
    "zero horizon": (
        {"horizon", "interval", "days", "horizons", "horizon_ns"},
        lambda wrong: np.any(np.asarray(wrong) == 0),
        "AlmgrenChriss AthlImpact DiscretePropagator ObizhaevaWang OnlineSpreads PortfolioImpact PowerLawImpact "
        "PowerLawPropagator RateSquareRoot Schedule SquareRootLaw both_readings estimate_markouts "
        "exponential_optimal_trades fill_features known_by mean_spreads normal_moves pooled_markouts "
        "receding_horizon scenario_grid shortfall twap vwap",
    ),
    "participation above 1": (
        {"share", "trades"},
        lambda wrong: np.any(np.asarray(wrong) == 1e9) or np.any(np.asarray(wrong) == 1.1),
        "AthlImpact EmpiricalOutflow ExponentialOutflow PowerLawPropagator RateSquareRoot participation_lots",
    ),
    "size beyond int64 lots": (
        {"total_lots", "lots", "bucket_lots", "bid_lots", "ask_lots"},
        lambda wrong: np.any(np.asarray(wrong) == float(BEYOND_INT64)),
        "OnlineVpin bucket_imbalances largest_remainder participation_lots probability_up vpin_of_buckets within_caps",
    ),
    "infinite risk aversion": (
        {"risk_aversion", "risk_aversions"},
        lambda wrong: np.any(np.isposinf(wrong)),
        "AlmgrenChriss ObizhaevaWang PortfolioImpact PowerLawImpact scenario_grid",
    ),
}


def asked_of(keys: set[str], is_it: Callable[[object], bool]) -> list[str]:
    return sorted(
        {
            case.name
            for case in CASES
            for key, kind in case.kinds.items()
            if key in keys and any(is_it(wrong) for wrong in WRONG[kind])
        }
    )


@pytest.mark.parametrize("what", EVERYWHERE)
def test_no_model_that_can_be_given_it_is_left_out(what: str) -> None:
    keys, is_it, models = EVERYWHERE[what]
    assert asked_of(keys, is_it) == sorted(models.split())


def test_no_number_is_asked_of_every_argument_that_is_one() -> None:
    for kind in set().union(*(one.kinds.values() for one in CASES)) - {"word"}:
        assert any(np.any(np.isnan(np.asarray(wrong, dtype=np.float64))) for wrong in WRONG[kind]), kind
