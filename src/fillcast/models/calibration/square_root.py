"""Exponent and prefactor of the square-root law, read off proxy metaorders of anonymous trades.

A metaorder of Q base units (`Metaorders.smooth_base`), s its sign, is followed from just before its first child to
its end:

    s (log mid at the end - log mid at the start) = Y sigma (Q / V)^delta + c F + noise

sigma is the mid's volatility and V the volume, both of a day; F is what all other orders traded meanwhile
(`flow_memory`), so that what the rest of the market did in the same direction is not charged to the metaorder. For a
delta on a grid, Y and c are those of least squares with weights 1 / usual duration, which makes the noise of a random
walk even, and with wild moves held back; delta is where most is explained (`profile`). The paper's own recipe has no
F: its figures are in a note, and they differ by what the flow's memory adds.

With delta left free Y would be the law at Q = V, an order of the whole day, far outside any data: Y is estimated with
delta = 1/2, and only where the exponent's interval reaches to within `NEAR` of that. Children that move the price by
a sqrt(q) / sqrt(t) and come at rate r give Y sigma / sqrt(V) = 2 a sqrt(r): Y belongs to how often the made-up traders
trade, which nobody knows of a market. A note gives Y with half and with twice as many traders; the interval does not
hold that doubt. Children of unequal sizes move the price less than equal ones of the same sum: Y is that of the sizes
found.

Errors: moving blocks of time over the pooled assignments, and the spread over assignments, added in squares.
Sources: Maitrier, Loeper and Bouchaud, arXiv:2503.18199 (2025); the child's law, Maitrier, Loeper, Kanazawa and
Bouchaud, arXiv:2502.16246 (2025). Valid for the Q / V of the metaorders found, `SquareRootCurve.share`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.blocks import SEED, Resampled, block_bootstrap, block_seconds
from fillcast.models.calibration.enough import S_PER_HOUR, accepted, refused, shortage
from fillcast.models.calibration.metaorders import PARTICIPATION_POWER, TRADERS
from fillcast.models.calibration.names import EXPONENT, PREFACTOR
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.profile import GRID
from fillcast.models.calibration.proxies import Assignment, Tape, tapes_of
from fillcast.models.calibration.public_flow import PublicFlow, public_flow, warning
from fillcast.models.calibration.square_root_curve import SquareRootCurve, impact_curve, no_impact_curve
from fillcast.models.calibration.square_root_sums import DAY_S, Sums, gathered
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.estimate import LEVEL
from fillcast.models.impact.square_root import SQUARE_ROOT
from fillcast.models.samples import whole

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEAST_S = DAY_S  # sigma and V are those of a day, within which both change by a factor: a part of it gives another Y
LEAST_METAORDERS = 200  # of one assignment: with fewer, a few of the largest decide the exponent
LEAST_CHILDREN = 5  # with fewer, one child's 1 / sqrt(t) and not their sum is the impact
BLOCK_S = S_PER_HOUR  # longer than metaorders of minutes and than bursts of trading
DRAWS = 8  # assignments: their spread adds an eighth of its variance
LEAST_DRAWS, MOST_DRAWS = 2, 1000  # a spread needs two; beyond a thousand nothing is gained
FEWEST_CHILDREN, MOST_CHILDREN = 2, 1000  # one child is no metaorder; a thousand are more than a run of chance
MOST_REACH = 0.25  # of delta: half the way from the square root to a line; with more, neither is told from the other
NEAR = 0.1  # of 1/2: published exponents lie from 0.4 to 0.6
SOURCE = "proxy metaorders of anonymous trades (Maitrier, Loeper and Bouchaud 2025), other flow taken out"
KNOWN_SOURCE = "metaorders of traders that the tape names, other flow taken out"


@dataclass(frozen=True, slots=True, eq=False)
class SquareRootFit:
    """What proxy metaorders tell.

    Attributes
    ----------
    exponent, prefactor
        delta and Y.
    curve
        Impact against size; empty where there is too little market.
    public
        What a model of the public trades says of the same; None where there is too little market.
    """

    exponent: Parameter
    prefactor: Parameter
    curve: SquareRootCurve
    public: PublicFlow | None


def estimate_square_root(
    stretches: Sequence[Stretch],
    *,
    level: float = LEVEL,
    seed: int = SEED,
    traders: int = TRADERS,
    power: float = PARTICIPATION_POWER,
    draws: int = DRAWS,
    least_children: int = LEAST_CHILDREN,
    owners: Sequence[IntArray] | None = None,
) -> SquareRootFit:
    """Return delta and Y, without unit, of sigma and V of a day.

    Parameters
    ----------
    stretches
        Of one instrument.
    level
        Of the intervals.
    seed
        Of the assignments and of the bootstrap.
    traders, power
        N made-up traders and the power of their participation, `metaorders.shares`.
    draws
        How often all orders are given to traders anew.
    least_children
        Shorter runs are no metaorders here.
    owners
        Where the tape names the traders: a whole number >= 0 for each market order of each stretch that has trades
        and quotes. Nothing is drawn then.
    """
    whole("draws", draws, LEAST_DRAWS, MOST_DRAWS)
    whole("least_children", least_children, FEWEST_CHILDREN, MOST_CHILDREN)
    source = SOURCE if owners is None else KNOWN_SOURCE

    def nothing(why: str, curve: SquareRootCurve | None = None, public: PublicFlow | None = None) -> SquareRootFit:
        none = refused(EXPONENT, why, source, stretches), refused(PREFACTOR, why, source, stretches)
        return SquareRootFit(*none, curve or no_impact_curve(level), public)

    short = shortage(stretches, LEAST_S)
    if short is not None:
        return nothing(short)
    tapes = tapes_of(stretches)
    if not tapes:
        return nothing("no trade or no quote")
    block_s = block_seconds(stretches, BLOCK_S)
    assignment = Assignment(traders, power, draws if owners is None else 1, seed)
    sums = gathered(tapes, assignment, least_children, owners, block_s)
    if sums.each < LEAST_METAORDERS:
        return nothing(
            f"{sums.each} metaorders of {least_children} children or more, at least {LEAST_METAORDERS} are needed"
        )
    if not sums.sigma > 0.0:
        return nothing("the mid has no move over a minute within one stretch")
    fit = _with_draws(block_bootstrap(sums.bins, sums.statistic, seed=seed), sums)
    curve = impact_curve(sums, block_s, level, seed)
    public = public_flow(tapes, sums, traders)
    moved = fit.linear(level, sums.each, 1)
    if not moved.low > 0.0:
        why = f"{sums.each} metaorders moved the price by Y = {moved.value:.2g}, {moved.low:.2g} to {moved.high:.2g}"
        return nothing(f"{why}: that cannot be told from nothing", curve, public)
    if not math.isfinite(fit.value[0]):
        return nothing(f"no exponent from {GRID[0]} to {GRID[-1]} is better than its neighbours", curve, public)
    reach = fit.reach(level) * float(fit.error[0])
    if not reach <= MOST_REACH:
        why = f"the exponent is {fit.value[0]:.2g} -+ {reach:.2g}, which tells no square root from a line"
        return nothing(why, curve, public)
    notes: tuple[str, ...] = (_recipe(fit), warning(public, float(fit.value[0])))
    exponent = accepted(EXPONENT, fit.linear(level, sums.each, 0), source, stretches, notes)
    if exponent.known().low > SQUARE_ROOT + NEAR or exponent.known().high < SQUARE_ROOT - NEAR:
        why = f"the impact grows as Q^{fit.value[0]:.2f}: there is no square-root law to give a prefactor of"
        return SquareRootFit(exponent, refused(PREFACTOR, why, source, stretches), curve, public)
    estimate = fit.positive(level, sums.each, 1)
    if owners is None:
        notes += (_other_traders(tapes, assignment, least_children, block_s),)
    return SquareRootFit(exponent, accepted(PREFACTOR, estimate, source, stretches, notes), curve, public)


def _with_draws(fit: Resampled, sums: Sums) -> Resampled:
    """Add what another set of assignments would have given."""
    if len(sums.draws) < LEAST_DRAWS:
        return fit
    each = sums.statistic(sums.draws)
    spread = np.std(each, axis=0, ddof=1) / math.sqrt(len(each))  # NaN, and no error known, where one draw has no fit
    return Resampled(fit.value, np.hypot(fit.error, spread), fit.blocks)


def _recipe(fit: Resampled) -> str:
    return (
        f"with what the rest of the market moved at the same time left in, as in the published recipe, delta is "
        f"{fit.value[2]:.2f} and Y {fit.value[3]:.2g} instead of {fit.value[0]:.2f} and {fit.value[1]:.2g}"
    )


def _other_traders(tapes: Sequence[Tape], assignment: Assignment, least_children: int, block_s: float) -> str:
    said = []
    for traders in (max(assignment.traders // 2, 1), assignment.traders * 2):
        other = Assignment(traders, assignment.power, LEAST_DRAWS, assignment.seed)
        sums = gathered(tapes, other, least_children, None, block_s)
        said.append(f"{sums.statistic(sums.total)[1]:.2g} with {traders}")
    return f"Y is that of {assignment.traders} made-up traders; it would be {said[0]} and {said[1]}"
