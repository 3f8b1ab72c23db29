"""A power law beside linear terms, fitted from sums alone, so that blocks of data can be drawn again cheaply.

    y = A x^delta + c f + noise, weights w

For each delta of a grid the sums of w x^2delta, w x^delta y and w x^delta f, with those of f f and f y, give A, c and
what A x^delta explains of the sum of squares; the most over the grid, with a parabola through it and its neighbours,
is delta. An impact against the metaorder's sign explains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

GRID = np.round(np.arange(0.1, 1.61, 0.1), 1)  # exponents: an impact that grows faster than Q^1.6 is none
STEP = 0.1
HALF = int(np.argmin(np.abs(GRID - 0.5)))  # place of the square root
RIDGE = 1e-9  # of each term's own sum of squares, so that terms that say the same are no division by zero


def sum_rows(x: FloatArray, y: FloatArray, terms: FloatArray, weights: FloatArray) -> FloatArray:
    """Return what adds up for the fit, (n, k).

    Parameters
    ----------
    x
        (n,) > 0, about 1.
    y
        (n,).
    terms
        (n, j).
    weights
        (n,).
    """
    powers = x[:, None] ** GRID
    weighted = weights[:, None] * terms
    above = np.triu_indices(terms.shape[1])
    parts = (
        weights[:, None] * powers * powers,
        weights[:, None] * powers * y[:, None],
        (powers[:, :, None] * weighted[:, None, :]).reshape(len(x), len(GRID) * terms.shape[1]),
        weighted[:, above[0]] * terms[:, above[1]],
        weighted * y[:, None],
    )
    return np.concatenate(parts, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class PowerFit:
    """Fits of sums of any leading shape (...).

    Attributes
    ----------
    exponent
        (...) NaN where the least lies at an end of the grid.
    at_half
        (...) A with the exponent 1/2.
    place, size
        (...) place in the grid of the exponent that explains most, and A with it.
    """

    exponent: FloatArray
    at_half: FloatArray
    place: NDArray[np.int64]
    size: FloatArray


def fit_sums(sums: FloatArray, terms: int, *, plain: bool = False) -> PowerFit:
    """Return the fit of sums of `sum_rows`, (..., k), of data with `terms` linear terms.

    `plain` leaves the terms out of the fit.
    """
    aa, ay, af, ff, fy = _parts(sums, terms)
    if not plain:
        solved = np.linalg.solve(ff, np.concatenate((np.swapaxes(af, -1, -2), fy[..., None]), axis=-1))
        aa = aa - np.einsum("...gj,...jg->...g", af, solved[..., :-1])
        ay = ay - np.einsum("...gj,...j->...g", af, solved[..., -1])
    explained = np.where(ay > 0.0, ay * ay / aa, 0.0)
    best = np.argmax(explained, axis=-1)
    inner = np.clip(best, 1, len(GRID) - 2)
    before, at, after = (np.take_along_axis(explained, (inner + k)[..., None], -1)[..., 0] for k in (-1, 0, 1))
    bend = before - 2.0 * at + after
    shift = 0.5 * (before - after) / np.where(bend < 0.0, bend, np.nan)
    exponent = np.where((best == inner) & (at > 0.0), GRID[inner] + shift * STEP, np.nan)
    sizes = ay / aa
    size: FloatArray = np.take_along_axis(sizes, best[..., None], -1)[..., 0]
    return PowerFit(exponent, sizes[..., HALF], best, size)


def term_weights(sums: FloatArray, terms: int) -> FloatArray:
    """Return c of the fit at the place of the grid that explains most, of sums (k,): (j,)."""
    _, _, af, ff, fy = _parts(sums, terms)
    fit = fit_sums(sums, terms)
    weights: FloatArray = np.linalg.solve(ff, fy - fit.size * af[int(fit.place)])
    return weights


def _parts(sums: FloatArray, terms: int) -> tuple[FloatArray, ...]:
    grid = len(GRID)
    above = np.triu_indices(terms)
    lengths = (grid, grid, grid * terms, len(above[0]), terms)
    aa, ay, af, upper, fy = np.split(sums, np.cumsum(lengths)[:-1], axis=-1)
    ff: FloatArray = np.zeros((*sums.shape[:-1], terms, terms))
    ff[..., above[0], above[1]] = upper
    ff[..., above[1], above[0]] = upper
    diagonal = np.arange(terms)
    own = ff[..., diagonal, diagonal]
    ff[..., diagonal, diagonal] = np.where(own > 0.0, own * (1.0 + RIDGE), 1.0)
    return aa, ay, af.reshape(*sums.shape[:-1], grid, terms), ff, fy
