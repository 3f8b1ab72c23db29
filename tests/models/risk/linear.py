"""The linear model of Almgren and Chriss (2000), its cost as plain sums, and the plan of their table 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.schedule import Schedule

SIGMA = 0.95
EXPECTED = 911226.986304
DEVIATION = 603430.6688
# lambda = 1e-6 a dollar, five daily slices of a million shares.
PLAN = Schedule(np.array([458044.4456, 252101.3350, 141956.7316, 85755.6862, 62141.8016]), 1.0)


@dataclass(frozen=True)
class Linear:
    permanent: float = 2.5e-7
    fixed: float = 0.0625
    temporary: float = 2.5e-6

    def impact_cost(self, trades: NDArray[np.float64], interval: float) -> NDArray[np.float64]:
        total = trades.sum(axis=-1)
        slope = (self.temporary - self.permanent * interval / 2) / interval
        return np.asarray(
            self.permanent * total**2 / 2 + self.fixed * np.abs(trades).sum(axis=-1) + slope * (trades**2).sum(axis=-1)
        )
