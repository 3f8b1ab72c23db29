"""Coinbase Advanced Trade."""

from fillcast.venues.coinbase.connection import COINBASE

__all__ = ["COINBASE"]
