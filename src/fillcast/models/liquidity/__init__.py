"""How dear and how fragile trading is: spreads, price impact of volume, one-sidedness, order flow."""

from fillcast.models.liquidity.amihud import OnlineAmihud, amihud_illiquidity
from fillcast.models.liquidity.intervals import interval_sums, last_known
from fillcast.models.liquidity.kyle import OnlineKyle, kyle_lambda
from fillcast.models.liquidity.multi_level import integrated_flow, integration_weights, level_scale, ridge_slopes
from fillcast.models.liquidity.newey_west import LineFit, default_lags, fit_line
from fillcast.models.liquidity.online_spreads import OnlineQuotedSpread, OnlineSpreads
from fillcast.models.liquidity.order_flow import (
    DepthLaw,
    OnlineOrderFlow,
    fit_depth_law,
    flow_event,
    flow_events,
    flow_slope,
    stylised_slope,
)
from fillcast.models.liquidity.roll import OnlineRoll, roll_covariance, roll_spread
from fillcast.models.liquidity.spreads import SpreadMeans, SpreadParts, mean_spreads, quoted_spread, split_spread
from fillcast.models.liquidity.vpin import OnlineVpin, bucket_imbalances, bulk_buy_fraction, vpin_of_buckets

__all__ = [
    "DepthLaw",
    "LineFit",
    "OnlineAmihud",
    "OnlineKyle",
    "OnlineOrderFlow",
    "OnlineQuotedSpread",
    "OnlineRoll",
    "OnlineSpreads",
    "OnlineVpin",
    "SpreadMeans",
    "SpreadParts",
    "amihud_illiquidity",
    "bucket_imbalances",
    "bulk_buy_fraction",
    "default_lags",
    "fit_depth_law",
    "fit_line",
    "flow_event",
    "flow_events",
    "flow_slope",
    "integrated_flow",
    "integration_weights",
    "interval_sums",
    "kyle_lambda",
    "last_known",
    "level_scale",
    "mean_spreads",
    "quoted_spread",
    "ridge_slopes",
    "roll_covariance",
    "roll_spread",
    "split_spread",
    "stylised_slope",
    "vpin_of_buckets",
]
