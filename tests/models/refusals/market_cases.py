"""Volatility and liquidity: calls that are allowed, and the kind of each number."""

from __future__ import annotations

import numpy as np

from fillcast.models import liquidity, volatility
from tests.models.refusals.table import case

RETURNS = np.array([0.01, -0.02, 0.015, 0.005])
PRICES = np.array([100.0, 101.0, 99.0, 100.5])
SIZES = np.array([1.0, 2.0, 3.0, 4.0])
SIDES = np.array([1.0, -1.0, 1.0, -1.0])
TIMES = np.arange(4)
FLOWS = np.array([[1.0, 0.5], [2.0, -1.0], [-1.0, 0.2], [0.5, 0.1]])
BAR = {"open_": 100.0, "high": 102.0, "low": 99.0, "close": 101.0}
PERIODS = {"half_life_s": (60.0, "positive"), "sampling_floor_s": (1.0, "not negative")}


def bars(call: object, count: int) -> object:
    """Call it with bars of which the last has the numbers given."""
    return lambda **given: call(*(np.array([BAR[name]] * (count - 1) + [given[name]]) for name in given))


def of_series(name: str, call: object, key: str, values: np.ndarray, kind: str, **others: object) -> object:
    return case(name, call, {key: (values, kind), **others})


VOLATILITY = [
    case("EwmaVolatility", volatility.EwmaVolatility, PERIODS),
    case(
        "ewma_estimate",
        lambda mids, **given: volatility.ewma_estimate(TIMES * 10**9, mids, **given),
        PERIODS | {"mids": (PRICES, "positive series")},
    ),
    case("ewma_decay", volatility.ewma_decay, {"step_s": (1.0, "not negative"), "half_life_s": (60.0, "positive")}),
    case(
        "VolatilityEstimate",
        volatility.VolatilityEstimate,
        {
            "measured_per_sqrt_s": (1e-4, "not negative"),
            "effective_samples": (10.0, "not negative"),
            "half_life_s": (60.0, "positive"),
            "prior_per_sqrt_s": (1e-4, "positive"),
            "prior_samples": (4.0, "positive"),
        },
    ),
    case("OnlineRealised", volatility.OnlineRealised, {"subgrids": (3, "count"), "lags": (3, "from 0")}),
    case("log_returns", volatility.log_returns, {"prices": (PRICES, "positive series")}),
    *(
        case(call.__name__, call, {"returns": (RETURNS, "series")})
        for call in (
            volatility.realised_variance,
            volatility.noise_variance,
            volatility.bipower_variation,
            volatility.realised_quarticity,
        )
    ),
    *(
        case(call.__name__, call, {"prices": (PRICES, "positive series"), "subgrids": (2, "count")})
        for call in (volatility.averaged_variance, volatility.two_scale_variance)
    ),
    case("scale_ratio", volatility.scale_ratio, {"returns": (8, "count"), "subgrids": (2, "count")}),
    case("parzen", volatility.parzen, {"x": (0.5, "finite")}),
    case("kernel_weights", volatility.kernel_weights, {"bandwidth": (2, "from 0")}),
    case(
        "realised_autocovariances",
        volatility.realised_autocovariances,
        {"returns": (RETURNS, "series"), "lags": (2, "from 0")},
    ),
    case("realised_kernel", volatility.realised_kernel, {"returns": (RETURNS, "series"), "bandwidth": (2, "from 0")}),
    case(
        "kernel_noise_bias",
        volatility.kernel_noise_bias,
        {"count": (8, "count"), "bandwidth": (2, "from 0"), "noise_variance": (1e-8, "not negative")},
    ),
    case(
        "kernel_bandwidth",
        volatility.kernel_bandwidth,
        {
            "count": (8, "count"),
            "noise_variance": (1e-8, "not negative"),
            "integrated_quarticity": (1e-8, "positive"),
        },
    ),
    case("parkinson", bars(volatility.parkinson, 1), {"high": (102.0, "positive"), "low": (99.0, "positive")}),
    *(
        case(call.__name__, bars(call, count), {name: (value, "positive") for name, value in BAR.items()})
        for call, count in ((volatility.garman_klass, 1), (volatility.rogers_satchell, 1), (volatility.yang_zhang, 4))
    ),
    case("yang_zhang_weight", volatility.yang_zhang_weight, {"bars": (10, "count")}),
]

