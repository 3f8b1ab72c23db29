"""What part of an order is expected to fill as maker, what it then pays, and how likely it is to fill in time.

    maker share  ms = E[min(max(xi - Q, 0), L)] / S
    fee          taker x (1 - ms) + maker x ms
    cost         ms (-h + a) + (1 - ms) h + fee

for a limit order of L out of a size S, behind Q, with outflow xi in the horizon, half-spread h and adverse selection a;
what does not fill in time is taken at the end, at the spread of then. The maker part always carries its markout: there
is no way to ask for this result without one. Source of the share: Cont and Kukanov (see `cont_kukanov`).
"""

from __future__ import annotations

from dataclasses import dataclass

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, fraction, not_negative, positive
from fillcast.models.estimate import LEVEL, Estimate
from fillcast.models.fills.markout import Markout, maker_fill_cost_bps
from fillcast.models.fills.outflow import Outflow


@dataclass(frozen=True, slots=True)
class MakerTakerMix:
    """One order's expected mix. Costs in bps of the traded value against the mid, positive: bad.

    Attributes
    ----------
    maker_share
        Expected part of the whole order that fills as maker within the horizon, in [0, 1].
    fee_bps
        Expected fee over the whole order.
    fill_probability
        P(all of the limit part fills within the horizon), in [0, 1]; 1 where there is no limit part.
    maker_cost_bps
        Cost of what fills as maker: fee and adverse selection less the half-spread.
    cost_bps
        Expected spread, adverse selection and fee over the whole order.
    """

    maker_share: Estimate
    fee_bps: Estimate
    fill_probability: Estimate
    maker_cost_bps: Estimate
    cost_bps: Estimate


def maker_taker_mix(
    *,
    size: float,
    limit: float,
    queue: float,
    outflow: Outflow,
    maker_fee_bps: float,
    taker_fee_bps: float,
    half_spread_bps: float,
    markout: Markout,
    fill_probability: Estimate | None = None,
    level: float = LEVEL,
) -> MakerTakerMix:
    """Return the mix.

    Parameters
    ----------
    size, limit
        The order S > 0 and the part L of it that rests, in [0, S]; base units.
    queue
        Size ahead of it, base units, >= 0.
    outflow
        Distribution of what leaves the front of the queue in the horizon.
    maker_fee_bps, taker_fee_bps
        Negative: a rebate.
    half_spread_bps
        >= 0.
    markout
        Adverse selection after maker fills; it must be calibrated.
    fill_probability
        From another model of the same order and horizon (hazard, logistic); None: from the outflow.
    level
        Of the intervals. The interval of the cost holds where share and markout both lie in theirs: it is no narrower
        than the level says.

    Raises
    ------
    ParameterError
        For parameters that are not such, and for a markout that is not calibrated.
    """
    positive("size", size)
    not_negative("limit", limit)
    not_negative("queue", queue)
    not_negative("half_spread_bps", half_spread_bps)
    finite("maker_fee_bps", maker_fee_bps)
    finite("taker_fee_bps", taker_fee_bps)
    if limit > size:
        raise ParameterError(f"limit must be at most the size {size!r}, not {limit!r}")
    maker = maker_fill_cost_bps(half_spread_bps, maker_fee_bps, markout)
    share = outflow.fill_estimate(queue, limit, level).scaled(1.0 / size)
    fraction("maker_share", [share.low, share.high])
    if fill_probability is None:
        fill_probability = outflow.probability_estimate(queue, limit, level)
    fraction("fill_probability", [fill_probability.low, fill_probability.high])
    return MakerTakerMix(
        maker_share=share,
        fee_bps=share.scaled(maker_fee_bps - taker_fee_bps, taker_fee_bps),
        fill_probability=fill_probability,
        maker_cost_bps=maker,
        cost_bps=_cost(share, maker, half_spread_bps + taker_fee_bps),
    )


def _cost(share: Estimate, maker: Estimate, taker: float) -> Estimate:
    """Return share x maker + (1 - share) x taker; linear in each, so its ends lie at corners of the two intervals."""
    corners = [
        part * cost + (1.0 - part) * taker for part in (share.low, share.high) for cost in (maker.low, maker.high)
    ]
    value = share.value * maker.value + (1.0 - share.value) * taker
    counts = [estimate.n for estimate in (share, maker) if estimate.n]
    low, high = min(value, *corners), max(value, *corners)
    return Estimate(value, low, high, min(share.level, maker.level), min(counts, default=0))
