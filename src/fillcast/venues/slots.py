"""What a connection remembers of each of its books beside the book itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.events import ROW_COLUMNS
from fillcast.core.instrument import Instrument
from fillcast.venues.protocol import Gap
from fillcast.venues.recent import RecentLargest


def no_rows() -> NDArray[np.int64]:
    """Return the rows of a message without levels."""
    return np.zeros((0, ROW_COLUMNS), np.int64)


@dataclass(frozen=True, slots=True)
class Message:
    """One book message as integers, before anything is believed of it.

    Attributes
    ----------
    link
        Id that it must follow; -1 when it follows nothing.
    first, last
        Ids that it covers.
    event_ns, sent_ns
        Matching time and send time on the venue's clock; 0 where the venue states none.
    rows
        int64 (levels, 4), bids before asks.
    checksum
        The venue's checksum of the book after it, None when it sends none.
    whole
        The venue has no levels beyond those of a snapshot.
    full_state
        Every message of its channel is a whole book, which takes the place of the last by design.
    """

    link: int = -1
    first: int = -1
    last: int = -1
    event_ns: int = 0
    sent_ns: int = 0
    rows: NDArray[np.int64] = field(default_factory=no_rows)
    checksum: int | None = None
    whole: bool = False
    full_state: bool = False


@dataclass(slots=True)
class Splice:
    """Messages held until a snapshot joins them.

    Attributes
    ----------
    refresh
        The book is LIVE meanwhile and is fed as always.
    ignore
        Messages still to be passed over before the first is held.
    messages
        Held in order; each follows the one before it.
    reach
        Id that a snapshot must have reached, None while nothing tells.
    snapshot
        A snapshot that waits for the message that joins it.
    fetching
        A snapshot has been asked for or is due to be.
    request_id, asked_ns
        The open request (0: none) and the monotonic time from which its reply is awaited.
    stream_until_ns
        Until this monotonic time the stream's own first book is awaited; 0: not at all.
    attempts
        Snapshots that did not fit so far.
    acknowledged
        The venue has confirmed the subscription.
    """

    refresh: bool = False
    ignore: int = 0
    messages: list[Message] = field(default_factory=list)
    reach: int | None = None
    snapshot: Message | None = None
    fetching: bool = False
    request_id: int = 0
    asked_ns: int = 0
    stream_until_ns: int = 0
    attempts: int = 0
    acknowledged: bool = False


@dataclass(slots=True)
class Tally:
    """What was counted of one book since the connection was made.

    Attributes
    ----------
    bridged
        REST snapshots that an update has joined to the stream. One that stands exactly where the stream does is right
        at once and counts when the next update follows it.
    """

    snapshots: int = 0
    updates: int = 0
    bridged: int = 0
    sequence_checked: int = 0
    gaps: int = 0
    duplicates: int = 0
    keepalives: int = 0
    resets: int = 0
    checksums_checked: int = 0
    checksums_matched: int = 0
    touches_checked: int = 0
    touches_matched: int = 0
    crossed: int = 0
    refreshes: int = 0
    trades: int = 0


@dataclass(slots=True, eq=False)
class Slot:
    """One book of a connection and what is under way for it.

    Attributes
    ----------
    book
        None on a connection that carries no books.
    gap
        The hole that is open, None when there is none.
    retry_ns
        Monotonic time at which a held-back resync is due; 0: none is.
    awaited_ns
        Monotonic time since which the stream's own first book is awaited; 0: none is.
    refused
        The venue refused the subscription: the way back starts with a new one.
    attempts
        Resyncs since the book was last LIVE for long.
    live_ns, refreshed_ns
        Monotonic times of the last change to LIVE and of the last fresh snapshot.
    edge_bps, edge_lots
        What the last snapshot proved of (bids, asks): how far from the mid, and how much.
    asked
        Lots that forecasts are made for; twice the largest should be proven.
    instruments_request, instruments_ns
        The open request for new metadata (0: none) and the monotonic time from which its reply is awaited.
    listed
        The instrument as the venue lists it; `instrument` may rest on a finer grid.
    decimals
        The most digits after the point of prices and sizes in messages that were off the grid.
    touches
        Best bid and ask messages that await the book at their id.
    unbridged_id
        Id of the REST snapshot that the book was made of, until an update follows it.
    """

    index: int
    instrument: Instrument
    book: Book | None
    asked: RecentLargest
    tally: Tally = field(default_factory=Tally)
    gap: Gap | None = None
    splice: Splice | None = None
    retry_ns: int = 0
    awaited_ns: int = 0
    refused: bool = False
    attempts: int = 0
    live_ns: int = 0
    refreshed_ns: int = 0
    edge_bps: tuple[float, float] = (0.0, 0.0)
    edge_lots: tuple[float, float] = (0.0, 0.0)
    instruments_request: int = 0
    instruments_ns: int = 0
    decimals: tuple[int, int] = (0, 0)
    touches: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    unbridged_id: int | None = None
    listed: Instrument = field(init=False)

    def __post_init__(self) -> None:
        self.listed = self.instrument

    @property
    def symbol(self) -> str:
        """The venue's symbol."""
        return self.instrument.symbol
