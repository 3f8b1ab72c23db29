"""Bitfinex v2."""

from fillcast.venues.bitfinex.venue import BITFINEX

__all__ = ["BITFINEX"]
