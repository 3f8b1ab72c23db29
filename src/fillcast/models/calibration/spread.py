"""Half the quoted spread, averaged over time: epsilon of Almgren and Chriss, without fees.

`1e4 (ask - bid) / (2 mid)`, each quote weighted by how long it held, from the first quote of a stretch to its end. It
is what a small market order pays against the mid at a moment picked without regard to the spread; traders who wait
for a narrow one pay less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.models.calibration.blocks import SEED, bin_edges, block_bootstrap, block_seconds, ratio
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import HALF_SPREAD
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.estimate import LEVEL

FloatArray = NDArray[np.float64]

BLOCK_S = 10.0  # a spread that opened has mostly closed again: depth refills within seconds
LEAST_S = 60.0  # six such blocks
SOURCE = "time-weighted quoted half-spread; moving-block bootstrap"


def estimate_half_spread(stretches: Sequence[Stretch], *, level: float = LEVEL, seed: int = SEED) -> Parameter:
    """Return the half-spread, bps of the mid; as `estimate_volatility`. `n` counts quotes."""
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return refused(HALF_SPREAD, short, SOURCE, stretches)
    block_s = block_seconds(stretches, BLOCK_S)
    bins = [_weighted(stretch, block_s) for stretch in stretches if len(stretch.quote_ns)]
    if not bins:
        return refused(HALF_SPREAD, "no quote", SOURCE, stretches)
    quotes = sum(len(stretch.quote_ns) for stretch in stretches)
    half = block_bootstrap(bins, ratio, seed=seed)
    if not half.value[0] > 0:
        return refused(HALF_SPREAD, f"{quotes} quotes without a spread", SOURCE, stretches)
    return accepted(HALF_SPREAD, half.positive(level, quotes), SOURCE, stretches)


def _weighted(stretch: Stretch, block_s: float) -> FloatArray:
    """Return per bin: the half-spread times the seconds that it held, and the seconds."""
    half = BPS * (stretch.ask - stretch.bid) / (2.0 * stretch.mid)
    since = (np.append(stretch.quote_ns, stretch.end_ns) - stretch.start_ns) / NS_PER_S
    running = np.concatenate(([0.0], np.cumsum(half * np.diff(since))))
    edges = (bin_edges(stretch, block_s) - stretch.start_ns) / NS_PER_S
    known = np.maximum(edges, since[0])
    return np.stack((np.diff(np.interp(known, since, running)), np.diff(known)), axis=1)
