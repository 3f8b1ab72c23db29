"""The numbering of all messages of one connection, whatever their channel."""

from __future__ import annotations


class Numbering:
    """Every message of a connection carries the number after the last one's.

    Attributes
    ----------
    checked
        Messages whose number was compared, all since the object was made.
    gaps
        Those of them that did not follow.
    """

    __slots__ = ("_next", "checked", "gaps")

    def __init__(self) -> None:
        self.checked = self.gaps = 0
        self._next: int | None = None

    def restart(self) -> None:
        """Start over: the next message may have any number."""
        self._next = None

    def take(self, number: int) -> int | None:
        """Take in one message; return the number that was expected where it has another, None where it follows."""
        expected, self._next = self._next, number + 1
        if expected is None:
            return None
        self.checked += 1
        if number == expected:
            return None
        self.gaps += 1
        return expected
