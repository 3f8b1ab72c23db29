"""Sockets and clocks around the venue protocols: bytes in, effects carried out, nothing lost in between."""
