"""Conditions that keep round trips from making money; a model that breaks one is refused when it is built.

A round trip is a set of trades that adds up to zero. Where its expected cost can be negative, a schedule that
minimises cost learns to push the price and trade against itself, and every figure that follows is worthless.

- Permanent impact must be linear in quantity: Huberman and Stanzl, "Price manipulation and quasi-arbitrage",
  Econometrica 72(4) 1247-1275 (2004).
- Transient impact, price moved by `∫ f(v_s) G(t-s) ds` at trading rate v, f(v) = sign(v) |v|^delta: Gatheral,
  "No-dynamic-arbitrage and market impact", Quantitative Finance 10(7) 749-759 (2010). A kernel that is finite at
  lag zero, the exponential among them, needs linear f. The kernel t^-gamma with 0 < delta < 1 needs
  gamma + delta >= 1 and gamma >= 2 - log 3 / log 2.
- With linear f the cost of a trade list is a quadratic form of the kernel, so it needs a kernel of positive type;
  convex, not increasing and not negative is enough: Alfonsi, Schied and Slynko, "Order book resilience, price
  manipulation, and the positive portfolio problem", SIAM J. Financial Math. 3(1) 511-533 (2012). Hence t^-gamma
  with linear f needs only 0 < gamma < 1.

For a constant rate in and a constant rate out the first inequality decides: the tests show profit below it and none
above. The second is enforced as published. Together they are not enough for every round trip: Curato, Gatheral and
Lillo, "Optimal execution with nonlinear transient market impact", Quantitative Finance 17(1) 41-54 (2017), find
programs of short bursts between long spells of weak opposite trading with negative cost. A model with nonlinear f
therefore costs orders of one direction only.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fillcast.errors import ParameterError

LINEAR = 1.0

# Gatheral (2010): the smallest decay exponent of a power-law kernel that a nonlinear impact function allows.
GATHERAL_DECAY_MIN = 2.0 - math.log(3.0) / math.log(2.0)

# Exponents such as 0.3 and 0.7 add up to 1 only to the last bit.
EXPONENT_ROUNDING = 1e-12

# Eigenvalues of a kernel matrix are found to about this part of the largest one.
EIGENVALUE_ROUNDING = 1e-12


def require_linear_permanent(exponent: float) -> None:
    """Refuse permanent impact `~ quantity^exponent` unless it is linear.

    Raises
    ------
    ParameterError
        When the exponent is not 1.
    """
    if exponent != LINEAR:
        raise ParameterError(
            f"the exponent of permanent impact is {exponent:g}, and only 1 is allowed: with any other a position "
            "built in pieces and closed in one block, or the reverse, makes money (Huberman and Stanzl 2004)"
        )


def require_linear_impact(exponent: float, kernel: str) -> None:
    """Refuse nonlinear impact `~ quantity^exponent` that decays by a kernel that is finite at lag zero.

    Raises
    ------
    ParameterError
        When the exponent is not 1; it names the kernel.
    """
    if exponent != LINEAR:
        raise ParameterError(
            f"the exponent of impact is {exponent:g}, and only 1 is allowed with the {kernel} kernel, which is finite "
            "at lag zero: many small trades one way and one large trade back make money (Gatheral 2010)"
        )


def require_power_law(decay: float, exponent: float) -> None:
    """Refuse the kernel t^-decay with impact `~ rate^exponent` where a round trip of two constant rates makes money.

    Raises
    ------
    ParameterError
        Unless 0 < decay < 1 and 0 < exponent <= 1; with exponent < 1 also unless decay + exponent >= 1 and
        decay >= 2 - log 3 / log 2.
    """
    if not 0.0 < exponent <= LINEAR:
        raise ParameterError(f"the exponent of impact is {exponent:g}, and above 0 up to 1 is allowed")
    if not 0.0 < decay < 1.0:
        raise ParameterError(f"the decay exponent of the kernel is {decay:g}, and between 0 and 1 is allowed")
    if exponent == LINEAR:
        return
    if decay + exponent < 1.0 - EXPONENT_ROUNDING:
        raise ParameterError(
            f"the decay exponent {decay:g} and the impact exponent {exponent:g} add up to less than 1: "
            "buying slowly and selling fast makes money (Gatheral 2010)"
        )
    if decay < GATHERAL_DECAY_MIN:
        raise ParameterError(
            f"the decay exponent of the kernel is {decay:g}, and with an impact exponent below 1 at least "
            f"2 - log 3 / log 2 = {GATHERAL_DECAY_MIN:.6g} is allowed (Gatheral 2010)"
        )


def require_one_direction(trades: NDArray[np.float64]) -> None:
    """Refuse trade lists that both buy and sell.

    Parameters
    ----------
    trades
        float64 (..., N), signed.

    Raises
    ------
    ParameterError
        When a list along the last axis holds both signs.
    """
    if ((trades > 0.0).any(axis=-1) & (trades < 0.0).any(axis=-1)).any():
        raise ParameterError(
            "trades of both directions are in one list, and nonlinear transient impact allows one direction only: "
            "bursts one way between weak trading the other way can show a negative cost (Curato, Gatheral and Lillo "
            "2017)"
        )


def require_positive_definite(values: NDArray[np.float64]) -> None:
    """Refuse a kernel on a grid of lags whose quadratic form is not positive for every trade list.

    A kernel that is convex, not increasing, not negative and not constant passes at any length. Any other passes
    when the Toeplitz matrix of its values has positive eigenvalues only; that says nothing of lags beyond the grid.

    Parameters
    ----------
    values
        float64 (N,): the kernel at lags 0, 1, ..., N - 1 of its grid.

    Raises
    ------
    ParameterError
        With the smallest eigenvalue.
    """
    steps = np.diff(values)
    if values[-1] >= 0.0 and (steps[:1] < 0.0).all() and (steps <= 0.0).all() and (np.diff(steps) >= 0.0).all():
        return
    lags = np.arange(len(values))
    eigenvalues = np.linalg.eigvalsh(values[np.abs(lags[:, None] - lags)])
    if eigenvalues[0] <= EIGENVALUE_ROUNDING * float(np.abs(eigenvalues).max()):
        raise ParameterError(
            f"the kernel's values have a matrix with the eigenvalue {eigenvalues[0]:.6g}, and only positive ones are "
            "allowed: trades along its eigenvector cost nothing or make money; values that are convex, not increasing "
            "and not constant always pass (Alfonsi, Schied and Slynko 2012)"
        )


def require_permanent_within_depth(permanent: float, depth: float) -> None:
    """Refuse permanent impact above what a trade does to a block-shaped book at once.

    Parameters
    ----------
    permanent
        Permanent impact lambda, price per base unit.
    depth
        Depth q of the book, base units per unit of price.

    Raises
    ------
    ParameterError
        When lambda > 1/q: the part of the impact that decays would be negative, and a round trip would make money.
    """
    if permanent > 1.0 / depth:
        raise ParameterError(
            f"permanent impact is {permanent:g}, and at most 1/depth = {1.0 / depth:g} is allowed: the price would "
            "go on moving after a trade, and a round trip would make money (Obizhaeva and Wang 2013)"
        )
