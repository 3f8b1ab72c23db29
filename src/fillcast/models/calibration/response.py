"""How the mid moves after a market order: the response function.

`R(l) = E[s_t (m_(t+l) - m_t)]` over market orders, s the sign, m_t the mid strictly before the order and m_(t+l) the
last mid known a time l after it, in bps of m_t (Bouchaud, Gefen, Potters and Wyart, Quantitative Finance 4, 2004).
Each order counts once, whatever its size. It holds what the order moved and what the orders that follow it in the
same direction move, so it is no forecast of one's own impact. A lag is on the curve when blocks are at least twice
as long, so that their errors hold the overlap of moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.models.calibration.blocks import SEED, binned, block_bootstrap, block_seconds, ratio
from fillcast.models.calibration.curve import Fitted, banded, no_curve
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import RESPONSE_10S, UNITS
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.sweeps import sweeps_of
from fillcast.models.estimate import LEVEL
from fillcast.models.liquidity.intervals import last_known

FloatArray = NDArray[np.float64]

NAME = "response"
READ_AT_S = 10.0
# s: three a decade, and 10 s itself is among them; beyond it as far as the data carry.
LAGS_S = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, READ_AT_S, 15.0, 20.0, 30.0, 60.0, 120.0])
BLOCKS_OVER_LAG = 2.0
BLOCK_S = 40.0  # four times 10 s
LEAST_S = 240.0  # six such blocks
LEAST_SWEEPS = 200  # the sign of fewer orders tells little: the error is then half of the move of one of them or more
SOURCE = "mean signed move of the mid after a market order (Bouchaud et al. 2004); moving-block bootstrap"


def estimate_response(stretches: Sequence[Stretch], *, level: float = LEVEL, seed: int = SEED) -> Fitted:
    """Return R(10 s), bps, and the curve from 10 ms on; as `estimate_volatility`.

    `n` counts the market orders whose move over 10 s is known.
    """
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return Fitted(refused(RESPONSE_10S, short, SOURCE, stretches), no_curve(NAME, UNITS[RESPONSE_10S], level))
    block_s = block_seconds(stretches, BLOCK_S)
    lags = LAGS_S[block_s >= BLOCKS_OVER_LAG * LAGS_S]
    bins = [signed_moves(stretch, lags, block_s) for stretch in stretches]
    place = int(np.flatnonzero(lags == READ_AT_S)[0])
    n = int(sum(sums[:, len(lags) + place].sum() for sums in bins))
    if n < LEAST_SWEEPS:
        why = f"{n} market orders, at least {LEAST_SWEEPS} are needed"
        return Fitted(refused(RESPONSE_10S, why, SOURCE, stretches), no_curve(NAME, UNITS[RESPONSE_10S], level))
    resampled = block_bootstrap(bins, ratio, seed=seed)
    parameter = accepted(RESPONSE_10S, resampled.linear(level, n, place), SOURCE, stretches)
    return Fitted(parameter, banded(NAME, UNITS[RESPONSE_10S], lags, resampled, level, n))


def signed_moves(stretch: Stretch, lags_s: FloatArray, block_s: float) -> FloatArray:
    """Return per bin: signed moves of the mid in bps at each lag, and how many of each there are: (bins, 2 lags)."""
    sweeps = sweeps_of(stretch)
    due = sweeps.ns[:, None] + np.rint(lags_s * NS_PER_S).astype(np.int64)
    later = last_known(stretch.quote_ns, stretch.mid, due)
    known = due <= stretch.end_ns
    moves = BPS * sweeps.sign[:, None] * (later / sweeps.mid[:, None] - 1.0)
    rows = np.concatenate((np.where(known, moves, 0.0), known), axis=1)
    return binned(stretch, sweeps.ns, rows, block_s)
