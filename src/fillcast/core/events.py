"""What one frame held: a reused buffer of messages and rows of integers, shared by books, tape and features."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.errors import FrameError

SNAPSHOT: Final = 1
UPDATE: Final = 2
TRADES: Final = 3
TOUCH: Final = 4

# Columns of a message.
KIND: Final = 0
BOOK: Final = 1  # index of the book in its connection
LINK: Final = 2  # id that this message must follow; -1 when it follows nothing
FIRST: Final = 3  # first id it covers
LAST: Final = 4  # id of the book after it
EVENT_NS: Final = 5  # matching time, venue clock
SENT_NS: Final = 6  # venue's send time; equal to EVENT_NS where the venue states only one
START: Final = 7  # rows [START, END)
END: Final = 8
CHECKSUM: Final = 9
FLAGS: Final = 10
RECV_NS: Final = 11  # wall time at which the frame was received
MESSAGE_COLUMNS: Final = 12

# Bits of FLAGS.
HAS_CHECKSUM: Final = 1
FULL_STATE: Final = 2  # its channel sends whole books: one takes the place of another by design

# Columns of a row.
SIDE: Final = 0  # +1 bid, -1 ask; for trades the aggressor: +1 bought, -1 sold
TICKS: Final = 1
LOTS: Final = 2
EXTRA: Final = 3  # trades: the venue's trade id where it is a number, else 0
ROW_COLUMNS: Final = 4

MAX_MESSAGES: Final = 1024
MAX_ROWS: Final = 1 << 16
ROWS_PER_MESSAGE: Final = MESSAGE_COLUMNS // ROW_COLUMNS  # messages and rows share one array, see EventBuffer
FIRST_ROW: Final = MAX_MESSAGES * ROWS_PER_MESSAGE


class EventBuffer:
    """The messages of the last frame, in preallocated arrays that are overwritten by the next one.

    Attributes
    ----------
    words
        int64 (FIRST_ROW + rows, 4): everything in one array, since a kernel pays for every array it is handed.
    messages
        int64 (messages, 12), a view of the first part: the columns KIND ... RECV_NS of this module.
    rows
        int64 (rows, 4), a view of the rest: SIDE, TICKS, LOTS, EXTRA, in the venue's order.
    count
        Messages filled.
    """

    __slots__ = ("_rows_used", "count", "messages", "rows", "words")

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self.words: NDArray[np.int64] = np.zeros((FIRST_ROW + max_rows, ROW_COLUMNS), np.int64)
        self.messages: NDArray[np.int64] = self.words[:FIRST_ROW].reshape(MAX_MESSAGES, MESSAGE_COLUMNS)
        self.rows: NDArray[np.int64] = self.words[FIRST_ROW:]
        self.count = 0
        self._rows_used = 0

    def clear(self) -> None:
        """Forget the last frame."""
        self.count = 0
        self._rows_used = 0

    def add(
        self,
        kind: int,
        book: int,
        rows: NDArray[np.int64],
        *,
        event_ns: int,
        sent_ns: int | None = None,
        recv_ns: int = 0,
        link: int = -1,
        first: int = -1,
        last: int = -1,
        checksum: int | None = None,
        full_state: bool = False,
    ) -> int:
        """Append one message with its rows (int64 (n, 4)) and return its index.

        Raises
        ------
        FrameError
            When the frame holds more messages or rows than the buffer was made for, or a number beyond int64.
        """
        start, end = self._rows_used, self._rows_used + len(rows)
        if self.count >= len(self.messages) or end > len(self.rows):
            raise FrameError(f"a frame with more than {len(self.rows)} levels or {len(self.messages)} messages")
        self.rows[start:end] = rows
        flags = (0 if checksum is None else HAS_CHECKSUM) | (FULL_STATE if full_state else 0)
        ids_and_times = (link, first, last, event_ns, event_ns if sent_ns is None else sent_ns)
        try:
            self.messages[self.count] = (kind, book, *ids_and_times, start, end, checksum or 0, flags, recv_ns)
        except OverflowError:
            raise FrameError("a frame with an id or a time beyond int64") from None
        self._rows_used = end
        self.count += 1
        return self.count - 1

    def message_rows(self, index: int) -> NDArray[np.int64]:
        """Return the rows of one message, as a view that the next frame overwrites."""
        start, end = self.messages[index, START], self.messages[index, END]
        return self.rows[start:end]
