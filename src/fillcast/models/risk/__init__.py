"""The distribution of what a schedule costs: tails in closed form and of samples, and simulation.

The compiled simulation is `fillcast.models.risk.paths`; it is not imported here, because it loads the compiler.
"""

from fillcast.models.risk.monte_carlo import bootstrap_moves, normal_moves, simulated_costs
from fillcast.models.risk.tails import (
    NormalCost,
    empirical_conditional_value_at_risk,
    empirical_probability_above,
    empirical_quantiles,
)

__all__ = [
    "NormalCost",
    "bootstrap_moves",
    "empirical_conditional_value_at_risk",
    "empirical_probability_above",
    "empirical_quantiles",
    "normal_moves",
    "simulated_costs",
]
