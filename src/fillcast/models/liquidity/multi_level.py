"""The order flow of many levels as one number, or as one price change.

- Scaled flow: each level's OFI over the mean size of a level (Cont, Cucuringu and Zhang, Quantitative Finance 23,
  2023).
- Integrated flow: `w'f / |w|_1` with w the first principal component of the scaled flows, its sign such that the
  weights add up to a positive number (same).
- Ridge slopes: `argmin sum (y - a - F b)^2 + penalty |b|^2`, the intercept free (Xu, Gould and Howison, Market
  Microstructure and Liquidity 4, 2018); the flows of neighbouring levels are too alike for plain least squares.

Fitted over seconds to minutes, on a window that ends before the flows that they are used on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative
from fillcast.models.samples import series


def level_scale(bid_sizes: ArrayLike, ask_sizes: ArrayLike) -> float:
    """Return the mean size of a level, both sides, over time and levels.

    Parameters
    ----------
    bid_sizes, ask_sizes
        (n, M), >= 0.
    """
    bids, asks = _matrix("bid_sizes", bid_sizes, 1), _matrix("ask_sizes", ask_sizes, 1)
    not_negative("bid_sizes", bids)
    not_negative("ask_sizes", asks)
    scale = float((bids.mean() + asks.mean()) / 2)
    if scale == 0:
        raise ParameterError("bid_sizes and ask_sizes must not all be zero")
    return scale


def integration_weights(flows: ArrayLike) -> NDArray[np.float64]:
    """Return the weights of the integrated flow: (M,), their absolute values adding up to 1.

    Parameters
    ----------
    flows
        (n >= 2, M): scaled OFI of each interval and level, the window to fit on.

    Raises
    ------
    ParameterError
        When no flow varies.
    """
    window = _matrix("flows", flows, 2)
    centred = window - window.mean(axis=0)
    if not centred.any():
        raise ParameterError("flows must vary for a principal component")
    first = np.linalg.svd(centred, full_matrices=False)[2][0]
    weights: NDArray[np.float64] = first / np.abs(first).sum()
    return -weights if weights.sum() < 0 else weights


def integrated_flow(flows: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Return the integrated flow of (n, M) scaled flows: (n,)."""
    window, shares = _matrix("flows", flows, 1), series("weights", weights)
    if window.shape[1] != len(shares):
        raise ParameterError(f"weights must have one value a level: {len(shares)} for {window.shape[1]} levels")
    return window @ shares


def ridge_slopes(flows: ArrayLike, price_changes: ArrayLike, penalty: float) -> tuple[NDArray[np.float64], float]:
    """Return the slopes (M,) and the intercept of price changes on the flows of M levels.

    Parameters
    ----------
    flows
        (n, M): OFI of each interval and level, scaled alike.
    price_changes
        (n,): change of the mid over each interval.
    penalty
        >= 0, in squared units of flow; chosen on data that neither fits nor judges. 0 is plain least squares.

    Raises
    ------
    ParameterError
        When the levels are collinear and nothing penalises it.
    """
    not_negative("penalty", penalty)
    window, changes = _matrix("flows", flows, 2), series("price_changes", price_changes, 2)
    if len(window) != len(changes):
        raise ParameterError(f"flows and price_changes must have the same length, not {len(window)} and {len(changes)}")
    centred = window - window.mean(axis=0)
    levels = window.shape[1]
    if penalty == 0 and np.linalg.matrix_rank(centred) < levels:
        raise ParameterError("penalty must be positive where the flows of the levels are collinear")
    # Rows of sqrt(penalty) below the flows make least squares penalise |b|^2 without squaring the condition number.
    design = np.vstack((centred, np.sqrt(penalty) * np.eye(levels)))
    target = np.concatenate((changes - changes.mean(), np.zeros(levels)))
    slopes: NDArray[np.float64] = np.linalg.lstsq(design, target, rcond=None)[0]
    return slopes, float(changes.mean() - window.mean(axis=0) @ slopes)


def _matrix(name: str, values: ArrayLike, least: int) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or len(array) < least or not array.shape[1]:
        raise ParameterError(f"{name} must be (n >= {least}, levels), not {array.shape}")
    return series(name, array)
