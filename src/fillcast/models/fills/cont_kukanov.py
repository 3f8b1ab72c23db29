"""How much of an order to leave as a limit order and how much to take now: Cont and Kukanov, one venue.

Of a size S, L rests behind a queue Q and M = S - L takes at once; within the horizon the limit order fills by A(L) =
min(max(xi - Q, 0), L) for an outflow xi with distribution F, and what is left is taken at the end. Against the mid,

    cost(L) = (S - L)(h + f) - (h + r) E[A] + (l_u + theta)(L - E[A]) + theta S

with half-spread h, taker fee f, maker rebate r (negative: a fee), penalty l_u per unit not filled (what taking it later
costs: its half-spread, fee and the drift until then) and linear impact theta on all that is sent. The minimum is at

    L* = F^-1((2 h + f + r) / (l_u + h + r + theta)) - Q    clipped to [0, S]

Source: "Optimal order placement in limit order markets", Quantitative Finance 17(1) 21-39 (2017), arXiv 1210.1625,
proposition on a single exchange. Valid for one horizon and one level; where the price may leave first, l_u must carry
the cost of following it. (h + r) E[A] counts the spread earned and no adverse selection: `mix` charges that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, not_negative, positive
from fillcast.models.fills.outflow import Outflow

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Split:
    """The best split, base units, with what it is expected to do; arrays of the shape of the sizes asked.

    Attributes
    ----------
    limit, market
        L* and M*; their sum is the size.
    expected_fill
        E[A(L*)], the part that fills as maker within the horizon.
    maker_share
        The same over the size, in [0, 1].
    expected_cost
        cost(L*) in quote currency, against the mid.
    """

    limit: FloatArray
    market: FloatArray
    expected_fill: FloatArray
    maker_share: FloatArray
    expected_cost: FloatArray


@dataclass(frozen=True, slots=True)
class SplitModel:
    """The costs of one venue; all in quote currency per base unit.

    Attributes
    ----------
    half_spread
        h >= 0.
    rebate
        r, what a maker is paid; negative for a maker fee.
    taker_fee
        f; negative for a rebate.
    penalty
        l_u >= 0, per unit not filled at the end of the horizon.
    impact
        theta >= 0, per unit sent.
    outflow
        F over the horizon.
    """

    half_spread: float
    rebate: float
    taker_fee: float
    penalty: float
    impact: float
    outflow: Outflow

    def __post_init__(self) -> None:
        not_negative("half_spread", self.half_spread)
        finite("rebate", self.rebate)
        finite("taker_fee", self.taker_fee)
        not_negative("penalty", self.penalty)
        not_negative("impact", self.impact)

    def cost(self, limit: ArrayLike, size: ArrayLike, queue: ArrayLike) -> FloatArray:
        """Return cost(L) in quote currency.

        Parameters
        ----------
        limit
            L, base units from 0 to the size.
        size, queue
            S > 0 and Q >= 0, base units; all three broadcast together.
        """
        positive("size", size)
        not_negative("limit", limit)
        whole, resting = np.asarray(size, dtype=np.float64), np.asarray(limit, dtype=np.float64)
        not_negative("market", whole - resting)
        fill = self.outflow.expected_fill(queue, resting)
        taken = (whole - resting) * (self.half_spread + self.taker_fee)
        earned = (self.half_spread + self.rebate) * fill
        late = (self.penalty + self.impact) * (resting - fill)
        cost: FloatArray = taken - earned + late + self.impact * whole
        return cost

    def split(self, size: ArrayLike, queue: ArrayLike) -> Split:
        """Return the split of least expected cost for each size and queue; parameters as for `cost`.

        Where a filled limit order costs so much more than one that does not fill that the cost is not convex (l_u + h +
        r + theta <= 0, a very large maker fee), the better of all limit and all market is taken.
        """
        positive("size", size)
        not_negative("queue", queue)
        whole, ahead = np.broadcast_arrays(np.asarray(size, dtype=np.float64), np.asarray(queue, dtype=np.float64))
        saved = 2.0 * self.half_spread + self.taker_fee + self.rebate
        lost = self.penalty + self.half_spread + self.rebate + self.impact
        if lost > 0.0:
            share = saved / lost
            reach = math.inf if share > 1.0 else self.outflow.quantile(max(share, 0.0))
            limit = np.minimum(np.maximum(reach - ahead, 0.0), whole)
        else:
            all_limit = self.cost(whole, whole, ahead) < self.cost(0.0, whole, ahead)
            limit = np.where(all_limit, whole, 0.0)
        fill = self.outflow.expected_fill(ahead, limit)
        return Split(
            limit=np.asarray(limit),
            market=np.asarray(whole - limit),
            expected_fill=fill,
            maker_share=np.asarray(fill / whole),
            expected_cost=self.cost(limit, whole, ahead),
        )
