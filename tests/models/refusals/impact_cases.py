"""Impact models: calls that are allowed, and the kind of each number."""

from __future__ import annotations

import numpy as np

from fillcast.models import impact
from tests.models.refusals.table import case

LINEAR = impact.AlmgrenChriss(0.95, 2.5e-7, 2.5e-6, 0.0625)
POWER = impact.PowerLawImpact(0.95, 0.0, 1e-3, 0.5, 0.0625)
BOOK = impact.ObizhaevaWang(5e5, 5e-7, 5.0, 0.02)
PAIR = impact.PortfolioImpact(np.eye(2), np.zeros((2, 2)), 1e-3 * np.eye(2), np.zeros(2))
PROPAGATOR = impact.PowerLawPropagator(1.0, 1.0, 1e6, 0.5, 0.5)
DISCRETE = impact.DiscretePropagator(impact.ExponentialSum.single(2.0), 1.0)
LAW = impact.SquareRootLaw(1.0, 0.5, 1e-4, 0.03, 1e5, 100.0)
RATE = impact.RateSquareRoot(1.0, 0.1, 0.03, 1e5, 100.0)
ATHL = impact.AthlImpact(impact.US_SHARES_2003, 0.02, 1e6, 100.0, 1e8)
TRADES = np.array([3.0, 2.0, 1.0, 0.5])
PLAN = {"size": (1e6, "not negative"), "count": (5, "count"), "interval": (1.0, "positive")}
AVERSE = {"risk_aversion": (1e-6, "finite")}
WALKED = {"trades": (TRADES, "series"), "interval": (1.0, "positive")}

