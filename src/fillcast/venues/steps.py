"""One frame taken in two steps, so that reading it and applying it can be timed apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fillcast.core.events import EventBuffer
from fillcast.core.jit import entry
from fillcast.venues.fast import FastPath
from fillcast.venues.json_kernels import IN_STEPS
from fillcast.venues.update_kernels import PENDING, apply_read

Mark = Callable[[], object]

_apply_read = entry(apply_read)  # it is handed the same two arrays as the compiled reader


class Steps:
    """The compiled reader of one connection, stopped between reading an update and applying it.

    The code that reads and the code that applies are those of every other frame.

    Parameters
    ----------
    advance, memory, events
        The reader, and the arrays that it works in.

    Attributes
    ----------
    decoded
        Called once, before the frame changes a book; None: nobody wants to know.
    """

    __slots__ = ("_advance", "_events", "_memory", "decoded")

    def __init__(self, advance: FastPath, memory: NDArray[np.int64], events: EventBuffer) -> None:
        self._advance, self._memory, self._events = advance, memory, events
        self.decoded: Mark | None = None

    def advance(self, data: bytes, wall_ns: int, mono_ns: int) -> int:
        """Answer as the compiled reader does; between its two halves the mark is set."""
        self._memory[-1, IN_STEPS] = 1
        status = self._advance(data, wall_ns, mono_ns)
        self._memory[-1, IN_STEPS] = 0
        if status != PENDING:
            return status
        self.mark()
        applied: int = _apply_read(self._events.words, self._memory, wall_ns, mono_ns)
        return applied

    def mark(self) -> None:
        """Tell whoever times this frame, once, that it is read."""
        decoded, self.decoded = self.decoded, None
        if decoded is not None:
            decoded()
