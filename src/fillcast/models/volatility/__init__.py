"""How much a price moves: from a stream of mids, from all ticks in spite of their noise, or from bars."""

from fillcast.models.volatility.ewma import (
    DEFAULT_HALF_LIFE_S,
    PRIOR_ANNUAL,
    PRIOR_SAMPLES,
    PRIOR_SIGMA_PER_SQRT_S,
    SAMPLING_FLOOR_S,
    SECONDS_PER_YEAR,
    EwmaVolatility,
    VolatilityEstimate,
    ewma_estimate,
)

__all__ = [
    "DEFAULT_HALF_LIFE_S",
    "PRIOR_ANNUAL",
    "PRIOR_SAMPLES",
    "PRIOR_SIGMA_PER_SQRT_S",
    "SAMPLING_FLOOR_S",
    "SECONDS_PER_YEAR",
    "EwmaVolatility",
    "VolatilityEstimate",
    "ewma_estimate",
]
