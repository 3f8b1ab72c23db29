"""The rolling past of one book, fed frame by frame: the same live and in replay."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.events import EventBuffer
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import ParameterError
from fillcast.models.features import layout_kernels as at
from fillcast.models.features.answer_kernels import answer
from fillcast.models.features.frame_kernels import take_frame
from fillcast.models.features.names import FLOW_FEATURES
from fillcast.models.samples import whole

CAPACITY: Final = 1 << 16  # about 1,000 events a second over the longest window, 6 MB
MOST_CAPACITY: Final = 1 << 24
MOST_TIME_NS: Final = (1 << 63) - 1

_NO_ROW: Final = np.zeros(0, np.int64)


class FeatureState:
    """What `FLOW_FEATURES` need of the past of one book. Nothing is allocated per frame.

    A frame costs O(1) per event: each event enters each window once and leaves it once. Its clock is the latest event
    time seen. An event that is stamped earlier counts as of the clock, since nobody knew of it before; one that is
    stamped more than a minute earlier says that the venue's clock has started over, and the state starts over with it.
    Windows end at the moment of asking, which they hold, and do not hold their beginning.

    The flow starts anew where the book was not followed: it was not LIVE, or its stream sent a snapshot after a loss.
    Messages of the best bid and ask beside the book's own channel are passed over.

    Parameters
    ----------
    instrument
        Says what a lot is in base currency; that of an inverse contract at the last mid known.
    capacity
        Book changes, and trades, that the windows can hold; beyond, the oldest leave early and `dropped` counts them.

    Raises
    ------
    ParameterError
        For a capacity below 1.
    """

    __slots__ = (
        "_floats",
        "_flow",
        "_flow_sums",
        "_inverse",
        "_levels",
        "_marks",
        "_trade_sums",
        "_trades",
        "instrument",
    )

    def __init__(self, instrument: Instrument, capacity: int = CAPACITY) -> None:
        whole("capacity", capacity, 1, MOST_CAPACITY)
        self.instrument = instrument
        self._inverse = instrument.kind is ContractKind.INVERSE
        self._marks = np.zeros(at.MARKS, np.int64)
        self._floats = np.zeros(at.FLOATS)
        self._levels = np.zeros((at.LEVEL_ROWS, at.LEVELS), np.int64)
        self._flow = np.zeros((capacity + 1, at.FLOW_COLUMNS), np.int64)
        self._flow_sums = np.zeros((len(at.WINDOWS_NS), at.FLOW_COLUMNS), np.int64)
        self._trades = np.zeros((capacity + 1, at.TRADE_COLUMNS), np.int64)
        self._trade_sums = np.zeros((len(at.WINDOWS_NS), at.TRADE_COLUMNS), np.int64)

    def update(self, events: EventBuffer, index: int, book: Book | None = None) -> None:
        """Take one frame in, right after its connection has.

        Parameters
        ----------
        events
            What the frame held.
        index
            Place of the instrument in its connection.
        book
            The book as it is after the frame; None from a connection of trades only.
        """
        take_frame(
            self._marks,
            self._floats,
            self._levels,
            self._flow,
            self._flow_sums,
            self._trades,
            self._trade_sums,
            events.messages,
            events.rows,
            events.count,
            index,
            _NO_ROW if book is None else book.row,
        )

    @property
    def last_ns(self) -> int:
        """Latest event time seen, venue clock; 0 before the first."""
        return self._marks.item(at.CLOCK_NS)

    @property
    def dropped(self) -> int:
        """How often an event left a window before its time."""
        return self._marks.item(at.FLOW_MARKS + at.DROPPED) + self._marks.item(at.TRADE_MARKS + at.DROPPED)

    @property
    def restarts(self) -> int:
        """How often the venue's clock started over."""
        return self._marks.item(at.RESTARTS)

    def at(self, now_ns: int | None = None) -> NDArray[np.float64]:
        """Return the features at a time in the order of `FLOW_FEATURES`; asking changes nothing.

        Parameters
        ----------
        now_ns
            Event time, venue clock; `last_ns` when absent.

        Returns
        -------
        NDArray[np.float64]
            (features,); NaN where what they need has not been seen yet.

        Raises
        ------
        ParameterError
            When something later has been seen: no answer looks beyond its time stamp.
        """
        last_ns = self.last_ns
        moment = last_ns if now_ns is None else now_ns
        whole("now_ns", moment, 0, MOST_TIME_NS)
        if moment < last_ns:
            raise ParameterError(f"now_ns must be at least {last_ns}, the latest time seen, not {moment!r}")
        found = np.empty(len(FLOW_FEATURES))
        answer(
            self._marks,
            self._floats,
            self._flow,
            self._flow_sums,
            self._trades,
            self._trade_sums,
            moment,
            self._base_per_lot(),
            found,
        )
        return found

    def _base_per_lot(self) -> float:
        if not self._inverse:
            return self.instrument.lot_value
        middle = self._marks.item(at.MID_SUM)
        return self.instrument.lot_value / (middle / 2 * self.instrument.tick_value) if middle else math.nan
