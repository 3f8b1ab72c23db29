"""OKX v5."""

from fillcast.venues.okx.venue import OKX

__all__ = ["OKX"]
