"""What is watched while a capture is played: how long books are LIVE, and which are replaced while they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fillcast.core import layout_kernels as at
from fillcast.core.events import BOOK, CHECKSUM, FLAGS, FULL_STATE, KIND, LAST, SNAPSHOT, UPDATE
from fillcast.core.state import BookState
from fillcast.venues.connection import Connection
from fillcast.venues.protocol import Gap, GapReason
from fillcast.venues.standing import FOLLOWED

WORDS = (at.STATE, at.LAST_ID, at.RIGHT_NS)
STATE, LAST_ID, RIGHT_NS = range(3)


class Watch:
    """Looks at the books of a connection after every step of a replay.

    A stream's snapshot takes the place of whatever book there was. Where that book was right and stood elsewhere, the
    way from one to the other is missing in the recording, and nothing proves it. By the ids where the venue numbers
    its messages, else by the checksums. Channels of whole books replace them by design.

    Attributes
    ----------
    first_ns, last_ns
        Times of the first step and of the last.
    gaps
        Snapshots that replaced a book which was right.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before = self._words()
        self._checksums = [0] * len(connection.books)  # of the last message of each
        self._live_ns = np.zeros(len(connection.books), np.int64)
        self._was_live = np.zeros(len(connection.books), np.bool_)
        self.first_ns = self.last_ns = 0
        self.gaps: list[Gap] = []

    def step(self, now_ns: int) -> None:
        """Take note of the states as they are from now on."""
        self.first_ns = self.first_ns or now_ns
        if self.last_ns:
            self._live_ns += (self._before[:, STATE] == BookState.LIVE) * (now_ns - self.last_ns)
        self.last_ns = now_ns or self.last_ns
        events, words = self._connection.events, self._words()
        for message in events.messages[: events.count]:
            if message[KIND] in (SNAPSHOT, UPDATE):
                self._compare(message, words, now_ns)
        self._was_live |= words[:, STATE] == BookState.LIVE
        self._before = words

    @property
    def span_ns(self) -> int:
        """From the first step to the last."""
        return self.last_ns - self.first_ns

    def coverage(self, index: int) -> float:
        """Return the share of the span for which a book was LIVE; that of its end where the span is nothing."""
        if self.span_ns > 0:
            return int(self._live_ns[index]) / self.span_ns
        return float(self._before[index, STATE] == BookState.LIVE)

    def was_live(self, index: int) -> bool:
        """Return whether a book was ever LIVE."""
        return bool(self._was_live[index])

    def _words(self) -> NDArray[np.int64]:
        return self._connection.rows[:, WORDS]

    def _compare(self, message: NDArray[np.int64], words: NDArray[np.int64], now_ns: int) -> None:
        """Look at one book message; it counts as a replacement when the book now stands where the snapshot does."""
        index, last, checksum = int(message[BOOK]), int(message[LAST]), int(message[CHECKSUM])
        state, stood_at, right_ns = (int(word) for word in self._before[index])
        known, self._checksums[index] = self._checksums[index], checksum
        if message[KIND] != SNAPSHOT or state not in FOLLOWED or last != words[index, LAST_ID]:
            return
        if message[FLAGS] & FULL_STATE or (last == stood_at and (last >= 0 or checksum == known)):
            return
        ids = f" at {last}" if last >= 0 else f" with checksum {checksum}"
        stood = f" at {stood_at}" if last >= 0 else f" with checksum {known}"
        detail = f"a snapshot{ids} replaced a {BookState(state).name} book{stood}: what lay between is not proven"
        key = self._connection.instruments[index].key
        self.gaps.append(Gap(key, right_ns or now_ns, now_ns, GapReason.SEQUENCE, detail))
