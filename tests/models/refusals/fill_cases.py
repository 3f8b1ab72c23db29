"""Fills: calls that are allowed, and the kind of each number."""

from __future__ import annotations

import numpy as np

from fillcast.models import fills
from tests.models.refusals.table import case

OUTFLOW = fills.ExponentialOutflow(100.0)
EMPIRICAL = fills.EmpiricalOutflow(np.array([1.0, 50.0, 200.0, 80.0]))
SERIES = np.array([1.0, 2.0, 3.0, 4.0])
SIDES = np.array([1.0, -1.0, 1.0, -1.0])
OUTCOMES = [1, 0, 2, 1]
HAZARD = fills.fit_hazard(SERIES, OUTCOMES, [0.0, 2.0, 5.0])
SPLIT = fills.SplitModel(0.02, 0.002, 0.003, 0.05, 0.0005, OUTFLOW)
TRACKER = fills.QueueTracker(fills.PowerShare())
STATE = TRACKER.join(100.0, 1.0)
MARKOUT = fills.Markout(10**9, fills.Estimate(0.5, 0.4, 0.6, 0.9, 30))
LOGISTIC = fills.fit_logistic(("queue",), SERIES[:, None], [True, False, True, False])
ORDER = {"queue": (10.0, "not negative"), "size": (5.0, "not negative")}
WHOLE = fills.Estimate(0.5, 0.4, 0.6, 0.9, 30)

