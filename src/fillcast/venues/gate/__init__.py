"""Gate spot."""

from fillcast.venues.gate.venue import GATE

__all__ = ["GATE"]
