"""Frames in a recording that are not of its own dialect: another venue's, or another product's or version's."""

from __future__ import annotations

from fillcast.core.events import SNAPSHOT, UPDATE
from fillcast.tape.lines import CapturedInput
from fillcast.venues.dialects import detect
from fillcast.venues.recorded import Dialect, Figures

BOOKS = (SNAPSHOT, UPDATE)


class Mixture:
    """Counts the book messages of other dialects.

    Only they tell whose they are: acknowledgements and trades of another venue beside them are not told.
    """

    def __init__(self, own: Dialect) -> None:
        self._own = own
        self._first: dict[tuple[str, str], CapturedInput] = {}  # by venue and dialect
        self._counts: dict[tuple[str, str], int] = {}

    def look(self, entry: CapturedInput, figures: list[Figures]) -> bool:
        """Return whether a frame is a book message of another dialect, and count it then.

        Parameters
        ----------
        figures
            What the recording's own dialect reads in the frame. Dialects of one venue may read each other's.
        """
        if figures and not any(one.kind in BOOKS for one in figures):
            return False
        other = detect(entry.data, self._own)
        if other is None or other is self._own:
            return False
        name = (other.venue, other.name)
        self._first.setdefault(name, entry)
        self._counts[name] = self._counts.get(name, 0) + 1
        return True

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each other dialect; none when the recording is all of one."""
        return tuple(self._sentence(*name) for name in self._first)

    def _sentence(self, venue: str, name: str) -> str:
        count, first = self._counts[venue, name], self._first[venue, name]
        messages = "message" if count == 1 else "messages"
        return (
            f"{first.path}, line {first.line}: {count:,} book {messages} of {venue} ({name}) from here on, in a "
            f"recording of {self._own.venue} ({self._own.name}): verify what came over each connection by itself"
        )