CASES = [
    *(
        case(rule.__name__, rule, {"n": (1.0, "positive")})
        for rule in (fills.PowerShare, fills.PowerOfTotal, fills.PowerOfFront)
    ),
    *(
        case(type(rule).__name__, rule.behind, {"front": (1.0, "not negative"), "back": (1.0, "not negative")})
        for rule in (
            fills.PowerShare(),
            fills.LogShare(),
            fills.PowerOfTotal(),
            fills.LogOfTotal(),
            fills.PowerOfFront(),
            fills.RiskAverse(),
            fills.FrontOptimistic(),
        )
    ),
    case("probability_up", fills.probability_up, {"bid_lots": (2, "queue lots"), "ask_lots": (1, "queue lots")}),
    case(
        "diffusion_limit",
        fills.diffusion_limit,
        {"bid": (2.0, "positive"), "ask": (1.0, "positive"), "rho": (0.5, "correlation")},
    ),
    case(
        "SplitModel",
        fills.SplitModel,
        {
            "half_spread": (0.02, "not negative"),
            "rebate": (0.002, "finite"),
            "taker_fee": (0.003, "finite"),
            "penalty": (0.05, "not negative"),
            "impact": (0.0, "not negative"),
            "outflow": OUTFLOW,
        },
    ),
    case(
        "SplitModel",
        SPLIT.cost,
        {"limit": (1.0, "not negative"), "size": (5.0, "positive"), "queue": (10.0, "not negative")},
    ),
    case("SplitModel", SPLIT.split, {"size": (5.0, "positive"), "queue": (10.0, "not negative")}),
    case("ExponentialOutflow", fills.ExponentialOutflow, {"mean": (1.0, "positive")}),
    case("EmpiricalOutflow", fills.EmpiricalOutflow, {"outflows": (SERIES, "series from 0")}),
    *(
        case(
            type(outflow).__name__, call, ORDER if call == outflow.expected_fill else ORDER | {"level": (0.9, "inside")}
        )
        for outflow in (OUTFLOW, EMPIRICAL)
        for call in (outflow.expected_fill, outflow.fill_estimate, outflow.probability_estimate)
    ),
    *(case(type(outflow).__name__, outflow.quantile, {"share": (0.5, "fraction")}) for outflow in (OUTFLOW, EMPIRICAL)),
    case("QueueTracker", lambda back: fills.QueueTracker(fills.PowerShare(), back), {"back": ("published", "word")}),
    case("QueueTracker", TRACKER.join, {"displayed": (10.0, "not negative"), "size": (1.0, "positive")}),
    case("QueueTracker", lambda size: TRACKER.trade(STATE, size), {"size": (1.0, "not negative")}),
    case(
        "QueueTracker",
        lambda previous, new: TRACKER.depth(STATE, previous, new),
        {"previous": (100.0, "not negative"), "new": (90.0, "not negative")},
    ),
    case(
        "fit_hazard",
        lambda durations, last: fills.fit_hazard(durations, OUTCOMES, [0.0, 2.0, last]),
        {"durations": (SERIES, "series from 0"), "last": (5.0, "positive")},
        last="edges",
    ),
    case(
        "known_by",
        lambda durations, horizon: fills.known_by(durations, OUTCOMES, horizon, HAZARD),
        {"durations": (SERIES, "series"), "horizon": (2.0, "positive")},
    ),
    *(
        case("FillHazard", call, {"horizon": (1.0, "not negative")})
        for call in (HAZARD.fill_probability, HAZARD.observed, HAZARD.fill_incidence)
    ),
    case("FillHazard", HAZARD.estimate, {"horizon": (1.0, "not negative"), "level": (0.9, "inside")}),
    case(
        "fit_logistic",
        lambda features, weights, ridge: fills.fit_logistic(
            ("queue",), features[:, None], [True, False, True, False], weights=weights, ridge=ridge
        ),
        {"features": (SERIES, "series"), "weights": (SERIES, "series from 0"), "ridge": (1.0, "not negative")},
    ),
    case(
        "LogisticFill",
        lambda feature: LOGISTIC.probability([feature]),
        {"feature": (1.0, "finite")},
        feature="features",
    ),
    case(
        "LogisticFill",
        lambda feature, level: LOGISTIC.estimate([feature], level),
        {"feature": (1.0, "finite"), "level": (0.9, "inside")},
        feature="features",
    ),
    case(
        "fill_features",
        fills.fill_features,
        {
            "size": (1.0, "positive"),
            "queue": (10.0, "not negative"),
            "level": (5.0, "not negative"),
            "opposite": (5.0, "not negative"),
            "trade_rate": (1.0, "positive"),
            "horizon": (10.0, "positive"),
            "distance_ticks": (0.0, "not negative"),
            "spread_ticks": (1.0, "positive"),
            "micro_price_ticks": (0.1, "finite"),
            "order_flow": (0.1, "finite"),
            "sigma_ticks": (0.5, "not negative"),
            "day_fraction": (0.5, "fraction"),
        },
    ),
    case(
        "adverse_bps",
        fills.adverse_bps,
        {"side": (1, "side"), "mid_at_fill": (100.0, "positive"), "mid_later": (101.0, "positive")},
    ),
    case(
        "estimate_markouts",
        lambda sides, mids, horizon, level: fills.estimate_markouts(
            np.arange(4), sides, np.arange(4), mids, horizons_ns=(horizon,), level=level
        ),
        {
            "sides": (SIDES, "sides"),
            "mids": (SERIES, "positive series"),
            "horizon": (1, "positive"),
            "level": (0.9, "inside"),
        },
        sides="side",
        horizon="horizons_ns",
    ),
    case(
        "MakerFills",
        lambda sides, mids: fills.MakerFills.checked(np.arange(4), sides, np.arange(4), mids),
        {"sides": (SIDES, "sides"), "mids": (SERIES, "positive series")},
        sides="side",
    ),
    case(
        "pooled_markouts",
        lambda horizon, level: fills.pooled_markouts(
            [fills.MakerFills.checked(np.arange(4), SIDES, np.arange(4), SERIES)], horizons_ns=(horizon,), level=level
        ),
        {"horizon": (1, "positive"), "level": (0.9, "inside")},
        horizon="horizons_ns",
    ),
    case(
        "maker_fill_cost_bps",
        lambda **given: fills.maker_fill_cost_bps(markout=MARKOUT, **given),
        {"half_spread_bps": (1.0, "not negative"), "maker_fee_bps": (1.0, "finite")},
    ),
    case(
        "maker_taker_mix",
        fills.maker_taker_mix,
        {
            "size": (5.0, "positive"),
            "limit": (2.0, "not negative"),
            "queue": (10.0, "not negative"),
            "outflow": OUTFLOW,
            "maker_fee_bps": (1.0, "finite"),
            "taker_fee_bps": (5.0, "finite"),
            "half_spread_bps": (1.0, "not negative"),
            "markout": MARKOUT,
            "level": (0.9, "inside"),
        },
    ),
    case(
        "Estimate",
        lambda value: fills.Estimate(value, 0.4, 0.6, 0.9, 30),
        {"value": (0.5, "fraction")},
        value="interval",
    ),
]
PLAIN = {
    "FILL_FEATURES",
    "FILL_SIGNS",
    "HORIZONS_NS",
    "LEVEL",
    "CancelRule",
    "Outcome",
    "Outflow",
    # Results.
    "MakerTakerMix",
    "Markout",
    "QueueState",
    "Split",
}
