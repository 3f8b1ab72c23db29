"""Bybit v5: spot, linear and inverse."""

from fillcast.venues.bybit.venue import BYBIT_INVERSE, BYBIT_LINEAR, BYBIT_SPOT

__all__ = ["BYBIT_INVERSE", "BYBIT_LINEAR", "BYBIT_SPOT"]
