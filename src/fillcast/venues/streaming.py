"""A connection whose books come in the stream alone: a snapshot after each subscription, then updates.

Where a book is asked for anew, its subscription is ended and started again. What the old one still sends would make a
book LIVE that nothing feeds once the venue refuses the new one, so nothing is believed of a book between the request
to end its subscription and the venue's answer to that.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.venues.protocol import Effects, GapReason, Reconnect
from fillcast.venues.regridding import RegriddingConnection
from fillcast.venues.rules import Rules
from fillcast.venues.settings import SECOND_NS, Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.standing import FOLLOWED

# Requests wait their turn behind a venue's limits: 200 books that break at once keep Bybit's line busy for 40 s.
END_WAIT_NS = 60 * SECOND_NS


class StreamingConnection(RegriddingConnection):
    """Subscribes, waits for the stream's own first book, and subscribes anew where one does not come or breaks.

    Parameters
    ----------
    instruments, rules, settings, depth, fast
        See `Connection`.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        rules: Rules,
        settings: Settings,
        *,
        depth: int = 0,
        fast: bool = True,
    ) -> None:
        super().__init__(instruments, rules, settings, depth=depth, fast=fast)
        self._leaving: dict[int, int] = {}  # since when the end of a book's subscription awaits its confirmation

    # What a venue provides.

    @abstractmethod
    def _request_books(self, slots: list[Slot]) -> None:
        """Send what makes the venue send a snapshot and then updates of these books, subscribed so far or not."""

    # Inputs.

    def opened(self, wall_ns: int, mono_ns: int) -> Effects:
        self._leaving.clear()
        return super().opened(wall_ns, mono_ns)

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

    # The end of a subscription.

    def _leave(self, slots: Sequence[Slot]) -> None:
        """Take note that the end of these subscriptions is asked for now."""
        self._leaving.update((slot.index, self._mono_ns) for slot in slots)

    def _snapshot(self, slot: Slot, message: Message) -> None:
        if slot.index in self._leaving:
            self.dropped += 1
        else:
            super()._snapshot(slot, message)

    def _update(self, slot: Slot, message: Message) -> None:
        if slot.index in self._leaving:
            self.dropped += 1
        else:
            super()._update(slot, message)

    def _confirm_end(self, slot: Slot) -> None:
        """Take in the answer to a request to end a subscription; a refusal means that there was none."""
        self._leaving.pop(slot.index, None)

    def _left(self, slot: Slot) -> None:
        """Take note that a subscription has ended: as was asked, or of the venue's own accord."""
        if slot.index in self._leaving:
            self._confirm_end(slot)
        elif slot.book is not None and slot.book.state in FOLLOWED:
            self._break(slot, GapReason.REFUSED, "the venue ended the subscription")

    def _give_up(self, reason: str) -> None:
        """Ask for a new socket, once."""
        if not self._giving_up:
            self._giving_up = True
            self._out.append(Reconnect(reason))

    # The way to a book.

    def _await(self, slots: list[Slot]) -> None:
        """Wait for the first books of those slots that have none, and ask for what is not being asked for yet."""
        missing = [slot for slot in slots if slot.book is not None and slot.book.state not in FOLLOWED]
        for slot in missing:
            slot.awaited_ns = self._mono_ns
        unasked = [slot for slot in missing if slot.index not in self._leaving]
        if unasked:
            self._request_books(unasked)

    def _resync(self, slot: Slot) -> None:
        slot.refused = False
        if not self._giving_up:  # else the new socket will start over
            self._await([slot])

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        if self._mono_ns - self._leaving.get(slot.index, self._mono_ns) >= END_WAIT_NS:
            self._give_up("the venue has not confirmed the end of a subscription")
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
        self._give_up(detail)


class Overheard(StreamingConnection):
    """A recorded line: what is asked for here reaches nobody, so no answer is waited for."""

    def _leave(self, slots: Sequence[Slot]) -> None:
        return
