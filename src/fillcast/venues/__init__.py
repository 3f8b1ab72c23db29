"""Venue protocols without I/O: bytes and times in, effects and right books out."""

from fillcast.venues.directory import VENUES, Venue, venue

__all__ = ["VENUES", "Venue", "venue"]
