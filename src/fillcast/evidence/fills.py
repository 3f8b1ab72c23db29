"""Fills and queues: the numbers that the models are held to."""

from __future__ import annotations

import math
from collections.abc import Callable

from fillcast.evidence.row import Row
from fillcast.models.estimate import exact
from fillcast.models.fills import (
    ExponentialOutflow,
    LogShare,
    Markout,
    PowerShare,
    QueueTracker,
    RiskAverse,
    SplitModel,
    diffusion_limit,
    maker_taker_mix,
    probability_up,
)
from fillcast.models.fills.cancels import CancelRule

HALF_UNIT_6 = 5e-7  # half a unit of the sixth decimal
HALF_UNIT_8 = 5e-9  # of the eighth
PENALTY = 5e-10  # quote currency per unit, half a unit of the last digit
FEE = 4e-6  # bps: eight times half a unit of the share's last digit
HALVINGS = 60  # of a bracket of penalties, down to rounding
MINIMISER = 1e-6  # the published minimum was found numerically: its last digit, 5, is 4 in the closed form


def rows() -> list[Row]:
    """Return every row of this family, computed now."""
    return [*_queues(), *_next_moves(), *_splits()]


def _queues() -> list[Row]:
    """Join behind 100, the level grows to 150, 20 trade, then depth falls from 150 to 110."""
    cases: list[tuple[str, CancelRule, float | None, float]] = [
        ("power, n = 1", PowerShare(1.0), 0.466667, 69.333333),
        ("logarithm", LogShare(), 0.492390, 69.847791),
        ("risk-averse", RiskAverse(), None, 80.0),
    ]
    found: list[Row] = []
    for name, rule, behind, front in cases:
        model, source = f"L2 queue, {name}", "formulas of hftbacktest 2.x, queue.rs"
        tracker = QueueTracker(rule)
        state = tracker.trade(tracker.depth(tracker.join(100.0, 1.0), 100.0, 150.0), 20.0)
        if behind is not None:
            ours = float(rule.behind(state.front, 150.0 - state.front))
            found.append(Row(model, "P(cancel behind)", source, behind, ours, HALF_UNIT_6, "golden case"))
        ours = float(tracker.depth(state, 150.0, 110.0).front)
        found.append(Row(model, "size ahead", source, front, ours, HALF_UNIT_6, "golden case"))
    return found


def _next_moves() -> list[Row]:
    cases = [((1, 1), 0.5), ((2, 1), 0.69765273), ((1, 2), 0.30234727), ((3, 1), 0.79061091)]
    source = "Cont and de Larrard (2013), SIAM J. Financial Math. 4(1); its Markov chain solved"
    limits = [
        Row(
            "Cont-de Larrard",
            f"P(up) of large queues, {bid} to 1, (2/pi) atan(n/p)",
            "diffusion limit, no correlation",
            2.0 / math.pi * math.atan(bid),
            float(diffusion_limit(float(bid), 1.0)),
            1e-15,
            "recomputed",
        )
        for bid in (2, 3)
    ]
    return limits + [
        Row(
            "Cont-de Larrard",
            f"P(up), {bid} lots bid, {ask} offered",
            source,
            value,
            float(probability_up(bid, ask)),
            HALF_UNIT_8,
            "recomputed",
        )
        for (bid, ask), value in cases
    ]


def _splits() -> list[Row]:
    """Half-spread .02, r .002, f .003, theta .0005, S 1000, Q 2000, outflow exponential with mean 2200."""
    model, source = "Cont-Kukanov", "Cont and Kukanov (2017), arXiv 1210.1625; minimised numerically"
    size, queue = 1000.0, 2000.0
    split = {penalty: _model(penalty).split(size, queue) for penalty in (0.03, 0.05, 0.06)}
    all_limit = _penalty_where(lambda penalty: float(_model(penalty).split(size, queue).market) > 0.0)
    all_market = _penalty_where(lambda penalty: float(_model(penalty).split(size, queue).limit) <= 0.0)
    cases: list[tuple[str, float, float, float]] = [
        ("market order, penalty .03", 0.0, float(split[0.03].market), HALF_UNIT_6),
        ("expected maker fill, penalty .03", 323.754556, float(split[0.03].expected_fill), HALF_UNIT_6),
        ("market order, penalty .05", 867.318775, float(split[0.05].market), MINIMISER),
        ("maker share in percent, penalty .05", 5.1876, 100.0 * float(split[0.05].maker_share), 5e-5),
        ("market order, penalty .06", 1000.0, float(split[0.06].market), HALF_UNIT_6),
        ("largest penalty of a limit order only", 0.037961861, all_limit, PENALTY),
        ("least penalty of a market order only", 0.052863039, all_market, PENALTY),
        ("fee at that share, taker 10, maker 2 bps", 10.0 - 8.0 * 0.051876, _fee_bps(float(split[0.05].limit)), FEE),
    ]
    return [Row(model, quantity, source, value, ours, within, "golden case") for quantity, value, ours, within in cases]


def _model(penalty: float) -> SplitModel:
    return SplitModel(0.02, 0.002, 0.003, penalty, 0.0005, ExponentialOutflow(2200.0))


def _penalty_where(beyond: Callable[[float], bool]) -> float:
    """Return the penalty above which something holds, between 0.03 and 0.06."""
    low, high = 0.03, 0.06
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high


def _fee_bps(limit: float) -> float:
    mix = maker_taker_mix(
        size=1000.0,
        limit=limit,
        queue=2000.0,
        outflow=ExponentialOutflow(2200.0),
        maker_fee_bps=2.0,
        taker_fee_bps=10.0,
        half_spread_bps=1.0,
        markout=Markout(1_000_000_000, exact(0.0)),
    )
    return mix.fee_bps.value
