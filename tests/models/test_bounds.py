from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from fillcast.errors import FillcastError, ParameterError
from fillcast.models.bounds import finite, fraction, not_negative, positive

Check = Callable[[str, object], None]


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (finite, -3.0),
        (positive, 1e-300),
        (not_negative, 0.0),
        (fraction, 0),
        (fraction, 1),
        (positive, [[1.0, 2.0], [3.0, 4.0]]),
        (finite, []),
    ],
)
def test_what_is_allowed_passes(check: Check, value: object) -> None:
    check("x", value)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (finite, math.nan),
        (finite, math.inf),
        (positive, 0.0),
        (positive, -1.0),
        (positive, math.inf),
        (not_negative, -1e-300),
        (not_negative, math.nan),
        (fraction, 1.0000001),
        (fraction, -0.1),
        (fraction, math.nan),
        (positive, np.array([1.0, -2.0, 3.0])),
        (positive, "wide"),
        (positive, None),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(check: Check, value: object) -> None:
    with pytest.raises(ParameterError, match=r"^sigma must be "):
        check("sigma", value)


def test_the_message_says_which_value_and_what_is_allowed() -> None:
    with pytest.raises(ParameterError, match=r"^eta must be positive and finite, not -2\.0$"):
        positive("eta", [1.0, -2.0, -3.0])


def test_it_can_be_caught_as_a_value_error_and_as_ours() -> None:
    assert issubclass(ParameterError, ValueError)
    assert issubclass(ParameterError, FillcastError)
