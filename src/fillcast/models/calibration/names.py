"""The parameters that calibration gives: their names and units, in one place."""

from __future__ import annotations

VOLATILITY = "volatility"  # sigma of the mid
HALF_SPREAD = "half_spread"  # epsilon: time-weighted, without fees
TEMPORARY = "temporary_impact"  # eta: what a slice pays beyond the touch, per rate of trading
PERMANENT = "permanent_impact"  # gamma: what stays of the move, per signed volume
RESILIENCE = "resilience"  # rho: the rate at which depth refills after a sweep
RESPONSE_10S = "response_10s"  # R(10 s): mean move with the trade's sign
KERNEL_DECAY = "kernel_decay"  # exponent of the propagator's tail
EXPONENT = "impact_exponent"  # delta of the square-root law
PREFACTOR = "impact_prefactor"  # Y of the square-root law
MARKOUT = "adverse_selection"  # a: what the mid moves against a maker's fill
VOLUME_RATE = "volume_rate"  # base units a second, both sides

UNITS = {
    VOLATILITY: "bps / sqrt(s)",
    HALF_SPREAD: "bps",
    TEMPORARY: "bps per (base / s)",
    PERMANENT: "bps per base",
    RESILIENCE: "1 / s",
    RESPONSE_10S: "bps",
    KERNEL_DECAY: "1",
    EXPONENT: "1",
    PREFACTOR: "1",
    MARKOUT: "bps",
    VOLUME_RATE: "base / s",
}
