"""Whether and when a resting order fills, how much of an order fills as maker, and what that costs."""

from fillcast.models.estimate import LEVEL, Estimate
from fillcast.models.fills.cancels import (
    CancelRule,
    FrontOptimistic,
    LogOfTotal,
    LogShare,
    PowerOfFront,
    PowerOfTotal,
    PowerShare,
    RiskAverse,
)
from fillcast.models.fills.cont_de_larrard import diffusion_limit, probability_up
from fillcast.models.fills.cont_kukanov import Split, SplitModel
from fillcast.models.fills.fill_features import FILL_FEATURES, FILL_SIGNS, fill_features
from fillcast.models.fills.hazard import FillHazard, Outcome, fit_hazard, known_by
from fillcast.models.fills.logistic import LogisticFill, fit_logistic
from fillcast.models.fills.markout import (
    HORIZONS_NS,
    MakerFills,
    Markout,
    adverse_bps,
    estimate_markouts,
    maker_fill_cost_bps,
    pooled_markouts,
)
from fillcast.models.fills.mix import MakerTakerMix, maker_taker_mix
from fillcast.models.fills.outflow import EmpiricalOutflow, ExponentialOutflow, Outflow
from fillcast.models.fills.queue import QueueState, QueueTracker

__all__ = [
    "FILL_FEATURES",
    "FILL_SIGNS",
    "HORIZONS_NS",
    "LEVEL",
    "CancelRule",
    "EmpiricalOutflow",
    "Estimate",
    "ExponentialOutflow",
    "FillHazard",
    "FrontOptimistic",
    "LogOfTotal",
    "LogShare",
    "LogisticFill",
    "MakerFills",
    "MakerTakerMix",
    "Markout",
    "Outcome",
    "Outflow",
    "PowerOfFront",
    "PowerOfTotal",
    "PowerShare",
    "QueueState",
    "QueueTracker",
    "RiskAverse",
    "Split",
    "SplitModel",
    "adverse_bps",
    "diffusion_limit",
    "estimate_markouts",
    "fill_features",
    "fit_hazard",
    "fit_logistic",
    "known_by",
    "maker_fill_cost_bps",
    "maker_taker_mix",
    "pooled_markouts",
    "probability_up",
]
