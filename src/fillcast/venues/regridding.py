"""A connection whose instruments may turn out to rest on other grids than their metadata said."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import LEAST_WINDOW
from fillcast.core.state import BookState
from fillcast.errors import FrameError, InstrumentError, OffGridError, VenueError
from fillcast.venues.connection import Connection
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.grids import finer, has_digits, is_in_reach, same_grids
from fillcast.venues.levels import Side, finest_decimals, level_rows
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Fetch, GapReason, Refused, Rejected
from fillcast.venues.settings import backoff_ns
from fillcast.venues.slots import Message, Slot

LEAST_SLOTS = 16  # of a book that is only made to see whether its instrument can be held

Sides = Sequence[Side]


class RegriddingConnection(Connection):
    """Adds what happens when a level is off its instrument's grid: new metadata, then a book on a grid that fits."""

    # What a venue provides.

    @abstractmethod
    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        """Return the REST path of an instrument's metadata and its weight."""

    @abstractmethod
    def _list_instruments(self, body: bytes) -> Listing:
        """Understand metadata; `VenueError` or `msgspec.DecodeError` when that fails."""

    # Decoding.

    def _levels(self, slot: Slot, bare: Message, sides: Sides) -> Message | None:
        """Return a message with its levels as rows; None when they are off the grid: that breaks the book.

        An inferred grid is the best one for its recording: a finer one would read less, not more. What is off it is
        unreadable (`FrameError`).
        """
        try:
            return replace(bare, rows=level_rows(sides, slot.instrument))
        except OffGridError as error:
            if slot.instrument.scale_inferred:
                raise FrameError(f"{slot.symbol}: {error}, the step that the rest of the recording needs") from None
            self._off_grid(slot, str(error), finest_decimals(sides))
            return None

    def _off_grid(self, slot: Slot, detail: str, decimals: tuple[int, int]) -> None:
        """Take a book off its grid and ask for the instrument's metadata."""
        self._open_gap(slot, GapReason.OFF_GRID, detail)
        self._forget(slot, BookState.BROKEN, detail)
        slot.decimals = max(slot.decimals[0], decimals[0]), max(slot.decimals[1], decimals[1])
        if slot.instruments_request:
            return
        settings = self.settings
        wait_ns = backoff_ns(settings.resync_spacing_ns, settings.resync_spacing_max_ns, slot.attempts)
        slot.attempts += 1
        self._requests += 1
        slot.instruments_request, slot.instruments_ns = self._requests, self._mono_ns + wait_ns
        path, weight = self._instruments_path(slot)
        due_ns = slot.instruments_ns if wait_ns else 0
        self._out.append(Fetch(slot.instruments_request, path, weight, "instruments", due_ns))

    # The reply.

    def _take_instruments(self, slot: Slot, status: int, body: bytes) -> None:
        """Take in the reply to a request for metadata, whatever it says."""
        if 200 <= status < 300:
            self._regrid(slot, body)
        else:
            self._refused_reply(slot, status, body)
            self._regrid(slot)

    def _refused_reply(self, slot: Slot, status: int, body: bytes) -> None:
        self._out.append(Refused(slot.instrument.key, str(status), excerpt(body)))

    def _tend(self, slot: Slot) -> None:
        super()._tend(slot)
        if slot.instruments_request and self._mono_ns - slot.instruments_ns >= self.settings.reply_wait_ns:
            self._regrid(slot)

    def _regrid(self, slot: Slot, body: bytes = b"") -> None:
        """Put a book on the venue's new grid; where that is the old one, on the finest digits seen."""
        slot.instruments_request = 0
        book = slot.book
        if book is None:
            return
        listed = self._listed(slot, body) if body else slot.listed
        if has_digits(listed, slot.decimals) and not same_grids(listed, slot.listed):
            found = listed
            note = f"new grid: tick {found.tick}, lot {found.lot}"
        else:
            found = finer(listed, slot.decimals)
            note = f"the venue's metadata does not fit; finest digits seen: tick {found.tick}, lot {found.lot}"
        slot.listed, slot.instrument = listed, found
        self.instruments = tuple(entry.instrument for entry in self._slots)
        book.describe(found)
        self._forget(slot, BookState.BROKEN, note)
        if slot.gap is not None:
            slot.gap = replace(slot.gap, detail=f"{slot.gap.detail}; {note}")
        if self._open:  # else opening it will start over
            self._resync(slot)

    def _listed(self, slot: Slot, body: bytes) -> Instrument:
        """Return what the venue lists for a symbol now; what it listed before where that cannot be used."""
        try:
            listing = self._list_instruments(body)
            listing.require([slot.symbol])
            found = next((entry for entry in listing.instruments if entry.symbol == slot.symbol), slot.listed)
            if not is_in_reach(found, slot.listed):  # today's prices might not fit it, and nothing would lead back
                listed = f"{slot.listed.tick} and {slot.listed.lot}"
                raise InstrumentError(f"{slot.symbol}: tick {found.tick}, lot {found.lot} where {listed} were listed")
            Book(found, window=LEAST_WINDOW, slots=LEAST_SLOTS)
        except (VenueError, InstrumentError, *UNREADABLE) as error:
            self._out.append(Rejected(f"instruments: {error}", excerpt(body)))
            return slot.listed
        return found
