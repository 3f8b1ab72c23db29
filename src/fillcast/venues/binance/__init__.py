"""Binance spot, USD-M and COIN-M."""

from fillcast.venues.binance.venue import BINANCE_COINM, BINANCE_SPOT, BINANCE_USDM

__all__ = ["BINANCE_COINM", "BINANCE_SPOT", "BINANCE_USDM"]
