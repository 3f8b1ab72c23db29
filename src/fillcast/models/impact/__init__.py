"""What an order does to the price: models that are refused when built where a round trip would profit."""

from fillcast.models.impact.almgren_chriss import AlmgrenChriss, Frontier, LvarPlan
from fillcast.models.impact.athl import US_SHARES_2003, AthlCoefficients, AthlImpact
from fillcast.models.impact.decay import (
    ExponentialSum,
    Kernel,
    PowerLawKernel,
    TabulatedKernel,
    carried_by_matrix,
    kernel_matrix,
)
from fillcast.models.impact.manipulation import GATHERAL_DECAY_MIN
from fillcast.models.impact.obizhaeva_wang import BlocksAndRate, ObizhaevaWang
from fillcast.models.impact.portfolio import PortfolioImpact
from fillcast.models.impact.power_law import PowerLawImpact
from fillcast.models.impact.power_law_propagator import PowerLawPropagator
from fillcast.models.impact.propagator import DiscretePropagator, exponential_optimal_trades
from fillcast.models.impact.square_root import (
    SQUARE_ROOT,
    BothReadings,
    RateSquareRoot,
    SquareRootLaw,
    both_readings,
)

__all__ = [
    "GATHERAL_DECAY_MIN",
    "SQUARE_ROOT",
    "US_SHARES_2003",
    "AlmgrenChriss",
    "AthlCoefficients",
    "AthlImpact",
    "BlocksAndRate",
    "BothReadings",
    "DiscretePropagator",
    "ExponentialSum",
    "Frontier",
    "Kernel",
    "LvarPlan",
    "ObizhaevaWang",
    "PortfolioImpact",
    "PowerLawImpact",
    "PowerLawKernel",
    "PowerLawPropagator",
    "RateSquareRoot",
    "SquareRootLaw",
    "TabulatedKernel",
    "both_readings",
    "carried_by_matrix",
    "exponential_optimal_trades",
    "kernel_matrix",
]
