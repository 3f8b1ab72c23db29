"""What market orders of many sizes cost in many books at once.

With s the side, t the touch, m the mid, P the average price of the walk and r the reference, in bps of r:

    half-spread s (t - m) / r,   slippage s (P - t) / r,   fee f P / r,   net their sum

as a forecast splits one order in one book (`docs/forecast.md`), without what needs a clock: no latency, no interval.
Counted from the touch (r = t) the half-spread is left out: such a backtest has paid it in its prices already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fillcast.core.state import Proof
from fillcast.core.units import BPS
from fillcast.core.view import ROUNDING
from fillcast.errors import SizeError, UsageError
from fillcast.forecast.components import GRID_BITS
from fillcast.forecast.order import SIDE_NAMES, SIDES
from fillcast.forecast.snapshot_kernels import (
    AVERAGE,
    COLUMNS,
    FEE,
    FILLED,
    HALF_SPREAD,
    NET,
    SLIPPAGE,
    UNFILLED,
    price_walks,
)
from fillcast.forecast.snapshots import PROOF, FloatArray, Snapshots
from fillcast.models.fees import stated_fee

Reference = Literal["mid", "touch"]


@dataclass(frozen=True, slots=True, eq=False)
class SnapshotCost:
    """Costs of M sizes in S snapshots: float64 (S, M), read-only. Positive: you pay.

    Where a side of a snapshot is empty there is no mid and so no price: its row is NaN throughout.

    Attributes
    ----------
    side
        +1 buy, -1 sell.
    reference, reference_price
        What bps count from: "mid" or "touch", and its price, (S, 1).
    average_price
        Quote currency per base unit filled, without the fee.
    half_spread_bps, slippage_bps, fee_bps, net_bps
        The three parts add up to net exactly, in any order.
    filled, unfilled
        Base units; what is not filled is not shown, and net is for what is filled.
    proof
        What proves the books: the caller.
    """

    side: int
    reference: Reference
    reference_price: FloatArray
    average_price: FloatArray
    half_spread_bps: FloatArray
    slippage_bps: FloatArray
    fee_bps: FloatArray
    net_bps: FloatArray
    filled: FloatArray
    unfilled: FloatArray
    proof: Proof = PROOF

    @property
    def net_quote(self) -> FloatArray:
        """Net in quote currency, (S, M)."""
        amount: FloatArray = self.net_bps * (self.filled * self.reference_price / BPS)
        return amount

    @property
    def all_in_price(self) -> FloatArray:
        """Average price with the fee, (S, M)."""
        price: FloatArray = self.average_price + self.side * self.fee_bps * self.reference_price / BPS
        return price


def cost(
    snapshots: Snapshots,
    sizes: ArrayLike,
    side: str | int,
    *,
    fee_bps: float,
    reference: Reference = "mid",
) -> SnapshotCost:
    """Return what market orders cost: every size in every snapshot, taken at once from what is shown.

    Parameters
    ----------
    sizes
        Base units > 0: (M,), or (S, M) for sizes of each snapshot's own. They are taken as they are: round them down to
        the instrument's lot before.
    side
        "buy" or "sell", or +1 or -1.
    fee_bps
        Taker fee in bps of the traded value; negative for a rebate.
    reference
        Count from the mid, or from the touch, where the half-spread is 0.

    Raises
    ------
    SizeError
        For a size that is not positive and finite, or sizes of another shape.
    UsageError
        For a side, fee or reference that cannot be used.
    """
    wanted = np.atleast_1d(np.asarray(sizes, dtype=np.float64))
    if wanted.ndim > 2 or wanted.size == 0 or (wanted.ndim == 2 and len(wanted) != len(snapshots)):
        raise SizeError(f"sizes must have the shape (M,) or ({len(snapshots)}, M), not {wanted.shape}")
    check_sizes(wanted)
    wanted = np.broadcast_to(wanted, (len(snapshots), wanted.shape[-1]))
    return price_rows(snapshots, slice(None), wanted, read_side(side), check_fee(fee_bps), check_reference(reference))


def price_rows(
    snapshots: Snapshots, rows: slice, wanted: FloatArray, side: int, fee_bps: float, reference: Reference
) -> SnapshotCost:
    """Price checked sizes (rows, M) in some of the snapshots; see `cost`."""
    prices, sizes = (levels[rows] for levels in snapshots.taken_from(side))
    mids = (snapshots.bid_prices[rows, 0] + snapshots.ask_prices[rows, 0]) / 2
    references = mids if reference == "mid" else np.where(np.isnan(mids), np.nan, prices[:, 0])
    out = np.empty((COLUMNS, *wanted.shape))
    price_walks(prices, sizes, mids, references, wanted, side, fee_bps, BPS, ROUNDING, GRID_BITS, out)
    references.flags.writeable = out.flags.writeable = False
    return SnapshotCost(
        side,
        reference,
        references[:, np.newaxis],
        average_price=out[AVERAGE],
        half_spread_bps=out[HALF_SPREAD],
        slippage_bps=out[SLIPPAGE],
        fee_bps=out[FEE],
        net_bps=out[NET],
        filled=out[FILLED],
        unfilled=out[UNFILLED],
    )


def read_side(side: object) -> int:
    """Return +1 for "buy" or +1, -1 for "sell" or -1; `UsageError` for anything else."""
    number = SIDES.get(side.strip().lower()) if isinstance(side, str) else side
    if isinstance(number, int | np.integer) and not isinstance(number, bool) and int(number) in SIDE_NAMES:
        return int(number)
    raise UsageError(f"a side is buy (+1) or sell (-1), not {side!r}")


def check_fee(fee_bps: float) -> float:
    """Return a taker fee as every stated fee is checked."""
    return stated_fee(fee_bps).taker_bps


def check_sizes(sizes: FloatArray) -> None:
    """Raise `SizeError` unless all sizes are positive and finite."""
    wrong = ~(np.isfinite(sizes) & (sizes > 0))
    if wrong.any():
        raise SizeError(f"a size must be a positive finite number of base units, not {sizes[wrong][0]:g}")


def check_reference(reference: str) -> Reference:
    """Return the reference; `UsageError` for anything but "mid" and "touch"."""
    if reference == "mid":
        return "mid"
    if reference == "touch":
        return "touch"
    raise UsageError(f'a reference is "mid" or "touch", not {reference!r}')
