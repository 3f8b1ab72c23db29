"""Temporary impact: what trading at a constant rate pays beyond the touch, from the walk and the refill.

Two regressions make it:

- walk: least squares over market orders of `y = 1e4 s (average price paid - touch) / mid` on their size q in base
  units, with an intercept: `y = a + b q`, touch and mid strictly before the order. The error of b is clustered in time
  by the moving-block bootstrap.
- refill: rho of `fillcast.models.calibration.resilience`.

An order of size q that pays b q on average beyond the touch displaces its side by 2 b q, as in a book of even
density. Trading at the rate v then displaces by dD/dt = 2 b v - rho D, which settles at D = (2 b / rho) v (the block
book of Obizhaeva and Wang, J. Financial Markets 16, 2013), so that every unit pays

    eta v beyond the touch,   eta = 2 b / rho,   bps per (base / s)

and that is the eta of Almgren and Chriss (J. Risk 3, 2000) for slices that trade evenly over times longer than 1 / rho.
The two errors are joined as independent. Market orders come when the book is thick: b is what was paid, not what an
order at any moment would have paid. Depth that takes longer than seconds to come back is not in eta.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS
from fillcast.models.calibration.blocks import (
    SEED,
    Resampled,
    binned,
    block_bootstrap,
    block_seconds,
    positive_estimate,
)
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import TEMPORARY
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.resilience import BLOCK_S, LEAST_S, estimate_resilience
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.sweeps import sweeps_of
from fillcast.models.estimate import LEVEL, Estimate

FloatArray = NDArray[np.float64]

# With fewer orders a handful of large ones would be the whole slope.
LEAST_SWEEPS = 200
SOURCE = (
    "price paid beyond the touch by market orders on their size, over the rate of refill (models of Obizhaeva and Wang "
    "2013, Almgren and Chriss 2000); moving-block bootstrap"
)
NOTES = (
    "what market orders paid, which come when the book is thick: an order at any moment may pay more",
    "depth that takes longer than seconds to come back is not in it",
)


def estimate_temporary(stretches: Sequence[Stretch], *, level: float = LEVEL, seed: int = SEED) -> Parameter:
    """Return eta, bps per (base / s); as `estimate_volatility`. `n` counts market orders.

    Not calibrated where rho is not, or where b cannot be told from 0.
    """
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return refused(TEMPORARY, short, SOURCE, stretches)
    refill = estimate_resilience(stretches, level=level, seed=seed).parameter
    if refill.estimate is None:
        why = f"it needs the rate of refill, which is {refill.reason}"
        return refused(TEMPORARY, why, SOURCE, stretches)
    block_s = block_seconds(stretches, BLOCK_S)
    bins = [_moments(stretch, block_s) for stretch in stretches]
    orders = int(sum(sums[:, 0].sum() for sums in bins))
    if orders < LEAST_SWEEPS:
        why = f"{orders} market orders, at least {LEAST_SWEEPS} are needed"
        return refused(TEMPORARY, why, SOURCE, stretches)
    walk = block_bootstrap(bins, _slope, seed=seed)
    if not walk.linear(level, orders).low > 0:
        why = f"what {orders} market orders paid beyond the touch does not grow with their size"
        return refused(TEMPORARY, why, SOURCE, stretches)
    return accepted(TEMPORARY, _joined(walk, refill.estimate, level, orders), SOURCE, stretches, NOTES)


def _joined(walk: Resampled, refill: Estimate, level: float, orders: int) -> Estimate:
    reach = walk.reach(level)
    refill_error = math.log(refill.high / refill.low) / (2.0 * reach)
    relative = math.hypot(float(walk.error[0] / walk.value[0]), refill_error)
    return positive_estimate(2.0 * float(walk.value[0]) / refill.value, relative, reach, level, orders)


def _moments(stretch: Stretch, block_s: float) -> FloatArray:
    """Return per bin the sums of 1, q, y, q^2 and q y over market orders."""
    sweeps = sweeps_of(stretch)
    beyond = BPS * sweeps.sign * (sweeps.paid - sweeps.touch) / sweeps.mid
    rows = np.stack((np.ones_like(beyond), sweeps.base, beyond, sweeps.base**2, sweeps.base * beyond), axis=1)
    return binned(stretch, sweeps.ns, rows, block_s)


def _slope(sums: FloatArray) -> FloatArray:
    n, q, y, qq, qy = (sums[..., column] for column in range(5))
    slope: FloatArray = ((n * qy - q * y) / (n * qq - q**2))[..., None]
    return slope
