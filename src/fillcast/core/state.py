"""Where a book stands, and what proves it."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class BookState(IntEnum):
    """Where a book stands. Only LIVE is priced."""

    EMPTY = 0
    SYNCING = 1
    LIVE = 2
    STALE = 3
    BROKEN = 4


class Proof(StrEnum):
    """What proves that a book is right.

    `CALLER` is a book that somebody handed in; `NONE` is a book that nothing proves yet.
    """

    CHECKSUM = "checksum"
    SEQUENCE = "sequence"
    CONNECTION_SEQUENCE = "connection_sequence"
    TRANSPORT = "transport"
    CALLER = "caller"
    NONE = "none"
