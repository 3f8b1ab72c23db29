"""Slippage for a backtest: what an order pays in the caller's own books, as they stood when it arrives.

An order meets the last snapshot that is not after it, and never a later one. Where there is none yet, where it is too
old, or where one of its sides is empty, there is no price: `NotLiveError`, as for a live book that is not proven
right. Where the order is larger than what is shown the answer says what is unfilled, unless the caller states a prior
for the rest; then the answer names the prior's origin, and the rest of Q beyond the F that is shown pays

    max(the worst price shown, m (1 + s h + s (Q I(Q) - F I(F)) / (Q - F)))

for a buy, min for a sell, with I the law's cost per unit, s the side, m the mid and h the half-spread of the snapshot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fillcast.core.state import Proof
from fillcast.core.units import BPS, NS_PER_S
from fillcast.errors import NotLiveError, ParameterError, UsageError
from fillcast.forecast.components import on_common_grid
from fillcast.forecast.snapshot_cost import SnapshotCost, check_fee, check_sizes, price_rows, read_side
from fillcast.forecast.snapshots import Snapshots, instant
from fillcast.models.impact.square_root import SquareRootLaw


@dataclass(frozen=True, slots=True)
class LabelledPrior:
    """A square-root law for what lies beyond the levels shown, and where its numbers come from.

    Attributes
    ----------
    law
        Its price is not used: a move is a fraction of the snapshot's mid.
    origin
        Said in every answer that rests on it: source, market and date of its parameters.
    """

    law: SquareRootLaw
    origin: str

    def __post_init__(self) -> None:
        if not self.origin.strip():
            raise UsageError("a prior needs its origin: where do its parameters come from?")


@dataclass(frozen=True, slots=True)
class BacktestFill:
    """What one order pays. Positive costs are paid; bps of the snapshot's mid.

    Attributes
    ----------
    side
        +1 buy, -1 sell.
    filled, unfilled, from_prior
        Base units: filled in all, not shown and so not filled, and the part of `filled` that a prior priced.
    average_price, all_in_price, mid
        Quote currency per base unit, without and with the fee.
    half_spread_bps, slippage_bps, fee_bps, net_bps
        The three parts add up to net exactly.
    index, age_s
        The snapshot that was met, and how old it was; None without times.
    proof
        What proves the book: the caller.
    origin
        In words, what the price rests on.
    """

    side: int
    filled: float
    unfilled: float
    from_prior: float
    average_price: float
    all_in_price: float
    mid: float
    half_spread_bps: float
    slippage_bps: float
    fee_bps: float
    net_bps: float
    index: int
    age_s: float | None
    proof: Proof
    origin: str


@dataclass(frozen=True, slots=True)
class SlippageModel:
    """Call it with (side, size, at); made by `slippage_model`, which explains the attributes."""

    snapshots: Snapshots
    fee_bps: float
    max_age_s: float | None
    beyond: LabelledPrior | None

    def __call__(self, side: str | int, size: float, at: object) -> BacktestFill:
        """Return what a market order pays.

        Parameters
        ----------
        side
            "buy" or "sell", or +1 or -1.
        size
            Base units > 0, rounded to the instrument's lot by the caller.
        at
            When the order reaches the venue, its latency added by the caller: nanoseconds UTC or datetime64. The
            index of a snapshot where the snapshots have no times.

        Raises
        ------
        NotLiveError
            When no snapshot can price it at that moment; says why.
        SizeError, UsageError, ParameterError
            For a size, side or moment that cannot be used, or a prior that would move the price below 0.
        """
        sign = read_side(side)
        wanted = np.full((1, 1), size, dtype=np.float64)
        check_sizes(wanted)
        index, age_s = self.as_of(instant(at))
        found = price_rows(self.snapshots, slice(index, index + 1), wanted, sign, self.fee_bps, "mid")
        if np.isnan(found.filled[0, 0]):
            raise NotLiveError(f"snapshot {index} has no mid: one of its sides is empty")
        return self._fill(found, index, age_s)

    def as_of(self, at: int) -> tuple[int, float | None]:
        """Return the index of the last snapshot that is not after `at`, and its age in seconds."""
        times = self.snapshots.times
        if times is None:
            if not 0 <= at < len(self.snapshots):
                raise ParameterError(f"at must be the index of one of {len(self.snapshots)} snapshots, not {at}")
            return at, None
        index = int(np.searchsorted(times, at, side="right")) - 1
        if index < 0:
            raise NotLiveError(f"no snapshot is as old as {at} ns; the first is of {times[0]} ns, and that is later")
        age_s = (at - int(times[index])) / NS_PER_S
        if self.max_age_s is not None and age_s > self.max_age_s:
            raise NotLiveError(f"snapshot {index} is {age_s} s old at {at} ns; {self.max_age_s:g} s are allowed")
        return index, age_s

    def _fill(self, found: SnapshotCost, index: int, age_s: float | None) -> BacktestFill:
        side, mid = found.side, float(found.reference_price[0, 0])
        filled, unfilled = float(found.filled[0, 0]), float(found.unfilled[0, 0])
        average = float(found.average_price[0, 0])
        half_spread, slippage, fee = (
            float(part[0, 0]) for part in (found.half_spread_bps, found.slippage_bps, found.fee_bps)
        )
        origin, from_prior = f"walk of snapshot {index}, proof: {found.proof}", 0.0
        if unfilled and self.beyond is not None:
            rest = self._price_beyond(self.beyond, found, index)
            origin = f"{origin}, for {filled:g}; then {self.beyond.origin}, for {unfilled:g}"
            filled, from_prior, unfilled, shown = filled + unfilled, unfilled, 0.0, filled
            average = (shown * average + from_prior * rest) / filled
            walked = BPS * side * (average - mid) / mid
            half_spread, slippage, fee = on_common_grid(
                (half_spread, walked - half_spread, self.fee_bps * average / mid)
            )
        return BacktestFill(
            side,
            filled,
            unfilled,
            from_prior,
            average,
            average + side * fee * mid / BPS,
            mid,
            half_spread,
            slippage,
            fee,
            half_spread + slippage + fee,
            index,
            age_s,
            found.proof,
            origin,
        )

    def _price_beyond(self, prior: LabelledPrior, found: SnapshotCost, index: int) -> float:
        """Return the average price of the part of an order that is not shown."""
        prices = self.snapshots.taken_from(found.side)[0][index]
        worst = float(prices[~np.isnan(prices)][-1])
        shown, total = float(found.filled[0, 0]), float(found.filled[0, 0] + found.unfilled[0, 0])
        moved = (total * float(prior.law.average(total)) - shown * float(prior.law.average(shown))) / (total - shown)
        half_spread = float(found.half_spread_bps[0, 0]) / BPS
        price = float(found.reference_price[0, 0]) * (1 + found.side * (half_spread + moved))
        if price <= 0:
            raise ParameterError(
                f"the prior would move the price below 0 for {total:g} base units: it is not for those"
            )
        return max(price, worst) if found.side > 0 else min(price, worst)


def slippage_model(
    snapshots: Snapshots,
    *,
    fee_bps: float,
    max_age_s: float | None = None,
    beyond: LabelledPrior | None = None,
) -> SlippageModel:
    """Return a callable for a backtest: `model("buy", 2.5, at).all_in_price`.

    Parameters
    ----------
    snapshots
        The caller's books of one instrument, with times or without.
    fee_bps
        Taker fee in bps of the traded value; negative for a rebate.
    max_age_s
        How old a snapshot may be when an order meets it, >= 0; `math.inf` for any age. Stated exactly where the
        snapshots have times.
    beyond
        Prices what is larger than the levels shown. Absent: that part stays unfilled.

    Raises
    ------
    UsageError
        For a fee or an age that cannot be used, or an age stated without times or not with them.
    """
    if (max_age_s is None) != (snapshots.times is None):
        wanted = "state max_age_s, math.inf for any" if max_age_s is None else "leave max_age_s out"
        has = "no times" if snapshots.times is None else "times"
        raise UsageError(f"the snapshots have {has}: {wanted}")
    if max_age_s is not None and (math.isnan(max_age_s) or max_age_s < 0):
        raise UsageError(f"max_age_s must be a number of seconds >= 0, not {max_age_s}")
    return SlippageModel(snapshots, check_fee(fee_bps), max_age_s, beyond)
