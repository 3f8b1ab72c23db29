"""What is common to the text frames of all venues."""

from __future__ import annotations

from typing import Final

import msgspec

from fillcast.errors import FrameError

EXCERPT_BYTES: Final = 160  # of a rejected frame, shown to people
# What reading bytes that are not a frame can raise; deep nesting ends the decoder's recursion.
UNREADABLE: Final = (FrameError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def excerpt(data: bytes) -> str:
    """Return the start of a frame for people."""
    return data[:EXCERPT_BYTES].decode(errors="replace")


def is_json(data: bytes) -> bool:
    """Whether bytes are JSON at all: then a book message of the venue would have been recognised as one."""
    try:
        msgspec.json.decode(data)
    except UNREADABLE:
        return False
    return True
