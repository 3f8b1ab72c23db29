"""Arrays that grow."""

from __future__ import annotations

import numpy as np
import pytest

from fillcast.tape.growing import FIRST_ROWS, Growing


@pytest.mark.parametrize("count", [0, 1, FIRST_ROWS, FIRST_ROWS + 1, 5 * FIRST_ROWS])
def test_rows_come_back_as_they_were_appended(count):
    rows = Growing(2, np.int64)
    for number in range(count):
        rows.append((number, -number))
    taken = rows.taken()
    assert taken.shape == (count, 2)
    assert taken.dtype == np.int64
    assert np.array_equal(taken, np.column_stack((np.arange(count), -np.arange(count))))


def test_what_was_taken_does_not_change_with_what_comes_later():
    rows = Growing(1, np.float64)
    rows.append((1.5,))
    taken = rows.taken()
    rows.append((2.5,))
    assert taken.tolist() == [[1.5]]
    with pytest.raises(ValueError, match="read-only"):
        taken[0, 0] = 7.0
