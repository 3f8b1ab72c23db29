"""What an operator of the lab may set."""

from __future__ import annotations

from dataclasses import dataclass

KEEPALIVE_S = 60.0  # OKX sends a frame without changes after this long without any
PING_S = 180.0  # between ping frames of Binance USD-M
IDLE_S = 30.0  # OKX closes a connection after this long without traffic


@dataclass(frozen=True, slots=True)
class LabOptions:
    """What an operator of the lab may set.

    Attributes
    ----------
    checksums
        OKX books carry the CRC32 of before June 2026 instead of 0.
    initial_snapshot
        OKX answers a `books` subscription with a snapshot; without it only the REST bootstrap is left.
    keepalive_s, ping_s, idle_s
        Seconds until an unchanged OKX book sends a keep-alive, between Binance pings, and until OKX closes a
        connection on which nothing was heard or said.
    speed
        Market seconds per wall second.
    pace
        Multiple of every arrival rate; a small one makes a quiet market, e.g. to see keep-alives.
    instruments
        Made-up instruments that every protocol lists beyond its own, each a small market.
    random_faults
        Faults a second that are planted in books at random.
    """

    checksums: bool = False
    initial_snapshot: bool = True
    keepalive_s: float = KEEPALIVE_S
    ping_s: float = PING_S
    idle_s: float = IDLE_S
    speed: float = 1.0
    pace: float = 1.0
    instruments: int = 0
    random_faults: float = 0.0
