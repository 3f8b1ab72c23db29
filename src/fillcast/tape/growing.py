"""Rows whose number is not known beforehand, in arrays and not in objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.int64, np.float64)

FIRST_ROWS = 256  # of a recording of a thousand symbols most stay this short


class Growing(Generic[Number]):
    """Rows of one width, appended one at a time to a preallocated array that is doubled when it is full.

    Attributes
    ----------
    count
        Rows appended so far.
    """

    __slots__ = ("_rows", "count")

    def __init__(self, width: int, kind: type[Number]) -> None:
        self._rows: NDArray[Number] = np.empty((FIRST_ROWS, width), kind)
        self.count = 0

    def append(self, row: Sequence[float] | NDArray[Number]) -> None:
        """Add one row."""
        if self.count == len(self._rows):
            grown = np.empty((2 * self.count, self._rows.shape[1]), self._rows.dtype)
            grown[: self.count] = self._rows
            self._rows = grown
        self._rows[self.count] = row
        self.count += 1

    def taken(self) -> NDArray[Number]:
        """Return (rows, width) what was appended, as an array of its own that nothing writes to."""
        rows = self._rows[: self.count].copy()
        rows.flags.writeable = False
        return rows
