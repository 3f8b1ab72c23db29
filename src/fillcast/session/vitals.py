"""How a session does: what its stages took, what it answered, what its process used."""

from __future__ import annotations

from dataclasses import dataclass

from fillcast.runtime.process import Usage
from fillcast.runtime.stages import Stage


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a session does, as of one moment; its links, counts and gaps are those of its feed.

    Attributes
    ----------
    stages
        In the order in which a frame passes them. `screen` stays empty here: a page alone can tell it.
    forecasts_given, forecasts_refused
        Forecasts with a price, and those that had none because the book was not LIVE or could not be walked.
    usage
        Of the process that runs the session.
    """

    stages: tuple[Stage, ...]
    forecasts_given: int
    forecasts_refused: int
    usage: Usage
