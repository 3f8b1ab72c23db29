"""Deribit over JSON-RPC."""

from fillcast.venues.deribit.connection import DERIBIT

__all__ = ["DERIBIT"]
