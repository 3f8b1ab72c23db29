"""Kraken spot, WebSocket v2."""

from fillcast.venues.kraken.venue import KRAKEN

__all__ = ["KRAKEN"]
