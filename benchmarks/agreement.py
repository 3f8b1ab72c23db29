"""The check without which no time is printed: every contestant found the right cost at every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.contestant import Contestant
from benchmarks.frames import Capture

TOLERANCE = 1e-9
"""Relative, for sums of doubles. Whole numbers that a double holds exactly must be identical."""
EXACT_DOUBLE = 2.0**53
FIELDS = ("bought size", "paid", "sold size", "received")


class DisagreementError(AssertionError):
    """A contestant answered wrongly."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Frames and contestants compared, the largest relative difference, and orders larger than the book."""

    frames: int
    contestants: int
    largest: float
    unfilled: int


def check(contestants: list[type[Contestant]], capture: Capture, exact: NDArray[np.int64]) -> Agreement:
    """Run every contestant once, untimed, against the exact answers of `benchmarks.exact`.

    Raises
    ------
    DisagreementError
        At the first wrong answer; it names the contestant, the frame and the field.
    """
    lots = np.array([float(capture.instruments[symbol].lot) for symbol in capture.symbols])
    ticks = np.array([float(capture.instruments[symbol].tick) for symbol in capture.symbols])
    units = np.stack([lots, ticks * lots, lots, ticks * lots], axis=1)
    answering = [contestant for contestant in contestants if contestant.answers != "nothing"]
    largest = 0.0
    for contestant in answering:
        step = contestant(capture).step
        found = np.array([step(frame) for frame in capture.frames], dtype=np.float64)
        right = exact.astype(np.float64) if contestant.answers == "lots" else exact * units
        differences = np.abs(found - right) / np.maximum(np.abs(right), np.finfo(np.float64).tiny)
        allowed = np.full_like(differences, TOLERANCE)
        if contestant.answers == "lots":
            allowed[exact < EXACT_DOUBLE] = 0.0
        wrong = np.argwhere(~(differences <= allowed))
        if len(wrong):
            frame, field = wrong[0]
            said, true = float(found[frame, field]), float(right[frame, field])
            raise DisagreementError(
                f"{capture.name}, frame {frame} ({capture.symbols[frame]}), {FIELDS[field]}: "
                f"{contestant.label} says {said!r}, right is {true!r}"
            )
        largest = max(largest, float(differences.max()))
    sizes = np.array([float(capture.instruments[symbol].size) for symbol in capture.symbols])
    unfilled = int((exact[:, [0, 2]] * lots[:, None] < sizes[:, None] * (1 - TOLERANCE)).sum())
    return Agreement(len(exact), len(answering), largest, unfilled)
