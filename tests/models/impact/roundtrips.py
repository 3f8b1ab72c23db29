"""Round trips, what they cost, and models built around the check of their parameters."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.models.schedule.slices import ImpactModel

Model = TypeVar("Model")

# Far above the rounding of a cost, far below a profit that matters.
ROUNDING = 1e-9

SIZES = st.floats(-100.0, 100.0).map(lambda size: round(size, 3))


@st.composite
def round_trips(draw: st.DrawFn, longest: int = 12) -> NDArray[np.float64]:
    """Trades that add up to zero."""
    trades = draw(st.lists(SIZES, min_size=1, max_size=longest - 1))
    return np.array([*trades, -sum(trades)])


def profits(model: ImpactModel, trades: NDArray[np.float64], interval: float) -> bool:
    """Whether trades cost less than nothing, beyond rounding: the property that no admissible model may have."""
    cost, scale = model.impact_cost(trades, interval), model.impact_cost(np.abs(trades), interval)
    return bool(cost < -ROUNDING * abs(scale))


def around_the_check(model: type[Model], **fields: object) -> Model:
    """Build a model without the check of its parameters."""
    built = object.__new__(model)
    for name, value in fields.items():
        object.__setattr__(built, name, value)
    return built
