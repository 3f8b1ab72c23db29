from __future__ import annotations

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.samples import positive_series, same_length, series, whole


def test_a_series_comes_back_as_float64() -> None:
    assert series("x", [1, 2]).dtype == np.float64
    assert positive_series("x", [[1, 2], [3, 4]], 2).shape == (2, 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "x must have at least 1 values, not 0"),
        (3.0, "x must have at least 1 values, not 0"),
        ([1.0, np.nan], "x must be finite, not nan"),
        ([1.0, -np.inf], "x must be finite, not -inf"),
        ([1.0, -2.0], "x must be positive, not -2.0"),
    ],
)
def test_what_is_no_such_series_is_refused(values: object, message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        positive_series("x", values)


def test_different_lengths_are_named() -> None:
    same_length(a=np.zeros(3), b=np.ones(3))
    with pytest.raises(ParameterError, match=r"a \(3,\), b \(2,\)"):
        same_length(a=np.zeros(3), b=np.ones(2))


def test_a_whole_number_is_in_its_range() -> None:
    whole("k", 3, 1, 3)
    whole("k", np.int64(1), 1, 3)
    for wrong in (0, 4, 2.0, True, "2"):
        with pytest.raises(ParameterError, match="k must be a whole number from 1 to 3"):
            whole("k", wrong, 1, 3)
