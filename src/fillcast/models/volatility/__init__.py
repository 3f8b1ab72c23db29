"""How much a price moves: from a stream of mids, from all ticks in spite of their noise, or from bars."""

from fillcast.models.volatility.autocovariances import (
    kernel_bandwidth,
    kernel_noise_bias,
    kernel_weights,
    parzen,
    realised_autocovariances,
    realised_kernel,
)
from fillcast.models.volatility.ewma import (
    DEFAULT_HALF_LIFE_S,
    PRIOR_ANNUAL,
    PRIOR_SAMPLES,
    PRIOR_SIGMA_PER_SQRT_S,
    SAMPLING_FLOOR_S,
    SECONDS_PER_YEAR,
    EwmaVolatility,
    VolatilityEstimate,
    ewma_decay,
    ewma_estimate,
)
from fillcast.models.volatility.online import OnlineRealised
from fillcast.models.volatility.ranges import garman_klass, parkinson, rogers_satchell, yang_zhang, yang_zhang_weight
from fillcast.models.volatility.realised import (
    Adjustment,
    averaged_variance,
    bipower_variation,
    log_returns,
    noise_variance,
    realised_quarticity,
    realised_variance,
    scale_ratio,
    two_scale_variance,
)

__all__ = [
    "DEFAULT_HALF_LIFE_S",
    "PRIOR_ANNUAL",
    "PRIOR_SAMPLES",
    "PRIOR_SIGMA_PER_SQRT_S",
    "SAMPLING_FLOOR_S",
    "SECONDS_PER_YEAR",
    "Adjustment",
    "EwmaVolatility",
    "OnlineRealised",
    "VolatilityEstimate",
    "averaged_variance",
    "bipower_variation",
    "ewma_decay",
    "ewma_estimate",
    "garman_klass",
    "kernel_bandwidth",
    "kernel_noise_bias",
    "kernel_weights",
    "log_returns",
    "noise_variance",
    "parkinson",
    "parzen",
    "realised_autocovariances",
    "realised_kernel",
    "realised_quarticity",
    "realised_variance",
    "rogers_satchell",
    "scale_ratio",
    "two_scale_variance",
    "yang_zhang",
    "yang_zhang_weight",
]
