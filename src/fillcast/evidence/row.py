"""One number that a model is held to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Provenance = Literal["published", "recomputed", "golden case"]


@dataclass(frozen=True, slots=True)
class Row:
    """A published number and what the model gives for it at run time.

    Attributes
    ----------
    model, quantity
        The model, and which of its numbers this is.
    source
        Paper, table or program that the number stands in.
    published, ours
        The number as printed there, and as computed now.
    tolerance
        The largest difference that passes: half a unit of the last digit printed, unless the source states another.
    provenance
        "published": printed in the source. "recomputed": computed apart from this code from published inputs.
        "golden case": a case of our own, computed by an independent script.
    """

    model: str
    quantity: str
    source: str
    published: float
    ours: float
    tolerance: float
    provenance: Provenance

    @property
    def difference(self) -> float:
        """Ours minus published."""
        return self.ours - self.published

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance; a number that is not finite passes nowhere."""
        return math.isfinite(self.difference) and abs(self.difference) <= self.tolerance
