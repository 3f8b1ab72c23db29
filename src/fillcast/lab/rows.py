"""Levels as text in a venue's own spelling, where it is not `["price","size"]`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fillcast.lab.encode_kernels import Bytes, write_rows
from fillcast.lab.engine_kernels import Int64Array

NUMBER_BYTES = 42  # two int64 of 19 digits, a point and a zero before it each


class RowWriter:
    """Writes rows of `head price middle size tail`, with commas between.

    Parameters
    ----------
    form
        The text form, see `fillcast.lab.encode_kernels`.
    middle, tail
        What stands between price and size, and after the size.
    """

    def __init__(self, form: Int64Array, middle: bytes, tail: bytes) -> None:
        self._form = form
        self._middle, self._tail = _writable(middle), _writable(tail)
        self._out = np.zeros(0, np.uint8)

    def write(self, heads: Bytes, view: Int64Array, count: int) -> bytes:
        """Return the rows of a view; the mark of each says which of the heads it begins with."""
        most = count * (heads.shape[1] + len(self._middle) + len(self._tail) + NUMBER_BYTES + 1)
        if most > len(self._out):
            self._out = np.zeros(2 * most, np.uint8)
        end = write_rows(self._out, 0, view, count, self._form, heads, self._middle, self._tail)
        return self._out[:end].tobytes()


def head_lines(heads: Sequence[bytes]) -> Bytes:
    """Return heads as the lines of one array, filled up with zeros."""
    width = max(map(len, heads))
    return np.frombuffer(bytearray(b"".join(head.ljust(width, b"\0") for head in heads)), np.uint8).reshape(-1, width)


def _writable(text: bytes) -> Bytes:
    return np.frombuffer(bytearray(text), np.uint8)
