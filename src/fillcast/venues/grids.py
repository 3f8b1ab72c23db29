"""Grids finer than the ones a venue lists: its levels may rest where its metadata says that no order may."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from fillcast.core.decimals import Grid
from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import MOST_DECIMALS

# Digits by which levels may be finer than listed. 3 were seen (sizes of 1e-8 on a step of 1e-5). Digits beyond are no
# reason to make a grid so fine that it would not hold the market's ordinary levels any more.
MOST_FINER: Final = 6

Decimals = tuple[int, int]  # digits after the point, of prices and of sizes


def same_grids(one: Instrument, other: Instrument) -> bool:
    """Whether two instruments count prices and sizes alike."""
    return (one.price_grid, one.size_grid) == (other.price_grid, other.size_grid)


def has_digits(instrument: Instrument, seen: Decimals) -> bool:
    """Whether the grids of an instrument have so many digits after the point."""
    return seen[0] <= instrument.price_grid.decimals and seen[1] <= instrument.size_grid.decimals


def is_in_reach(found: Instrument, listed: Instrument) -> bool:
    """Whether new grids are at most `MOST_FINER` digits finer than those that were listed."""
    return (
        found.price_grid.decimals <= listed.price_grid.decimals + MOST_FINER
        and found.size_grid.decimals <= listed.size_grid.decimals + MOST_FINER
    )


def finer(listed: Instrument, seen: Decimals) -> Instrument:
    """Return an instrument on powers of ten that hold the digits seen, as far as `MOST_FINER` allows.

    Orders keep the venue's own step.
    """
    tick = Decimal(1).scaleb(-_digits(listed.price_grid, seen[0]))
    lot = Decimal(1).scaleb(-_digits(listed.size_grid, seen[1]))
    return replace(listed, tick=tick, lot=lot, order_lots=int(listed.lot * listed.order_lots / lot))


def _digits(grid: Grid, seen: int) -> int:
    return min(max(seen, grid.decimals), grid.decimals + MOST_FINER, MOST_DECIMALS)
