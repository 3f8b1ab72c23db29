"""The discrete power-law problem handed to a general convex solver, written as the module docstring states it."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SOLVER_TOLERANCE = 1e-9


def general_plan(coupling: float, exponent: float, count: int) -> FloatArray:
    """Return the parts (count,) that minimise `sum m^(k+1) + c sum y^2` over m >= 0 with sum 1."""
    parts = cp.Variable(count)
    left = 1.0 - cp.cumsum(parts)
    power = cp.sum_squares(parts) if exponent == 1.0 else cp.sum(cp.power(parts, exponent + 1.0))
    problem = cp.Problem(cp.Minimize(power + coupling * cp.sum_squares(left)), [parts >= 0.0, cp.sum(parts) == 1.0])
    problem.solve(
        solver=cp.CLARABEL,
        tol_gap_abs=SOLVER_TOLERANCE,
        tol_gap_rel=SOLVER_TOLERANCE,
        tol_feas=SOLVER_TOLERANCE,
    )
    return np.asarray(parts.value)
