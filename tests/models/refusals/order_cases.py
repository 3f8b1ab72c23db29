"""Schedules and risk: calls that are allowed, and the kind of each number."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import numpy as np

from fillcast.models import impact, risk, schedule
from fillcast.models.risk import paths, shortfall_parts
from tests.models.refusals.table import case

LINEAR = impact.AlmgrenChriss(0.95, 2.5e-7, 2.5e-6, 0.0625)
EVEN = schedule.twap(1000.0, 4, 4.0)
SERIES = np.array([1.0, 2.0, 0.0, 3.0])
MINUTES = np.arange(4)
CURVE = schedule.fit_volume_curve(MINUTES, SERIES)
SHAPE = {"paths": (4, "count"), "slices": (3, "count"), "seed": (1, "seed")}
RUN = paths.PathRun(4, 1)
PAPER = shortfall_parts.PaperTrade("buy", Decimal(10), Decimal(100), Decimal(100), Decimal(100))


def optimum(size: float, count: int, interval: float, /) -> np.ndarray:
    return LINEAR.optimal_trades(size, count, interval, 1e-6)


def run_normal(volatility: float, threads: int) -> object:
    with ThreadPoolExecutor(1) as executor:
        return paths.normal_paths(EVEN, LINEAR, volatility, "buy", RUN, executor=executor, threads=threads)


def run_bootstrap(moves: object, block: int, threads: int) -> object:
    with ThreadPoolExecutor(1) as executor:
        return paths.bootstrap_paths(EVEN, LINEAR, moves, block, "buy", RUN, executor=executor, threads=threads)


def grid(**given: object) -> object:
    return schedule.scenario_grid(LINEAR, schedule.OptimalPlan(LINEAR), cache={}, **given)


CASES = [
    case("Schedule", schedule.Schedule, {"sizes": (SERIES, "series from 0"), "interval": (1.0, "positive")}),
    case("Schedule", EVEN.variance, {"volatility": (1.0, "not negative")}),
    case("Schedule", lambda volatility: EVEN.cost(LINEAR, volatility), {"volatility": (1.0, "not negative")}),
    case(
        "twap",
        schedule.twap,
        {"size": (10.0, "not negative"), "count": (4, "count"), "horizon": (4.0, "positive")},
    ),
    case(
        "vwap",
        schedule.vwap,
        {"size": (10.0, "not negative"), "volumes": (SERIES, "series from 0"), "interval": (4.0, "positive")},
    ),
    case(
        "shortfall",
        lambda **given: schedule.shortfall(optimum, **given),
        {"size": (10.0, "not negative"), "count": (4, "count"), "horizon": (4.0, "positive")},
    ),
    case(
        "receding_horizon",
        lambda size, horizon, part: schedule.receding_horizon([optimum] * 2, size, horizon, [part, 1.0]),
        {"size": (10.0, "not negative"), "horizon": (4.0, "positive"), "part": (0.5, "fraction")},
        part="filled",
    ),
    case(
        "largest_remainder",
        schedule.largest_remainder,
        {"weights": (SERIES, "series from 0"), "total_lots": (7, "lots")},
    ),
    case(
        "within_caps",
        schedule.within_caps,
        {"weights": (SERIES, "series from 0"), "total_lots": (7, "lots"), "caps": np.array([5, 5, 5, 5])},
    ),
    case(
        "within_caps",
        lambda cap: schedule.within_caps([1.0], 7, np.array([cap])),
        {"cap": (5, "whole lots")},
        cap="caps",
    ),
    case(
        "participation_lots",
        schedule.participation_lots,
        {"volumes": (SERIES, "series from 0"), "share": (0.1, "inside"), "total_lots": (7, "lots")},
    ),
    case(
        "fit_volume_curve",
        lambda volumes: schedule.fit_volume_curve(MINUTES, volumes),
        {"volumes": (SERIES, "series from 0")},
    ),
    case("minute_of_week", lambda minutes: schedule.minute_of_week([minutes]), {"minutes": (3, "not whole")}),
    case("VolumeCurve", lambda level: CURVE.expected(MINUTES, level), {"level": (1.0, "not negative")}),
    case(
        "VolumeCurve",
        lambda **given: CURVE.level_of_today(MINUTES, **given),
        {
            "volumes": (SERIES, "series from 0"),
            "half_life_minutes": (5.0, "positive"),
            "weight": (0.5, "fraction"),
        },
    ),
    case(
        "scenario_grid",
        grid,
        {
            "sizes": (SERIES, "series from 0"),
            "horizons": (np.array([1.0, 2.0]), "positive series"),
            "risk_aversions": (np.array([1e-6]), "series"),
            "count": (4, "count"),
            "volatility": (1.0, "not negative"),
            "level": (0.95, "inside"),
        },
    ),
    case(
        "normal_moves", risk.normal_moves, SHAPE | {"volatility": (1.0, "not negative"), "interval": (1.0, "positive")}
    ),
    case("bootstrap_moves", risk.bootstrap_moves, SHAPE | {"recorded": (SERIES, "series"), "block": (2, "count")}),
    case(
        "NormalCost", risk.NormalCost, {"mean": (np.array(1.0), "finite"), "variance": (np.array(1.0), "not negative")}
    ),
    *(
        case("NormalCost", call, {"level": (0.9, "inside")})
        for call in (
            risk.NormalCost(np.array(1.0), np.array(1.0)).value_at_risk,
            risk.NormalCost(np.array(1.0), np.array(1.0)).conditional_value_at_risk,
        )
    ),
    case("NormalCost", risk.NormalCost(np.array(1.0), np.array(1.0)).probability_above, {"budget": (1.0, "finite")}),
    case("empirical_quantiles", risk.empirical_quantiles, {"costs": (SERIES, "series"), "levels": (0.9, "inside")}),
    case(
        "empirical_conditional_value_at_risk",
        risk.empirical_conditional_value_at_risk,
        {"costs": (SERIES, "series"), "level": (0.9, "inside")},
    ),
    case(
        "empirical_probability_above",
        risk.empirical_probability_above,
        {"costs": (SERIES, "series"), "budget": (1.0, "finite")},
    ),
    case(
        "simulated_costs",
        lambda side: risk.simulated_costs(EVEN, LINEAR, np.zeros((2, 4)), side),
        {"side": ("buy", "word")},
    ),
    case("PathRun", paths.PathRun, {"paths": (4, "count"), "seed": (1, "seed")}),
    case("normal_paths", run_normal, {"volatility": (1.0, "not negative"), "threads": (1, "count")}),
    case(
        "bootstrap_paths", run_bootstrap, {"moves": (SERIES, "series"), "block": (2, "count"), "threads": (1, "count")}
    ),
    case(
        "PricedFill",
        lambda size, price: shortfall_parts.shortfall_parts(
            PAPER, [shortfall_parts.PricedFill(Decimal(size), Decimal(price))], Decimal(0)
        ),
        {"size": (1, "positive"), "price": (1, "positive")},
    ),
    case(
        "PaperTrade",
        lambda side, fees, **numbers: shortfall_parts.shortfall_parts(
            shortfall_parts.PaperTrade(side, *map(Decimal, numbers.values())), [], Decimal(fees)
        ),
        {
            "side": ("sell", "word"),
            "fees": (0.1, "finite"),
            "size": (10, "positive"),
            "decided": (100, "positive"),
            "released": (100, "positive"),
            "ended": (100, "positive"),
        },
    ),
]
PLAIN = {
    "MINUTES_PER_WEEK",
    "EvenPlan",  # without parameters
    "ImpactModel",
    "LastUsed",  # a cache: tested beside it
    "OptimalPlan",
    "Optimum",
    "Plan",
    "Planner",
    "ScenarioGrid",
}
