"""A connection whose books come in the stream alone: a snapshot after each subscription, then updates."""

from __future__ import annotations

from abc import abstractmethod

from fillcast.core.state import BookState
from fillcast.venues.protocol import Effects, GapReason, Reconnect
from fillcast.venues.regridding import RegriddingConnection
from fillcast.venues.settings import SECOND_NS
from fillcast.venues.slots import Slot
from fillcast.venues.standing import FOLLOWED


class StreamingConnection(RegriddingConnection):
    """Subscribes, waits for the stream's own first book, and subscribes anew where one does not come or breaks."""

    # What a venue provides.

    @abstractmethod
    def _request_books(self, slots: list[Slot]) -> None:
        """Send what makes the venue send a snapshot and then updates of these books, subscribed so far or not."""

    # Inputs.

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        self._begin(wall_ns, mono_ns)
        for slot in self._slots:
            if slot.instruments_request == request_id:
                self._take_instruments(slot, status, body)
        return self._flush()

    def snapshot_reply(self, symbol: str, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        self._begin(wall_ns, mono_ns)
        self.ignored += 1
        return self._flush()

    # The way to a book.

    def _await(self, slots: list[Slot]) -> None:
        """Ask for the first books of these slots and wait for them from now on."""
        for slot in slots:
            slot.awaited_ns = self._mono_ns
        self._request_books(slots)

    def _resync(self, slot: Slot) -> None:
        slot.refused = False
        if not self._giving_up:  # else the new socket will start over
            self._await([slot])

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        limit_ns = self.settings.stream_wait_ns
        if slot.awaited_ns and self._mono_ns - slot.awaited_ns >= limit_ns and not slot.retry_ns:
            detail = f"no first book within {limit_ns / SECOND_NS:g} s of subscribing"
            self._break(slot, GapReason.SNAPSHOT_MISSING, detail)

    # What concerns every book of the connection.

    def _distrust(self, reason: GapReason, detail: str, loss: int | None = None) -> None:
        """Take every book out of use and ask for a new socket: something is missing, and nothing tells of which."""
        for slot in self._slots:
            if slot.book is not None and slot.book.state is not BookState.EMPTY:
                if slot.book.state in FOLLOWED:
                    self._open_gap(slot, reason, detail, loss)
                self._forget(slot, BookState.BROKEN, detail)
        if not self._giving_up:
            self._giving_up = True
            self._out.append(Reconnect(detail))
