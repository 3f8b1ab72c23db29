"""What the rest of the market traded while a metaorder ran, in a form that a linear regression can take out.

Each market order adds sign * sqrt(base) to sums that fade with `SCALES` time constants and to one that never fades.
Their change over the life of a metaorder, less what its own children added, spans the impact of all other orders for
any kernel that is a mixture of these constants: a power law from half a gap between orders to thousands of gaps is one
within a few per cent. The child's square root is that of Maitrier, Loeper, Kanazawa and Bouchaud, arXiv:2502.16246
(2025); for a market where children act otherwise these sums are a proxy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.flow_memory_kernels import fading_sums
from fillcast.models.calibration.metaorders import Metaorders, Orders

FloatArray = NDArray[np.float64]

SCALES = 8  # time constants
FASTEST = 0.5  # the first, in mean gaps between market orders
RATIO = 4.0  # of each to the one before: the last is 8192 mean gaps
SIZE_POWER = 0.5  # of a child's base units


@dataclass(frozen=True, slots=True, eq=False)
class FlowMemory:
    """Fading sums of the flow of one stretch.

    Attributes
    ----------
    times
        (n,) s since the stretch began.
    flow
        (n,) sign * sqrt(base) of each order.
    rates
        (SCALES + 1,) 1 / s, the last 0.
    sums
        (n, SCALES + 1) just after each order.
    """

    times: FloatArray
    flow: FloatArray
    rates: FloatArray
    sums: FloatArray

    def before(self, moments: FloatArray) -> FloatArray:
        """Return the sums just before each moment, (m, SCALES + 1)."""
        place = np.searchsorted(self.times, moments, side="left") - 1
        known = np.maximum(place, 0)
        faded = self.sums[known] * np.exp(-np.outer(moments - self.times[known], self.rates))
        faded[place < 0] = 0.0
        return faded

    def others(self, metaorders: Metaorders, until: FloatArray) -> FloatArray:
        """Return by how much all other orders moved the sums from each start to `until`, (m, SCALES + 1).

        Signed by the metaorder: positive where the rest of the market traded its way.
        """
        moved = self.before(until) - self.before(metaorders.start)
        if len(metaorders):
            age = until[metaorders.metaorder] - self.times[metaorders.child]
            own = np.exp(-np.outer(np.maximum(age, 0.0), self.rates))
            own *= np.where(age > 0.0, self.flow[metaorders.child], 0.0)[:, None]
            moved -= np.add.reduceat(own, np.cumsum(metaorders.children) - metaorders.children, axis=0)
        others: FloatArray = moved * metaorders.sign[:, None]
        return others


def flow_memory(orders: Orders, gap_s: float) -> FlowMemory:
    """Return the fading sums of a stretch.

    Parameters
    ----------
    orders
        Of the stretch.
    gap_s
        Mean time between market orders of the instrument, > 0: the unit of the time constants, the same for all its
        stretches.
    """
    rates = np.append(1.0 / (FASTEST * gap_s * RATIO ** np.arange(SCALES)), 0.0)
    flow = orders.signs * orders.base**SIZE_POWER
    sums = np.empty((len(flow), len(rates)))
    fading_sums(orders.times, flow, rates, sums)
    return FlowMemory(orders.times, flow, rates, sums)
