"""The compiled way for the plain frame: one copy, one kernel, nothing touched unless the update follows its book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.events import EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.jit import entry
from fillcast.core.layout_kernels import DEFAULT_SLOTS, row_words
from fillcast.venues.json_kernels import INDEX, PADDING, RULE, SYMBOLS, enter_symbols
from fillcast.venues.update_kernels import UNREAD

Kernel = Callable[[NDArray[np.uint8], int, int, int, NDArray[np.int64], NDArray[np.int64]], int]
FastPath = Callable[[bytes, int, int], int]

LONGEST_FRAME: Final = 1 << 18  # bytes; what is longer is read by the reference decoder


def allocate_books(
    instruments: Sequence[Instrument], *, depth: int = 0, slots: int = DEFAULT_SLOTS
) -> tuple[tuple[Book, ...], NDArray[np.int64]]:
    """Return one book per instrument, and the array that they live in; `depth` and `slots` as in `Book`.

    The array is int64 (books + 1, words): one row per book in the order given, and the control row of the fast path.
    Every page of it is written to here: none has to be fetched from the system while frames come, and a process does
    not grow as markets move through the rings of its books.
    """
    memory = np.empty((len(instruments) + 1, row_words(slots=slots)), np.int64)
    memory.fill(0)  # `np.zeros` would leave the pages to be touched one by one
    books = tuple(
        Book(instrument, depth=depth, row=memory[index], slots=slots) for index, instrument in enumerate(instruments)
    )
    return books, memory


def touched(memory: NDArray[np.int64]) -> int:
    """Return the book that the last frame changed, where the fast path answered anything but UNREAD."""
    return int(memory[-1, INDEX])


def fast_path(kernel: Kernel, memory: NDArray[np.int64], events: EventBuffer, rule: int) -> FastPath:
    """Return one venue's compiled reader over the books of one connection.

    Parameters
    ----------
    kernel
        `advance` of the venue's kernels.
    memory
        What `allocate_books` returned.
    events
        Where the frame's message and rows go.
    rule
        Which identity a contiguous update shows; the venue's kernels name them.

    Returns
    -------
    FastPath
        Takes (frame, wall_ns, mono_ns) and answers UNREAD, APPLIED, CROSSED or WRONG_CHECKSUM (`update_kernels`).
    """
    slots = 16
    while slots < 2 * len(memory):
        slots *= 2
    if SYMBOLS + slots > memory.shape[1]:
        raise ValueError(f"{len(memory) - 1} books are more than one connection can hold")
    memory[-1, RULE] = rule
    enter_symbols(memory, slots)
    frame = np.zeros(LONGEST_FRAME + PADDING, np.uint8)
    view = memoryview(frame.data)
    words = events.words
    advance = entry(kernel)  # every array that it is handed is made here or by `allocate_books` and `EventBuffer`

    def read(data: bytes, wall_ns: int, mono_ns: int) -> int:
        length = len(data)
        if length > LONGEST_FRAME:
            return UNREAD
        view[:length] = data
        status = advance(frame, length, wall_ns, mono_ns, words, memory)
        if status:
            events.count = 1
        return status

    return read


def read_nothing(_data: bytes, _wall_ns: int, _mono_ns: int) -> int:
    """Stand in for a compiled reader where there is none: the reference path decides every frame."""
    return UNREAD