CASES = [
    case(
        "AlmgrenChriss",
        impact.AlmgrenChriss,
        {
            "sigma": (0.95, "not negative"),
            "permanent": (0.0, "not negative"),
            "temporary": (2.5e-6, "positive"),
            "half_spread": (0.1, "not negative"),
        },
    ),
    case("AlmgrenChriss", LINEAR.impact_cost, WALKED),
    case("AlmgrenChriss", LINEAR.optimal_trades, PLAN | AVERSE),
    case("AlmgrenChriss", LINEAR.optimal_holdings, PLAN | AVERSE),
    case("AlmgrenChriss", LINEAR.frontier, PLAN | AVERSE),
    case("AlmgrenChriss", LINEAR.lvar_plan, PLAN | {"quantile": (1.645, "not negative")}),
    case("AlmgrenChriss", LINEAR.half_life, {"count": (5, "count"), "interval": (1.0, "positive"), **AVERSE}),
    case("AlmgrenChriss", LINEAR.lowest_risk_aversion, {"count": (5, "count"), "interval": (1.0, "positive")}),
    case(
        "AlmgrenChriss",
        LINEAR.drift_trades,
        {"drift": (0.02, "finite"), "count": (5, "count"), "interval": (1.0, "positive"), **AVERSE},
    ),
    case(
        "PowerLawImpact",
        impact.PowerLawImpact,
        {
            "sigma": (0.95, "not negative"),
            "permanent": (0.0, "not negative"),
            "temporary": (1e-3, "positive"),
            "exponent": (0.5, "positive"),
            "half_spread": (0.1, "not negative"),
        },
    ),
    case("PowerLawImpact", POWER.impact_cost, WALKED),
    case("PowerLawImpact", POWER.optimal_trades, PLAN | {"risk_aversion": (1e-6, "not negative")}),
    case("PowerLawImpact", POWER.frontier, PLAN | {"risk_aversion": (1e-6, "not negative")}),
    *(
        case("PowerLawImpact", call, {"size": (1e6, "positive"), "risk_aversion": (1e-6, "positive"), **more})
        for call, more in (
            (POWER.time_scale, {}),
            (POWER.continuous_holdings, {"time": (1.0, "not negative")}),
            (POWER.continuous_frontier, {}),
        )
    ),
    case(
        "PortfolioImpact",
        lambda **numbers: impact.PortfolioImpact(
            *(np.diag([number, number]) for number in list(numbers.values())[:3]), np.full(2, numbers["half_spread"])
        ),
        {
            "covariance": (1.0, "not negative"),
            "permanent": (0.0, "finite"),
            "temporary": (1e-3, "finite"),
            "half_spread": (0.1, "not negative"),
        },
    ),
    case(
        "PortfolioImpact",
        lambda size, **others: PAIR.optimal_trades(np.array([size, 1.0]), **others),
        {
            "size": (1e6, "finite"),
            "count": (5, "count"),
            "interval": (1.0, "positive"),
            "risk_aversion": (1e-6, "not negative"),
        },
    ),
    *(
        case(
            "PortfolioImpact",
            lambda trade, interval, call=call: call(np.full((3, 2), trade), interval),
            {"trade": (1.0, "finite"), "interval": (1.0, "positive")},
        )
        for call in (PAIR.impact_cost, PAIR.variance)
    ),
    case(
        "AthlCoefficients",
        impact.AthlCoefficients,
        {
            "gamma": (0.3, "not negative"),
            "eta": (0.1, "not negative"),
            "alpha": (1.0, "finite"),
            "beta": (0.6, "share"),
            "delta": (0.25, "finite"),
        },
    ),
    case(
        "AthlImpact",
        impact.AthlImpact,
        {
            "coefficients": impact.US_SHARES_2003,
            "sigma": (0.02, "not negative"),
            "volume": (1e6, "positive"),
            "price": (100.0, "positive"),
            "outstanding": (1e8, "positive"),
        },
    ),
    case("AthlImpact", ATHL.permanent, {"size": (10.0, "finite")}),
    case("AthlImpact", ATHL.temporary, {"size": (10.0, "finite"), "days": (0.5, "positive")}),
    case("AthlImpact", ATHL.cost_fraction, {"size": (10.0, "finite"), "days": (0.5, "positive")}),
    *(
        case(name, model.impact_cost, {"trades": (TRADES, "trades beyond the market"), "interval": 1.0}, trades=said)
        for name, model, said in (
            ("AthlImpact", ATHL, "participation|size"),
            ("PowerLawPropagator", PROPAGATOR, "participation|trades"),
            ("RateSquareRoot", RATE, "participation|trades"),
        )
    ),
    case(
        "PowerLawPropagator",
        impact.PowerLawPropagator,
        {
            "eta": (1.0, "positive"),
            "sigma": (1.0, "positive"),
            "volume": (1.0, "positive"),
            "decay": (0.5, "inside"),
            "exponent": (0.5, "positive"),
        },
        exponent="exponent",
    ),
    case("PowerLawPropagator", PROPAGATOR.cost, {"size": (10.0, "not negative"), "horizon": (1.0, "positive")}),
    case("PowerLawPropagator", PROPAGATOR.peak, {"size": (10.0, "not negative"), "horizon": (1.0, "positive")}),
    case("PowerLawPropagator", PROPAGATOR.left_after, {"elapsed": (2.0, "positive")}),
    case(
        "PowerLawPropagator",
        PROPAGATOR.round_trip_cost,
        {"size": (10.0, "not negative"), "horizon": (1.0, "positive"), "opening": (0.5, "inside")},
    ),
    case(
        "DiscretePropagator",
        impact.DiscretePropagator,
        {"kernel": impact.ExponentialSum.single(2.0), "level": (1.0, "positive"), "exponent": (1.0, "finite")},
    ),
    case("DiscretePropagator", DISCRETE.impact_cost, WALKED),
    case("DiscretePropagator", DISCRETE.optimal_trades, PLAN | {"size": (1.0, "finite")}),
    case("DiscretePropagator", DISCRETE.optimal_cost, PLAN | {"size": (1.0, "finite")}),
    case(
        "exponential_optimal_trades",
        impact.exponential_optimal_trades,
        PLAN | {"size": (1.0, "finite"), "resilience": (1.0, "not negative")},
    ),
    case(
        "ExponentialSum",
        lambda weight, rate: impact.ExponentialSum((weight,), (rate,)),
        {"weight": (1.0, "positive"), "rate": (1.0, "positive")},
    ),
    case("ExponentialSum", impact.ExponentialSum.single, {"rate": (1.0, "positive")}),
    case("PowerLawKernel", impact.PowerLawKernel, {"decay": (0.5, "positive"), "time_scale": (1.0, "positive")}),
    case(
        "TabulatedKernel",
        lambda first, last, step: impact.TabulatedKernel((first, last), step),
        {"first": (1.0, "positive"), "last": (0.5, "finite"), "step": (1.0, "positive")},
        first="values",
        last="values",
    ),
    *(
        case(type(kernel).__name__, lambda lag, kernel=kernel: kernel.at(np.array(lag)), {"lag": (1.0, "not negative")})
        for kernel in (
            impact.ExponentialSum.single(2.0),
            impact.PowerLawKernel(0.5, 1.0),
            impact.TabulatedKernel((1.0, 0.5), 1.0),
        )
    ),
    case(
        "ObizhaevaWang",
        impact.ObizhaevaWang,
        {
            "depth": (1.0, "positive"),
            "permanent": (0.5, "not negative"),
            "resilience": (1.0, "not negative"),
            "spread": (0.1, "not negative"),
        },
    ),
    case("ObizhaevaWang", BOOK.impact_cost, WALKED),
    case("ObizhaevaWang", BOOK.optimal, {"size": (1.0, "finite"), "horizon": (1.0, "positive")}),
    case("ObizhaevaWang", BOOK.optimal_cost, {"size": (1.0, "finite"), "horizon": (1.0, "positive")}),
    case("ObizhaevaWang", BOOK.optimal_trades, PLAN | {"size": (1.0, "finite")}),
    case(
        "ObizhaevaWang",
        BOOK.risk_averse_trades,
        PLAN | {"volatility": (1.0, "not negative"), "risk_aversion": (1e-6, "not negative")},
    ),
    case(
        "SquareRootLaw",
        impact.SquareRootLaw,
        {
            "prefactor": (1.0, "not negative"),
            "exponent": (0.5, "share"),
            "crossover": (0.0, "not negative"),
            "sigma": (0.03, "not negative"),
            "volume": (1e5, "positive"),
            "price": (100.0, "positive"),
        },
    ),
    case("SquareRootLaw", LAW.peak, {"size": (1.0, "not negative")}),
    case("SquareRootLaw", LAW.average, {"size": (1.0, "not negative")}),
    case("SquareRootLaw", LAW.impact_cost, WALKED),
    case(
        "RateSquareRoot",
        impact.RateSquareRoot,
        {
            "temporary": (1.0, "not negative"),
            "permanent": (0.1, "not negative"),
            "sigma": (0.03, "not negative"),
            "volume": (1e5, "positive"),
            "price": (100.0, "positive"),
        },
    ),
    case("RateSquareRoot", RATE.impact_cost, WALKED),
    case(
        "both_readings",
        lambda trades, interval: impact.both_readings(trades, interval, rate_based=RATE, total_size=LAW),
        WALKED,
    ),
]

PLAIN = {
    "GATHERAL_DECAY_MIN",
    "SQUARE_ROOT",
    "US_SHARES_2003",
    "Kernel",
    # Results.
    "BlocksAndRate",
    "BothReadings",
    "Frontier",
    "LvarPlan",
    # What a kernel does for its model, which has checked the numbers.
    "carried_by_matrix",
    "kernel_matrix",
}
