"""What must be refused of each kind of number, and a call that is allowed for a public name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

NOT_FINITE = (math.nan, math.inf, -math.inf)
BEYOND_INT64 = 2**63
# Of each kind of number, what is not allowed.
WRONG: dict[str, tuple[Any, ...]] = {
    "finite": NOT_FINITE,
    "positive": (-1.0, 0.0, *NOT_FINITE),
    "not negative": (-1.0, *NOT_FINITE),
    "fraction": (-0.1, 1.1, *NOT_FINITE),
    "share": (0.0, -0.1, 1.1, *NOT_FINITE),
    "inside": (0.0, 1.0, -0.1, 1.1, *NOT_FINITE),
    "count": (0, -1, 2.5, math.nan, math.inf),
    "from 0": (-1, 2.5, math.nan, math.inf),
    "lots": (-1, 1.5, BEYOND_INT64, math.nan, math.inf),
    "series": tuple(np.array([0.1, wrong, 0.2, 0.3]) for wrong in NOT_FINITE),
    "positive series": tuple(np.array([1.0, wrong, 2.0, 3.0]) for wrong in (-1.0, 0.0, *NOT_FINITE)),
    "series from 0": tuple(np.array([1.0, wrong, 2.0, 3.0]) for wrong in (-1.0, *NOT_FINITE)),
    "side": (0, 2, *NOT_FINITE),
    "sides": tuple(np.array([1.0, wrong, -1.0, 1.0]) for wrong in (0.0, 2.0, *NOT_FINITE)),
    "seed": (-1, 2**64, 2.5, math.nan, math.inf),
    "whole lots": (-1, 1.5, math.nan, math.inf),
    "not whole": (1.5, math.nan, math.inf),
    "queue lots": (-1, 0, 1.5, BEYOND_INT64, *NOT_FINITE),
    "correlation": (-1.0, 1.0, 2.0, *NOT_FINITE),
    "word": ("sideways", ""),
    "trades beyond the market": (np.array([1e9, 1.0]), np.array([math.nan, 1.0]), np.array([math.inf, 1.0])),
}


@dataclass(frozen=True)
class Case:
    """A public name, what is called, arguments that are allowed, the kind of each, and how a message names it."""

    name: str
    call: Callable[..., Any]
    allowed: Mapping[str, Any]
    kinds: Mapping[str, str]
    called: Mapping[str, str]


def case(name: str, call: Callable[..., Any], kinds: Mapping[str, tuple[Any, str] | Any], **called: str) -> Case:
    """Kinds: for each argument its allowed value and its kind, or only a value that is not varied."""
    pairs = {key: entry if is_pair(entry) else (entry, "") for key, entry in kinds.items()}
    return Case(
        name,
        call,
        {key: value for key, (value, _) in pairs.items()},
        {key: kind for key, (_, kind) in pairs.items() if kind},
        called,
    )


def is_pair(entry: object) -> bool:
    return isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[1], str) and entry[1] in WRONG
