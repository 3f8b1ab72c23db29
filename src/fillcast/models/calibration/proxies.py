"""Proxy metaorders of all stretches with what is regressed: their size, the move of the mid, what others traded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import NS_PER_S
from fillcast.errors import ParameterError
from fillcast.models.calibration.flow_memory import FlowMemory, flow_memory
from fillcast.models.calibration.metaorders import (
    Metaorders,
    Orders,
    drawn_owners,
    market_orders,
    metaorders_of,
    shares,
)
from fillcast.models.calibration.stretch import Stretch

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """One stretch, its market orders and the memory of their flow."""

    stretch: Stretch
    orders: Orders
    memory: FlowMemory

    def log_mid(self, moments: FloatArray) -> FloatArray:
        """Return the log of the mid that held just before each moment, s since the stretch began; NaN before any."""
        times = self.stretch.start_ns + np.rint(moments * NS_PER_S).astype(np.int64)
        logs: FloatArray = np.log(self.stretch.mid_at(times))
        return logs

    def moves(self, metaorders: Metaorders, until: FloatArray) -> FloatArray:
        """Return the move of the log mid from each start to `until`, signed by the metaorder."""
        moved: FloatArray = metaorders.sign * (self.log_mid(until) - self.log_mid(metaorders.start))
        return moved


@dataclass(frozen=True, slots=True)
class Assignment:
    """How orders are given to traders.

    Attributes
    ----------
    traders, power
        N and the power of the participation law, `metaorders.shares`.
    draws
        How often all orders are given out anew.
    seed
        Of the draws.
    """

    traders: int
    power: float
    draws: int
    seed: int


def tapes_of(stretches: Sequence[Stretch]) -> list[Tape]:
    """Return the stretches that have trades and quotes; the constants of their memories are the same."""
    used = [stretch for stretch in stretches if len(stretch.trade_ns) and len(stretch.quote_ns)]
    orders = [market_orders(stretch) for stretch in used]
    count = sum(len(of_one.times) for of_one in orders)
    gap_s = sum(stretch.seconds for stretch in used) / max(count, 1)
    if not gap_s > 0.0:
        return []
    return [Tape(stretch, each, flow_memory(each, gap_s)) for stretch, each in zip(used, orders, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The metaorders of one draw in one stretch, and what is regressed.

    Attributes
    ----------
    tape, place, draw
        The stretch, its place among all, and which assignment.
    metaorders
        Those with a mid before them.
    move
        (m,) of the log mid, in the metaorder's direction, from its start to its end.
    others
        (m, j) what all other orders traded meanwhile, `FlowMemory.others`.
    weights
        (m,) one over the usual duration, 1 / s.
    """

    tape: Tape
    place: int
    draw: int
    metaorders: Metaorders
    move: FloatArray
    others: FloatArray
    weights: FloatArray


def runs_of(
    tapes: Sequence[Tape], assignment: Assignment, least_children: int, owners: Sequence[IntArray] | None
) -> list[Run]:
    """Return the metaorders of every stretch and draw; of one draw where the traders are known.

    Parameters
    ----------
    tapes
        All stretches.
    assignment
        How orders are given out.
    least_children
        Shorter runs are left out.
    owners
        The trader of each market order of each tape, where they are known.
    """
    if owners is not None and len(owners) != len(tapes):
        raise ParameterError(f"owners must name the traders of {len(tapes)} stretches, not of {len(owners)}")
    runs = []
    for place, tape in enumerate(tapes):
        for draw, drawn in enumerate(_owners(tape, place, assignment, owners)):
            found = metaorders_of(tape.orders, drawn, least_children=least_children, end_s=tape.stretch.seconds)
            first_quote = (tape.stretch.quote_ns[0] - tape.stretch.start_ns) / NS_PER_S
            metaorders = found.kept(found.start > first_quote)
            others = tape.memory.others(metaorders, metaorders.end)
            move, weights = tape.moves(metaorders, metaorders.end), 1.0 / metaorders.usual_s
            runs.append(Run(tape, place, draw, metaorders, move, others, weights))
    return runs


def _owners(tape: Tape, place: int, assignment: Assignment, owners: Sequence[IntArray] | None) -> Iterator[IntArray]:
    if owners is not None:
        yield owners[place]
        return
    parts = shares(assignment.traders, assignment.power)
    for draw in range(assignment.draws):
        yield drawn_owners(len(tape.orders.times), parts, assignment.seed, place * assignment.draws + draw)
