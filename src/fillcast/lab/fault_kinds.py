"""The kinds of faults, and how a careful client can notice each.

drop, duplicate, reorder
    One book frame withheld, sent twice, or sent after the following one: where frames are linked, the link
    shows it at the next frame.
corrupt
    The leading digit of one price in a book frame: valid JSON, valid sequence, and a crossed book.
corrupt_sequence
    One digit of the field that proves a frame's place: the link is broken.
corrupt_size
    One digit of one size. No sequence rule can see it; only a checksum can.
corrupt_syntax
    The first digit of that proving field becomes a letter: no longer valid JSON.
checksum
    A wrong CRC32 that is not 0, where the venue sends one.
stall
    Nothing at all is sent for some seconds; then everything that was held back.
disconnect
    The TCP connection is cut without a close frame.
sequence_reset
    The venue restarts its ids, for every client.
withheld_snapshot
    The next first book that is asked for does not come.
stale_snapshot
    The next first book is one of several seconds ago, where it comes by another way than the updates.
"""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """See the module's table."""

    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    CORRUPT = "corrupt"
    CORRUPT_SEQUENCE = "corrupt_sequence"
    CORRUPT_SIZE = "corrupt_size"
    CORRUPT_SYNTAX = "corrupt_syntax"
    CHECKSUM = "checksum"
    STALL = "stall"
    DISCONNECT = "disconnect"
    SEQUENCE_RESET = "sequence_reset"
    WITHHELD_SNAPSHOT = "withheld_snapshot"
    STALE_SNAPSHOT = "stale_snapshot"


ON_FRAMES = tuple(
    kind
    for kind in FaultKind
    if kind not in (FaultKind.SEQUENCE_RESET, FaultKind.WITHHELD_SNAPSHOT, FaultKind.STALE_SNAPSHOT)
)
"""Those that are planted in a book frame as it is sent to one client."""
