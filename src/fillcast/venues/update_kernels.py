"""The last step of every fast path: a plain update that follows a LIVE book is applied, and nothing else is."""

# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
from __future__ import annotations

from typing import Final

from fillcast.core.checksum_kernels import okx_crc
from fillcast.core.events import (
    BOOK,
    CHECKSUM,
    END,
    EVENT_NS,
    FIRST,
    FIRST_ROW,
    FLAGS,
    HAS_CHECKSUM,
    KIND,
    LAST,
    LINK,
    RECV_NS,
    SENT_NS,
    START,
)
from fillcast.core.jit import inlined, kernel
from fillcast.core.ladder_kernels import apply_rows
from fillcast.core.layout_kernels import CHANGED_NS, HELD, LAG_NS, LAST_ID, LIVE, RIGHT_NS, STATE
from fillcast.core.layout_kernels import EVENT_NS as BOOK_EVENT_NS
from fillcast.venues.json_kernels import IN_STEPS, INDEX, LAG_BOOK, LAG_FLOOR_NS

# What a fast path answers.
UNREAD: Final = 0  # not the plain case: nothing was touched, the reference path decides
APPLIED: Final = 1
CROSSED: Final = 2  # applied, and the best bid reaches the best ask
WRONG_CHECKSUM: Final = 3  # applied, and the venue's checksum is another
READ: Final = 4  # a snapshot: it lies in the event buffer and nothing else was touched
PENDING: Final = 5  # an update that follows: it lies in the event buffer and is for `apply_read` to apply


@inlined
def put(words, column, value):
    """Set one column of the first message of an event buffer."""
    words[column >> 2, column & 3] = value


@inlined
def got(words, column):
    """Return one column of the first message of an event buffer."""
    return words[column >> 2, column & 3]


@inlined
def follows(book, link):
    """Return whether an update that follows id `link` may be applied to a book as it stands."""
    return book[STATE] == LIVE and book[HELD] == 0 and book[LAST_ID] == link


@inlined
def fill_message(words, kind, index, link, first, last, event_ns, sent_ns, wall_ns, rows, checksum, flags):
    """Fill the first message of an event buffer, which owns the first `rows` rows."""
    put(words, KIND, kind)
    put(words, BOOK, index)
    put(words, LINK, link)
    put(words, FIRST, first)
    put(words, LAST, last)
    put(words, EVENT_NS, event_ns)
    put(words, SENT_NS, sent_ns)
    put(words, START, 0)
    put(words, END, rows)
    put(words, CHECKSUM, checksum)
    put(words, FLAGS, flags)
    put(words, RECV_NS, wall_ns)


@inlined
def apply_update(words, control, book, last, event_ns, wall_ns, mono_ns, rows, checksum):
    """Apply the first `rows` rows of an event buffer to the book of the frame and say how it stands then.

    Returns APPLIED, CROSSED or WRONG_CHECKSUM, which OKX alone can have (`checksum` is 0 where a frame has none), or
    PENDING with nothing touched. The book and its connection's control row note when.
    """
    if control[IN_STEPS] != 0:
        return PENDING
    book[LAST_ID] = last
    book[BOOK_EVENT_NS] = event_ns
    book[CHANGED_NS] = mono_ns
    book[RIGHT_NS] = wall_ns
    lag_ns = wall_ns - event_ns
    book[LAG_NS] = lag_ns
    control[LAG_BOOK] = control[INDEX]
    control[LAG_FLOOR_NS] = min(control[LAG_FLOOR_NS], lag_ns)
    if apply_rows(book, words, FIRST_ROW, FIRST_ROW + rows) == 1:
        return CROSSED
    return WRONG_CHECKSUM if checksum != 0 and okx_crc(book) != checksum else APPLIED


@kernel("int64(int64[:, ::1], int64[:, ::1], int64, int64)")
def apply_read(words, books, wall_ns, mono_ns):
    """Apply the update that a reader answered PENDING for; arguments and answer are those of the reader."""
    control = books[len(books) - 1]
    book = books[control[INDEX]]
    last, event_ns, rows = got(words, LAST), got(words, EVENT_NS), got(words, END)
    checksum = got(words, CHECKSUM) if got(words, FLAGS) & HAS_CHECKSUM else 0
    return apply_update(words, control, book, last, event_ns, wall_ns, mono_ns, rows, checksum)
