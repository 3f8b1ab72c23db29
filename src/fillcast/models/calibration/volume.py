"""Volume traded in a second, both sides: the rate against which participation is counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import NS_PER_S
from fillcast.models.calibration.blocks import SEED, bin_edges, binned, block_bootstrap, block_seconds, ratio
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import VOLUME_RATE
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.estimate import LEVEL

FloatArray = NDArray[np.float64]

BLOCK_S = 20.0  # bursts of trading last seconds; slower swings are covered as blocks grow with the data
LEAST_S = 120.0  # six such blocks
SOURCE = "volume of all trades over time; moving-block bootstrap"


def estimate_volume_rate(stretches: Sequence[Stretch], *, level: float = LEVEL, seed: int = SEED) -> Parameter:
    """Return base units traded in a second; as `estimate_volatility`. `n` counts trades.

    The rate has a daily course: it is that of the window, not of a day.
    """
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return refused(VOLUME_RATE, short, SOURCE, stretches)
    trades = sum(len(stretch.trade_ns) for stretch in stretches)
    block_s = block_seconds(stretches, BLOCK_S)
    rate = block_bootstrap([_volumes(stretch, block_s) for stretch in stretches], ratio, seed=seed)
    if not rate.value[0] > 0:
        return refused(VOLUME_RATE, "no trade", SOURCE, stretches)
    return accepted(VOLUME_RATE, rate.positive(level, trades), SOURCE, stretches)


def _volumes(stretch: Stretch, block_s: float) -> FloatArray:
    """Return per bin: base units and seconds."""
    volumes = binned(stretch, stretch.trade_ns, stretch.trade_base[:, None], block_s)
    seconds = np.diff(bin_edges(stretch, block_s)) / NS_PER_S
    return np.column_stack((volumes, seconds))
