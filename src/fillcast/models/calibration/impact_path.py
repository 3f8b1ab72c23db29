"""How the impact of metaorders builds up while they run and what is left of it afterwards.

At z durations after the start the move is regressed on the root of the size and on what all other orders traded until
then; the root's coefficient is put in proportion to that at the end, z = 1. Children that move the price by
a sqrt(q) / sqrt(t) and come at a steady rate give sqrt(z) until the end, two thirds of the peak on average, and
sqrt(z) - sqrt(z - 1) after it; a metaorder of n children starts with a jump of about 1 / (2 sqrt(n)) of its peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import positive
from fillcast.models.calibration.square_root_sums import Sums
from fillcast.models.impact.square_root import SQUARE_ROOT

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ImpactPath:
    """Parts of the peak.

    Attributes
    ----------
    elapsed
        (k,) z, in durations since the start.
    part, error
        (k,) of the impact at z = 1, and the standard error as if metaorders of one assignment were independent and
        those of others told nothing more; NaN where there is no impact at z = 1.
    """

    elapsed: FloatArray
    part: FloatArray
    error: FloatArray


def impact_path(sums: Sums, elapsed: ArrayLike) -> ImpactPath:
    """Return the path of the metaorders behind `sums` that leave time for all of it before their stretch ends.

    Parameters
    ----------
    sums
        Of an estimate.
    elapsed
        (k,) > 0.
    """
    positive("elapsed", elapsed)
    moments = np.asarray(elapsed, dtype=np.float64)
    fits = [_at(sums, moment, max(float(moments.max()), 1.0)) for moment in (1.0, *moments)]
    peak, sizes = fits[0][0], np.array([size for size, _ in fits[1:]])
    if not peak > 0.0:
        nothing = np.full(len(moments), np.nan)
        return ImpactPath(moments, nothing, nothing)
    part = sizes / peak
    pulls = np.column_stack([pull for _, pull in fits[1:]]) - fits[0][1][:, None] * part
    error = np.sqrt((pulls**2).sum(axis=0) * len(sums.draws)) / peak
    return ImpactPath(moments, part, error)


def _at(sums: Sums, moment: float, last: float) -> tuple[float, FloatArray]:
    """Return the size of the impact a moment after the start, and how each metaorder pulls at it, (m,).

    The rest of the market is taken out by a regression of its own for each moment: the longer the wait, the slower
    the parts of it that matter.
    """
    tables, moves = [], []
    for run in sums.runs:
        duration = run.metaorders.end - run.metaorders.start
        room = run.metaorders.start + duration * last <= run.tape.stretch.seconds
        chosen = run.metaorders.kept(room)
        until = chosen.start + duration[room] * moment
        root = np.sqrt(run.weights[room])
        own = (chosen.smooth_base / (sums.volume * sums.scale)) ** SQUARE_ROOT
        others = run.tape.memory.others(chosen, until)
        tables.append(np.column_stack((own, others)) * root[:, None])
        moves.append(run.tape.moves(chosen, until) * root)
    table, moved = np.concatenate(tables), np.concatenate(moves)
    inverse = np.linalg.pinv(table.T @ table, hermitian=True)
    found = inverse @ (table.T @ moved)
    pull: FloatArray = (table @ inverse[0]) * (moved - table @ found)
    return float(found[0]), pull