LIQUIDITY = [
    case(
        "amihud_illiquidity",
        liquidity.amihud_illiquidity,
        {"returns": (RETURNS, "series"), "traded_values": (SIZES, "series from 0")},
    ),
    case(
        "kyle_lambda",
        liquidity.kyle_lambda,
        {"mid_changes": (RETURNS, "series"), "signed_volumes": (SIZES, "series"), "lags": (1, "from 0")},
        mid_changes="y",
        signed_volumes="x",
    ),
    case("fit_line", liquidity.fit_line, {"x": (SIZES, "series"), "y": (RETURNS, "series"), "lags": (1, "from 0")}),
    case("default_lags", liquidity.default_lags, {"observations": (10, "count")}),
    case("roll_covariance", liquidity.roll_covariance, {"changes": (RETURNS, "series")}),
    case("roll_spread", liquidity.roll_spread, {"changes": (RETURNS, "series")}),
    case(
        "quoted_spread",
        lambda **given: liquidity.quoted_spread(TIMES, **given),
        {"bids": (PRICES, "series"), "asks": (PRICES + 1.0, "series")},
    ),
    case(
        "split_spread",
        liquidity.split_spread,
        {
            "sides": (SIDES, "sides"),
            "prices": (PRICES, "series"),
            "mids": (PRICES, "series"),
            "later_mids": (PRICES, "series"),
        },
    ),
    case(
        "mean_spreads",
        lambda **given: liquidity.mean_spreads(TIMES * 10, trade_ns=TIMES + 1, **given),
        {
            "mids": (PRICES, "positive series"),
            "sides": (SIDES, "sides"),
            "prices": (PRICES, "positive series"),
            "sizes": (SIZES, "positive series"),
            "horizon_ns": (1, "count"),
        },
    ),
    case("OnlineSpreads", liquidity.OnlineSpreads, {"horizon_ns": (1, "count")}),
    case(
        "bulk_buy_fraction",
        liquidity.bulk_buy_fraction,
        {"price_changes": (RETURNS, "series"), "sigma": (1.0, "positive")},
    ),
    case(
        "bucket_imbalances",
        lambda size, part, bucket_lots: liquidity.bucket_imbalances([size, 3], [part, 1.0], bucket_lots),
        {"size": (5, "whole lots"), "part": (0.5, "fraction"), "bucket_lots": (2, "lots")},
        size="lots",
        part="buy_fraction",
    ),
    case(
        "vpin_of_buckets",
        liquidity.vpin_of_buckets,
        {"imbalances": (SIZES, "series"), "bucket_lots": (4, "lots"), "buckets": (2, "count")},
    ),
    case("OnlineVpin", liquidity.OnlineVpin, {"bucket_lots": (4, "lots"), "buckets": (2, "count")}),
    case(
        "OnlineVpin",
        lambda **given: liquidity.OnlineVpin(4, 2).update(**given),
        {"lots": (3, "lots"), "buy_fraction": (0.5, "fraction")},
    ),
    case(
        "flow_events",
        liquidity.flow_events,
        {
            "bid_prices": (PRICES, "positive series"),
            "bid_sizes": (SIZES, "series from 0"),
            "ask_prices": (PRICES + 1.0, "positive series"),
            "ask_sizes": (SIZES, "series from 0"),
        },
    ),
    case(
        "flow_slope",
        liquidity.flow_slope,
        {"price_changes": (RETURNS, "series"), "flows": (SIZES, "series"), "lags": (1, "from 0")},
        price_changes="y",
        flows="x",
    ),
    case("stylised_slope", liquidity.stylised_slope, {"depth": (1.0, "positive"), "tick": (1.0, "positive")}),
    case(
        "fit_depth_law",
        liquidity.fit_depth_law,
        {"slopes": (SIZES, "positive series"), "depths": (PRICES, "positive series"), "lags": (1, "from 0")},
    ),
    case("DepthLaw", liquidity.DepthLaw(1.0, 1.0, 0.1).slope, {"depth": (1.0, "positive")}),
    case(
        "level_scale",
        lambda bid, ask: liquidity.level_scale([[bid, 1.0]], [[ask, 1.0]]),
        {"bid": (1.0, "not negative"), "ask": (1.0, "not negative")},
        bid="bid_sizes",
        ask="ask_sizes",
    ),
    case(
        "integration_weights",
        lambda flow: liquidity.integration_weights(np.vstack((FLOWS, [flow, 1.0]))),
        {"flow": (1.0, "finite")},
        flow="flows",
    ),
    case(
        "integrated_flow",
        lambda flow, weight: liquidity.integrated_flow([[flow, 1.0]], [weight, 0.5]),
        {"flow": (1.0, "finite"), "weight": (0.5, "finite")},
        flow="flows",
        weight="weights",
    ),
    case(
        "ridge_slopes",
        lambda price_changes, penalty: liquidity.ridge_slopes(FLOWS, price_changes, penalty),
        {"price_changes": (RETURNS, "series"), "penalty": (0.1, "not negative")},
    ),
    case("last_known", lambda values: liquidity.last_known(TIMES, values, [2]), {"values": (SIZES, "series")}),
    case("interval_sums", lambda values: liquidity.interval_sums(TIMES, values, [0, 2]), {"values": (SIZES, "series")}),
]

CASES = [*VOLATILITY, *LIQUIDITY]
PLAIN = {
    "DEFAULT_HALF_LIFE_S",
    "PRIOR_ANNUAL",
    "PRIOR_SAMPLES",
    "PRIOR_SIGMA_PER_SQRT_S",
    "SAMPLING_FLOOR_S",
    "SECONDS_PER_YEAR",
    "Adjustment",
    # Results.
    "LineFit",
    "SpreadMeans",
    "SpreadParts",
    # Streams without parameters: what is no number there is no observation, which their own tests hold.
    "OnlineAmihud",
    "OnlineKyle",
    "OnlineOrderFlow",
    "OnlineQuotedSpread",
    "OnlineRoll",
    "flow_event",  # one change of a stream that is checked already
}
