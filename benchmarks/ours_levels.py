"""fillcast's own book, fed with level updates that are already in arrays."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.contestant import Cost
from benchmarks.workloads import Levels
from fillcast.core.book import Book
from fillcast.core.events import LOTS, ROW_COLUMNS, SIDE, TICKS
from fillcast.core.instrument import Instrument
from fillcast.core.ladder_kernels import apply_message, apply_rows
from fillcast.core.state import BookState
from fillcast.core.walk_kernels import cost_both


@numba.njit("void(int64[::1], int64[:, ::1], int64[::1], int64, float64[:, ::1])", nogil=True, error_model="numpy")
def replay(row, rows, offsets, size_lots, costs):  # type: ignore[no-untyped-def]
    """Every message, both walks after each."""
    for message in range(len(offsets) - 1):
        apply_rows(row, rows, offsets[message], offsets[message + 1])
        bought, paid, sold, received = cost_both(row, size_lots)
        costs[message, 0] = bought
        costs[message, 1] = paid
        costs[message, 2] = sold
        costs[message, 3] = received


class OursLevels:
    label: ClassVar[str] = "fillcast"

    def __init__(self, levels: Levels) -> None:
        instrument = Instrument(
            "lab", "LEVELS", "BASE", "QUOTE", Decimal(1), Decimal(1)
        )  # one tick is one, and so is one lot
        self._book = Book(instrument)
        self._book.state = BookState.LIVE
        self._rows = np.zeros((len(levels.ticks), ROW_COLUMNS), np.int64)
        self._rows[:, SIDE], self._rows[:, TICKS], self._rows[:, LOTS] = (
            levels.side,
            levels.ticks,
            levels.lots,
        )
        self._offsets = levels.offsets
        self._bounds = levels.offsets.tolist()
        self._size_lots = levels.size_lots

    @property
    def nbytes(self) -> int:
        return self._book.nbytes

    def step(self, message: int) -> Cost:
        row = self._book.row
        apply_message(row, self._rows, self._bounds[message], self._bounds[message + 1])
        return self._book.cost_both(self._size_lots)

    def replay(self, costs: NDArray[np.float64]) -> None:
        replay(self._book.row, self._rows, self._offsets, self._size_lots, costs)


LEVEL_BOOK = OursLevels
